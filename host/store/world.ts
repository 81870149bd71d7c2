/**
 * The row of a world: who may write, where its journal ends. It decides about fencing, so a flipped bit in it
 * must show: `crc` is the CRC-32 of
 *
 *     id as UTF-8, epoch, next_frame, next_record (8 bytes big-endian each), digest, pruned (8 bytes)
 */

import { EMPTY_HEAD } from "../journal/frame.ts";
import type { Head } from "../journal/port.ts";
import type { Epoch, FrameSeq, RecordSeq, WorldId } from "../values/brand.ts";
import { concat, utf8 } from "../values/bytes.ts";
import { crc32 } from "../values/hash.ts";
import { corrupt } from "./faults.ts";
import type { Columns, Database, Statement } from "./schema.ts";
import { fromU64, toU64 } from "./u64.ts";

export interface WorldRow {
  readonly epoch: Epoch;
  readonly head: Head;
  /** Cell versions that only frames before this one could see may be gone. */
  readonly pruned: FrameSeq;
}

export const NEW_WORLD: WorldRow = { epoch: 0n as Epoch, head: EMPTY_HEAD, pruned: 0n as FrameSeq };

/** The rows of worlds. */
export class WorldTable {
  readonly #find: Statement;
  readonly #findWithEnd: Statement;
  readonly #put: Statement;
  readonly #all: Statement;
  readonly #hasFrames: Statement;

  constructor(db: Database) {
    this.#find = db.prepare("SELECT * FROM world WHERE id = ?");
    this.#findWithEnd = db.prepare(`
      SELECT *, (SELECT first FROM journal j WHERE j.world = w.id ORDER BY first DESC LIMIT 1) AS last_first,
                (SELECT count FROM journal j WHERE j.world = w.id ORDER BY first DESC LIMIT 1) AS last_count
      FROM world w WHERE id = ?`);
    this.#put = db.prepare(`
      INSERT INTO world (id, epoch, next_frame, next_record, digest, pruned, crc) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch, next_frame = excluded.next_frame,
        next_record = excluded.next_record, digest = excluded.digest, pruned = excluded.pruned, crc = excluded.crc`);
    this.#all = db.prepare("SELECT * FROM world ORDER BY id");
    this.#hasFrames = db.prepare("SELECT 1 FROM journal WHERE world = ? LIMIT 1");
  }

  /** Throws `store.corrupt` when any row changed. */
  ids(): WorldId[] {
    return this.#all.all().map((row: Columns) => {
      if (typeof row.id !== "string") throw corrupt("a world's id is no text", {});
      decode(row.id as WorldId, row);
      return row.id as WorldId;
    });
  }

  /** Null for a world that was never claimed. Throws `store.corrupt` for a row that changed. */
  find(id: WorldId): WorldRow | null {
    const row: Columns | undefined = this.#find.get(id);
    return row === undefined ? this.#absent(id) : decode(id, row);
  }

  /** The same, and the journal must end where the row says: a row too few or too many is `store.corrupt`. */
  findWithEnd(id: WorldId): WorldRow | null {
    const columns: Columns | undefined = this.#findWithEnd.get(id);
    if (columns === undefined) return this.#absent(id);
    const world = decode(id, columns);
    const { nextFrame } = world.head;
    const end = endOf(columns);
    if (end === nextFrame) return world;
    const frame = end !== null && end < nextFrame ? end : nextFrame;
    throw corrupt(`the journal ends before frame ${end}, the world says ${nextFrame}`, { world: id, frame });
  }

  /** A row that is not found under its id must not let a world begin anew beside its own frames. */
  #absent(id: WorldId): null {
    if (this.#hasFrames.get(id) === undefined) return null;
    throw corrupt("the world has frames, but its row is gone", { world: id });
  }

  put(id: WorldId, { epoch, head, pruned }: WorldRow): void {
    const [a, b, c, d] = [toU64(epoch), toU64(head.nextFrame), toU64(head.nextRecord), toU64(pruned)];
    this.#put.run(id, a, b, c, head.digest, d, checksum(id, [a, b, c, head.digest, d]));
  }
}

function decode(world: WorldId, columns: Columns): WorldRow {
  const [epoch, nextFrame, nextRecord, pruned] = [
    fromU64(columns.epoch),
    fromU64(columns.next_frame),
    fromU64(columns.next_record),
    fromU64(columns.pruned),
  ];
  const digest = columns.digest;
  if (epoch === null || nextFrame === null || nextRecord === null || pruned === null) {
    throw corrupt("a number of the world's row is not 8 bytes long", { world });
  }
  if (!(digest instanceof Uint8Array) || digest.length !== 32) {
    throw corrupt("the digest of the world's row is not 32 bytes long", { world });
  }
  const parts = [toU64(epoch), toU64(nextFrame), toU64(nextRecord), digest, toU64(pruned)];
  if (columns.crc !== checksum(world, parts))
    throw corrupt("the CRC of the world's row does not match", { world });
  return {
    epoch: epoch as Epoch,
    head: { nextFrame: nextFrame as FrameSeq, nextRecord: nextRecord as RecordSeq, digest },
    pruned: pruned as FrameSeq,
  };
}

/** The frame after the last journal row; null when that row does not tell. */
function endOf({ last_first, last_count }: Columns): bigint | null {
  if (last_first === null) return 0n;
  const first = fromU64(last_first);
  return first === null || typeof last_count !== "bigint" ? null : first + last_count;
}

function checksum(id: WorldId, parts: readonly Uint8Array[]): bigint {
  return BigInt(crc32(concat([utf8(id), ...parts])));
}
