/** Versions of cells: what each frame left behind, guarded by the sha256 of the state. */

import type { CellWrite } from "../journal/port.ts";
import type { FrameSeq, WorldId } from "../values/brand.ts";
import { EMPTY, equalBytes, toHex } from "../values/bytes.ts";
import { sha256 } from "../values/hash.ts";
import { corrupt } from "./faults.ts";
import type { Columns, Database, Statement } from "./schema.ts";
import { fromU64, toU64 } from "./u64.ts";

/** A cell's newest version at some frame; `state` null means deleted. */
export interface Version {
  readonly frame: FrameSeq;
  readonly state: Uint8Array | null;
}

/** Cells whose names are taken from the database at a time; their states come one by one. */
const PAGE_CELLS = 256;

export class CellTable {
  readonly #put: Statement;
  readonly #newest: Statement;
  readonly #names: Statement;
  readonly #dropOlder: Statement;
  readonly #dropDeleted: Statement;

  constructor(db: Database) {
    this.#put = db.prepare(`
      INSERT INTO cell (world, reducer, key, frame, state, state_hash) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET state = excluded.state, state_hash = excluded.state_hash`);
    this.#newest = db.prepare(`
      SELECT frame, state, state_hash FROM cell WHERE world = ? AND reducer = ? AND key = ? AND frame <= ?
      ORDER BY frame DESC LIMIT 1`);
    this.#names = db.prepare(`
      SELECT DISTINCT reducer, key FROM cell WHERE world = ? AND (reducer, key) > (?, ?)
      ORDER BY reducer, key LIMIT ${PAGE_CELLS}`);
    this.#dropOlder = db.prepare(`
      DELETE FROM cell WHERE world = ?1 AND frame < ?2 AND EXISTS (
        SELECT 1 FROM cell newer WHERE newer.world = ?1 AND newer.reducer = cell.reducer
          AND newer.key = cell.key AND newer.frame > cell.frame AND newer.frame <= ?2)`);
    this.#dropDeleted = db.prepare("DELETE FROM cell WHERE world = ? AND frame <= ? AND state IS NULL");
  }

  /** A cell written twice in one frame keeps the later state. */
  put(world: WorldId, { frame, reducer, key, state }: CellWrite): void {
    this.#put.run(world, reducer, key, toU64(frame), state, state && sha256(state));
  }

  /** Null when the cell has no version at or before `asOf`. Throws `store.corrupt` for a state that changed. */
  find(world: WorldId, reducer: string, key: Uint8Array, asOf: FrameSeq): Version | null {
    const row: Columns | undefined = this.#newest.get(world, reducer, key, toU64(asOf));
    if (row === undefined) return null;
    const fail = (reason: string) => corrupt(reason, { world, reducer, key: toHex(key), frame: asOf });
    const frame = fromU64(row.frame);
    if (frame === null) throw fail("a cell does not say which frame wrote it");
    const { state, state_hash: hash } = row;
    if (state === null && hash === null) return { frame: frame as FrameSeq, state: null };
    if (!(state instanceof Uint8Array) || !(hash instanceof Uint8Array))
      throw fail("a cell without state or hash");
    if (!equalBytes(sha256(state), hash)) throw fail("the state of a cell does not match its hash");
    return { frame: frame as FrameSeq, state };
  }

  /** Reducer and key of every cell that ever was, by reducer, then by key bytes. No transaction is held. */
  *names(world: WorldId): Generator<{ readonly reducer: string; readonly key: Uint8Array }> {
    let reducer = "";
    let key: Uint8Array = EMPTY;
    for (;;) {
      const page: Columns[] = this.#names.all(world, reducer, key);
      for (const row of page) {
        if (typeof row.reducer !== "string" || !(row.key instanceof Uint8Array)) {
          throw corrupt("a cell without reducer or key", { world });
        }
        reducer = row.reducer;
        key = row.key;
        yield { reducer, key };
      }
      if (page.length < PAGE_CELLS) return;
    }
  }

  /** Drops versions no frame from `upTo` on can see; returns how many. */
  prune(world: WorldId, upTo: FrameSeq): number {
    const older = this.#dropOlder.run(world, toU64(upTo)).changes;
    const deleted = this.#dropDeleted.run(world, toU64(upTo)).changes;
    return Number(older) + Number(deleted);
  }
}
