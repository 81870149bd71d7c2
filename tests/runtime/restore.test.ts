/** Opening from a snapshot: what it saves, that it changes nothing, and that damage is noticed and named. */

import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { describe, expect, it } from "vitest";
import { cellDigest } from "../../host/journal/cell-sum.ts";
import { createMemoryJournal } from "../../host/journal/memory.ts";
import type { Journal } from "../../host/journal/port.ts";
import { runToIdle, VirtualClock } from "../../host/testing/clock.ts";
import { concat, toHex, utf8 } from "../../host/values/bytes.ts";
import { canon } from "../../host/values/cbor.ts";
import { crc32 } from "../../host/values/hash.ts";
import { keyed } from "../kernel/probe.ts";
import { emptyFolder, opened, sql } from "../store/folders.ts";
import { frameBytes, openVirtual, replayJournal, startWork, T, testWorld } from "../support/world.ts";

const REDUCER = "demo/RetrySM@1";
const FROM = ["snapshot", "genesis"] as const;

/** Four cells, of which the snapshot knows a, b and c, and b changed behind it; timers are open. */
async function populated(journal: Journal): Promise<void> {
  const world = await testWorld({ edit: keyed });
  const { engine } = await openVirtual(world, { journal, clock: new VirtualClock(T) });
  for (const req_id of ["a", "b", "c"]) await startWork(engine, { req_id, payload: req_id });
  await engine.snapshot();
  await startWork(engine, { req_id: "d" });
  await engine.send({ schema: "demo/WorkOk@1", value: () => canon(new Map([["req_id", "b"]])) });
  await engine.close();
}

/** Opens it again on a clock of its own, so that two openings give the same stamps. */
async function reopened(journal: Journal, from: (typeof FROM)[number]) {
  const world = await testWorld({ edit: keyed });
  return openVirtual(world, { journal, from, clock: new VirtualClock(T + 5_000_000n) });
}

async function onDisk(): Promise<{ readonly folder: string; open(): Promise<Journal> }> {
  const folder = await emptyFolder();
  const store = await opened(folder);
  await populated(store);
  await store.close();
  return { folder, open: () => opened(folder) };
}

/** Frames that were asked for, by the first of each reading. */
function noting(journal: Journal, read: bigint[]): Journal {
  return new Proxy(journal, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        if (name === "read") read.push(args[1] as bigint);
        return member.apply(target, args);
      };
    },
  });
}

describe("opening a world that has a snapshot", () => {
  it("starts from it, and from genesis when told to", async () => {
    const journal = createMemoryJournal();
    await populated(journal);
    for (const [from, first] of [
      ["snapshot", 4n],
      ["genesis", 0n],
    ] as const) {
      const read: bigint[] = [];
      const { engine } = await reopened(noting(journal, read), from);
      expect(read[0]).toBe(first);
      await engine.close();
    }
  });

  it("goes on byte for byte as one that was opened from genesis, and replays", async () => {
    const journals = await Promise.all(
      FROM.map(async (from) => {
        const journal = createMemoryJournal();
        await populated(journal);
        const { engine, clock } = await reopened(journal, from);
        await startWork(engine, { req_id: "e" });
        await runToIdle(engine, clock);
        await engine.snapshot();
        return journal;
      }),
    );
    const [one, other] = await Promise.all(journals.map(async (each) => (await frameBytes(each)).map(toHex)));
    expect(one!.length).toBeGreaterThan(12);
    expect(one).toEqual(other);
    expect(await replayJournal(journals[0]!)).toMatchObject({ verdict: "identical" });
  });

  it("takes the newest of several, and the one before where the newest is not known", async () => {
    const { folder, open } = await onDisk();
    const first = await reopened(await open(), "snapshot");
    await first.engine.snapshot();
    await first.engine.close();
    await first.journal.close();
    const read: bigint[] = [];
    const store = await open();
    expect(await store.newestSnapshot(first.engine.worldId)).toMatchObject({ frame: 7n });
    await (await reopened(noting(store, read), "snapshot")).engine.close();
    await store.close();
    sql(folder, "DELETE FROM snapshot WHERE frame = x'0000000000000007'");
    const again = await open();
    await (await reopened(noting(again, read), "snapshot")).engine.close();
    expect(read.filter((_, i) => i % 2 === 0)).toEqual([7n, 4n]);
  });
});

/** A row of the cell table as the store itself would have written it. */
function put(folder: string, key: string, frame: bigint, state: Uint8Array): void {
  const [bytes, at, active] = [canon(key), u64(frame), u64(T)];
  const crc = crc32(concat([utf8(REDUCER), bytes, at, active]));
  const db = new DatabaseSync(join(folder, "store.db"));
  const { id } = db.prepare("SELECT id FROM world").get() as { id: string };
  db.prepare("INSERT OR REPLACE INTO cell VALUES (?, ?, ?, ?, ?, ?, ?, ?)").run(
    id,
    REDUCER,
    bytes,
    at,
    active,
    state,
    cellDigest(bytes, state),
    crc,
  );
  db.close();
}

function u64(value: bigint): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, value);
  return out;
}

const blob = (text: string) => `x'${toHex(canon(text))}'`;

