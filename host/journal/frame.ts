/**
 * A frame: one ingress and every record derived from it; the unit of append, atomicity and replay.
 *
 *     u32 little-endian  length of the body
 *     u32 little-endian  CRC-32 of the body
 *     body               CBOR sequence: head, then the records in order; the first is the ingress
 *     head               [previous digest, frame, first record, logical time ns, wall time ns, entropy,
 *                         by, ingress id, request digest, [kind number, count, ...]]
 *
 * F1 The digest of a frame is sha256 of its body, which begins with the digest before it.
 * F2 The counts are sorted by kind number and add up to the number of records.
 */

import type { FrameSeq, LogicalTimeNs, RecordSeq, WallTimeNs } from "../values/brand.ts";
import { type Cbor, CborReader, CborWriter, MAJOR } from "../values/cbor.ts";
import { AirloomError } from "../values/errors.ts";
import { crc32, sha256 } from "../values/hash.ts";
import type { Head } from "./port.ts";
import { type JournalRecord, LAYOUT, readRecord, writeRecord } from "./record.ts";

/** What the runtime sampled for one ingress; the only time and chance a frame knows. */
export interface Stamp {
  readonly logicalNs: LogicalTimeNs;
  readonly wallNs: WallTimeNs;
  /** 32 bytes. */
  readonly entropy: Uint8Array;
}

/** How an ingress entered: beside the stamp, who sent it and under which id. No module sees it. */
export interface Entry extends Stamp {
  readonly by: string | null;
  readonly ingressId: string | null;
  /** sha256 of the request as it was made; null without an ingress id. */
  readonly requestDigest: Uint8Array | null;
}

export interface FrameHead extends Entry {
  readonly previousDigest: Uint8Array;
  readonly frame: FrameSeq;
  readonly firstRecord: RecordSeq;
  readonly recordCount: number;
}

export interface Frame {
  readonly head: FrameHead;
  readonly records: readonly JournalRecord[];
  /** The whole frame, length and CRC included. */
  readonly bytes: Uint8Array;
  /** sha256 of the body. */
  readonly digest: Uint8Array;
}

/** A digest before any frame. */
export const ZERO_DIGEST: Uint8Array = new Uint8Array(32);

export const EMPTY_HEAD: Head = {
  nextFrame: 0n as FrameSeq,
  nextRecord: 0n as RecordSeq,
  digest: ZERO_DIGEST,
};

const PREFIX_BYTES = 8;
const NO_PREFIX = new Uint8Array(PREFIX_BYTES);

/** Collects the records of one ingress and seals them to a frame. Records are encoded as they come. */
export class FrameBuilder {
  readonly #records: JournalRecord[] = [];
  readonly #writer = new CborWriter(1024);

  get records(): readonly JournalRecord[] {
    return this.#records;
  }

  /** Bytes of the records so far. */
  get sizeBytes(): number {
    return this.#writer.length;
  }

