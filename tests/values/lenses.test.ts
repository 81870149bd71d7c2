/** Values as people write them. */

import { describe, expect, it } from "vitest";
import { toHex } from "../../host/values/bytes.ts";
import { jsonFrom, stringifyJson } from "../../host/values/json.ts";
import { faultsOf, schemaOf, thrownBy } from "./support.ts";

type Lens = "sugar" | "tagged" | "any";

const HASH = `sha256:${"0".repeat(64)}`;
const COUNTER = { variant: { Start: { record: { target: { nat: {} } } }, Tick: { unit: {} } } };

function hex(type: unknown, json: unknown, lens: Lens = "any"): string {
  const schema = schemaOf(type);
  return toHex(schema.encode(schema.parse(jsonFrom(json), lens))).slice(6);
}
function refused(type: unknown, json: unknown, lens: Lens = "any"): string[] {
  return faultsOf(() => schemaOf(type).parse(jsonFrom(json), lens));
}
function reprinted(type: unknown, json: unknown): [string, string] {
  const schema = schemaOf(type);
  const value = schema.parse(jsonFrom(json));
  return [stringifyJson(schema.toSugar(value)), stringifyJson(schema.toTagged(value))];
}

describe("the sugar lens", () => {
  it("takes integers as numbers or decimal text, and prints what every reader keeps", () => {
    expect(hex({ nat: {} }, 5)).toBe("05");
    expect(hex({ nat: {} }, "18446744073709551615")).toBe("1bffffffffffffffff");
    expect(hex({ int: {} }, "-5")).toBe("24");
    expect(reprinted({ nat: {} }, "9007199254740992")).toEqual([
      '"9007199254740992"',
      '{"nat":"9007199254740992"}',
    ]);
    expect(reprinted({ int: {} }, "-9007199254740991")[0]).toBe("-9007199254740991");
    expect(reprinted({ time: {} }, 5)).toEqual(["5", '{"time_ns":5}']);
    expect(reprinted({ duration: {} }, -5)).toEqual(["-5", '{"duration_ns":-5}']);
  });

  it("refuses numbers that are no integers or out of range", () => {
    for (const json of [
      1.5,
      "1.0",
      "1e3",
      1e21,
      "",
      " 1",
      "0x1",
      "+1",
      true,
      null,
      "1".repeat(41).concat("x"),
    ]) {
      expect(refused({ int: {} }, json)).toEqual(["value.wrong_type "]);
    }
    for (const json of ["9223372036854775808", "-9223372036854775809", "1".repeat(100_000)]) {
      expect(refused({ int: {} }, json)).toEqual(["value.out_of_range "]);
    }
    expect(refused({ time: {} }, -1)).toEqual(["value.out_of_range "]);
  });

  it("reads bytes as padded base64 only", () => {
    expect(hex({ bytes: {} }, "YWI=")).toBe("426162");
    expect(reprinted({ bytes: {} }, "YWI=")).toEqual(['"YWI="', '{"bytes_b64":"YWI="}']);
    for (const json of ["YWI", "YWJ=", "ab", [1, 2]])
      expect(refused({ bytes: {} }, json)).toEqual(["value.wrong_type "]);
  });

  it("reads a map as an object or as pairs, by its key", () => {
    const byText = { map: { key: { text: {} }, value: { nat: {} } } };
    expect(hex(byText, { b: 1, aa: 2 })).toBe("a261620162616102");
    expect(
      hex(byText, [
        ["b", 1],
        ["aa", 2],
      ]),
    ).toBe("a261620162616102");
    expect(reprinted(byText, { b: 1, aa: 2 })[0]).toBe('{"b":1,"aa":2}');
    const byInt = { map: { key: { int: {} }, value: { nat: {} } } };
    expect(
      hex(byInt, [
        [-1, 1],
        ["0", 2],
      ]),
    ).toBe("a200022001");
    expect(
      reprinted(byInt, [
        [-1, 1],
        [0, 2],
      ])[0],
    ).toBe("[[0,2],[-1,1]]");
    expect(refused(byInt, { "1": 1 })).toEqual(["value.wrong_type "]);
    expect(refused(byInt, [[1], [1, "x"], [1, 2, 3]])).toEqual([
      "value.wrong_type /0",
      "value.wrong_type /1/1",
      "value.wrong_type /2",
    ]);
  });

  it("keeps the two spellings of a unit arm", () => {
    expect(reprinted(COUNTER, { Tick: null })).toEqual([
      '{"Tick":null}',
      '{"tag":"Tick","value":{"null":{}}}',
    ]);
    expect(reprinted(COUNTER, { $tag: "Tick" })).toEqual(['{"$tag":"Tick"}', '{"tag":"Tick"}']);
    expect(reprinted(COUNTER, { $tag: "Tick", $value: null })[0]).toBe('{"Tick":null}');
    expect(reprinted(COUNTER, { $tag: "Start", $value: { target: 1 } })[0]).toBe('{"Start":{"target":1}}');
  });

  it("writes an arm called $tag out in full", () => {
    const type = { variant: { $tag: { nat: {} }, $value: { nat: {} } } };
    expect(reprinted(type, { $tag: "$tag", $value: 3 })[0]).toBe('{"$tag":"$tag","$value":3}');
    expect(reprinted(type, { $value: 3 })[0]).toBe('{"$value":3}');
  });

  it("refuses variants that name no arm or several", () => {
    expect(refused(COUNTER, { Tock: null })).toEqual(["value.unknown_tag /Tock"]);
    expect(refused(COUNTER, { Tick: null, Start: {} })).toEqual(["value.wrong_type "]);
    expect(refused(COUNTER, "Tick")).toEqual(["value.wrong_type "]);
    expect(refused(COUNTER, { $tag: "Start" })).toEqual(["value.missing_payload "]);
    expect(refused(COUNTER, { $tag: "Tick", value: null })).toEqual(["value.unknown_field /value"]);
    expect(refused(COUNTER, { Start: null })).toEqual(["value.wrong_type /Start"]);
  });

  it("fills options, refuses other gaps, and asks back about unknown fields", () => {
    const type = { record: { deliver_at_ns: { nat: {} }, key: { option: { text: {} } } } };
    expect(reprinted(type, { deliver_at_ns: 1 })[0]).toBe('{"deliver_at_ns":1,"key":null}');
    expect(refused(type, { key: "a" })).toEqual(["value.missing_field "]);
    const error = thrownBy(() => schemaOf(type).parse(jsonFrom({ deliver_at_ms: 1 })));
    expect(error.diagnostics.map(({ code, pointer }) => [code, pointer])).toEqual([
      ["value.unknown_field", "/deliver_at_ms"],
      ["value.missing_field", ""],
    ]);
    expect(error.diagnostics[0]!.hint).toContain('"deliver_at_ns"');
  });

  it("prints fields in the order of the type", () => {
    const type = { record: { zz: { bool: {} }, a: { unit: {} }, b: { list: { nat: {} } } } };
    expect(reprinted(type, { a: null, b: [2, 1], zz: true })).toEqual([
      '{"zz":true,"a":null,"b":[2,1]}',
      '{"record":{"zz":{"bool":true},"a":{"null":{}},"b":{"list":[{"nat":2},{"nat":1}]}}}',
    ]);
  });

  it("keeps fields called __proto__ and constructor", () => {
    const type = JSON.parse('{"record": {"__proto__": {"nat": {}}, "constructor": {"nat": {}}}}');
    const json = JSON.parse('{"__proto__": 1, "constructor": 2}');
    expect(reprinted(type, json)[0]).toBe('{"__proto__":1,"constructor":2}');
    expect(refused(type, { toString: 1 })).toEqual([
      "value.unknown_field /toString",
      "value.missing_field ",
      "value.missing_field ",
    ]);
    const map = { map: { key: { text: {} }, value: { nat: {} } } };
    expect(reprinted(map, json)[0]).toBe('{"__proto__":1,"constructor":2}');
  });

  it("gives sets sorted and without repetition", () => {
    expect(reprinted({ set: { text: {} } }, ["b", "aa", "b", "a"])[0]).toBe('["a","b","aa"]');
  });
});

