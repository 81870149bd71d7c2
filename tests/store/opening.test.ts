import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { expect, it } from "vitest";
import { JournalTable } from "../../host/store/journal.ts";
import { WorldTable } from "../../host/store/world.ts";
import { Author, bodies, cell, cellsOf, frameOf, headAfter, seq, WORLD } from "../contracts/commits.ts";
import { emptyFolder, opened, READ, sql, WRITE } from "./folders.ts";

it("finds no store where none was made, and makes one only when asked", async () => {
  const folder = await emptyFolder();
  const missing = { kind: "missing", code: "store.missing", fields: { folder } };
  await expect(opened(folder, READ)).rejects.toMatchObject(missing);
  await expect(opened(folder, { mode: "write" })).rejects.toMatchObject(missing);
  await expect(opened(join(folder, "deep"), READ)).rejects.toMatchObject({ code: "store.missing" });
  expect(await readdir(folder)).toEqual([]);
  const deep = join(folder, "deep", "deeper");
  const made = await opened(deep, WRITE);
  expect(await made.worlds()).toEqual([]);
  await made.close();
  expect(await (await opened(deep, READ)).worlds()).toEqual([]);
  await (await opened(deep, { mode: "write" })).close();
  expect((await readdir(deep)).filter((name) => name.includes("new"))).toEqual([]);
});

it("makes the store anew after a making that was cut short", async () => {
  const folder = await emptyFolder();
  await writeFile(join(folder, "store.db.new"), "half of it");
  await writeFile(join(folder, "store.db.new-journal"), "and its journal");
  await expect(opened(folder, READ)).rejects.toMatchObject({ code: "store.missing" });
  const author = await Author.claim(await opened(folder));
  await author.write(["a"]);
});

it("leaves everything in store.db when it is closed", async () => {
  const folder = await emptyFolder();
  const store = await opened(folder);
  await (await Author.claim(store)).write(["a", "b"]);
  await store.close();
  await store.close();
  await expect(store.head(WORLD)).rejects.toMatchObject({ code: "store.closed" });
  const copy = await emptyFolder();
  await copyFile(join(folder, "store.db"), join(copy, "store.db"));
  expect(await bodies(await opened(copy, READ))).toEqual(["a", "b"]);
});

it("refuses a store of a format it does not know", async () => {
  const folder = await emptyFolder();
  await (await opened(folder)).close();
  sql(folder, "UPDATE meta SET value = '1'");
  const refused = { kind: "host", code: "store.version", fields: { found: "1", expected: "2" } };
  for (const options of [READ, WRITE]) await expect(opened(folder, options)).rejects.toMatchObject(refused);
  sql(folder, "UPDATE meta SET value = '2'");
  expect(await (await opened(folder)).worlds()).toEqual([]);
});

it("calls a database corrupt that is none, or not ours", async () => {
  const strange: ((path: string) => Promise<void>)[] = [
    (path) => writeFile(path, ""),
    (path) => writeFile(path, "x"),
    (path) => writeFile(path, "no database at all ".repeat(1000)),
    async (path) => new DatabaseSync(path).exec("CREATE TABLE mine (a)"),
    async (path) => new DatabaseSync(path).exec("CREATE TABLE meta (key, value)"),
  ];
  for (const make of strange) {
    const folder = await emptyFolder();
    await make(join(folder, "store.db"));
    const before = await readFile(join(folder, "store.db"));
    for (const options of [READ, { mode: "write" } as const, WRITE]) {
      await expect(opened(folder, options)).rejects.toMatchObject({ kind: "corrupt", code: "store.corrupt" });
    }
    expect(existsSync(join(folder, "lock.txt"))).toBe(false);
    expect(before.equals(await readFile(join(folder, "store.db")))).toBe(true);
  }
});

it("calls a store corrupt whose tables are not all there", async () => {
  const folder = await emptyFolder();
  await (await opened(folder)).close();
  sql(folder, "ALTER TABLE cell RENAME COLUMN state TO status");
  for (const options of [READ, WRITE]) {
    await expect(opened(folder, options)).rejects.toMatchObject({ kind: "corrupt", code: "store.corrupt" });
  }
});

