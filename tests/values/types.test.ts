import { describe, expect, it } from "vitest";
import { toHex } from "../../host/values/bytes.ts";
import { encodeCbor } from "../../host/values/cbor.ts";
import { jsonFrom } from "../../host/values/json.ts";
import { NESTING_MAX } from "../../host/values/limits.ts";
import { PRIMITIVES } from "../../host/values/type.ts";
import { parseType, type TypeFault, typeToCbor } from "../../host/values/type-json.ts";
import { typeOf } from "./support.ts";

const faultsIn = (json: unknown): TypeFault[] => {
  const faults: TypeFault[] = [];
  const type = parseType(jsonFrom(json), "/type", (fault) => faults.push(fault));
  expect(type === undefined).toBe(faults.length > 0);
  return faults;
};
const briefly = (json: unknown): string[] => faultsIn(json).map(({ code, pointer }) => `${code} ${pointer}`);

describe("type expressions", () => {
  it("are read with fields in the order they were written", () => {
    const type = typeOf({
      record: { b: { nat: {} }, aa: { option: { ref: "demo/T@1" } }, "": { unit: {} } },
    });
    expect(type.kind === "record" && [...type.fields.keys()]).toEqual(["b", "aa", ""]);
    for (const kind of PRIMITIVES) expect(typeOf({ [kind]: {} })).toEqual({ kind });
  });

  it("may carry comments, and the first constructor of AIR's order counts", () => {
    expect(typeOf({ $comment: "why", nat: { description: "how many" } })).toEqual({ kind: "nat" });
    expect(typeOf({ option: { text: {} }, int: {} })).toEqual({ kind: "int" });
  });

  it("keep fields called __proto__ and constructor", () => {
    const json = JSON.parse('{"record": {"__proto__": {"nat": {}}, "constructor": {"text": {}}}}');
    const type = typeOf(json);
    expect(type.kind === "record" && [...type.fields.keys()]).toEqual(["__proto__", "constructor"]);
    expect(toHex(encodeCbor(typeToCbor(type)))).toContain(Buffer.from("__proto__").toString("hex"));
  });

  it("are refused with every fault at once", () => {
    const json = {
      record: {
        a: { natt: {} },
        "b/c": { list: null },
        d: { map: { key: { bool: {} }, value: { text: 5 } } },
        e: { map: { key: { text: {} } } },
        f: { ref: "no version" },
        g: { variant: {} },
        h: {},
        "bad\ud800": { nat: {} },
        ok: { nat: {} },
      },
    };
    expect(briefly(json)).toEqual([
      "type.unknown /type/record/a",
      "type.shape /type/record/b~1c/list",
      "type.shape /type/record/d/map/value/text",
      "type.map_key /type/record/d/map/key",
      "type.shape /type/record/e/map",
      "type.ref /type/record/f/ref",
      "type.no_arms /type/record/g/variant",
      "type.unknown /type/record/h",
      "type.name /type/record/bad\ud800",
    ]);
    expect(faultsIn({ natt: {} })[0]!.hint).toContain("nat");
  });

  it("take only the five written-out key types for a map", () => {
    for (const key of PRIMITIVES) {
      const fine = ["int", "nat", "text", "uuid", "hash"].includes(key);
      expect(briefly({ map: { key: { [key]: {} }, value: { nat: {} } } })).toHaveLength(fine ? 0 : 1);
    }
    expect(briefly({ map: { key: { ref: "demo/Key@1" }, value: { nat: {} } } })).toEqual([
      "type.map_key /type/map/key",
    ]);
  });

  it("are refused when they are nested too deep", () => {
    const nested = (depth: number): unknown => (depth === 0 ? { nat: {} } : { option: nested(depth - 1) });
    expect(briefly(nested(NESTING_MAX))).toEqual([]);
    expect(briefly(nested(NESTING_MAX + 1))).toEqual([
      `type.too_deep /type${"/option".repeat(NESTING_MAX + 1)}`,
    ]);
  });

  it("have the tree that definition nodes hash", () => {
    const type = { map: { key: { text: {} }, value: { set: { ref: "demo/T@1" } } } };
    expect(toHex(encodeCbor(typeToCbor(typeOf(type))))).toBe(
      toHex(
        encodeCbor(
          new Map([
            [
              "map",
              new Map([
                ["key", new Map([["text", new Map()]])],
                ["value", new Map([["set", new Map([["ref", "demo/T@1"]])]])],
              ]),
            ],
          ]),
        ),
      ),
    );
  });
});