  /** Returns the record's index: what records that follow from it give as their cause. */
  add(record: JournalRecord): number {
    writeRecord(this.#writer, record);
    return this.#records.push(record) - 1;
  }

  /** The frame that extends `at`. */
  seal(at: Head, entry: Entry): Frame {
    const records = this.#records;
    const head: FrameHead = {
      previousDigest: at.digest,
      frame: at.nextFrame,
      firstRecord: at.nextRecord,
      recordCount: records.length,
      logicalNs: entry.logicalNs,
      wallNs: entry.wallNs,
      entropy: entry.entropy,
      by: entry.by,
      ingressId: entry.ingressId,
      requestDigest: entry.requestDigest,
    };
    const writer = new CborWriter(PREFIX_BYTES + 256 + this.#writer.length);
    writer.raw(NO_PREFIX);
    writeHead(writer, head, records);
    writer.raw(this.#writer.view());
    const bytes = writer.finish();
    const body = bytes.subarray(PREFIX_BYTES);
    const view = new DataView(bytes.buffer, bytes.byteOffset, PREFIX_BYTES);
    view.setUint32(0, body.length, true);
    view.setUint32(4, crc32(body), true);
    return { head, records, bytes, digest: sha256(body) };
  }
}

/** The head of the journal once this frame is its last. */
export function headAfter(frame: Frame): Head {
  return {
    nextFrame: (frame.head.frame + 1n) as FrameSeq,
    nextRecord: (frame.head.firstRecord + BigInt(frame.records.length)) as RecordSeq,
    digest: frame.digest,
  };
}

function writeHead(writer: CborWriter, head: FrameHead, records: readonly JournalRecord[]): void {
  writer.head(MAJOR.list, 10);
  writer.bytes(head.previousDigest);
  writer.integer(head.frame);
  writer.integer(head.firstRecord);
  writer.integer(head.logicalNs);
  writer.integer(head.wallNs);
  writer.bytes(head.entropy);
  writer.item(head.by);
  writer.item(head.ingressId);
  writer.item(head.requestDigest);
  writer.item(countsOf(records));
}

function countsOf(records: readonly JournalRecord[]): number[] {
  const counts = new Uint32Array(KIND_MAX + 1);
  for (const record of records) counts[LAYOUT[record.kind].number]! += 1;
  const pairs: number[] = [];
  for (let kind = 0; kind <= KIND_MAX; kind++) if (counts[kind]! > 0) pairs.push(kind, counts[kind]!);
  return pairs;
}

const KIND_MAX = Math.max(...Object.values(LAYOUT).map(({ number }) => number));

/**
 * Reads a frame and checks length, CRC and form; not the chain, which is replay's to prove.
 * Throws `journal.corrupt` (kind `corrupt`) with the reason.
 */
export function openFrame(bytes: Uint8Array): Frame {
  const { frame, fault } = readFrame(bytes);
  if (fault !== null) throw fault;
  return frame;
}

/** A frame; or its fault, and the frame up to there where at least the ingress can be read. */
export type ReadFrame =
  | { readonly frame: Frame; readonly fault: null }
  | { readonly frame: Frame | null; readonly fault: AirloomError };

/** The same without throwing: what can still be read of a broken frame tells where it was changed. */
export function readFrame(bytes: Uint8Array): ReadFrame {
  const records: JournalRecord[] = [];
  let head: Omit<FrameHead, "recordCount"> | null = null;
  const opened = (found: Omit<FrameHead, "recordCount">, body: Uint8Array): Frame => {
    return { head: { ...found, recordCount: records.length }, records, bytes, digest: sha256(body) };
  };
  try {
    const body = checkedBody(bytes);
    const reader = new CborReader(body);
    const read = readHead(reader);
    head = read.head;
    while (!reader.done) records.push(readRecord(reader));
    if (records.length === 0) reader.fail("no record");
    if (String(countsOf(records)) !== String(read.counts)) reader.fail("record counts that do not add up");
    return { frame: opened(head, body), fault: null };
  } catch (error) {
    if (!(error instanceof AirloomError) || error.kind === "bug") throw error;
    if (error.code !== "cbor.invalid") return { frame: null, fault: error };
    if (head === null) return { frame: null, fault: corrupt(error.message) };
    const fault = corrupt(error.message, { frame: head.frame, record: records.length });
    return { frame: records.length === 0 ? null : opened(head, bytes.subarray(PREFIX_BYTES)), fault };
  }
}

/** The bytes of the records of a frame, one by one, in order. */
export function recordBytes(frame: Frame): Uint8Array[] {
  const body = frame.bytes.subarray(PREFIX_BYTES);
  const reader = new CborReader(body);
  reader.item();
  return frame.records.map(() => {
    const start = reader.pos;
    reader.item();
    return body.subarray(start, reader.pos);
  });
}

function checkedBody(bytes: Uint8Array): Uint8Array {
  if (bytes.length < PREFIX_BYTES) throw corrupt("a frame shorter than its prefix");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const body = bytes.subarray(PREFIX_BYTES);
  if (view.getUint32(0, true) !== body.length) throw corrupt("a frame of another length than it says");
  if (view.getUint32(4, true) !== crc32(body)) throw corrupt("a frame whose CRC does not match");
  return body;
}

function readHead(reader: CborReader): { head: Omit<FrameHead, "recordCount">; counts: readonly bigint[] } {
  const item = reader.item();
  if (!Array.isArray(item) || item.length !== 10) return reader.fail("a frame head of another form");
  const [previous, frame, firstRecord, logical, wall, entropy, by, ingressId, request, counts] =
    item as Cbor[];
  if (!isDigest(previous!) || !isDigest(entropy!))
    return reader.fail("a digest or entropy of another length");
  for (const n of [frame, firstRecord, logical, wall]) {
    if (typeof n !== "bigint" || n < 0n) return reader.fail("a frame head without its numbers");
  }
  if ((by !== null && typeof by !== "string") || (ingressId !== null && typeof ingressId !== "string")) {
    return reader.fail("a frame head whose sender is no text");
  }
  if (request !== null && !isDigest(request!)) return reader.fail("a request digest of another length");
  if (!Array.isArray(counts) || !counts.every((n) => typeof n === "bigint")) {
    return reader.fail("a frame head without counts");
  }
  return {
    head: {
      previousDigest: (previous as Uint8Array).slice(),
      frame: frame as FrameSeq,
      firstRecord: firstRecord as RecordSeq,
      logicalNs: logical as LogicalTimeNs,
      wallNs: wall as WallTimeNs,
      entropy: (entropy as Uint8Array).slice(),
      by: by as string | null,
      ingressId: ingressId as string | null,
      requestDigest: request === null ? null : (request as Uint8Array).slice(),
    },
    counts: counts as bigint[],
  };
}

function isDigest(item: Cbor): boolean {
  return item instanceof Uint8Array && item.length === 32;
}

function corrupt(reason: string, where: { frame?: FrameSeq; record?: number } = {}): AirloomError {
  const place = where.frame === undefined ? "" : ` in frame ${where.frame}, record ${where.record}`;
  return new AirloomError("corrupt", "journal.corrupt", `the journal is corrupt${place}: ${reason}`, {
    fields: { reason, ...where },
  });
}
