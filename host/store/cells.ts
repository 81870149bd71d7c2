/**
 * Versions of cells: what each frame left behind. `digest` is what the cell adds to its reducer's sum
 * (host/journal/cell-sum.ts) and guards key and state; `crc` is the CRC-32 of
 *
 *     reducer as UTF-8, key, frame, active_ns (8 bytes big-endian each)
 */

import { type CellSums, cellDigest, DigestSum } from "../journal/cell-sum.ts";
import type { CellPage, CellWrite, LiveCell } from "../journal/port.ts";
import type { Cell } from "../journal/record.ts";
import type { FrameSeq, LogicalTimeNs, WorldId } from "../values/brand.ts";
import { concat, EMPTY, equalBytes, toHex, utf8 } from "../values/bytes.ts";
import { crc32 } from "../values/hash.ts";
import { corrupt } from "./faults.ts";
import type { Columns, Database, Statement } from "./schema.ts";
import { fromU64, toU64 } from "./u64.ts";

/** Cells whose states are taken from the database at a time. */
const PAGE_CELLS = 256;

/** Cells whose digests are: measured, pages of 2,000 or 100,000 cost a tenth to a third more than this. */
const PAGE_DIGESTS = 10_000;

export class CellTable {
  readonly #put: Statement;
  readonly #newest: Statement;
  readonly #newestRow: Statement;
  readonly #list: Statement;
  readonly #nextReducer: Statement;
  readonly #digests: Statement;
  readonly #dropOlder: Statement;
  readonly #dropDeleted: Statement;

