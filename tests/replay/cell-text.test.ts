/** Cells as people read them. */

import { expect, it } from "vitest";
import { cellText } from "../../host/replay/core/diff.ts";
import { EMPTY, fromHex, utf8 } from "../../host/values/bytes.ts";
import { type Cbor, canon } from "../../host/values/cbor.ts";

const at = (key: Uint8Array) => cellText({ reducer: "demo/R@1", key });

it.each([
  ["a text", "order 7", 'demo/R@1["order 7"]'],
  ["a text with quotes and line ends", 'a"b\n', 'demo/R@1["a\\"b\\n"]'],
  ["an integer", 7n, "demo/R@1[7]"],
  ["one below 0", -7n, "demo/R@1[-7]"],
  ["bytes", Uint8Array.of(1), "demo/R@1[d9d9f74101]"],
] as [string, Cbor, string][])("a cell is shown with a key of %s", (_, key, text) => {
  expect(at(canon(key))).toBe(text);
});

it.each([
  ["bytes that are no CBOR", fromHex("d9d9f7ff")!, "demo/R@1[d9d9f7ff]"],
  ["bytes that are not canonical", fromHex("d9d9f71800")!, "demo/R@1[d9d9f71800]"],
  ["a text without the tag in front", utf8("aa"), "demo/R@1[6161]"],
])("a key of %s is shown as its bytes", (_, key, text) => {
  expect(at(key)).toBe(text);
});

it("a cell without a key is shown as its reducer, no cell as none", () => {
  expect(at(EMPTY)).toBe("demo/R@1");
  expect(cellText(null)).toBeNull();
});
