/**
 * The store on disk: SQLite in a folder, one database for all worlds.
 *
 *     store.db   the tables (host/store/schema.ts), with a write-ahead log
 *     lock.db    locked by the one writer for as long as it lives; lock.txt names it
 */

import { resolve } from "node:path";
import type { CellSums } from "../journal/cell-sum.ts";
import { boundTwice, checkCommit } from "../journal/memory.ts";
import type {
  AppendResult,
  CellPage,
  CellWrite,
  Commit,
  Head,
  IngressEntry,
  Journal,
  LiveCell,
  SnapshotEntry,
} from "../journal/port.ts";
import type { Cell } from "../journal/record.ts";
import type { Epoch, FrameSeq, Hash, WorldId } from "../values/brand.ts";
import { AirloomError } from "../values/errors.ts";
import { BlobTable } from "./blobs.ts";
import { CellTable } from "./cells.ts";
import { Connection } from "./connection.ts";
import { storeFault } from "./faults.ts";
import { IngressTable } from "./ingress.ts";
import { JournalTable } from "./journal.ts";
import { takeLock, type WriterLock } from "./lock.ts";
import { createStore, type Database, hasStore, makeFolder, openDatabase, requireStore } from "./schema.ts";
import { SnapshotTable } from "./snapshots.ts";
import { NEW_WORLD, WorldTable } from "./world.ts";

export interface StoreOptions {
  /** One process writes; any number read beside it. */
  readonly mode: "write" | "read";
  /** Make folder and store when they are not there; only with `write`. */
  readonly create?: boolean;
}

/**
 * Beside what the port says, every method throws `store.poisoned` (kind `host`) after a failed write,
 * `store.io` (kind `host`) or `store.corrupt` for what the disk does, and `store.closed` (kind `bug`) after
 * `close`; methods that write throw `store.read_only` (kind `bug`) in mode `read`. An `append` that throws
 * has written nothing; `ingress.conflict` (kind `request`) says that an id is bound already. Cells are listed
 * by reducer, then by key bytes.
 */
export interface SqliteStore extends Journal {
  /**
   * Drops versions of cells that only frames before `upTo` could see, and returns how many: of each cell the
   * newest version at or before `upTo` stays, and all later ones. Asking for a dropped version afterwards
   * throws `store.pruned` (kind `missing`) where the answer would depend on it.
   */
  pruneCells(world: WorldId, upTo: FrameSeq): Promise<number>;
}

/**
 * Opens the store in `folder`. Throws `store.missing` (kind `missing`), `store.busy` (kind `retry`, with the
 * holder's pid, host, since and command as fields), `store.version`, `store.corrupt` or `store.io`.
 */
