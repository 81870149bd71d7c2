import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { annotateCbor } from "../../host/values/annotate.ts";
import { concat, fromHex } from "../../host/values/bytes.ts";
import { type Cbor, canon, encodeCbor } from "../../host/values/cbor.ts";
import { seeded } from "../air/seed.ts";

const item: fc.Arbitrary<Cbor> = fc.letrec<{ item: Cbor }>((tie) => ({
  item: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Cbor>(null, true, false),
    fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n - 1n }),
    fc.string({ unit: "grapheme", maxLength: 40 }),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie("item"), { maxLength: 4 }),
    fc.array(fc.tuple(fc.string({ maxLength: 6 }), tie("item")), { maxLength: 4 }).map((all) => new Map(all)),
    tie("item").map((inner) => canon(inner)),
  ),
})).item;

const words = (hex: string) => annotateCbor(fromHex(hex)!).map(({ what, depth }) => `${depth} ${what}`);

describe("annotateCbor", () => {
  it("tells every byte once, in order", () => {
    fc.assert(
      fc.property(item, (value) => {
        for (const bytes of [encodeCbor(value), canon(value)]) {
          const items = annotateCbor(bytes);
          expect(concat(items.flatMap(({ head, body }) => [head, body]))).toEqual(bytes);
          let at = 0;
          for (const { offset, head, body } of items) {
            expect(offset).toBe(at);
            at += head.length + body.length;
          }
        }
      }),
      { ...seeded(), numRuns: 300 },
    );
  });

  it("says what each item is and how deep it is", () => {
    expect(words("d9d9f7a26161182a61628120")).toEqual([
      "0 self-describe tag",
      "1 map of 2",
      '2 field "a"',
      "3 integer 42",
      '2 field "b"',
      "3 list of 1",
      "4 integer -1",
    ]);
    expect(words("83f4f5f6").slice(1)).toEqual(["1 false", "1 true", "1 null"]);
  });

  it("goes into byte strings that are canonical CBOR, and not into others", () => {
    expect(words("44d9d9f701")).toEqual([
      "0 bytes, 4, which are canonical CBOR",
      "1 self-describe tag",
      "2 integer 1",
    ]);
    expect(words("44d9d9f782")).toEqual(["0 bytes, 4"]);
    expect(words("4101")).toEqual(["0 bytes, 1"]);
  });

  it("tells lenient encodings too", () => {
    expect(words("c11800")).toEqual(["0 tag 1", "1 integer 0"]);
    expect(words("fb3ff0000000000000")).toEqual(["0 simple value or float"]);
  });

  it("cuts long texts in its words, and keeps control codes out of them", () => {
    const [only] = annotateCbor(encodeCbor(`\u001b[31m${"x".repeat(200)}`));
    expect(only!.what.length).toBeLessThan(80);
    expect(only!.what).not.toContain("\u001b");
    expect(only!.body.length).toBe(205);
  });

  it.each(["", "82", "8201", "0101", "5f41ff", "62ff", "62ffff", "1c"])("refuses %j", (hex) => {
    expect(() => annotateCbor(fromHex(hex)!)).toThrow(expect.objectContaining({ code: "cbor.invalid" }));
  });

  it("refuses nesting without end", () => {
    const deep = concat([new Uint8Array(200).fill(0x81), Uint8Array.of(0)]);
    expect(() => annotateCbor(deep)).toThrow(expect.objectContaining({ code: "cbor.invalid" }));
  });
});
