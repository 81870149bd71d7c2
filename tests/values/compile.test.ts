import { describe, expect, it } from "vitest";
import { jsonFrom } from "../../host/values/json.ts";
import { NESTING_MAX } from "../../host/values/limits.ts";
import { compileSchema, compileSchemas, type SchemaMemo, schemaFaults } from "../../host/values/schema.ts";
import type { Type } from "../../host/values/type.ts";
import { schemaOf, thrownBy, typeOf } from "./support.ts";

const all = (types: Record<string, unknown>): Map<string, Type> =>
  new Map(Object.entries(types).map(([name, json]) => [name, typeOf(json)]));
const ref = (name: string): unknown => ({ ref: name });

describe("references between schemas", () => {
  it("are followed through chains and replaced in the type", () => {
    const schemas = compileSchemas(
      all({
        "a/First@1": { record: { x: ref("a/Second@1"), y: { option: ref("a/Third@1") } } },
        "a/Second@1": ref("a/Third@1"),
        "a/Third@1": ref("a/Fourth@1"),
        "a/Fourth@1": { nat: {} },
      }),
    );
    expect([...schemas.keys()]).toEqual(["a/First@1", "a/Second@1", "a/Third@1", "a/Fourth@1"]);
    expect(schemas.get("a/Second@1")!.type).toEqual({ kind: "nat" });
    const first = schemas.get("a/First@1")!;
    expect(first.name).toBe("a/First@1");
    expect(JSON.stringify(first.type, (_, v) => (v instanceof Map ? [...v] : v))).not.toContain("ref");
    expect(first.toSugar(first.parse(jsonFrom({ x: 1 })))).toEqual(jsonFrom({ x: 1, y: null }));
  });

  it("make a field optional when what they lead to is an option", () => {
    const lookup = (name: string): Type | undefined =>
      name === "a/Maybe@1" ? typeOf({ option: { nat: {} } }) : undefined;
    const schema = compileSchema("a/X@1", typeOf({ record: { a: ref("a/Maybe@1") } }), lookup);
    expect(schema.accepts(schema.normalize(Uint8Array.of(0xa0)))).toBe(true);
  });

  it("are refused when they lead nowhere or back, all at once, saying where", () => {
    const types = all({
      "a/Ok@1": { nat: {} },
      "a/Loop@1": { record: { again: { list: ref("a/Round@1") } } },
      "a/Round@1": { option: ref("a/Loop@1") },
      "a/Self@1": { variant: { Leaf: { unit: {} }, Node: ref("a/Self@1") } },
      "a/Lost@1": { map: { key: { text: {} }, value: ref("a/Okk@1") } },
      "a/User@1": ref("a/Lost@1"),
    });
    const faults = schemaFaults(types);
    expect(faults.map(({ code, schema, pointer, ref: to }) => [code, schema, pointer, to])).toEqual([
      ["schema.cycle", "a/Round@1", "/option/ref", "a/Loop@1"],
      ["schema.cycle", "a/Self@1", "/variant/Node/ref", "a/Self@1"],
      ["schema.unknown_ref", "a/Lost@1", "/map/value/ref", "a/Okk@1"],
    ]);
    expect(faults[2]!.hint).toContain("a/Ok@1");
    const error = thrownBy(() => compileSchemas(types));
    expect([error.kind, error.code]).toEqual(["manifest", "schema.cycle"]);
    expect(error.diagnostics.map(({ code }) => code)).toEqual([
      "schema.cycle",
      "schema.cycle",
      "schema.unknown_ref",
    ]);
    expect(schemaFaults(all({ "a/Ok@1": { nat: {} } }))).toEqual([]);
  });

  it("of an inline type are faults too", () => {
    const missing = thrownBy(() => schemaOf(ref("a/Gone@1")));
    expect([missing.code, missing.fields.ref]).toEqual(["schema.unknown_ref", "a/Gone@1"]);
    const self = typeOf({ list: ref("a/Self@1") });
    expect(thrownBy(() => compileSchema("a/Self@1", self, () => self)).code).toBe("schema.cycle");
  });

  it("let an inline type carry the name of a schema it refers to", () => {
    const memo: SchemaMemo = new Map();
    const nat = typeOf({ nat: {} });
    const lookup = (name: string): Type | undefined => (name === "a/Same@1" ? nat : undefined);
    const inline = compileSchema("a/Same@1", typeOf({ list: ref("a/Same@1") }), lookup, memo);
    expect(inline.accepts(Uint8Array.of(0x81, 0x05))).toBe(true);
    const again = compileSchema("a/Same@1", typeOf({ option: ref("a/Same@1") }), lookup, memo);
    expect(again.accepts(Uint8Array.of(0xf6))).toBe(true);
    expect(compileSchema("a/Same@1", nat, lookup, memo).accepts(Uint8Array.of(0x05))).toBe(true);
  });

  it("may form a chain as long as the manifest, and one type may be used without end", () => {
    const types = new Map<string, Type>();
    for (let i = 0; i < 20_000; i++) types.set(`a/T${i}@1`, { kind: "ref", name: `a/T${i + 1}@1` });
    types.set("a/T20000@1", { kind: "text" });
    expect(compileSchemas(types).get("a/T0@1")!.type).toEqual({ kind: "text" });

    const doubling = new Map<string, Type>([["a/D0@1", { kind: "nat" }]]);
    for (let i = 1; i <= 100; i++) {
      const inner: Type = { kind: "ref", name: `a/D${i - 1}@1` };
      const fields = new Map<string, Type>([
        ["x", inner],
        ["y", { kind: "option", item: inner }],
      ]);
      doubling.set(`a/D${i}@1`, { kind: "record", fields });
    }
    expect(compileSchemas(doubling).size).toBe(101);
  });

  it("may not nest values deeper than they can be read", () => {
    const nested = (levels: number): Map<string, Type> => {
      const types = new Map<string, Type>([["a/L0@1", { kind: "nat" }]]);
      for (let i = 1; i <= levels; i++) {
        types.set(`a/L${i}@1`, { kind: "list", item: { kind: "ref", name: `a/L${i - 1}@1` } });
      }
      return types;
    };
    const deepest = compileSchemas(nested(NESTING_MAX)).get(`a/L${NESTING_MAX}@1`)!;
    const bytes = Uint8Array.of(...new Array<number>(NESTING_MAX).fill(0x81), 0x00);
    expect(deepest.accepts(bytes)).toBe(true);
    expect(deepest.decode(bytes).kind).toBe("list");
    const faults = schemaFaults(nested(NESTING_MAX + 5));
    expect(faults.map(({ code, schema }) => [code, schema])).toEqual([
      ["schema.too_deep", `a/L${NESTING_MAX + 1}@1`],
    ]);
  });
});