export async function openStore(folder: string, options: StoreOptions): Promise<SqliteStore> {
  const path = resolve(folder);
  if (options.mode === "read") return new Store(path, openDatabase(path, "read"), null);
  if (options.create === true) await makeFolder(path);
  else requireStore(path);
  const lock = await takeLock(path);
  try {
    if (options.create === true && !hasStore(path)) await createStore(path);
    return new Store(path, openDatabase(path, "write"), lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

class Store implements SqliteStore {
  readonly #connection: Connection;
  readonly #worlds: WorldTable;
  readonly #journal: JournalTable;
  readonly #ingress: IngressTable;
  readonly #cells: CellTable;
  readonly #blobs: BlobTable;
  readonly #snapshots: SnapshotTable;

  constructor(folder: string, db: Database, lock: WriterLock | null) {
    try {
      this.#connection = new Connection(folder, db, lock);
      this.#worlds = new WorldTable(db);
      this.#journal = new JournalTable(db);
      this.#ingress = new IngressTable(db);
      this.#cells = new CellTable(db);
      this.#blobs = new BlobTable(db);
      this.#snapshots = new SnapshotTable(db);
    } catch (error) {
      db.close();
      throw storeFault(error, folder, "being opened");
    }
  }

  async worlds(): Promise<readonly WorldId[]> {
    return this.#connection.reading(() => this.#worlds.ids());
  }

  async head(world: WorldId): Promise<Head | null> {
    return this.#connection.reading(() => this.#worlds.findWithEnd(world)?.head ?? null);
  }

  async claim(id: WorldId): Promise<Epoch> {
    return this.#connection.writing("claiming a world", () => {
      const world = this.#worlds.find(id) ?? NEW_WORLD;
      const epoch = (world.epoch + 1n) as Epoch;
      this.#worlds.put(id, { ...world, epoch });
      return epoch;
    });
  }

  async append(commit: Commit): Promise<AppendResult> {
    try {
      return this.#connection.writing("appending", () => this.#append(commit));
    } catch (error) {
      if (error instanceof AirloomError && error.fields.stage === "commit") return "unknown";
      throw error;
    }
  }

  async *read(world: WorldId, from: FrameSeq): AsyncIterable<Uint8Array> {
    const end = await this.head(world);
    if (!end) return;
    const frames = this.#journal.read(world, from, end.nextFrame);
    for (;;) {
      const { done, value } = this.#connection.reading(() => frames.next());
      if (done) return;
      yield value;
    }
  }

  async findIngress(world: WorldId, id: string): Promise<IngressEntry | null> {
    return this.#connection.reading(() => this.#ingress.find(world, id));
  }

  async readCell(
    world: WorldId,
    reducer: string,
    key: Uint8Array,
    asOf: FrameSeq,
  ): Promise<Uint8Array | null> {
    return (await this.findCells(world, [{ reducer, key }], asOf))[0]?.state ?? null;
  }

  async findCells(
    world: WorldId,
    cells: readonly Cell[],
    asOf: FrameSeq,
  ): Promise<readonly (CellWrite | null)[]> {
    return this.#connection.reading(() => {
      const versions = cells.map((cell) => this.#cells.find(world, cell, asOf));
      if (versions.includes(null)) this.#refuseBefore(world, asOf);
      return versions;
    });
  }

  async *cells(id: WorldId): AsyncIterable<LiveCell> {
    const asOf = this.#connection.reading(() => this.#newestFrame(id));
    if (asOf === null) return;
    for (const reducer of this.#connection.reading(() => [...this.#cells.reducers(id)])) {
      const cells = this.#cells.list(id, { reducer, limit: Number.POSITIVE_INFINITY }, asOf);
      for (;;) {
        const { done, value } = this.#connection.reading(() => cells.next());
        if (done) break;
        yield value;
      }
    }
    // Frames appended and versions dropped while this list was made may have taken cells out of it.
    this.#connection.reading(() => this.#refuseBefore(id, asOf));
  }

  async listCells(id: WorldId, page: CellPage): Promise<readonly LiveCell[]> {
    return this.#connection.reading(() => {
      const asOf = this.#newestFrame(id);
      return asOf === null ? [] : [...this.#cells.list(id, page, asOf)];
    });
  }

  async sumCells(
    world: WorldId,
    asOf: FrameSeq,
  ): Promise<{ readonly sums: CellSums; readonly later: bigint }> {
    return this.#connection.reading(() => {
      this.#refuseBefore(world, asOf);
      return this.#cells.sums(world, asOf);
    });
  }

  async newestSnapshot(world: WorldId): Promise<SnapshotEntry | null> {
    return this.#connection.reading(() => this.#snapshots.newest(world));
  }

  async putBlob(_world: WorldId, bytes: Uint8Array): Promise<Hash> {
    const known = this.#connection.reading(() => this.#blobs.holds(bytes));
    return known ?? this.#connection.writing("storing a blob", () => this.#blobs.put(bytes));
  }

  async getBlob(world: WorldId, hash: Hash): Promise<Uint8Array | null> {
    return this.#connection.reading(() => this.#blobs.find(world, hash));
  }

  async pruneCells(id: WorldId, upTo: FrameSeq): Promise<number> {
    return this.#connection.writing("pruning cells", () => {
      const world = this.#worlds.find(id);
      if (!world || world.head.nextFrame === 0n) return 0;
      const last = (world.head.nextFrame - 1n) as FrameSeq;
      const pruned = upTo < last ? upTo : last;
      if (pruned <= world.pruned) return 0;
      this.#worlds.put(id, { ...world, pruned });
      return this.#cells.prune(id, pruned);
    });
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  #append(commit: Commit): AppendResult {
    const { world: id, expected, frames } = commit;
    const world = this.#worlds.find(id);
    if (!world || world.epoch !== commit.epoch || world.head.nextFrame !== expected) return "fenced";
    checkCommit(commit, world.head);
    if (frames.length > 0) {
      this.#journal.insert(id, expected, frames);
      this.#worlds.put(id, { ...world, head: commit.head });
    }
    for (const entry of commit.ingress) if (!this.#ingress.bind(id, entry)) throw boundTwice(id, entry.id);
    for (const cell of commit.cells) this.#cells.put(id, cell);
    for (const bytes of commit.blobs) this.#blobs.put(bytes);
    for (const snapshot of commit.snapshots) this.#snapshots.put(id, snapshot);
    return "durable";
  }

  #newestFrame(id: WorldId): FrameSeq | null {
    const nextFrame = this.#worlds.find(id)?.head.nextFrame ?? 0n;
    return nextFrame === 0n ? null : ((nextFrame - 1n) as FrameSeq);
  }

  /** A cell that is not found at a pruned frame may have been there. */
  #refuseBefore(world: WorldId, asOf: FrameSeq): void {
    const pruned = this.#worlds.find(world)?.pruned ?? 0n;
    if (asOf >= pruned) return;
    const message = `cells as of frame ${asOf} are gone: versions before frame ${pruned} were dropped`;
    throw new AirloomError("missing", "store.pruned", message, { fields: { world, frame: asOf, pruned } });
  }
}