describe("the tagged lens", () => {
  const type = {
    record: {
      n: { nat: {} },
      i: { int: {} },
      h: { hash: {} },
      s: { set: { text: {} } },
      m: { map: { key: { nat: {} }, value: { bytes: {} } } },
      v: COUNTER,
      o: { option: { text: {} } },
    },
  };
  const tagged = {
    record: {
      n: { nat: 1 },
      i: { int: -1 },
      h: { hash: HASH },
      s: { set: [{ text: "b" }, { text: "a" }] },
      m: { map: [{ key: { nat: 1 }, value: { bytes_b64: "YQ==" } }] },
      v: { tag: "Start", value: { record: { target: { nat: 3 } } } },
      o: { null: {} },
    },
  };

  it("says the same as sugar", () => {
    const sugar = {
      n: 1,
      i: -1,
      h: HASH,
      s: ["a", "b"],
      m: [[1, "YQ=="]],
      v: { Start: { target: 3 } },
      o: null,
    };
    expect(hex(type, tagged, "tagged")).toBe(hex(type, sugar, "sugar"));
    expect(hex(type, tagged)).toBe(hex(type, sugar));
    expect(reprinted(type, sugar)[1]).toBe(reprinted(type, tagged)[1]);
  });

  it("takes only the tag of the type", () => {
    expect(refused({ int: {} }, { nat: 5 }, "tagged")).toEqual(["value.wrong_type "]);
    expect(refused({ nat: {} }, { int: 5 }, "tagged")).toEqual(["value.wrong_type "]);
    expect(refused({ set: { nat: {} } }, { list: [] }, "tagged")).toEqual(["value.wrong_type "]);
    expect(refused({ nat: {} }, { nat: 5, extra: 1 }, "tagged")).toEqual(["value.wrong_type "]);
    expect(refused({ nat: {} }, 5, "tagged")).toEqual(["value.wrong_type "]);
    expect(refused({ list: { nat: {} } }, { list: [1, { nat: -1 }] }, "tagged")).toEqual([
      "value.wrong_type /list/0",
      "value.out_of_range /list/1/nat",
    ]);
  });

  it("takes the forms that only the AIR texts know", () => {
    const option = { option: { nat: {} } };
    expect(hex(option, { option: null }, "tagged")).toBe("f6");
    expect(hex(option, { option: { nat: 5 } }, "tagged")).toBe("05");
    expect(hex(COUNTER, { variant: { tag: "Tick" } }, "tagged")).toBe(hex(COUNTER, { $tag: "Tick" }));
    expect(hex({ unit: {} }, { record: {} }, "tagged")).toBe("f6");
    expect(refused({ unit: {} }, { record: { a: 1 } }, "tagged")).toEqual(["value.wrong_type /record"]);
    expect(refused(option, { null: 5 }, "tagged")).toEqual(["value.wrong_type /null"]);
  });

  it("takes a reference to a secret as it is written in files", () => {
    const secret = { record: { alias: { text: {} }, version: { nat: {} } } };
    const either = { variant: { literal: { text: {} }, secret } };
    const json = { tag: "secret", value: { alias: "llm/api", version: 1 } };
    expect(hex(either, json, "tagged")).toBe(hex(either, { secret: { alias: "llm/api", version: 1 } }));
  });

  it("refuses broken maps and variants at their place", () => {
    const map = { map: { key: { nat: {} }, value: { nat: {} } } };
    expect(refused(map, { map: {} }, "tagged")).toEqual(["value.wrong_type /map"]);
    expect(refused(map, { map: [{ key: { nat: 1 } }, { key: 1, value: { nat: 1 } }] }, "tagged")).toEqual([
      "value.wrong_type /map/0",
      "value.wrong_type /map/1/key",
    ]);
    expect(refused(COUNTER, { tag: "Start" }, "tagged")).toEqual(["value.missing_payload "]);
    expect(refused(COUNTER, { tag: "Strat" }, "tagged")).toEqual(["value.unknown_tag /tag"]);
    expect(refused(COUNTER, { tag: 1 }, "tagged")).toEqual(["value.wrong_type /tag"]);
    expect(refused(COUNTER, { tag: "Tick", other: 1 }, "tagged")).toEqual(["value.unknown_field /other"]);
    const deep = (depth: number): unknown => (depth === 0 ? { tag: "Tick" } : { variant: deep(depth - 1) });
    expect(refused(COUNTER, deep(3), "tagged")).toEqual(["value.wrong_type /variant"]);
  });
});

