/** A prefix picks what a look at every key would pick, and reads little else. */

import { describe, expect, it } from "vitest";
import type { Reducer } from "../../host/air/manifest.ts";
import { listCells } from "../../host/cli/keys.ts";
import type { CellPage, LiveCell } from "../../host/journal/port.ts";
import type { WorldId } from "../../host/values/brand.ts";
import { compareBytes } from "../../host/values/bytes.ts";
import { canon, decodeCbor } from "../../host/values/cbor.ts";

const REDUCER = { module: { name: "t/R@1" }, key: { type: { kind: "text" } } } as unknown as Reducer;

function journalOf(texts: readonly string[]) {
  const keys = [...new Set(texts)].map((text) => canon(text)).sort(compareBytes);
  let asked = 0;
  return {
    asked: () => asked,
    listCells: async (_world: WorldId, { after, limit }: CellPage) => {
      asked += 1;
      const rest = after === undefined ? keys : keys.filter((key) => compareBytes(key, after) > 0);
      return rest.slice(0, limit).map((key) => ({ key }) as unknown as LiveCell);
    },
  };
}

async function picked(texts: readonly string[], prefix: string, after: string | null, limit = 10_000) {
  const journal = journalOf(texts);
  const world = "w" as WorldId;
  const cells = await listCells(journal, world, REDUCER, {
    after: after === null ? null : canon(after),
    prefix,
    limit,
  });
  return { texts: cells.map(({ key }) => decodeCbor(key)), asked: journal.asked() };
}

const LETTERS = ["", "a", "b", "\0", "é", "z", "ab", "a\0", "\u{10ffff}"];
const TEXTS = LETTERS.flatMap((a) => LETTERS.flatMap((b) => LETTERS.map((c) => a + b + c)));

describe("cells by a prefix", () => {
  it("are those that a look at each key finds, in the same order", async () => {
    const all = (await picked(TEXTS, "", null)).texts as string[];
    expect(all).toHaveLength(new Set(TEXTS).size);
    for (const prefix of [...LETTERS, "aé", "\0\0", "nothing", "x".repeat(30)]) {
      const expected = all.filter((text) => text.startsWith(prefix));
      expect((await picked(TEXTS, prefix, null)).texts, JSON.stringify(prefix)).toEqual(expected);
      expect((await picked(TEXTS, prefix, null, 3)).texts).toEqual(expected.slice(0, 3));
      for (const at of [0, 5]) {
        const after = expected[at];
        if (after === undefined) continue;
        expect((await picked(TEXTS, prefix, after)).texts).toEqual(expected.slice(at + 1));
      }
    }
  });

  it("are found without reading the others", async () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `k-${10_000 + i}`);
    const { texts, asked } = await picked([...many, "x-10000", "x-1", "l-10000"], "x-", null);
    expect(texts).toEqual(["x-1", "x-10000"]);
    expect(asked).toBeLessThan(6);
  });
});
