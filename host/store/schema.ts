/**
 * The file `store.db`: its tables, how it comes to be and how it is opened. It is made under another name and
 * moved into place, so a `store.db` that exists is whole, and one that has no tables is damaged, not new.
 */

import { existsSync, statSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { AirloomError } from "../values/errors.ts";
import { corrupt, storeFault } from "./faults.ts";

export type Database = InstanceType<typeof DatabaseSync>;
export type Statement = ReturnType<Database["prepare"]>;

/** A row as the driver gives it: a damaged one may hold anything. Integers are `bigint`. */
export type Columns = Readonly<Record<string, unknown>>;

/** What this version reads and writes; a change of the tables is a new number. */
export const STORE_FORMAT = "2";

export function hasStore(folder: string): boolean {
  return existsSync(join(folder, STORE_FILE));
}

/** Throws `store.missing` (kind `missing`). */
export function requireStore(folder: string): void {
  if (hasStore(folder)) return;
  const message = `there is no store in ${folder}: name the folder of a world that has run`;
  throw new AirloomError("missing", "store.missing", message, { fields: { folder } });
}

/** Makes an empty store. The caller holds the writer's lock and knows that there is none. */
export async function createStore(folder: string): Promise<void> {
  const log = join(folder, `${STORE_FILE}-wal`);
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) > 0) {
    throw corrupt("store.db is gone, but its write-ahead log is there", { folder });
  }
  const draft = join(folder, `${STORE_FILE}.new`);
  try {
    await rm(log, { force: true });
    for (const suffix of ["", "-journal", "-wal", "-shm"]) await rm(draft + suffix, { force: true });
    const db = new DatabaseSync(draft);
    try {
      db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
      db.exec(`BEGIN; ${TABLES}; INSERT INTO meta VALUES ('format', '${STORE_FORMAT}'); COMMIT`);
    } finally {
      db.close(); // moves the log into the file: without a prepared statement this closes for good
    }
    await rename(draft, join(folder, STORE_FILE));
    await syncFolder(folder);
  } catch (error) {
    throw storeFault(error, folder, "creating the store");
  }
}

/** Throws `store.io` when the folder cannot be made. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw storeFault(error, folder, "making its folder");
  });
}

/** Throws `store.missing`, `store.corrupt`, `store.version` or `store.io`. */
export function openDatabase(folder: string, mode: "write" | "read"): Database {
  requireStore(folder);
  let db: Database | undefined;
  try {
    const readOnly = mode === "read";
    db = new DatabaseSync(join(folder, STORE_FILE), { readOnly, timeout: BUSY_WAIT_MS, readBigInts: true });
    db.exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
    checkFormat(db, folder);
    if (mode === "write") db.exec(DURABLE);
    return db;
  } catch (error) {
    db?.close();
    throw storeFault(error, folder, "being opened");
  }
}

const STORE_FILE = "store.db";

/** How long a statement waits while a reader recovers the log after a crash, in milliseconds. */
const BUSY_WAIT_MS = 5000;

/** A commit returns when it is on the disk; `fullfsync` makes that true on macOS too. */
const DURABLE = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA fullfsync = ON;
  PRAGMA checkpoint_fullfsync = ON`;

/**
 * One journal row is one commit: `count` frames from `first` on, one after another. `world.pruned` is the
 * frame before which old cell versions may be gone; `world.crc` guards the row (host/store/world.ts).
 * Cells are versioned by frame; a null state is a deletion (host/store/cells.ts). An ingress id is UTF-8 bytes, because the driver
 * cuts text at U+0000 and two ids would become one.
 */
const TABLES = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE world (
    id TEXT PRIMARY KEY, epoch BLOB NOT NULL, next_frame BLOB NOT NULL, next_record BLOB NOT NULL,
    digest BLOB NOT NULL, pruned BLOB NOT NULL, crc INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE journal (
    id INTEGER PRIMARY KEY, world TEXT NOT NULL, first BLOB NOT NULL, count INTEGER NOT NULL, bytes BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX journal_by_first ON journal (world, first);
  CREATE TABLE ingress (
    world TEXT NOT NULL, id BLOB NOT NULL, request_digest BLOB NOT NULL, frame BLOB NOT NULL,
    PRIMARY KEY (world, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE cell (
    world TEXT NOT NULL, reducer TEXT NOT NULL, key BLOB NOT NULL, frame BLOB NOT NULL, active_ns BLOB NOT NULL,
    state BLOB, digest BLOB, crc INTEGER NOT NULL, PRIMARY KEY (world, reducer, key, frame)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE snapshot (
    world TEXT NOT NULL, frame BLOB NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (world, frame)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE blob (hash BLOB PRIMARY KEY, bytes BLOB NOT NULL) STRICT`;

function checkFormat(db: Database, folder: string): void {
  const row: { value: unknown } | undefined = db.prepare("SELECT value FROM meta WHERE key = 'format'").get();
  if (row === undefined) throw corrupt("store.db does not say its format", { folder });
  if (row.value === STORE_FORMAT) return;
  const message = `the store in ${folder} has format ${row.value}; this version of airloom reads ${STORE_FORMAT}`;
  const fields = { folder, found: row.value, expected: STORE_FORMAT };
  throw new AirloomError("host", "store.version", message, { fields });
}

/** Makes the new name itself durable; Windows has no such call and needs none. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