describe("either lens", () => {
  it("reads records with fields named like tags as sugar", () => {
    for (const tag of ["text", "hash", "nat", "list", "null", "tag", "record", "variant", "map"]) {
      const type = { record: { [tag]: { text: {} } } };
      expect(reprinted(type, { [tag]: "x" })[0]).toBe(`{"${tag}":"x"}`);
    }
    const map = { map: { key: { text: {} }, value: { text: {} } } };
    expect(reprinted(map, { map: "x" })[0]).toBe('{"map":"x"}');
    const variant = { variant: { tag: { text: {} }, Other: { unit: {} } } };
    expect(reprinted(variant, { tag: "x" })[0]).toBe('{"tag":"x"}');
  });

  it("reads an object of one fitting tag as tagged, and does not mix lenses", () => {
    const type = { record: { a: { nat: {} } } };
    expect(hex(type, { record: { a: { nat: 1 } } })).toBe(hex(type, { a: 1 }));
    expect(refused(type, { record: { a: 1 } })).toEqual(["value.wrong_type /record/a"]);
    expect(refused(type, { a: { nat: 1 } })).toEqual(["value.wrong_type /a"]);
  });

  it("tells the faults of the lens that was meant", () => {
    const type = { record: { record: { record: { a: { nat: {} } } } } };
    expect(refused(type, { record: { a: "x" } })).toEqual(["value.wrong_type /record/a"]);
    expect(refused({ nat: {} }, { nat: "x" })).toEqual(["value.wrong_type /nat"]);
  });
});
