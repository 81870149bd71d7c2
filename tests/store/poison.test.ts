import { expect, it } from "vitest";
import { utf8 } from "../../host/values/bytes.ts";
import { hashOf } from "../../host/values/hash.ts";
import { Author, bodies, cell, cellsOf, ingress, seq, WORLD } from "../contracts/commits.ts";
import { emptyFolder, opened, sql } from "./folders.ts";

const POISONED = { kind: "host", code: "store.poisoned" };

function failOn(folder: string, event: string, how = "ABORT"): void {
  sql(folder, `CREATE TRIGGER failing BEFORE ${event} BEGIN SELECT RAISE(${how}, 'broken on purpose'); END`);
}

it("refuses every later call after a failed write, until it is opened again", async () => {
  for (const how of ["ABORT", "FAIL", "ROLLBACK"]) {
    const folder = await emptyFolder();
    const store = await opened(folder);
    const author = await Author.claim(store);
    await author.write(["a"], { blobs: [utf8("old")] });
    const reading = store.read(WORLD, seq(0))[Symbol.asyncIterator]();
    failOn(folder, "INSERT ON journal", how);
    const commit = author.commit(["b"], { ingress: [ingress("id", 1)] });
    const broken = { kind: "host", code: "store.io", fields: { folder, stage: "write" } };
    await expect(store.append(commit)).rejects.toMatchObject(broken);

    const cause = { ...POISONED, fields: { failed: "store.io", folder } };
    const later: (() => Promise<unknown>)[] = [
      () => store.worlds(),
      () => store.head(WORLD),
      () => store.claim(WORLD),
      () => store.append(commit),
      () => bodies(store),
      () => reading.next(),
      () => store.findIngress(WORLD, "id"),
      () => store.readCell(WORLD, "demo/R@1", utf8("k"), seq(0)),
      () => cellsOf(store),
      () => store.putBlob(WORLD, utf8("old")),
      () => store.getBlob(WORLD, hashOf(utf8("old"))),
      () => store.pruneCells(WORLD, seq(0)),
    ];
    for (const call of later) await expect(call(), String(call)).rejects.toMatchObject(cause);
    await store.close();

    sql(folder, "DROP TRIGGER failing");
    const again = await opened(folder);
    expect(await bodies(again)).toEqual(["a"]);
    expect(await again.append(commit)).toBe("durable");
  }
});

it("is poisoned by any write that fails, not by one it refused", async () => {
  const writes: [string, (store: Awaited<ReturnType<typeof opened>>) => Promise<unknown>][] = [
    ["UPDATE ON world", (store) => store.claim(WORLD)],
    ["INSERT ON blob", (store) => store.putBlob(WORLD, utf8("new"))],
    ["DELETE ON cell", (store) => store.pruneCells(WORLD, seq(1))],
  ];
  for (const [event, write] of writes) {
    const folder = await emptyFolder();
    const store = await opened(folder);
    const author = await Author.claim(store);
    for (const frame of [0, 1])
      await author.write(["x"], { cells: [cell("demo/R@1", "k", frame, `${frame}`)] });
    await author.write(["y"], { ingress: [ingress("id", 2)] });
    const again = author.commit(["z"], { ingress: [ingress("id", 3)] });
    await expect(store.append(again)).rejects.toMatchObject({ code: "ingress.conflict" });
    expect(await store.head(WORLD)).toEqual(author.head);
    failOn(folder, event);
    await expect(write(store), event).rejects.toMatchObject({ kind: "host", code: "store.io" });
    await expect(store.head(WORLD), event).rejects.toMatchObject(POISONED);
  }
});

it("answers unknown when the commit itself fails", async () => {
  const folder = await emptyFolder();
  const store = await opened(folder);
  const author = await Author.claim(store);
  // A foreign key that is checked when the transaction ends makes COMMIT fail, and nothing before it.
  sql(folder, "CREATE TABLE debt (id REFERENCES debt (other) DEFERRABLE INITIALLY DEFERRED, other UNIQUE)");
  sql(folder, "CREATE TRIGGER failing AFTER INSERT ON journal BEGIN INSERT INTO debt (id) VALUES (7); END");
  const commit = author.commit(["a"]);
  expect(await store.append(commit)).toBe("unknown");
  await expect(store.head(WORLD)).rejects.toMatchObject({ ...POISONED, fields: { stage: "commit" } });
  await store.close();
  sql(folder, "DROP TRIGGER failing");
  const again = await opened(folder);
  expect((await again.head(WORLD))?.nextFrame).toBe(0n);
  expect(await again.append(commit)).toBe("durable");
});

it("never stores a frame it could not read back", async () => {
  const store = await opened(await emptyFolder());
  const author = await Author.claim(store);
  const commit = author.commit(["a"]);
  commit.frames[0]![8]! ^= 1;
  await expect(store.append(commit)).rejects.toMatchObject({ kind: "bug", code: "internal.bug" });
  expect((await store.head(WORLD))?.nextFrame).toBe(0n);
  await author.write(["a"]);
});
