/** Acceptable CBOR becomes canonical; what would have to be guessed is refused, every fault with its place. */

import { encode as cborgEncode } from "cborg";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../host/values/bytes.ts";
import type { Schema } from "../../host/values/schema.ts";
import { faultsOf, schemaOf, thrownBy } from "./support.ts";

const HASH = `sha256:${"0".repeat(64)}`;
const counter = schemaOf({ variant: { Start: { record: { target: { nat: {} } } }, Tick: { unit: {} } } });
const timer = schemaOf({ record: { deliver_at_ns: { nat: {} }, key: { option: { text: {} } } } });

const normal = (schema: Schema, value: unknown): string => toHex(schema.normalize(cborgEncode(value)));
const refused = (type: unknown, value: unknown): string[] =>
  faultsOf(() => schemaOf(type).normalize(cborgEncode(value)));

describe("normalising", () => {
  it("gives tagged canonical bytes back as they are, and tags untagged ones", () => {
    const tagged = fromHex("d9d9f7a2636b6579f66d64656c697665725f61745f6e731a000f4240")!;
    expect(timer.normalize(tagged)).toBe(tagged);
    expect(toHex(timer.normalize(tagged.subarray(3)))).toBe(toHex(tagged));
  });

  it("fills missing option fields with null and sorts what came in another order", () => {
    const expected = "d9d9f7a2636b6579f66d64656c697665725f61745f6e731a000f4240";
    expect(normal(timer, { deliver_at_ns: 1000000 })).toBe(expected);
    expect(toHex(timer.normalize(fromHex("a26d64656c697665725f61745f6e731a000f4240636b6579f6")!))).toBe(
      expected,
    );
    expect(normal(schemaOf({ set: { text: {} } }), ["b", "aa", "a", "b"])).toBe("d9d9f78361616162626161");
    const map = { map: { key: { int: {} }, value: { nat: {} } } };
    expect(toHex(schemaOf(map).normalize(fromHex("a3200100020003")!))).toBe("d9d9f7a200032001");
  });

  it("keeps both spellings of a unit arm apart", () => {
    const tagOnly = "d9d9f7a16424746167645469636b";
    const withNull = "d9d9f7a26424746167645469636b662476616c7565f6";
    expect(normal(counter, { $tag: "Tick" })).toBe(tagOnly);
    expect(normal(counter, { $tag: "Tick", $value: null })).toBe(withNull);
    expect(normal(counter, { $tag: "Tick", $value: {} })).toBe(withNull);
    expect(normal(counter, { Tick: null })).toBe(withNull);
    expect(toHex(counter.normalize(fromHex(tagOnly)!))).toBe(tagOnly);
    expect(toHex(counter.normalize(fromHex(withNull)!))).toBe(withNull);
  });

  it("takes a variant of one member for its arm", () => {
    const expected = normal(counter, { $tag: "Start", $value: { target: 3 } });
    expect(normal(counter, { Start: { target: 3 } })).toBe(expected);
  });

  it("keeps fields called __proto__ and constructor", () => {
    const type = JSON.parse('{"record": {"__proto__": {"nat": {}}, "constructor": {"option": {"nat": {}}}}}');
    const bytes = cborgEncode(new Map([["__proto__", 7]]));
    expect(toHex(schemaOf(type).normalize(bytes))).toContain(Buffer.from("__proto__").toString("hex"));
    expect(refused(type, new Map([["toString", 7]]))).toEqual([
      "value.unknown_field /toString",
      "value.missing_field ",
    ]);
  });
});