  constructor(db: Database) {
    this.#put = db.prepare(`
      INSERT INTO cell (world, reducer, key, frame, active_ns, state, digest, crc) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET active_ns = excluded.active_ns, state = excluded.state,
        digest = excluded.digest, crc = excluded.crc`);
    const newest =
      "FROM cell WHERE world = ? AND reducer = ? AND key = ? AND frame <= ? ORDER BY frame DESC LIMIT 1";
    // A blob for each column takes the driver twice as long as one for all.
    this.#newest = db.prepare(
      `SELECT CAST(frame || active_ns || ifnull(digest, x'') || ifnull(state, x'') AS BLOB) AS packed, crc ${newest}`,
    );
    this.#newestRow = db.prepare(`SELECT * ${newest}`);
    // The columns beside max() are those of the row that holds it: https://sqlite.org/lang_select.html#bareagg
    this.#list = db.prepare(`
      SELECT reducer, key, max(frame) AS frame, active_ns, state, digest, crc FROM cell
      WHERE world = ? AND reducer = ? AND key >= ? AND frame <= ?
      GROUP BY key ORDER BY key LIMIT ?`);
    this.#nextReducer = db.prepare(
      "SELECT reducer FROM cell WHERE world = ? AND reducer > ? ORDER BY reducer LIMIT 1",
    );
    // One row for many digests: a row each would cost as much again.
    this.#digests = db.prepare(`
      SELECT max(key) AS last, count(*) AS cells, total(later) AS later,
             unhex(group_concat(hex(digest), '')) AS digests
      FROM (SELECT key, max(CASE WHEN frame <= ?3 THEN frame END) AS newest, sum(frame > ?3) AS later,
                   CASE WHEN frame <= ?3 THEN digest END AS digest
            FROM cell WHERE world = ?1 AND reducer = ?2 AND key >= ?4
            GROUP BY key ORDER BY key LIMIT ${PAGE_DIGESTS})`);
    this.#dropOlder = db.prepare(`
      DELETE FROM cell WHERE world = ?1 AND frame < ?2 AND EXISTS (
        SELECT 1 FROM cell newer WHERE newer.world = ?1 AND newer.reducer = cell.reducer
          AND newer.key = cell.key AND newer.frame > cell.frame AND newer.frame <= ?2)`);
    this.#dropDeleted = db.prepare("DELETE FROM cell WHERE world = ? AND frame <= ? AND state IS NULL");
  }

  /** A cell written twice in one frame keeps the later state. */
  put(world: WorldId, { frame, reducer, key, state, activeNs }: CellWrite): void {
    const [at, active] = [toU64(frame), toU64(activeNs)];
    const digest = state && cellDigest(key, state);
    this.#put.run(world, reducer, key, at, active, state, digest, checksum(reducer, key, at, active));
  }

  /** Null when the cell has no version at or before `asOf`. Throws `store.corrupt` for a row that changed. */
  find(world: WorldId, cell: Cell, asOf: FrameSeq): CellWrite | null {
    const place = [world, cell.reducer, cell.key, toU64(asOf)] as const;
    const packed: Columns | undefined = this.#newest.get(...place);
    if (packed === undefined) return null;
    const version = unpack(cell, packed);
    if (version !== null) return version;
    const row: Columns | undefined = this.#newestRow.get(...place); // says what is wrong with it
    return row === undefined ? null : decode(world, row);
  }

  /** Cells of one reducer that exist as of `asOf`, by key bytes. Throws `store.corrupt` for a row that changed. */
  *list(world: WorldId, { reducer, after, limit }: CellPage, asOf: FrameSeq): Generator<LiveCell> {
    let lowest = after === undefined ? EMPTY : behind(after);
    for (let given = 0; given < limit; ) {
      const wanted = Math.min(limit, PAGE_CELLS);
      const rows: Columns[] = this.#list.all(world, reducer, lowest, toU64(asOf), wanted);
      for (const row of rows) {
        const version = decode(world, row);
        lowest = behind(version.key);
        if (!isLive(version)) continue;
        yield version;
        if (++given === limit) return;
      }
      if (rows.length < wanted) return;
    }
  }

  /** Reducers that have or had cells, sorted. */
  *reducers(world: WorldId): Generator<string> {
    let reducer = "";
    for (;;) {
      const row: Columns | undefined = this.#nextReducer.get(world, reducer);
      if (row === undefined) return;
      if (typeof row.reducer !== "string") throw corrupt("a cell without reducer", { world });
      reducer = row.reducer;
      yield reducer;
    }
  }

  /** The stored digests of what existed as of `asOf`, added up, and the number of later versions. */
  sums(world: WorldId, asOf: FrameSeq): { readonly sums: CellSums; readonly later: bigint } {
    const sums = new Map<string, DigestSum>();
    let later = 0n;
    for (const reducer of this.reducers(world)) {
      const sum = new DigestSum();
      for (const page of this.#digestPages(world, reducer, asOf)) {
        later += page.later;
        sum.add(page.digests);
      }
      sums.set(reducer, sum);
    }
    const found = [...sums].map(([reducer, sum]) => [reducer, sum.total] as const);
    return { sums: new Map(found.filter(([, { count }]) => count > 0n)), later };
  }

  /** Drops versions no frame from `upTo` on can see; returns how many. */
  prune(world: WorldId, upTo: FrameSeq): number {
    const older = this.#dropOlder.run(world, toU64(upTo)).changes;
    const deleted = this.#dropDeleted.run(world, toU64(upTo)).changes;
    return Number(older) + Number(deleted);
  }

  *#digestPages(
    world: WorldId,
    reducer: string,
    asOf: FrameSeq,
  ): Generator<{ readonly digests: Uint8Array; readonly later: bigint }> {
    for (let lowest: Uint8Array = EMPTY; ; ) {
      const row: Columns = this.#digests.get(world, reducer, toU64(asOf), lowest)!;
      const cells = Number(row.cells);
      if (cells === 0) return;
      const digests = row.digests ?? EMPTY;
      if (
        !(row.last instanceof Uint8Array) ||
        !(digests instanceof Uint8Array) ||
        digests.length % 32 !== 0
      ) {
        throw corrupt("a cell whose digest is not 32 bytes long", { world, reducer });
      }
      yield { digests, later: BigInt(row.later as number) };
      if (cells < PAGE_DIGESTS) return;
      lowest = behind(row.last);
    }
  }
}

/** The least key behind this one: a condition with an OR would read every page from the first key on. */
function behind(key: Uint8Array): Uint8Array {
  return concat([key, ZERO]);
}

const ZERO = Uint8Array.of(0);

/** `frame`, `active_ns`, and where the cell exists `digest` and state, one after another. Null for a row that changed. */
function unpack({ reducer, key }: Cell, { packed, crc }: Columns): CellWrite | null {
  if (!(packed instanceof Uint8Array) || packed.length < VERSION_BYTES) return null;
  const [frame, activeNs] = [packed.subarray(0, 8), packed.subarray(8, VERSION_BYTES)];
  if (crc !== checksum(reducer, key, frame, activeNs)) return null;
  const version = {
    frame: fromU64(frame) as FrameSeq,
    reducer,
    key,
    activeNs: fromU64(activeNs) as LogicalTimeNs,
  };
  if (packed.length === VERSION_BYTES) return { ...version, state: null };
  const state = packed.slice(VERSION_BYTES + 32);
  const digest = packed.subarray(VERSION_BYTES, VERSION_BYTES + 32);
  return equalBytes(cellDigest(key, state), digest) ? { ...version, state } : null;
}

/** Of `frame` and `active_ns`. */
const VERSION_BYTES = 16;

function decode(world: WorldId, row: Columns): CellWrite {
  const { reducer, key, state, digest, crc } = row;
  if (typeof reducer !== "string" || !(key instanceof Uint8Array)) {
    throw corrupt("a cell without reducer or key", { world });
  }
  const [frame, activeNs] = [fromU64(row.frame), fromU64(row.active_ns)];
  const fail = (reason: string) => corrupt(reason, { world, reducer, key: toHex(key), frame });
  if (frame === null || activeNs === null) throw fail("a cell does not say which frame wrote it");
  if (crc !== checksum(reducer, key, toU64(frame), toU64(activeNs))) {
    throw fail("the CRC of a cell does not match");
  }
  const version = { frame: frame as FrameSeq, reducer, key, activeNs: activeNs as LogicalTimeNs };
  if (state === null && digest === null) return { ...version, state: null };
  if (!(state instanceof Uint8Array) || !(digest instanceof Uint8Array)) {
    throw fail("a cell without state or digest");
  }
  if (!equalBytes(cellDigest(key, state), digest))
    throw fail("the state of a cell does not match its digest");
  return { ...version, state };
}

function isLive(version: CellWrite): version is LiveCell {
  return version.state !== null;
}

function checksum(reducer: string, key: Uint8Array, frame: Uint8Array, activeNs: Uint8Array): bigint {
  return BigInt(crc32(concat([utf8(reducer), key, frame, activeNs])));
}
