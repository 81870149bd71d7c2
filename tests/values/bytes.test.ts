import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareBytes,
  compareText,
  concat,
  EMPTY,
  equalBytes,
  fromBase64,
  fromHex,
  fromUtf8,
  toBase64,
  toHex,
  utf8,
} from "../../host/values/bytes.ts";
import { isUtf8, isWellFormed } from "../../host/values/utf8.ts";
import { seedOf } from "./support.ts";

const seed = seedOf("bytes");
const options = { seed, numRuns: 2000 };
const bytes = fc.uint8Array({ maxLength: 40 });

describe("base64", () => {
  it("agrees with Node's and comes back", () => {
    fc.assert(
      fc.property(bytes, (data) => {
        expect(toBase64(data)).toBe(Buffer.from(data).toString("base64"));
        expect(fromBase64(toBase64(data))).toEqual(data);
      }),
      options,
    );
  });

  it("refuses what is not padded, not of the alphabet, or not the one spelling", () => {
    for (const text of [
      "YQ",
      "YQ=",
      "Y===",
      "YQ==YQ==",
      "Y Q=",
      "_-8=",
      "YR==",
      "YWJ=",
      "=",
      "====",
      "YQ=a",
    ]) {
      expect(fromBase64(text), text).toBeUndefined();
    }
    expect(fromBase64("")).toEqual(EMPTY);
    expect(fromBase64("/+8=")).toEqual(Uint8Array.of(0xff, 0xef));
  });
});

describe("hex", () => {
  it("agrees with Node's and comes back, in either case", () => {
    fc.assert(
      fc.property(bytes, (data) => {
        expect(toHex(data)).toBe(Buffer.from(data).toString("hex"));
        expect(fromHex(toHex(data))).toEqual(data);
        expect(fromHex(toHex(data).toUpperCase())).toEqual(data);
      }),
      options,
    );
  });

  it("refuses odd lengths and other characters", () => {
    for (const text of ["a", "0g", " 0", "0x", "-1", "aa\n"]) expect(fromHex(text), text).toBeUndefined();
  });
});

describe("UTF-8", () => {
  it("is accepted exactly where a strict decoder accepts it", () => {
    const units = [0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1];
    const more = [0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff];
    const tricky = fc.array(fc.constantFrom(...units, ...more), { maxLength: 6 });
    fc.assert(
      fc.property(tricky, bytes, (middle, around) => {
        const data = Uint8Array.of(...around, ...middle, ...around);
        const view = data.subarray(around.length, around.length + middle.length);
        expect(isUtf8(data, around.length, around.length + middle.length)).toBe(decodes(view));
        expect(isUtf8(around, 0, around.length)).toBe(decodes(around));
      }),
      options,
    );
  });

  it("is checked over every two-byte and the critical longer sequences", () => {
    for (let first = 0xbf; first < 256; first++) {
      for (let second = 0; second < 256; second++) {
        for (const data of [
          Uint8Array.of(first, second),
          Uint8Array.of(first, second, 0x80),
          Uint8Array.of(first, second, 0xbf, 0x80),
        ]) {
          if (isUtf8(data, 0, data.length) !== decodes(data))
            expect(toHex(data)).toBe("judged as a decoder does");
        }
      }
    }
  });

  it("keeps a byte order mark, and refuses surrogates in text", () => {
    expect(fromUtf8(utf8("\ufeffa"))).toBe("\ufeffa");
    expect(isWellFormed("a\u{10000}\uffff")).toBe(true);
    for (const text of ["\ud800", "a\udc00", "\udc00\ud800", "\ud800\ud800\udc00", "\ud800a"]) {
      expect(isWellFormed(text)).toBe(false);
    }
  });
});

describe("orders", () => {
  it("are bytewise with prefixes first", () => {
    expect(compareBytes(Uint8Array.of(1), Uint8Array.of(1, 0))).toBeLessThan(0);
    expect(compareBytes(Uint8Array.of(2), Uint8Array.of(1, 0))).toBeGreaterThan(0);
    expect(compareBytes(Uint8Array.of(200), Uint8Array.of(100))).toBeGreaterThan(0);
    expect(compareBytes(EMPTY, EMPTY)).toBe(0);
    expect(compareText("Z", "a")).toBe(-1);
    expect(compareText("b", "a")).toBe(1);
    expect(compareText("ä", "ä")).toBe(0);
  });

  it("tell equal bytes from others", () => {
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
    expect(concat([Uint8Array.of(1), EMPTY, Uint8Array.of(2, 3)])).toEqual(Uint8Array.of(1, 2, 3));
  });
});

function decodes(data: Uint8Array): boolean {
  try {
    fromUtf8(data);
    return true;
  } catch {
    return false;
  }
}
