import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../host/values/bytes.ts";

describe("bytes as hexadecimal digits", () => {
  it("are two lower-case digits each, however many bytes there are", () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    for (const length of [0, 1, 9, 32, 511, 512, 513, 1024, 300_000]) {
      const bytes = Uint8Array.from({ length }, (_, i) => all[(i * 7) % 256]!);
      expect(toHex(bytes) === Buffer.from(bytes).toString("hex"), `${length} bytes`).toBe(true);
      expect(toHex(bytes.subarray(1)) === Buffer.from(bytes.subarray(1)).toString("hex")).toBe(true);
    }
    expect(fromHex(toHex(all))).toEqual(all);
  });

  it("are refused where they are no pairs of digits", () => {
    for (const text of ["0", "0g", "é0"]) expect(fromHex(text)).toBeUndefined();
  });
});