it("calls a store corrupt whose end was cut off, and never answers with less", async () => {
  const folder = await emptyFolder();
  const store = await opened(folder);
  const author = await Author.claim(store);
  for (let i = 0; i < 40; i++)
    await author.write([`${i}`.repeat(300)], { cells: [cell("demo/R@1", "k", i, `${i}`)] });
  const all = await bodies(store);
  const truth = [await store.head(WORLD), all, await cellsOf(store)];
  await store.close();
  const whole = await readFile(join(folder, "store.db"));
  for (const size of [0, 1, 50, 100, 512, 4095, 4096, 8192, 20_000, whole.length - 4096, whole.length - 1]) {
    const copy = await emptyFolder();
    await writeFile(join(copy, "store.db"), whole);
    await truncate(join(copy, "store.db"), size);
    const read = async () => {
      const cut = await opened(copy, READ);
      return [await cut.head(WORLD), await bodies(cut), await cellsOf(cut)];
    };
    const answer = await read().catch((error: unknown) => error);
    // A cut that takes no page away may meet only bytes that nothing needs.
    if (size > whole.length - 4096 && Array.isArray(answer)) expect(answer).toEqual(truth);
    else expect(answer, `cut at ${size}`).toMatchObject({ kind: "corrupt", code: "store.corrupt" });
  }
  const copy = await emptyFolder();
  await writeFile(join(copy, "store.db"), whole);
  expect(await bodies(await opened(copy, READ))).toEqual(all);
});

it("refuses to make a store beside the log of one that is gone", async () => {
  const folder = await emptyFolder();
  await writeFile(join(folder, "store.db-wal"), "frames that were acknowledged");
  await expect(opened(folder)).rejects.toMatchObject({ kind: "corrupt", code: "store.corrupt" });
  expect(await readFile(join(folder, "store.db-wal"), "utf8")).toBe("frames that were acknowledged");
});

it("says what the machine refused", async () => {
  const folder = await emptyFolder();
  await writeFile(join(folder, "file"), "");
  const refused = { kind: "host", code: "store.io" };
  await expect(opened(join(folder, "file", "store"), WRITE)).rejects.toMatchObject(refused);
  await mkdir(join(folder, "odd", "store.db"), { recursive: true });
  for (const options of [READ, WRITE])
    await expect(opened(join(folder, "odd"), options)).rejects.toMatchObject(refused);
  await mkdir(join(folder, "locked", "lock.db"), { recursive: true });
  await expect(opened(join(folder, "locked"), WRITE)).rejects.toMatchObject(refused);
});

it("counts frames and cells past 2^63 in order", async () => {
  const folder = await emptyFolder();
  const store = await opened(folder);
  const author = await Author.claim(store);
  await store.close();
  const start = { ...author.head, nextFrame: seq(2n ** 63n - 3n) };
  const db = new DatabaseSync(join(folder, "store.db"));
  new JournalTable(db).insert(WORLD, start.nextFrame, [frameOf("first")]);
  const head = headAfter(start, [frameOf("first")]);
  new WorldTable(db).put(WORLD, { epoch: author.epoch, head, pruned: seq(0) });
  db.close();

  const late = await opened(folder);
  const writer = await Author.claim(late);
  for (let i = 0; i < 6; i++) {
    const frame = writer.head.nextFrame;
    await writer.write([`${i}`], { cells: [cell("demo/R@1", "k", frame, `${frame}`)] });
  }
  expect(writer.head.nextFrame).toBe(2n ** 63n + 4n);
  for (let i = 0n; i < 7n; i++) {
    expect(await bodies(late, 2n ** 63n - 3n + i)).toEqual(
      ["first", "0", "1", "2", "3", "4", "5"].slice(Number(i)),
    );
  }
  for (let frame = 2n ** 63n - 2n; frame < 2n ** 63n + 4n; frame++) {
    const state = await late.readCell(WORLD, "demo/R@1", new Uint8Array([0x6b]), seq(frame));
    expect(new TextDecoder().decode(state!)).toBe(`${frame}`);
  }
  await expect(bodies(late, 0)).rejects.toMatchObject({ code: "store.corrupt", fields: { frame: 0n } });
});
