/** What the walkers accept and refuse, type by type; hex on the left is what a module would send. */

import { describe, expect, it } from "vitest";
import { fromHex, toHex, utf8 } from "../../host/values/bytes.ts";
import { encodeCbor } from "../../host/values/cbor.ts";
import { schemaOf } from "./support.ts";

const bytesOf = (hex: string): Uint8Array => fromHex(hex.replaceAll(" ", ""))!;
const textHex = (text: string): string => toHex(encodeCbor(text));
const HASH = `sha256:${"0123456789abcdef".repeat(4)}`;
const UUID = "123e4567-E89B-12d3-a456-426614174000";
const TAG = textHex("$tag");
const VALUE = textHex("$value");

interface Case {
  readonly type: unknown;
  readonly yes: readonly string[];
  readonly no: readonly string[];
}

const cases: Record<string, Case> = {
  bool: { type: { bool: {} }, yes: ["f4", "f5"], no: ["f6", "f7", "00", "f8f4", textHex("true"), ""] },
  nat: {
    type: { nat: {} },
    yes: ["00", "17", "1818", "190100", "1a00010000", "1b0000000100000000", "1bffffffffffffffff"],
    no: [
      "20",
      "1817",
      "1900ff",
      "1a0000ffff",
      "1b00000000ffffffff",
      "1c",
      "18",
      "19ff",
      "1aff",
      "1bff",
      "c200",
      "f6",
    ],
  },
  int: {
    type: { int: {} },
    yes: ["00", "20", "3818", "390100", "1b7fffffffffffffff", "3b7fffffffffffffff", "3b0000000100000000"],
    no: [
      "1b8000000000000000",
      "3b8000000000000000",
      "3817",
      "3900ff",
      "3a0000ffff",
      "3b00000000ffffffff",
      "38",
      "40",
    ],
  },
  time: { type: { time: {} }, yes: ["1bffffffffffffffff"], no: ["20", "f6"] },
  duration: { type: { duration: {} }, yes: ["20", "00"], no: ["1b8000000000000000"] },
  bytes: {
    type: { bytes: {} },
    yes: ["40", "4100", `5818${"00".repeat(24)}`, `590100${"00".repeat(256)}`],
    no: [
      "60",
      "41",
      `5817${"00".repeat(23)}`,
      `5900ff${"00".repeat(255)}`,
      "5f4100ff",
      "5bffffffffffffffff",
      "5affffffff",
    ],
  },
  text: {
    type: { text: {} },
    yes: ["60", "6161", "62c3a9", "63efbbbf", "64f4 8f bf bf", "6100"],
    no: ["62c3", "61ff", "63eda080", "62c080", "64f4908080", "4161", "7f6161ff", "61", "780161"],
  },
  dec128: {
    type: { dec128: {} },
    yes: ["0", "-1", "+1.50", "1e5", "1.5E-10", "007"].map(textHex),
    no: [...["", "-", "1.", ".5", "1e", "1e+", "1 ", "NaN", "1,5", "0x1", "1.5.2", "+-1"].map(textHex), "01"],
  },
  hash: {
    type: { hash: {} },
    yes: [textHex(HASH)],
    no: [
      HASH.toUpperCase(),
      HASH.slice(0, -1),
      `${HASH}0`,
      HASH.replace("6", "7"),
      HASH.replace("a", "g"),
      "",
    ].map(textHex),
  },
  uuid: {
    type: { uuid: {} },
    yes: [textHex(UUID), textHex(UUID.toLowerCase())],
    no: [UUID.replaceAll("-", ""), `{${UUID}}`, UUID.replace("1", "g"), UUID.replace("-", "0"), ""].map(
      textHex,
    ),
  },
  unit: { type: { unit: {} }, yes: ["f6"], no: ["a0", "f7", "00", ""] },
  "an option": { type: { option: { nat: {} } }, yes: ["f6", "00"], no: ["81f6", "f7", "20"] },
  "an option of an option": { type: { option: { option: { nat: {} } } }, yes: ["f6", "05"], no: ["60"] },
  "a list": {
    type: { list: { nat: {} } },
    yes: ["80", "820100", `9818${"00".repeat(24)}`],
    no: ["81", "8160", "9f00ff", "980100", "9b7fffffffffffffff", "9affffffff00", "a0"],
  },
  "a list of units": { type: { list: { unit: {} } }, yes: ["82f6f6"], no: ["9affffffff", "83f6f6"] },
  "a set": {
    type: { set: { text: {} } },
    yes: ["80", "83 6161 6162 626161"],
    no: ["82 6162 6161", "82 6161 6161", "82 626161 6162"],
  },
  "a set of lists": {
    type: { set: { list: { nat: {} } } },
    yes: ["82 80 8100", "82 8100 820000"],
    no: ["82 8100 80", "82 8100 8100", "82 820000 8101"],
  },
  "a map by text": {
    type: { map: { key: { text: {} }, value: { nat: {} } } },
    yes: ["a0", "a2 6162 00 626161 01"],
    no: [
      "a2 626161 01 6162 00",
      "a2 6161 00 6161 01",
      "a1 6161",
      "a1 00 00",
      "bf616100ff",
      "bb7fffffffffffffff",
    ],
  },
  "a map by int": {
    type: { map: { key: { int: {} }, value: { map: { key: { nat: {} }, value: { unit: {} } } } } },
    yes: ["a3 00 a0 1818 a0 20 a1 00 f6"],
    no: ["a2 20 a0 00 a0", "a2 1818 a0 00 a0"],
  },
  "a record": {
    type: { record: { b: { nat: {} }, aa: { option: { text: {} } } } },
    yes: ["a2 6162 00 626161 f6", "a2 6162 00 626161 60"],
    no: [
      "a1 6162 00",
      "a2 626161 f6 6162 00",
      "a3 6162 00 6163 00 626161 f6",
      "a2 6162 f6 626161 f6",
      "a2 6162 00 626162 f6",
      "82 00 f6",
      "bf 6162 00 626161 f6 ff",
    ],
  },
  "an empty record": { type: { record: {} }, yes: ["a0"], no: ["80", "f6", "a1 6161 00", ""] },
  "a variant": {
    type: { variant: { Tick: { unit: {} }, Start: { nat: {} }, Maybe: { option: { nat: {} } } } },
    yes: [
      `a1 ${TAG} ${textHex("Tick")}`,
      `a2 ${TAG} ${textHex("Tick")} ${VALUE} f6`,
      `a2 ${TAG} ${textHex("Start")} ${VALUE} 05`,
      `a2 ${TAG} ${textHex("Maybe")} ${VALUE} f6`,
    ],
    no: [
      `a1 ${TAG} ${textHex("Start")}`,
      `a1 ${TAG} ${textHex("Maybe")}`,
      `a1 ${TAG} ${textHex("Tock")}`,
      `a2 ${TAG} ${textHex("Start")} ${VALUE} f6`,
      `a2 ${VALUE} 05 ${TAG} ${textHex("Start")}`,
      `a3 ${TAG} ${textHex("Tick")} ${VALUE} f6 ${textHex("$zzzzzz")} f6`,
      `a1 ${textHex("Start")} 05`,
      textHex("Tick"),
      "a0",
    ],
  },
};

