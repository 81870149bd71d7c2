import { describe, expect, it } from "vitest";
import * as node from "../../host/platform/node.ts";
import * as web from "../../host/platform/web.ts";
import { toHex, utf8 } from "../../host/values/bytes.ts";

const INPUTS = [0, 1, 3, 55, 56, 63, 64, 65, 119, 128, 1000, 70_000].map((length) =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 255),
);

describe("hashing in a page and on Node", () => {
  it.each(INPUTS.map((bytes) => [bytes.length, bytes] as const))("agrees over %d bytes", (_length, bytes) => {
    expect(toHex(web.sha256(bytes))).toBe(toHex(node.sha256(bytes)));
    expect(web.sha256Hex(bytes)).toBe(toHex(web.sha256(bytes)));
    expect(node.sha256Hex(bytes)).toBe(toHex(node.sha256(bytes)));
    expect(toHex(web.sha512(bytes))).toBe(toHex(node.sha512(bytes)));
    expect(web.crc32(bytes)).toBe(node.crc32(bytes));
  });

  it("agrees over a view that does not begin its buffer", () => {
    const view = INPUTS.at(-1)!.subarray(17, 500);
    expect(toHex(web.sha256(view))).toBe(toHex(node.sha256(view)));
    expect(web.crc32(view)).toBe(node.crc32(view));
  });

  it("gives the published values of FIPS 180-4 and of the CRC-32 check", () => {
    for (const { sha256, sha512, crc32 } of [node, web]) {
      expect(toHex(sha256(utf8("abc")))).toBe(
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      );
      expect(toHex(sha512(utf8("abc"))).slice(0, 32)).toBe("ddaf35a193617abacc417349ae204131");
      expect(crc32(utf8("123456789"))).toBe(0xcbf43926);
    }
  });
});
