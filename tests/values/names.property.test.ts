/** Names that mean something to JavaScript are fields, arms and keys like any other, wherever a name is looked up. */

import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { type Cbor, decodeCbor, encodeCbor, withoutSelfDescribe } from "../../host/values/cbor.ts";
import { fieldBytes } from "../../host/values/field.ts";
import type { Json } from "../../host/values/json.ts";
import { child } from "../../host/values/pointer.ts";
import type { Type } from "../../host/values/type.ts";
import { record, type Value } from "../../host/values/value.ts";
import { drawType, drawValue, ODD_NAMES, oddlyNamed } from "./arbitrary.ts";
import { type Draw, drawn } from "./draw.ts";
import { compile, expectBytes } from "./oracle.ts";
import { faultsOf, runsOf, seedOf } from "./support.ts";

// Ten thousand cases each: a machine that is busy with other things takes its time.
vi.setConfig({ testTimeout: 300_000 });

const options = { seed: seedOf("names"), numRuns: runsOf() };

describe("a part of a value", () => {
  it("is found by its name, and is what decoding the whole shows", () => {
    const places = drawn((draw) => {
      const type: Type = { kind: "record", fields: oddMembers(draw, 1 + draw.below(5)) };
      return { type, value: drawValue(draw, type), turns: Array.from({ length: 4 }, () => draw.bits()) };
    });
    fc.assert(
      fc.property(places, ({ type, value, turns }) => {
        const schema = compile(type);
        const bytes = schema.encode(value);
        const { path, part } = descend(type, schema.decode(bytes), turns);
        const expected = withoutSelfDescribe(compile(part.type).encode(part.value));
        expectBytes(fieldBytes(schema, bytes, path), expected);
      }),
      options,
    );
  });

  it("is not there under a name the type does not have", () => {
    fc.assert(
      fc.property(oddlyNamed, fc.constantFrom(...ODD_NAMES), ({ type, value }, name) => {
        const known = type.kind === "record" && type.fields.has(name);
        const side = type.kind === "variant" && (name === "$tag" || name === "$value");
        const mayBe = known || side || type.kind === "map" || type.kind === "option";
        const schema = compile(type);
        if (!mayBe) expect(fieldBytes(schema, schema.encode(value), [name])).toBeUndefined();
      }),
      options,
    );
  });
});

describe("a record", () => {
  it("lacks a field nobody gave it and has no place for one it does not know, in every form", () => {
    const cases = drawn((draw) => {
      const fields = oddMembers(draw, 2 + draw.below(6));
      const [lost] = draw.pick([...fields]);
      fields.set(lost, { kind: "nat" });
      const others = ODD_NAMES.filter((name) => !fields.has(name));
      const type: Type = { kind: "record", fields };
      return { type, value: drawValue(draw, type), lost, extra: draw.pick(others) };
    });
    fc.assert(
      fc.property(cases, ({ type, value, lost, extra }) => {
        const schema = compile(type);
        const sugar = schema.toSugar(value) as ReadonlyMap<string, Json>;
        const tagged = schema.toTagged(value) as ReadonlyMap<string, ReadonlyMap<string, Json>>;
        const item = decodeCbor(schema.encode(value)) as ReadonlyMap<string, Cbor>;
        const fields = value.kind === "record" ? value.fields : new Map<string, Value>();
        const swap = <T>(members: ReadonlyMap<string, T>, to: T) =>
          new Map(
            [...members].map(([name, each]): [string, T] => (name === lost ? [extra, to] : [name, each])),
          );
        const faults = [
          faultsOf(() => schema.parse(swap(sugar, null), "sugar")),
          faultsOf(() => schema.parse(new Map([["record", swap(tagged.get("record")!, null)]]), "tagged")),
          faultsOf(() => schema.normalize(encodeCbor(swap(item, null)))),
          faultsOf(() => schema.encode(record(swap(fields, { kind: "null" })))),
        ];
        const told = (at: string) => [`value.unknown_field ${child(at, extra)}`, `value.missing_field ${at}`];
        expect(faults).toEqual([told(""), told("/record"), told(""), told("")]);
      }),
      options,
    );
  });
});

function oddMembers(draw: Draw, count: number): Map<string, Type> {
  const name = (): string => draw.pick(ODD_NAMES);
  return new Map(Array.from({ length: count }, () => [name(), drawType(draw, 2, name)]));
}

/** Goes down by names as far as there are some; `turns` says where to. */
function descend(
  type: Type,
  value: Value,
  turns: readonly number[],
): { readonly path: readonly string[]; readonly part: { readonly type: Type; readonly value: Value } } {
  const [turn, ...rest] = turns;
  const here = { path: [], part: { type, value } };
  if (turn === undefined || value.kind === "null") return here;
  if (type.kind === "option") return descend(type.item, value, turns);
  const steps = stepsOf(type, value);
  const step = steps[turn % Math.max(1, steps.length)];
  if (step === undefined) return here;
  const below = descend(step.type, step.value, rest);
  return { path: [step.name, ...below.path], part: below.part };
}

function stepsOf(type: Type, value: Value): readonly { name: string; type: Type; value: Value }[] {
  if (type.kind === "record" && value.kind === "record") {
    return [...type.fields].map(([name, field]) => ({ name, type: field, value: value.fields.get(name)! }));
  }
  if (type.kind === "map" && type.key.kind === "text" && value.kind === "map") {
    return value.entries.map(([key, item]) => ({
      name: (key as { value: string }).value,
      type: type.value,
      value: item,
    }));
  }
  if (type.kind !== "variant" || value.kind !== "record") return [];
  const tag = value.fields.get("$tag") as { kind: "text"; value: string };
  const payload = value.fields.get("$value");
  const named = { name: "$tag", type: { kind: "text" } as const, value: tag };
  if (payload === undefined) return [named];
  return [named, { name: "$value", type: type.arms.get(tag.value)!, value: payload }];
}
