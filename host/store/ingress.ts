/** Ingress ids and the frames that hold them: what makes sending idempotent. */

import type { IngressEntry } from "../journal/port.ts";
import type { FrameSeq, WorldId } from "../values/brand.ts";
import { utf8 } from "../values/bytes.ts";
import { corrupt } from "./faults.ts";
import type { Columns, Database, Statement } from "./schema.ts";
import { fromU64, toU64 } from "./u64.ts";

export class IngressTable {
  readonly #put: Statement;
  readonly #find: Statement;

  constructor(db: Database) {
    this.#put = db.prepare(
      "INSERT INTO ingress (world, id, request_digest, frame) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
    );
    this.#find = db.prepare("SELECT request_digest, frame FROM ingress WHERE world = ? AND id = ?");
  }

  /** False when the id is bound already; then nothing changes. */
  bind(world: WorldId, { id, requestDigest, frame }: IngressEntry): boolean {
    return Number(this.#put.run(world, utf8(id), requestDigest, toU64(frame)).changes) === 1;
  }

  /** Null for an id that was never used. */
  find(world: WorldId, id: string): IngressEntry | null {
    const row: Columns | undefined = this.#find.get(world, utf8(id));
    if (row === undefined) return null;
    const frame = fromU64(row.frame);
    const requestDigest = row.request_digest;
    if (frame === null || !(requestDigest instanceof Uint8Array)) {
      throw corrupt("an ingress id without frame or digest", { world, id });
    }
    return { id, requestDigest, frame: frame as FrameSeq };
  }
}
