/** Values with their kinds, as bytes: what a scripted receipt sends and a snapshot keeps. */

import { describe, expect, it } from "vitest";
import { readReceipt } from "../../host/plan/receipt.ts";
import { readTagged, taggedBytes } from "../../host/plan/tagged.ts";
import { fromHex } from "../../host/values/bytes.ts";
import { type Cbor, canon, encodeCbor } from "../../host/values/cbor.ts";
import { ZERO_HASH } from "../../host/values/hash.ts";
import { NULL, record, text, UNIT, type Value, variant } from "../../host/values/value.ts";
import { schemaOf } from "../values/support.ts";

const nat = (value: bigint): Value => ({ kind: "nat", value });
const VALUES: readonly Value[] = [
  UNIT,
  NULL,
  { kind: "bool", value: false },
  { kind: "int", value: -(2n ** 63n) },
  nat(2n ** 64n - 1n),
  { kind: "time", value: 5n },
  { kind: "duration", value: -5n },
  { kind: "dec128", value: "1.50" },
  text("né"),
  { kind: "hash", value: ZERO_HASH },
  { kind: "uuid", value: "123e4567-e89b-12d3-a456-426614174000" },
  { kind: "bytes", value: Uint8Array.of(1, 2) },
  { kind: "list", items: [nat(2n), text("a")] },
  { kind: "set", items: [nat(2n), text("a")] },
  {
    kind: "map",
    entries: [
      [nat(1n), text("b")],
      [text("a"), UNIT],
    ],
  },
  record([
    ["__proto__", nat(1n)],
    ["", NULL],
  ]),
  variant("Arm", record([["x", UNIT]])),
];

describe("a tagged value", () => {
  it.each(VALUES.map((value) => [value.kind, value] as const))("that is %s is read back", (_kind, value) => {
    const bytes = taggedBytes(value);
    expect(readTagged(bytes)).toEqual(value);
    expect(readTagged(Uint8Array.of(0xd9, 0xd9, 0xf7, ...bytes))).toEqual(value);
  });

  const one = (tag: string, body: Cbor) => encodeCbor(new Map([[tag, body]]));

  it.each([
    ["a word that is no kind", one("Number", 1n)],
    ["plain CBOR", encodeCbor(5n)],
    ["another text", encodeCbor("unit")],
    ["a nat below 0", one("Nat", -1n)],
    ["an int out of range", one("Int", 2n ** 63n)],
    ["text for a number", one("Nat", "1")],
    ["a hash of another form", one("Hash", "sha256:1")],
    [
      "two keys",
      encodeCbor(
        new Map([
          ["Nat", 1n],
          ["Text", "a"],
        ] as [string, Cbor][]),
      ),
    ],
    ["a list of plain items", one("List", [1n])],
    ["a record whose fields have no kinds", one("Record", new Map([["a", 1n]]))],
    ["a map whose keys have no order", fromHex("a1634d6170a1a1644c69737480a1634e617401")!],
    ["bytes behind it", Uint8Array.of(...one("Nat", 1n), 0)],
    ["half of it", one("Text", "abc").subarray(0, 7)],
    ["nothing", new Uint8Array(0)],
    ["nested too deep", nested(200)],
  ])("is not %s", (_what, bytes) => {
    expect(readTagged(bytes)).toBe(null);
  });
});

function nested(depth: number): Uint8Array {
  let value: Value = UNIT;
  for (let i = 0; i < depth; i++) value = { kind: "list", items: [value] };
  return taggedBytes(value);
}

describe("a receipt's payload", () => {
  const schema = schemaOf({ record: { n: { nat: {} }, at: { option: { time: {} } } } });

  it("is typed in canonical bytes where the schema takes it, however it was written", () => {
    const loose = encodeCbor(new Map([["n", 1n]]));
    const { reading, value, payload } = readReceipt(loose, schema);
    expect(reading).toBe("typed");
    expect(payload).toEqual(
      canon(
        new Map<string, Cbor>([
          ["n", 1n],
          ["at", null],
        ]),
      ),
    );
    expect(value).toEqual(
      record([
        ["n", nat(1n)],
        ["at", NULL],
      ]),
    );
  });

  it.each([
    ["an integer", canon(5n), nat(5n)],
    ["one below 0", canon(-5n), { kind: "int", value: -5n }],
    ["a text that reads as a hash", canon(ZERO_HASH), { kind: "hash", value: ZERO_HASH }],
    ["a map with text keys", canon(new Map([["a", true]])), record([["a", { kind: "bool", value: true }]])],
    ["a map with other keys", canon(new Map([[1n, "a"]])), { kind: "map", entries: [[nat(1n), text("a")]] }],
    ["a list", canon([null, "x"]), { kind: "list", items: [NULL, text("x")] }],
    ["an integer of no kind", canon(-(2n ** 64n)), { kind: "bytes", value: canon(-(2n ** 64n)) }],
    ["a float", Uint8Array.of(0xf9, 0x3c, 0), { kind: "bytes", value: Uint8Array.of(0xf9, 0x3c, 0) }],
  ] as [string, Uint8Array, Value][])("is loose where it is %s", (_what, bytes, value) => {
    expect(readReceipt(bytes, schema)).toEqual({ reading: "loose", value, payload: bytes });
    expect(readReceipt(bytes, undefined)).toMatchObject({ reading: "loose" });
  });
});
