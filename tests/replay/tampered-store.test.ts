/** The same through the command line: a row of the store on disk is changed, as a disk or a person might. */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openFrame, recordBytes } from "../../host/journal/frame.ts";
import { crc32 } from "../../host/values/hash.ts";
import { airloom, airloomHere, copyWorld, jsonLines, startWork } from "../support/cli.ts";
import { Draw } from "../support/draw.ts";

const PREFIX_BYTES = 8;

const draw = new Draw("tampered store");

let copy: Awaited<ReturnType<typeof copyWorld>>;
let database: string;
let whole: Uint8Array;

beforeAll(async () => {
  copy = await copyWorld("retry-backoff", startWork({ maxAttempts: 3, baseDelayMs: 5 }));
  expect(await airloomHere(["run", copy.folder])).toMatchObject({ exitCode: 0, stderr: "" });
  database = join(copy.folder, ".airloom", "store.db");
  whole = new Uint8Array(await readFile(database));
});
afterAll(() => copy.remove());

/** Changes the row of one frame: rows hold one each here. The store is whole again first. */
async function changeFrame(frame: number, change: (bytes: Uint8Array) => Uint8Array): Promise<void> {
  await writeFile(database, whole);
  const db = new DatabaseSync(database);
  const { id, bytes } = db
    .prepare("SELECT id, bytes FROM journal ORDER BY first LIMIT 1 OFFSET ?")
    .get(frame);
  db.prepare("UPDATE journal SET bytes = ? WHERE id = ?").run(change(bytes), id);
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  db.close();
}

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const out = bytes.slice();
  out[at]! ^= draw.bits();
  return out;
}

function repairCrc(bytes: Uint8Array): Uint8Array {
  const out = bytes.slice();
  new DataView(out.buffer, out.byteOffset).setUint32(4, crc32(out.subarray(PREFIX_BYTES)), true);
  return out;
}

/** Some byte of a record. */
function byteOf(bytes: Uint8Array, record: number): number {
  const found = recordBytes(openFrame(bytes))[record]!;
  return found.byteOffset - bytes.byteOffset + draw.below(found.length);
}

const replayJson = async () => {
  const { exitCode, stdout } = await airloomHere(["replay", copy.folder, "--json"]);
  return { exitCode, line: jsonLines(stdout)[0]! };
};

describe("a store whose journal was changed", () => {
  it("is replayed before", async () => {
    expect(await replayJson()).toMatchObject({ exitCode: 0, line: { verdict: "identical" } });
  });

  it.each([0, 1, 2, 3])("gives exit 3 and names frame %i where the CRC was left", async (frame) => {
    await changeFrame(frame, (bytes) => flip(bytes, PREFIX_BYTES + draw.below(bytes.length - PREFIX_BYTES)));
    const { exitCode, line } = await replayJson();
    expect({ exitCode, line }).toMatchObject({
      exitCode: 3,
      line: { type: "error", code: "store.corrupt", fields: { frame: String(frame) } },
    });
    for (const command of [["run"], ["journal", "show"], ["state"], ["send"]]) {
      const event = command[0] === "send" ? [`{"schema":"demo/WorkOk@1","value":{"req_id":"r"}}`] : [];
      const found = await airloomHere([...command, copy.folder, ...event]);
      expect(found.exitCode, command.join(" ")).toBe(3);
    }
  });

  it.each([
    [1, 4],
    [1, 8],
    [2, 3],
    [3, 6],
  ])("gives exit 1 or 3 and names frame %i, record %i where the CRC was repaired", async (frame, record) => {
    await changeFrame(frame, (bytes) => repairCrc(flip(bytes, byteOf(bytes, record))));
    const { exitCode, line } = await replayJson();
    const named = exitCode === 1 ? (line.divergence as object) : (line.fields as object);
    expect([1, 3], JSON.stringify(line)).toContain(exitCode);
    expect(String((named as { frame: unknown }).frame), JSON.stringify(line)).toBe(String(frame));
    expect(String((named as { record: unknown }).record), JSON.stringify(line)).toBe(String(record));
    const text = await airloomHere(["replay", copy.folder]);
    expect(text.stdout + text.stderr).toContain(`frame ${frame}, record ${record}`);
    // No world goes on from a state that its journal does not prove.
    const run = await airloomHere(["run", copy.folder, "--json"]);
    expect(run.exitCode, run.stdout).toBe(3);
  });

  it("gives the same to another process", async () => {
    await changeFrame(1, (bytes) => repairCrc(flip(bytes, byteOf(bytes, 10))));
    const here = await replayJson();
    const there = await airloom(["replay", copy.folder, "--json"]);
    expect({ exitCode: there.exitCode, line: jsonLines(there.stdout)[0] }).toEqual(here);
    await changeFrame(1, (bytes) => flip(bytes, byteOf(bytes, 10)));
    expect(await airloom(["replay", copy.folder])).toMatchObject({ exitCode: 3, stdout: "" });
  });

  it("gives exit 3 where frames are gone", async () => {
    await writeFile(database, whole);
    const db = new DatabaseSync(database);
    db.exec("DELETE FROM journal WHERE id = (SELECT max(id) FROM journal)");
    db.close();
    expect(await replayJson()).toMatchObject({ exitCode: 3, line: { code: "store.corrupt" } });
  });
});
