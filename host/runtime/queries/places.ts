/** Single frames of a journal, by where they stand. */

import { type Frame, openFrame } from "../../journal/frame.ts";
import type { Journal } from "../../journal/port.ts";
import type { JournalRecord } from "../../journal/record.ts";
import type { FrameSeq, WorldId } from "../../values/brand.ts";

export interface JournalOf {
  readonly journal: Pick<Journal, "head" | "read">;
  readonly worldId: WorldId;
}

/** A record with its frame. */
export interface Placed {
  readonly frame: Frame;
  /** In the frame, from 0. */
  readonly index: number;
  readonly record: JournalRecord;
}

/** `FRAME.RECORD`, as people name records. */
export interface RecordPlace {
  readonly frame: bigint;
  readonly record: number;
}

/** Null for text of another form. */
export function recordPlace(text: string): RecordPlace | null {
  const [, frame, record] = /^(\d{1,18})\.(\d{1,9})$/.exec(text) ?? [];
  return frame === undefined || record === undefined
    ? null
    : { frame: BigInt(frame), record: Number(record) };
}

/** Null beyond the journal's end. */
export async function frameAt({ journal, worldId }: JournalOf, at: bigint): Promise<Frame | null> {
  const head = await journal.head(worldId);
  if (head === null || at < 0n || at >= head.nextFrame) return null;
  for await (const bytes of journal.read(worldId, at as FrameSeq)) return openFrame(bytes);
  return null;
}

/** Null where there is no such record. */
export async function recordAt(
  of: JournalOf,
  { frame: at, record: index }: RecordPlace,
): Promise<Placed | null> {
  const frame = await frameAt(of, at);
  const record = frame?.records[index];
  return frame === null || record === undefined ? null : { frame, index, record };
}

/** The record of a sequence, found by halving: a frame's head says where its records begin. */
export async function recordBySeq(of: JournalOf, seq: bigint): Promise<Placed | null> {
  const head = await of.journal.head(of.worldId);
  if (head === null || seq < 0n || seq >= head.nextRecord) return null;
  let [low, high]: [bigint, bigint] = [0n, head.nextFrame - 1n];
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    const frame = await frameAt(of, middle);
    if (frame === null) return null;
    if (frame.head.firstRecord <= seq) low = middle;
    else high = middle - 1n;
  }
  const frame = await frameAt(of, low);
  const index = frame === null ? -1 : Number(seq - frame.head.firstRecord);
  const record = frame?.records[index];
  return frame === null || record === undefined ? null : { frame, index, record };
}
