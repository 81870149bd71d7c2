import { expect, it } from "vitest";
import { utf8 } from "../../host/values/bytes.ts";
import { Author, bodies, cell, cellsOf, seq, WORLD } from "../contracts/commits.ts";
import { emptyFolder, opened, READ } from "./folders.ts";

const R = "demo/R@1";

/** Key a is written by every frame; b by frame 1; c by 1 and deleted by 2; d deleted by 4. */
async function tenFrames() {
  const folder = await emptyFolder();
  const store = await opened(folder);
  const author = await Author.claim(store);
  for (let frame = 0; frame < 10; frame++) {
    const cells = [cell(R, "a", frame, `a${frame}`)];
    if (frame === 1) cells.push(cell(R, "b", 1, "b1"), cell(R, "c", 1, "c1"), cell(R, "d", 1, "d1"));
    if (frame === 2) cells.push(cell(R, "c", 2, null));
    if (frame === 4) cells.push(cell(R, "d", 4, null));
    await author.write([`${frame}`], { cells });
  }
  const at = async (key: string, frame: number) => {
    const state = await store.readCell(WORLD, R, utf8(key), seq(frame));
    return state && new TextDecoder().decode(state);
  };
  return { folder, store, author, at };
}

it("drops what no frame from the given one on can see, and nothing else", async () => {
  const { store, at } = await tenFrames();
  const answers = async () => {
    const out: (string | null)[] = [];
    for (const key of "abcd") for (let frame = 3; frame < 11; frame++) out.push(await at(key, frame));
    return [out, await cellsOf(store), await bodies(store)];
  };
  const before = await answers();
  // a0, a1, a2, and both versions of c; d1 is still seen by frame 3.
  expect(await store.pruneCells(WORLD, seq(3))).toBe(5);
  expect(await answers()).toEqual(before);
  expect(await store.pruneCells(WORLD, seq(3))).toBe(0);
  expect(await store.pruneCells(WORLD, seq(1))).toBe(0);
});

it("says so when an answer would need a version that was dropped", async () => {
  const { folder, store, at } = await tenFrames();
  await store.pruneCells(WORLD, seq(3));
  const gone = { kind: "missing", code: "store.pruned", fields: { world: WORLD, frame: 2n, pruned: 3n } };
  await expect(at("a", 2)).rejects.toMatchObject(gone);
  await expect(at("nobody", 2)).rejects.toMatchObject(gone);
  expect(await at("nobody", 3)).toBeNull();
  expect(await at("b", 2)).toBe("b1");
  await store.close();
  const reader = await opened(folder, READ);
  await expect(reader.readCell(WORLD, R, utf8("a"), seq(2))).rejects.toMatchObject(gone);
});

it("keeps the newest versions when asked to drop past the end", async () => {
  const { store, author, at } = await tenFrames();
  await store.pruneCells(WORLD, seq(2n ** 64n - 1n));
  expect(await cellsOf(store)).toEqual([
    [R, "a", 9n, "a9"],
    [R, "b", 1n, "b1"],
  ]);
  expect(await at("c", 9)).toBeNull();
  await author.write(["10"], { cells: [cell(R, "a", 10, null)] });
  expect([await at("a", 9), await at("a", 10)]).toEqual(["a9", null]);
});

it("prunes nothing of a world without frames, or of another", async () => {
  const { store } = await tenFrames();
  const other = await Author.claim(store, "0".repeat(32) as typeof WORLD);
  expect(await store.pruneCells("0".repeat(32) as typeof WORLD, seq(5))).toBe(0);
  expect(await store.pruneCells("1".repeat(32) as typeof WORLD, seq(5))).toBe(0);
  await other.write(["x"], { cells: [cell(R, "a", 0, "mine")] });
  await store.pruneCells(WORLD, seq(9));
  expect(await cellsOf(store, "0".repeat(32) as typeof WORLD)).toEqual([[R, "a", 0n, "mine"]]);
});
