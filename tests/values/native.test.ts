/** Values as programs write them. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromNative, toNative } from "../../host/values/native.ts";
import { compileSchema } from "../../host/values/schema.ts";
import { oddlyNamed, typedValues } from "./arbitrary.ts";
import { faultsOf, runsOf, schemaOf, seedOf, thrownBy } from "./support.ts";

const seed = seedOf("native");

function roundTrip(type: unknown, native: unknown): unknown {
  const schema = schemaOf(type);
  return toNative(schema, schema.decode(schema.encode(fromNative(schema, native))));
}

function refused(type: unknown, native: unknown): string[] {
  return faultsOf(() => fromNative(schemaOf(type), native));
}

const SHAPE = { variant: { Circle: { record: { radius: { nat: {} } } }, Point: { unit: {} } } };

describe("the native lens", () => {
  it.each([
    [{ bool: {} }, true],
    [{ nat: {} }, 18446744073709551615n],
    [{ int: {} }, -5n],
    [{ time: {} }, 5n],
    [{ duration: {} }, -5n],
    [{ text: {} }, "tea"],
    [{ dec128: {} }, "1.50"],
    [{ hash: {} }, `sha256:${"0".repeat(64)}`],
    [{ uuid: {} }, "00000000-0000-0000-0000-000000000000"],
    [{ bytes: {} }, Uint8Array.of(1, 2)],
    [{ unit: {} }, null],
    [{ option: { nat: {} } }, null],
    [{ option: { nat: {} } }, 5n],
    [{ list: { text: {} } }, ["b", "a"]],
    [{ map: { key: { nat: {} }, value: { text: {} } } }, new Map([[5n, "five"]])],
    [SHAPE, { $tag: "Circle", $value: { radius: 5n } }],
    [SHAPE, { $tag: "Point" }],
    [SHAPE, { $tag: "Point", $value: null }],
  ])("gives back what it took: %j", (type, native) => {
    expect(roundTrip(type, native)).toStrictEqual(native);
  });

  it("sorts sets and fills in options that are missing or undefined", () => {
    expect(roundTrip({ set: { nat: {} } }, [3n, 1n, 3n])).toEqual([1n, 3n]);
    const type = { record: { a: { option: { text: {} } }, b: { option: { text: {} } } } };
    expect(roundTrip(type, { b: undefined })).toStrictEqual({ a: null, b: null });
  });

  it("keeps a field called __proto__ a field", () => {
    const schema = compileSchema(
      "demo/Subject@1",
      { kind: "record", fields: new Map([["__proto__", { kind: "bool" }]]) },
      () => undefined,
    );
    const native = toNative(schema, fromNative(schema, JSON.parse('{"__proto__": true}')));
    expect(Object.entries(native as object)).toEqual([["__proto__", true]]);
    expect(Object.getPrototypeOf(native)).toBe(Object.prototype);
  });

  it("refuses numbers for integers, and says what to write", () => {
    const { diagnostics } = thrownBy(() => fromNative(schemaOf({ nat: {} }), 5));
    expect(diagnostics).toMatchObject([
      { code: "value.wrong_type", pointer: "", found: "the number 5", hint: "write 5n" },
    ]);
    expect(thrownBy(() => fromNative(schemaOf({ nat: {} }), 1.5)).diagnostics[0]).not.toHaveProperty("hint");
  });

  it("refuses every wrong part at once, with its pointer", () => {
    const type = { record: { id: { text: {} }, size: { nat: {} }, tags: { list: { text: {} } } } };
    expect(refused(type, { id: 5, tags: ["a", null], colour: "red" })).toEqual([
      "value.unknown_field /colour",
      "value.wrong_type /id",
      "value.missing_field ",
      "value.wrong_type /tags/1",
    ]);
  });

  it.each([
    [{ bytes: {} }, "AQI=", "value.wrong_type "],
    [{ bool: {} }, 1, "value.wrong_type "],
    [{ text: {} }, "\ud800", "value.malformed "],
    [{ uuid: {} }, "x", "value.malformed "],
    [{ int: {} }, 9223372036854775808n, "value.out_of_range "],
    [{ list: { nat: {} } }, new Set([1n]), "value.wrong_type "],
    [{ map: { key: { text: {} }, value: { nat: {} } } }, { a: 1n }, "value.wrong_type "],
    [{ map: { key: { text: {} }, value: { nat: {} } } }, new Map([["a", 1]]), "value.wrong_type /a"],
    [{ record: {} }, null, "value.wrong_type "],
    [{ unit: {} }, undefined, "value.wrong_type "],
    [SHAPE, { Circle: { radius: 5n } }, "value.wrong_type "],
    [SHAPE, { $tag: "Square" }, "value.unknown_tag /$tag"],
    [SHAPE, { $tag: "Circle" }, "value.missing_payload "],
    [SHAPE, { $tag: 5 }, "value.wrong_type /$tag"],
    [SHAPE, { $tag: "Point", value: null }, "value.unknown_field /value"],
  ])("refuses for %j what is of another type", (type, native, fault) => {
    expect(refused(type, native)).toEqual([fault]);
  });

  it.each([
    ["usual", typedValues],
    ["odd", oddlyNamed],
  ])("reads back every value it writes, under %s names", (_, values) => {
    fc.assert(
      fc.property(values, ({ type, value }) => {
        const schema = compileSchema("demo/Subject@1", type, () => undefined);
        const canonical = schema.decode(schema.encode(value));
        expect(fromNative(schema, toNative(schema, canonical))).toEqual(canonical);
      }),
      { seed, numRuns: runsOf(1000) },
    );
  });
});