describe("a store whose cells are not those of its journal", () => {
  const cases: [string, string, string, (folder: string) => void][] = [
    ["lost", "a", "lost", (folder) => sql(folder, `DELETE FROM cell WHERE key = ${blob("a")}`)],
    [
      "lost, written behind the snapshot",
      "d",
      "lost",
      (f) => sql(f, `DELETE FROM cell WHERE key = ${blob("d")}`),
    ],
    [
      "lost in its newest version",
      "b",
      "changed",
      (folder) => sql(folder, `DELETE FROM cell WHERE key = ${blob("b")} AND frame > x'0000000000000004'`),
    ],
    ["added", "x", "added", (folder) => put(folder, "x", 2n, canon("made up"))],
    ["added behind the snapshot", "x", "added", (folder) => put(folder, "x", 6n, canon("made up"))],
    ["changed", "c", "changed", (folder) => put(folder, "c", 3n, canon("made up"))],
    ["changed behind the snapshot", "b", "changed", (folder) => put(folder, "b", 6n, canon("made up"))],
  ];
  for (const from of FROM) {
    it.each(cases)(
      `is refused from ${from} when a cell was %s, and the cell is named`,
      async (_w, key, what, damage) => {
        const { folder, open } = await onDisk();
        damage(folder);
        await expect(reopened(await open(), from)).rejects.toMatchObject({
          kind: "corrupt",
          code: "world.cells_differ",
          fields: { cells: [{ reducer: REDUCER, key: toHex(canon(key)), what }] },
        });
      },
    );
  }

  it.each(FROM)(
    "is refused from %s when a version is gone that only the sums of the snapshot know",
    async (from) => {
      const { folder, open } = await onDisk();
      sql(folder, `DELETE FROM cell WHERE key = ${blob("b")} AND frame < x'0000000000000004'`);
      const opening = reopened(await open(), from);
      if (from === "genesis") return (await opening).engine.close(); // nobody needs it
      await expect(opening).rejects.toMatchObject({
        code: "world.cells_differ",
        fields: { reducers: [REDUCER] },
      });
    },
  );

  it("stops the world when a state that does not fit its digest is read", async () => {
    const { folder, open } = await onDisk();
    sql(folder, `UPDATE cell SET state = x'00' WHERE key = ${blob("c")}`);
    const { engine } = await reopened(await open(), "snapshot");
    const damaged = { kind: "corrupt", code: "store.corrupt", fields: { key: toHex(canon("c")) } };
    await expect(startWork(engine, { req_id: "c" })).rejects.toMatchObject(damaged);
    await expect(startWork(engine, { req_id: "a" })).rejects.toMatchObject(damaged);
  });
});

describe("a snapshot that is not what the journal recorded", () => {
  const cases: [string, string, string][] = [
    ["is gone", "snapshot.missing", "DELETE FROM blob WHERE hash = (SELECT hash FROM snapshot)"],
    [
      "was changed",
      "store.corrupt",
      "UPDATE blob SET bytes = x'00' WHERE hash = (SELECT hash FROM snapshot)",
    ],
    ["is another", "snapshot.corrupt", "UPDATE snapshot SET hash = (SELECT min(hash) FROM blob)"],
    ["is said to be elsewhere", "snapshot.corrupt", "UPDATE snapshot SET frame = x'0000000000000003'"],
    ["is said to be nowhere", "snapshot.corrupt", "UPDATE snapshot SET frame = x'0000000000000063'"],
  ];
  it.each(cases)("is refused when it %s; from genesis the world opens", async (_what, code, change) => {
    const { folder, open } = await onDisk();
    sql(folder, change);
    const store = await open();
    await expect(reopened(store, "snapshot")).rejects.toMatchObject({ kind: "corrupt", code });
    const { engine } = await reopened(store, "genesis");
    await engine.close();
  });
});

/** Changes the last byte of what entered in a frame before the snapshot; `sealed` makes its CRC fit again. */
function changeFrame(folder: string, frame: bigint, sealed: boolean): void {
  const db = new DatabaseSync(join(folder, "store.db"));
  const { bytes } = db.prepare("SELECT bytes FROM journal WHERE first = ?").get(u64(frame)) as {
    bytes: Uint8Array;
  };
  const changed = Uint8Array.from(bytes);
  const at = Buffer.from(changed).indexOf("payload") + "payload".length + 1;
  expect(String.fromCharCode(changed[at]!)).toBe("b");
  changed[at] = "x".charCodeAt(0);
  if (sealed) new DataView(changed.buffer).setUint32(4, crc32(changed.subarray(8)), true);
  db.prepare("UPDATE journal SET bytes = ? WHERE first = ?").run(changed, u64(frame));
  db.close();
}

describe("a frame before the snapshot that was changed", () => {
  it.each([
    ["its CRC does not fit", false, { kind: "corrupt", code: "store.corrupt" }],
    ["its CRC was made to fit", true, { kind: "corrupt", code: "world.diverged", fields: { frame: 2n } }],
  ] as const)(
    "is not looked at by an opening from it, and refused from genesis: %s",
    async (_w, sealed, error) => {
      const { folder, open } = await onDisk();
      changeFrame(folder, 2n, sealed);
      const store = await open();
      const { engine } = await reopened(store, "snapshot");
      await startWork(engine, { req_id: "e" });
      await engine.close();
      await expect(reopened(store, "genesis")).rejects.toMatchObject(error);
    },
  );
});