describe("normalising refuses", () => {
  it("integers out of range", () => {
    expect(refused({ nat: {} }, -1)).toEqual(["value.out_of_range "]);
    expect(refused({ time: {} }, -1)).toEqual(["value.out_of_range "]);
    expect(refused({ int: {} }, 2n ** 63n)).toEqual(["value.out_of_range "]);
    expect(refused({ duration: {} }, 2n ** 63n)).toEqual(["value.out_of_range "]);
    expect(faultsOf(() => schemaOf({ int: {} }).normalize(fromHex("3b8000000000000000")!))).toEqual([
      "value.out_of_range ",
    ]);
    expect(normal(schemaOf({ int: {} }), -(2n ** 63n))).toBe("d9d9f73b7fffffffffffffff");
  });

  it("malformed hashes, uuids and decimals", () => {
    expect(refused({ hash: {} }, HASH.toUpperCase())).toEqual(["value.malformed "]);
    expect(refused({ uuid: {} }, "123e4567e89b12d3a456426614174000")).toEqual(["value.malformed "]);
    expect(refused({ dec128: {} }, "1.")).toEqual(["value.malformed "]);
    expect(refused({ hash: {} }, new Uint8Array(32))).toEqual(["value.wrong_type "]);
  });

  it("text for bytes, text for a bool, bytes for text, numbers for text", () => {
    expect(refused({ bytes: {} }, "YQ==")).toEqual(["value.wrong_type "]);
    expect(refused({ bool: {} }, "true")).toEqual(["value.wrong_type "]);
    expect(refused({ text: {} }, Uint8Array.of(97))).toEqual(["value.wrong_type "]);
    expect(refused({ nat: {} }, "1")).toEqual(["value.wrong_type "]);
    expect(refused({ bytes: {} }, [1, 2])).toEqual(["value.wrong_type "]);
  });

  it("anything for unit but null and the empty map", () => {
    expect(normal(schemaOf({ unit: {} }), {})).toBe("d9d9f7f6");
    for (const value of [0, false, "", [], { a: 1 }]) {
      expect(refused({ unit: {} }, value)).toEqual(["value.wrong_type "]);
    }
  });

  it("variants with extra keys, without payload, or with an unknown arm", () => {
    const variant = { variant: { Start: { nat: {} }, Tick: { unit: {} }, Maybe: { option: { nat: {} } } } };
    expect(refused(variant, { $tag: "Tick", extra: 1 })).toEqual(["value.unknown_field /extra"]);
    expect(refused(variant, { $tag: "Start" })).toEqual(["value.missing_payload "]);
    expect(refused(variant, { $tag: "Maybe" })).toEqual(["value.missing_payload "]);
    expect(refused(variant, { $tag: "Strat", $value: 1 })).toEqual(["value.unknown_tag /$tag"]);
    expect(refused(variant, { Stop: 1 })).toEqual(["value.unknown_tag /Stop"]);
    expect(refused(variant, { Start: 1, Tick: null })).toEqual(["value.wrong_type "]);
    expect(refused(variant, { $value: 1 })).toEqual(["value.unknown_tag /$value"]);
    expect(refused(variant, { $tag: 1 })).toEqual(["value.wrong_type /$tag"]);
    expect(refused(variant, {})).toEqual(["value.wrong_type "]);
    expect(refused(variant, "Tick")).toEqual(["value.wrong_type "]);
    expect(refused(variant, { $tag: "Tick", $value: 0 })).toEqual(["value.wrong_type /$value"]);
  });

  it("records with unknown or missing fields, and names that are no text", () => {
    const record = { record: { a: { nat: {} }, b: { option: { nat: {} } } } };
    expect(refused(record, { a: 1, c: 2 })).toEqual(["value.unknown_field /c"]);
    expect(refused(record, { b: 2 })).toEqual(["value.missing_field "]);
    expect(
      refused(
        record,
        new Map<unknown, unknown>([
          ["a", 1],
          [7, 2],
        ]),
      ),
    ).toEqual(["value.wrong_type /7"]);
    expect(refused(record, [1])).toEqual(["value.wrong_type "]);
    const near = thrownBy(() => timer.normalize(cborgEncode({ deliver_at_ms: 1, key: null })));
    expect(near.diagnostics[0]!.hint).toContain("deliver_at_ns");
  });

  it("bytes that are not one CBOR item", () => {
    for (const hex of ["", "18", "0000", "f93c00", "fb3ff0000000000000", "ff", "a1f600"]) {
      expect(faultsOf(() => schemaOf({ nat: {} }).normalize(fromHex(hex)!))).toEqual(["cbor.invalid "]);
    }
  });

  it("with all faults at once, each with its pointer", () => {
    const type = {
      record: {
        "a/b": { list: { nat: {} } },
        m: { map: { key: { text: {} }, value: { hash: {} } } },
        v: { option: { variant: { Go: { record: { x: { bool: {} } } } } } },
      },
    };
    const value = { "a/b": [0, -1, "2"], m: { "k~": "x" }, v: { Go: { x: 1, y: 2 } }, w: 0 };
    expect(refused(type, value)).toEqual([
      "value.unknown_field /w",
      "value.malformed /m/k~0",
      "value.unknown_field /v/Go/y",
      "value.wrong_type /v/Go/x",
      "value.out_of_range /a~1b/1",
      "value.wrong_type /a~1b/2",
    ]);
  });

  it("with the first hundred of very many faults and the number of all", () => {
    const error = thrownBy(() =>
      schemaOf({ list: { nat: {} } }).normalize(cborgEncode(new Array(5000).fill("x"))),
    );
    expect(error.diagnostics).toHaveLength(100);
    expect(error.fields).toEqual({ schema: "demo/Subject@1", faults: 5000 });
  });

  it("without letting text from outside steer a terminal", () => {
    const error = thrownBy(() =>
      schemaOf({ uuid: {} }).normalize(cborgEncode(`\u001b[2J${"x".repeat(5000)}`)),
    );
    expect(error.message).not.toContain("\u001b");
    expect(error.message.length).toBeLessThan(300);
  });
});

describe("decoding", () => {
  it("reads canonical bytes with and without the tag", () => {
    expect(counter.decode(fromHex("a16424746167645469636b")!)).toEqual(
      counter.decode(fromHex("d9d9f7a16424746167645469636b")!),
    );
  });

  it("refuses what normalising would have to change, saying so", () => {
    expect(faultsOf(() => timer.decode(fromHex("a16d64656c697665725f61745f6e7300")!))).toEqual([
      "value.not_canonical ",
    ]);
    expect(faultsOf(() => schemaOf({ set: { nat: {} } }).decode(fromHex("820100")!))).toEqual([
      "value.not_canonical ",
    ]);
    expect(faultsOf(() => schemaOf({ nat: {} }).decode(fromHex("1801")!))).toEqual(["cbor.invalid "]);
    expect(faultsOf(() => schemaOf({ nat: {} }).decode(fromHex("20")!))).toEqual(["value.out_of_range "]);
    expect(faultsOf(() => schemaOf({ unit: {} }).decode(fromHex("a0")!))).toEqual(["value.not_canonical "]);
  });
});
