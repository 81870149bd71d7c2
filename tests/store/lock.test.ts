import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { Author, bodies, seq, WORLD } from "../contracts/commits.ts";
import { emptyFolder, later, opened, READ, WRITE } from "./folders.ts";

const RIVAL = fileURLToPath(new URL("rival.mjs", import.meta.url));

function rival(what: "try" | "hold" | "count", folder: string): ChildProcess {
  const child = spawn(process.execPath, [RIVAL, what, folder], { stdio: ["ignore", "pipe", "inherit"] });
  later(async () => void child.kill("SIGKILL"));
  return child;
}

/** What the child says first. */
async function answer(child: ChildProcess): Promise<string> {
  const [chunk] = await once(child.stdout!, "data");
  return String(chunk).trim();
}

it("tells a second writer in this process who holds the store, and since when", async () => {
  const folder = await emptyFolder();
  const started = new Date().toISOString();
  await opened(folder);
  await expect(opened(folder)).rejects.toMatchObject({
    kind: "retry",
    code: "store.busy",
    fields: { pid: process.pid, host: hostname(), since: expect.stringMatching(/^\d{4}-.*Z$/), folder },
  });
  const text = await readFile(join(folder, "lock.txt"), "utf8");
  const since = /^since: (.*)$/m.exec(text)?.[1] ?? "";
  expect(since >= started && since <= new Date().toISOString()).toBe(true);
});

it("keeps another process out as long as it is open, and no longer", async () => {
  const folder = await emptyFolder();
  const store = await opened(folder);
  const author = await Author.claim(store);
  await author.write(["a"]);
  expect(await answer(rival("try", folder))).toBe("busy");
  // Neither a refused second writer nor a reader that comes and goes may cost the holder its lock.
  await expect(opened(folder)).rejects.toMatchObject({ code: "store.busy" });
  await (await opened(folder, READ)).close();
  expect(await answer(rival("try", folder))).toBe("busy");
  await store.close();
  expect(existsSync(join(folder, "lock.txt"))).toBe(false);
  expect(await answer(rival("try", folder))).toBe("free");
  expect(await bodies(await opened(folder))).toEqual(["a"]);
});

it("is told busy by another process, and goes on where that one was killed", async () => {
  const folder = await emptyFolder();
  const first = await opened(folder);
  await (await Author.claim(first)).write(["a"]);
  await first.close();
  const child = rival("hold", folder);
  expect(await answer(child)).toBe("held");
  const fields = { pid: child.pid, host: "elsewhere", since: "then", command: "rival" };
  await expect(opened(folder, WRITE)).rejects.toMatchObject({ kind: "retry", code: "store.busy", fields });
  expect(await bodies(await opened(folder, READ))).toEqual(["a"]);

  child.kill("SIGKILL");
  await once(child, "exit");
  expect(existsSync(join(folder, "store.db-wal"))).toBe(true);
  expect(await bodies(await opened(folder, READ))).toEqual(["a"]);
  const store = await opened(folder);
  expect(await readFile(join(folder, "lock.txt"), "utf8")).toContain(`pid: ${process.pid}\n`);
  await (await Author.claim(store)).write(["b"]);
  expect(await bodies(store)).toEqual(["a", "b"]);
});

it("lets readers in this process and another see each commit of a live writer", async () => {
  const folder = await emptyFolder();
  const author = await Author.claim(await opened(folder));
  const reader = await opened(folder, READ);
  for (let n = 1; n <= 3; n++) {
    await author.write([`${n}`]);
    expect(await bodies(reader)).toHaveLength(n);
    expect(await reader.head(WORLD)).toEqual(author.head);
    expect(await answer(rival("count", folder))).toBe(`${n}`);
  }
  const reading = reader.read(WORLD, seq(0))[Symbol.asyncIterator]();
  await reading.next();
  for (let n = 0; n < 50; n++) await author.write(["more"]);
  let rest = 0;
  while (!(await reading.next()).done) rest++;
  expect(rest).toBe(2);
});

it("refuses to write without the lock", async () => {
  const folder = await emptyFolder();
  const author = await Author.claim(await opened(folder));
  await author.write(["a"]);
  const reader = await opened(folder, READ);
  const refused = { code: "store.read_only", kind: "bug" };
  await expect(reader.claim(WORLD)).rejects.toMatchObject(refused);
  await expect(reader.append(author.commit(["b"]))).rejects.toMatchObject(refused);
  await expect(reader.putBlob(WORLD, new Uint8Array(3))).rejects.toMatchObject(refused);
  await expect(reader.pruneCells(WORLD, seq(0))).rejects.toMatchObject(refused);
  expect(await bodies(reader)).toEqual(["a"]);
});

it("names nobody when the holder has left no name", async () => {
  const folder = await emptyFolder();
  await opened(folder);
  for (const text of ["", "pid: nobody\nsince", `pid: -1\nhost: \u001b[31mred\n`]) {
    await writeFile(join(folder, "lock.txt"), text);
    const error = await opened(folder).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "store.busy", fields: { pid: null } });
    expect(JSON.stringify(error)).not.toContain("\\u001b");
  }
});
