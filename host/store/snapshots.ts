/** Where snapshots were recorded, so that an opening finds the newest without reading the journal. */

import type { SnapshotEntry } from "../journal/port.ts";
import type { FrameSeq, WorldId } from "../values/brand.ts";
import { digestOf, hashFromDigest } from "../values/hash.ts";
import { corrupt } from "./faults.ts";
import type { Columns, Database, Statement } from "./schema.ts";
import { fromU64, toU64 } from "./u64.ts";

export class SnapshotTable {
  readonly #put: Statement;
  readonly #newest: Statement;

  constructor(db: Database) {
    this.#put = db.prepare("INSERT INTO snapshot (world, frame, hash) VALUES (?, ?, ?)");
    this.#newest = db.prepare("SELECT frame, hash FROM snapshot WHERE world = ? ORDER BY frame DESC LIMIT 1");
  }

  put(world: WorldId, { frame, hash }: SnapshotEntry): void {
    this.#put.run(world, toU64(frame), digestOf(hash));
  }

  /** Null when none was taken. What the row says is proven by the frame and the blob it names. */
  newest(world: WorldId): SnapshotEntry | null {
    const row: Columns | undefined = this.#newest.get(world);
    if (row === undefined) return null;
    const frame = fromU64(row.frame);
    if (frame === null || !(row.hash instanceof Uint8Array) || row.hash.length !== 32) {
      throw corrupt("a snapshot without frame or hash", { world });
    }
    return { frame: frame as FrameSeq, hash: hashFromDigest(row.hash) };
  }
}