describe.each(Object.entries(cases))("bytes of %s", (_, { type, yes, no }) => {
  const schema = schemaOf(type);

  it.each(yes)("are accepted: %s", (hex) => {
    const bytes = bytesOf(hex);
    expect(schema.accepts(bytes)).toBe(true);
    expect(toHex(schema.encode(schema.decode(bytes)))).toBe(`d9d9f7${toHex(bytes)}`);
  });

  it.each(no)("are refused: %s", (hex) => {
    const bytes = bytesOf(hex);
    expect(schema.accepts(bytes)).toBe(false);
    expect(schema.accepts(Uint8Array.of(0xd9, 0xd9, 0xf7, ...bytes))).toBe(false);
  });

  it("are refused with more behind or less than all of them", () => {
    for (const hex of yes) {
      const bytes = bytesOf(hex);
      expect(schema.accepts(Uint8Array.of(...bytes, 0))).toBe(false);
      for (let end = 0; end < bytes.length; end++) expect(schema.check(bytes, 0, end)).toBe(-1);
    }
  });
});

describe("records of many fields", () => {
  it.each([1, 23, 24, 300])("have their canonical head: %i", (count) => {
    const fields = Array.from({ length: count }, (_, i) => `f${i}`);
    const schema = schemaOf({ record: Object.fromEntries(fields.map((name) => [name, { bool: {} }])) });
    const bytes = encodeCbor(new Map(fields.map((name) => [name, true])));
    expect(schema.accepts(bytes)).toBe(true);
    expect(schema.accepts(encodeCbor(new Map([...fields.slice(1), "g"].map((name) => [name, true]))))).toBe(
      false,
    );
  });
});

describe("long text", () => {
  it("is checked behind its last head byte", () => {
    const schema = schemaOf({ text: {} });
    for (const length of [23, 24, 255, 256, 65535, 65536]) {
      const bytes = encodeCbor("x".repeat(length - 2).concat("é"));
      expect(schema.accepts(bytes)).toBe(true);
      bytes[bytes.length - 1] = 0x41;
      expect(schema.accepts(bytes)).toBe(false);
    }
    expect(utf8("é")).toHaveLength(2);
  });
});
