/**
 * Journal rows: one commit each, its frames one after another, found again by their length prefixes. Reading
 * proves length and CRC of every frame and that the sequence has no gap; the chain of digests is replay's.
 */

import { FRAME_PREFIX_BYTES, frameLength } from "../journal/memory.ts";
import type { FrameSeq, WorldId } from "../values/brand.ts";
import { concat } from "../values/bytes.ts";
import { bug } from "../values/errors.ts";
import { crc32 } from "../values/hash.ts";
import { corrupt, isDamage } from "./faults.ts";
import type { Columns, Database, Statement } from "./schema.ts";
import { fromU64, toU64 } from "./u64.ts";

/** Rows taken from the database at a time: a page of small ones, one by one when they are large. */
const PAGE_ROWS_MAX = 64;
const PAGE_BYTES = 512 * 1024;

export class JournalTable {
  readonly #insert: Statement;
  readonly #holding: Statement;
  readonly #page: Statement;

  constructor(db: Database) {
    this.#insert = db.prepare("INSERT INTO journal (world, first, count, bytes) VALUES (?, ?, ?, ?)");
    this.#holding = db.prepare(
      "SELECT first FROM journal WHERE world = ? AND first <= ? ORDER BY first DESC LIMIT 1",
    );
    this.#page = db.prepare(
      "SELECT first, count, bytes FROM journal WHERE world = ? AND first >= ? ORDER BY first LIMIT ?",
    );
  }

  /** Refuses a frame that could not be read back: `internal.bug`. */
  insert(world: WorldId, first: FrameSeq, frames: readonly Uint8Array[]): void {
    for (const frame of frames) {
      if (!crcHolds(frame)) throw bug("a frame whose CRC does not match was about to be stored", { world });
    }
    this.#insert.run(world, toU64(first), frames.length, frames.length === 1 ? frames[0] : concat(frames));
  }

  /**
   * Frames `from` .. `end - 1`. No transaction is held between two frames: the writer may append meanwhile.
   * Throws `store.corrupt` with the world, the frame and the reason, after the good frames before it.
   */
  *read(world: WorldId, from: FrameSeq, end: FrameSeq): Generator<Uint8Array> {
    const holding: Columns | undefined = this.#holding.get(world, toU64(from));
    let next = fromU64(holding?.first) ?? from;
    let lowest: bigint = next;
    let limit = 1;
    while (next < end) {
      const page = this.#rows(world, lowest, limit, next);
      if (page.length === 0) throw corrupt("the frame is missing", { world, frame: next });
      let bytes = 0;
      for (const row of page) {
        lowest = next + 1n;
        for (const frame of framesOf(world, row, next)) {
          bytes += frame.length;
          if (next >= from && next < end) yield frame;
          next += 1n;
        }
      }
      limit = bytes > PAGE_BYTES ? 1 : Math.min(2 * limit, PAGE_ROWS_MAX);
    }
  }

  /** A page that cannot be read is read row by row, so that the frames before the damage still come. */
  #rows(world: WorldId, lowest: bigint, limit: number, next: bigint): Columns[] {
    try {
      if (limit > 1) return this.#page.all(world, toU64(lowest), limit);
      const row: Columns | undefined = this.#page.get(world, toU64(lowest), 1);
      return row === undefined ? [] : [row];
    } catch (error) {
      if (limit > 1) return this.#rows(world, lowest, 1, next);
      throw isDamage(error) ? corrupt(String(error), { world, frame: next }, error) : error;
    }
  }
}

/** The frames of a row, each checked before it is yielded. */
function* framesOf(world: WorldId, row: Columns, first: bigint): Generator<Uint8Array> {
  const fail = (reason: string, frame: bigint) => corrupt(reason, { world, frame });
  const { count, bytes } = row;
  const stored = fromU64(row.first);
  if (stored !== first) throw fail(`the next journal row begins with frame ${stored}`, first);
  if (typeof count !== "bigint" || count < 1n) throw fail(`a journal row counts ${count} frames`, first);
  if (!(bytes instanceof Uint8Array)) throw fail("a journal row holds no bytes", first);
  let frame = first;
  let at = 0;
  while (at < bytes.length) {
    const length = frameLength(bytes, at);
    if (frame === first + count) throw fail(`a journal row of ${count} frames holds more bytes`, frame);
    if (length === null || at + length > bytes.length) throw fail("the frame is cut short", frame);
    const whole = bytes.subarray(at, at + length);
    if (!crcHolds(whole)) throw fail("the CRC of the frame does not match", frame);
    yield whole;
    at += length;
    frame += 1n;
  }
  if (frame !== first + count) throw fail(`a journal row of ${count} frames ends before this one`, frame);
}

function crcHolds(frame: Uint8Array): boolean {
  const stored = new DataView(frame.buffer, frame.byteOffset, FRAME_PREFIX_BYTES).getUint32(4, true);
  return stored === crc32(frame.subarray(FRAME_PREFIX_BYTES));
}
