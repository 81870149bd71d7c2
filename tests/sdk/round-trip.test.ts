/** Generated classes read and write what the host does, byte for byte, as compiled wasm. */

import { encode as cborgEncode } from "cborg";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { toHex } from "../../host/values/bytes.ts";
import type { Schema } from "../../host/values/schema.ts";
import type { Type } from "../../host/values/type.ts";
import type { Compiled } from "../support/modules.ts";
import { drawType, drawValue } from "../values/arbitrary.ts";
import { Draw, drawn } from "../values/draw.ts";
import { runsOf, seedOf } from "../values/support.ts";
import { bareBytes, echo, echoSource, echoWorld, tagOnly } from "./echo.ts";
import { compiledModule, hostSchemas, type SchemaSpecs } from "./worlds.ts";
import { ZOO } from "./zoo.ts";

const seed = seedOf("generated classes");
const COMPILE_MS = 300_000;

interface Subject {
  readonly module: Compiled;
  readonly schemas: ReadonlyMap<string, Schema>;
}

async function subjectOf(schemas: SchemaSpecs): Promise<Subject> {
  const spec = echoWorld(schemas);
  return { module: await compiledModule(spec, echoSource), schemas: await hostSchemas(spec) };
}

/** Random values of a schema come back as the bytes the host writes. */
function roundTrips({ module, schemas }: Subject, arm: string, numRuns: number): void {
  const schema = schemas.get(`t/${arm}@1`)!;
  const values = drawn((draw) => drawValue(draw, schema.type));
  fc.assert(
    fc.property(values, (value) => {
      const bytes = bareBytes(schema, value);
      const back = echo(module, arm, bytes);
      const expected = bareBytes(schema, tagOnly(schema.type, value));
      expect(typeof back === "string" ? back : toHex(back)).toBe(toHex(expected));
    }),
    { seed, numRuns },
  );
}

describe("a value of every type", () => {
  let zoo: Subject;
  beforeAll(async () => {
    zoo = await subjectOf(ZOO);
  }, COMPILE_MS);

  test.each(Object.keys(ZOO))("%s comes back as the bytes the host writes", (arm) => {
    roundTrips(zoo, arm, runsOf(150));
  });

  test("is what another encoder writes", () => {
    const map = (...entries: [unknown, unknown][]) => new Map(entries);
    const dot = map(["$tag", "Circle"], ["$value", map(["x", 1], ["y", -2])]);
    const value = map(
      ["byInt", map([0, true], [-1, false], [-500, true], [7, true])],
      ["byNat", map([10, "x"], [2, "y"], [300, "z"])],
      ["marks", map(["bb", null], ["a", null])],
      ["byText", map(["aa", 1], ["b", 2], ["", 3])],
      ["byHash", map()],
      ["byUuid", map(["00000000-0000-0000-0000-000000000000", dot])],
      ["lines", map()],
      ["maybe", map([1, null], [0, -5])],
      ["nested", map(["k", map([3, ["t", null]])])],
    );
    const bytes = cborgEncode(value);
    const back = echo(zoo.module, "Maps", bytes);
    expect(typeof back === "string" ? back : toHex(back)).toBe(toHex(bytes));
  });

  test("with an arm of unit is read with its null as well, and written without", () => {
    const withNull = cborgEncode(
      new Map<string, unknown>([
        ["$tag", "idle"],
        ["$value", null],
      ]),
    );
    const without = cborgEncode(new Map([["$tag", "idle"]]));
    expect(echo(zoo.module, "Phase", withNull)).toEqual(new Uint8Array(without));
    expect(echo(zoo.module, "Phase", without)).toEqual(new Uint8Array(without));
  });

  test.each<[string, unknown, RegExp]>([
    ["Point", new Map([["x", 1]]), /event of t\/Point@1: field 'y' is missing, found no more fields$/],
    ["Point", new Map([["y", 1]]), /field 'x' is missing, found 'y'$/],
    [
      "Point",
      new Map([
        ["x", 1],
        ["y", 2],
        ["z", 3],
      ]),
      /event of t\/Point@1: unknown field 'z'$/,
    ],
    [
      "Point",
      new Map([
        ["w", 1],
        ["x", 1],
        ["y", 2],
      ]),
      /unknown field 'w'$/,
    ],
    [
      "Point",
      new Map<string, unknown>([
        ["x", "one"],
        ["y", 2],
      ]),
      /t\/Point@1, field 'x': expected int, found 'one'$/,
    ],
    ["Point", [1, 2], /expected a record of t\/Point@1, found list$/],
    ["Phase", new Map([["$tag", "gone"]]), /t\/Phase@1 has no arm 'gone'$/],
    [
      "Phase",
      new Map<string, unknown>([
        ["$tag", "idle"],
        ["$value", 1],
      ]),
      /expected null, found nat 1$/,
    ],
    ["Shape", new Map([["$tag", "Label"]]), /the arm 'Label' has no value$/],
    ["Shape", "Label", /expected a variant of t\/Shape@1, found 'Label'$/],
    ["Shape", new Map([["Label", "x"]]), /a variant of t\/Shape@1 is a \$tag and a \$value$/],
    ["ListAlone", ["a", 1], /expected text, found nat 1$/],
    ["ListAlone", new Map(), /expected list, found map$/],
    ["MapAlone", new Map([["a", "b"]]), /expected nat, found 'a'$/],
    ["OptionAlone", "x", /expected nat, found 'x'$/],
    ["Nil", 0, /expected null, found nat 0$/],
    ["Text", new Uint8Array(2), /expected text, found bytes$/],
    ["Nat", -1, /expected nat, found negative int$/],
    ["Bool", null, /expected bool, found null$/],
    ["Lists", new Map(), /field '.*' is missing/],
  ])("of %s that is %j is refused, saying why", (arm, value, why) => {
    expect(echo(zoo.module, arm, cborgEncode(value))).toMatch(why);
  });
});

describe("a value of a random type", () => {
  const draw = new Draw(seed, 4000);
  const types = Array.from({ length: 12 }, (_, i) => [`R${i}`, drawType(draw, 3)] as const);
  let random: Subject;
  beforeAll(async () => {
    random = await subjectOf(Object.fromEntries(types.map(([arm, type]) => [arm, written(type)])));
  }, COMPILE_MS);

  test.each(types.map(([arm]) => arm))("%s comes back as the bytes the host writes", (arm) => {
    roundTrips(random, arm, runsOf(100));
  });
});

/** A type as a definition has it. */
function written(type: Type): unknown {
  const members = (of: ReadonlyMap<string, Type>) => {
    return new Map([...of].map(([name, inner]) => [name, written(inner)]));
  };
  switch (type.kind) {
    case "record":
      return { record: members(type.fields) };
    case "variant":
      return { variant: members(type.arms) };
    case "list":
    case "set":
    case "option":
      return { [type.kind]: written(type.item) };
    case "map":
      return { map: { key: written(type.key), value: written(type.value) } };
    default:
      return { [type.kind]: {} };
  }
}
