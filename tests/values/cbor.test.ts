import { decode as cborgDecode, encode as cborgEncode } from "cborg";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../host/values/bytes.ts";
import {
  type Cbor,
  CborReader,
  CborWriter,
  canon,
  decodeCbor,
  encodeCbor,
  hasSelfDescribe,
  MAJOR,
  withoutSelfDescribe,
  withSelfDescribe,
} from "../../host/values/cbor.ts";
import { NESTING_MAX } from "../../host/values/limits.ts";
import { seedOf, thrownBy } from "./support.ts";

const seed = seedOf("cbor");
const U64_MAX = 0xffffffffffffffffn;

const hex = (value: Cbor): string => toHex(encodeCbor(value));
const read = (text: string, reading?: "lenient"): Cbor => decodeCbor(fromHex(text)!, reading);
const refuses = (text: string, reading?: "lenient"): boolean => {
  const error = thrownBy(() => read(text, reading));
  return error.code === "cbor.invalid" && error.kind === "corrupt" && typeof error.fields.offset === "number";
};

describe("the CBOR writer", () => {
  it("uses the shortest head at every border", () => {
    const borders: readonly [bigint, string][] = [
      [0n, "00"],
      [23n, "17"],
      [24n, "1818"],
      [255n, "18ff"],
      [256n, "190100"],
      [65535n, "19ffff"],
      [65536n, "1a00010000"],
      [4294967295n, "1affffffff"],
      [4294967296n, "1b0000000100000000"],
      [U64_MAX, "1bffffffffffffffff"],
      [-1n, "20"],
      [-24n, "37"],
      [-25n, "3818"],
      [-4294967296n, "3affffffff"],
      [-4294967297n, "3b0000000100000000"],
      [-1n - U64_MAX, "3bffffffffffffffff"],
    ];
    for (const [value, expected] of borders) {
      expect(hex(value)).toBe(expected);
      expect(read(expected)).toBe(value);
    }
  });

  it("refuses integers that CBOR has no head for", () => {
    for (const value of [U64_MAX + 1n, -2n - U64_MAX]) {
      expect(thrownBy(() => encodeCbor(value)).code).toBe("cbor.range");
    }
  });

  it("sorts keys by their bytes: shorter first, negative numbers last", () => {
    const map = new Map<string | bigint, Cbor>([
      ["aa", 1],
      ["b", 2],
      [-1n, 3],
      [24n, 4],
      [3n, 5],
      ["", 6],
    ]);
    expect(hex(map)).toBe("a603051818042003600661620262616101");
  });

  it("writes every byte when the buffer grows in the middle of an item", () => {
    for (let capacity = 1; capacity < 12; capacity++) {
      const writer = new CborWriter(capacity);
      writer.item([null, true, false, 5n, "a", new Map(), [], new Uint8Array(3), 70000]);
      expect(toHex(writer.finish())).toBe("89f6f5f4056161a080430000001a00011170");
      expect(writer.length).toBe(18);
    }
  });

  it("writes heads above 32 bits", () => {
    const writer = new CborWriter();
    writer.head(MAJOR.bytes, 2 ** 32 + 5);
    expect(toHex(writer.finish())).toBe("5b0000000100000005");
  });

  it("agrees with cborg about anything it can write", () => {
    // cborg's reader drops a byte order mark at the front of a text; what it writes keeps it.
    const texts = fc.string({ unit: "binary" }).filter((text) => !text.startsWith("\ufeff"));
    const { tree } = fc.letrec<{ tree: Cbor }>((tie) => ({
      tree: fc.oneof(
        { depthSize: "small" },
        fc.constantFrom(null, true, false),
        fc.bigInt({ min: -1n - 0x7fffffffffffffffn, max: U64_MAX }),
        texts,
        fc.uint8Array({ maxLength: 300 }),
        fc.array(tie("tree"), { maxLength: 30 }),
        fc.array(fc.tuple(texts, tie("tree")), { maxLength: 30 }).map((entries) => new Map(entries)),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const bytes = encodeCbor(value);
        expect(toHex(bytes)).toBe(toHex(cborgEncode(value)));
        expect(toHex(encodeCbor(decodeCbor(bytes)))).toBe(toHex(bytes));
        expect(toHex(cborgEncode(cborgDecode(bytes, { useMaps: true })))).toBe(toHex(bytes));
      }),
      { seed, numRuns: 1000 },
    );
  });
});

describe("the canonical CBOR reader", () => {
  it("reads what the writer writes, and byte strings as views", () => {
    const bytes = fromHex("a2616143010203616282f4f6")!;
    const map = decodeCbor(bytes) as ReadonlyMap<string, Cbor>;
    expect(map.get("b")).toEqual([false, null]);
    expect((map.get("a") as Uint8Array).buffer).toBe(bytes.buffer);
  });

  it("refuses every other spelling", () => {
    const spellings = {
      "an empty input": "",
      "a head that is cut off": "19 01",
      "text that is cut off": "62 61",
      "a list that is cut off": "82 01",
      "a byte behind the item": "00 00",
      "a long head": "18 17",
      "a long head of 4 bytes": "1a 0000ffff",
      "a long head of 8 bytes": "1b 00000000ffffffff",
      "a long head of a text": "78 01 61",
      "a reserved head": "1c",
      "an indefinite list": "9f 01 ff",
      "an indefinite text": "7f 61 61 ff",
      "a lone break": "ff",
      "keys out of order": "a2 6162 00 6161 00",
      "a key twice": "a2 6161 00 6161 00",
      "a key that is a list": "a1 80 00",
      "a key that is null": "a1 f6 00",
      "a tag": "c1 00",
      "a tag inside": "81 d9d9f7 00",
      "a float": "f9 0000",
      "a double": "fb 0000000000000000",
      undefined: "f7",
      "a simple value": "f8 ff",
      "a surrogate": "63 eda080",
      "overlong text": "62 c080",
      "a length beyond the input": "9b 7fffffffffffffff",
      "a map longer than the input": "bb ffffffffffffffff 00",
      "a string longer than any memory": "5b ffffffffffffffff",
    };
    for (const [what, text] of Object.entries(spellings)) {
      expect(refuses(text.replaceAll(" ", "")), what).toBe(true);
    }
  });

  it("stops at the nesting limit, without the host's stack deciding", () => {
    const nested = (depth: number): string => `${"81".repeat(depth)}00`;
    expect(read(nested(NESTING_MAX))).toHaveLength(1);
    expect(refuses(nested(NESTING_MAX + 1))).toBe(true);
    expect(refuses("81".repeat(100_000), "lenient")).toBe(true);
    expect(refuses("c1".repeat(100_000), "lenient")).toBe(true);
  });

  it("keeps __proto__ and constructor as ordinary keys", () => {
    const map = new Map<string, Cbor>([
      ["__proto__", 1n],
      ["constructor", 2n],
    ]);
    expect(decodeCbor(encodeCbor(map))).toEqual(map);
  });

  it("reads a sequence item by item up to its end", () => {
    const reader = new CborReader(fromHex("0061618101ff")!, "canonical", 0, 5);
    const items: Cbor[] = [];
    while (!reader.done) items.push(reader.item());
    expect(items).toEqual([0n, "a", [1n]]);
    expect(new CborReader(fromHex("1901f4")!, "canonical", 0, 2).bytes).toHaveLength(3);
    expect(thrownBy(() => new CborReader(fromHex("1901f4")!, "canonical", 0, 2).item()).fields.offset).toBe(
      0,
    );
  });
});

describe("the lenient CBOR reader", () => {
  it("takes long heads, indefinite lengths, tags, undefined, and the last of equal keys", () => {
    expect(read("1b0000000000000005", "lenient")).toBe(5n);
    expect(read("9f0001ff", "lenient")).toEqual([0n, 1n]);
    expect(read("7f61616162ff", "lenient")).toBe("ab");
    expect(read("5f4101420203ff", "lenient")).toEqual(Uint8Array.of(1, 2, 3));
    expect(read("bf616101616102ff", "lenient")).toEqual(new Map([["a", 2n]]));
    expect(read("c1d9d9f705", "lenient")).toBe(5n);
    expect(read("f7", "lenient")).toBeNull();
  });

  it("still refuses floats, chunks of another kind, and what is cut off", () => {
    for (const text of [
      "f93c00",
      "7f4161ff",
      "7f7f6161ffff",
      "9f00",
      "bf6161ff",
      "5fff00",
      "c1",
      "1c",
      "9fff00",
    ]) {
      expect(refuses(text, "lenient"), text).toBe(true);
    }
  });
});

describe("the self-describe tag", () => {
  it("stands once in front of canonical values and is optional when reading", () => {
    expect(toHex(canon(new Map()))).toBe("d9d9f7a0");
    expect(read("d9d9f7a0")).toEqual(new Map());
    expect(refuses("d9d9f7d9d9f7a0")).toBe(true);
    expect(hasSelfDescribe(fromHex("d9d9f7")!)).toBe(true);
    expect(hasSelfDescribe(fromHex("d9d9")!)).toBe(false);
    expect(toHex(withoutSelfDescribe(withSelfDescribe(fromHex("00")!)))).toBe("00");
    expect(toHex(withoutSelfDescribe(fromHex("00")!))).toBe("00");
  });
});
