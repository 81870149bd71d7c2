/** Values as plans and programs make them. */

import { describe, expect, it } from "vitest";
import { toHex } from "../../host/values/bytes.ts";
import { NULL, record, text, UNIT, type Value, variant } from "../../host/values/value.ts";
import { zeroValue } from "../../host/values/zero.ts";
import { faultsOf, schemaOf } from "./support.ts";

const nat = (value: bigint): Value => ({ kind: "nat", value });
const int = (value: bigint): Value => ({ kind: "int", value });
const hex = (type: unknown, value: Value): string => toHex(schemaOf(type).encode(value)).slice(6);
const refused = (type: unknown, value: Value): string[] => faultsOf(() => schemaOf(type).encode(value));

describe("encoding a value", () => {
  it("turns nat and int into one another where the number allows", () => {
    expect(hex({ int: {} }, nat(5n))).toBe("05");
    expect(hex({ nat: {} }, int(5n))).toBe("05");
    expect(
      hex({ map: { key: { int: {} }, value: { list: { nat: {} } } } }, mapOf([nat(1n), listOf(int(2n))])),
    ).toBe("a1018102");
    expect(refused({ nat: {} }, int(-1n))).toEqual(["value.out_of_range "]);
    expect(refused({ int: {} }, nat(2n ** 63n))).toEqual(["value.out_of_range "]);
  });

  it("leaves every other kind as it is", () => {
    const wrong: readonly [unknown, Value][] = [
      [{ time: {} }, nat(1n)],
      [{ duration: {} }, int(1n)],
      [{ nat: {} }, { kind: "time", value: 1n }],
      [{ hash: {} }, text(`sha256:${"0".repeat(64)}`)],
      [{ text: {} }, { kind: "uuid", value: "x" }],
      [{ bytes: {} }, text("YQ==")],
      [{ set: { nat: {} } }, listOf(nat(1n))],
      [{ list: { nat: {} } }, { kind: "set", items: [] }],
      [{ record: {} }, mapOf()],
      [{ map: { key: { text: {} }, value: { nat: {} } } }, record([["a", nat(1n)]])],
      [{ nat: {} }, NULL],
      [{ variant: { A: { unit: {} } } }, text("A")],
      [{ bool: {} }, UNIT],
    ];
    for (const [type, value] of wrong) expect(refused(type, value)).toEqual(["value.wrong_type "]);
  });

  it("takes unit, null and the empty record for the one null they are in bytes", () => {
    for (const value of [UNIT, NULL]) {
      expect(hex({ unit: {} }, value)).toBe("f6");
      expect(hex({ option: { nat: {} } }, value)).toBe("f6");
    }
    expect(hex({ unit: {} }, record([]))).toBe("f6");
    expect(refused({ unit: {} }, record([["a", UNIT]]))).toEqual(["value.wrong_type "]);
  });

  it("fills missing option fields and refuses other gaps and additions", () => {
    const type = { record: { a: { nat: {} }, bb: { option: { nat: {} } } } };
    expect(hex(type, record([["a", nat(1n)]]))).toBe("a2616101626262f6");
    expect(refused(type, record([["bb", nat(1n)]]))).toEqual(["value.missing_field "]);
    expect(
      refused(
        type,
        record([
          ["a", nat(1n)],
          ["c", NULL],
        ]),
      ),
    ).toEqual(["value.unknown_field /c"]);
  });

  it("sorts and deduplicates sets, and keeps the last of equal map keys", () => {
    expect(hex({ set: { int: {} } }, { kind: "set", items: [int(-1n), nat(1n), int(1n), nat(0n)] })).toBe(
      "83000120",
    );
    const type = { map: { key: { text: {} }, value: { nat: {} } } };
    expect(hex(type, mapOf([text("b"), nat(1n)], [text("a"), nat(2n)], [text("b"), nat(3n)]))).toBe(
      "a2616102616203",
    );
  });

  it("keeps a unit arm with or without its value, and asks a value of the others", () => {
    const type = { variant: { Tick: { unit: {} }, Go: { nat: {} } } };
    expect(hex(type, variant("Tick", undefined))).toBe("a16424746167645469636b");
    expect(hex(type, variant("Tick", UNIT))).toBe("a26424746167645469636b662476616c7565f6");
    expect(hex(type, variant("Tick", NULL))).toBe("a26424746167645469636b662476616c7565f6");
    expect(refused(type, variant("Go", undefined))).toEqual(["value.missing_payload "]);
    expect(refused(type, variant("Og", nat(1n)))).toEqual(["value.unknown_tag /$tag"]);
    expect(
      refused(
        type,
        record([
          ["$tag", text("Tick")],
          ["x", NULL],
        ]),
      ),
    ).toEqual(["value.unknown_field /x"]);
    expect(refused(type, record([["$tag", nat(1n)]]))).toEqual(["value.wrong_type /$tag"]);
  });

  it("refuses text that is no Unicode, instead of changing it", () => {
    expect(refused({ text: {} }, text("\ud800"))).toEqual(["value.malformed "]);
    expect(
      refused({ map: { key: { text: {} }, value: { nat: {} } } }, mapOf([text("a\udc00"), nat(1n)])),
    ).toEqual(["value.malformed /a\udc00"]);
  });

  it("tells every fault with its place", () => {
    const type = { list: { record: { a: { nat: {} }, b: { hash: {} } } } };
    const item = record([
      ["a", text("x")],
      ["b", { kind: "hash", value: "x" }],
    ]);
    expect(refused(type, listOf(item, NULL))).toEqual([
      "value.wrong_type /0/a",
      "value.malformed /0/b",
      "value.wrong_type /1",
    ]);
  });

  it("takes the zero value of every type", () => {
    const type = {
      record: {
        a: { variant: { X: { nat: {} } } },
        b: { hash: {} },
        c: { uuid: {} },
        d: { dec128: {} },
        e: { map: { key: { nat: {} }, value: { nat: {} } } },
        f: { option: { nat: {} } },
        g: { unit: {} },
      },
    };
    const schema = schemaOf(type);
    expect(schema.accepts(schema.encode(zeroValue(schema.type)))).toBe(true);
  });
});

function listOf(...items: Value[]): Value {
  return { kind: "list", items };
}

function mapOf(...entries: [Value, Value][]): Value {
  return { kind: "map", entries };
}
