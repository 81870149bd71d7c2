/**
 * Checksums that are chained to nothing: CRC-32 of a frame's stamp, then of each of its records, each four
 * bytes little-endian. The digest says that something was changed, these say what. A journal of a million records
 * has as many: they are kept in one piece of memory.
 */

import { type Frame, recordBytes } from "../../journal/frame.ts";
import { encodeCbor } from "../../values/cbor.ts";
import { crc32 } from "../../values/hash.ts";

/** The checksums of frames, in order. */
export class Checks {
  #words = new Uint32Array(1024);
  /** Where each frame's words end. */
  #ends = new Uint32Array(256);
  #length = 0;

  /** How many frames. */
  get length(): number {
    return this.#length;
  }

  add(frame: Frame): void {
    const { logicalNs, wallNs, entropy, by, ingressId, requestDigest } = frame.head;
    const stamp = encodeCbor([logicalNs, wallNs, entropy, by, ingressId, requestDigest]);
    this.#push([crc32(stamp), ...recordBytes(frame).map(crc32)]);
  }

  /** The checksums of one frame as they stand in a recording. */
  addBytes(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const count = Math.floor(bytes.length / 4);
    this.#push(Array.from({ length: count }, (_, i) => view.getUint32(i * 4, true)));
  }

  /** Of one frame: of its stamp, then of its records. */
  wordsOf(frame: number): Uint32Array {
    return this.#words.subarray(frame === 0 ? 0 : this.#ends[frame - 1]!, this.#ends[frame]!);
  }

  /** The same as bytes. */
  bytesOf(frame: number): Uint8Array {
    const words = this.wordsOf(frame);
    const view = new DataView(new ArrayBuffer(words.length * 4));
    words.forEach((word, i) => {
      view.setUint32(i * 4, word, true);
    });
    return new Uint8Array(view.buffer);
  }

  #push(words: readonly number[]): void {
    const start = this.#length === 0 ? 0 : this.#ends[this.#length - 1]!;
    if (start + words.length > this.#words.length) {
      this.#words = grown(this.#words, start + words.length);
    }
    if (this.#length === this.#ends.length) this.#ends = grown(this.#ends, this.#length + 1);
    this.#words.set(words, start);
    this.#ends[this.#length++] = start + words.length;
  }
}

function grown(words: Uint32Array<ArrayBuffer>, least: number): Uint32Array<ArrayBuffer> {
  const more = new Uint32Array(Math.max(least, Math.ceil(words.length * 1.5)));
  more.set(words);
  return more;
}

export interface Tampering {
  readonly frame: bigint;
  /** Index of the record; null for the frame's stamp, or the frame as a whole. */
  readonly record: number | null;
  readonly what: "changed" | "missing" | "repeated" | "added" | "reordered";
}

/** Where the frames found first differ from those the footer speaks of; null when they do not. */
export function findTampering(said: Checks, found: Checks): Tampering | null {
  const frames: Lists = {
    said: said.length,
    found: found.length,
    isSame: (i, j) => isSame(said.wordsOf(i), found.wordsOf(j)),
    isRepeated: (j) => j > 0 && isSame(found.wordsOf(j - 1), found.wordsOf(j)),
  };
  const at = firstDifference(frames);
  if (at === null) return null;
  const what = classify(frames, at);
  // A changed frame is looked into: one of its records is what differs.
  const inside = what === "changed" ? recordsOf(said.wordsOf(at), found.wordsOf(at)) : null;
  return { frame: BigInt(at), record: inside?.record ?? null, what: inside?.what ?? what };
}

function recordsOf(said: Uint32Array, found: Uint32Array): Pick<Tampering, "record" | "what"> | null {
  const words: Lists = {
    said: said.length,
    found: found.length,
    isSame: (i, j) => said[i] === found[j],
    isRepeated: (j) => j > 0 && found[j - 1] === found[j],
  };
  const at = firstDifference(words);
  if (at === null) return null;
  if (at === 0) return { record: null, what: "changed" };
  return { record: at - 1, what: classify(words, at) };
}

/** Two lists by their indices: what is said and what is found. */
interface Lists {
  readonly said: number;
  readonly found: number;
  isSame(said: number, found: number): boolean;
  /** Whether an item found is the one before it again. */
  isRepeated(found: number): boolean;
}

function classify(lists: Lists, at: number): Tampering["what"] {
  const same = (i: number, j: number): boolean => i < lists.said && j < lists.found && lists.isSame(i, j);
  if (at >= lists.found) return "missing";
  if (at >= lists.said) return lists.isRepeated(at) ? "repeated" : "added";
  const swapped = same(at, at + 1) && same(at + 1, at);
  if (same(at, at + 1)) return lists.isRepeated(at) ? "repeated" : swapped ? "reordered" : "added";
  if (same(at + 1, at)) return "missing";
  return isLater(lists, at) ? "reordered" : "changed";
}

/** Whether what is found here was said further on, and what is said here is found further on. */
function isLater({ said, found, isSame: same }: Lists, at: number): boolean {
  let here = false;
  for (let i = at + 1; i < said && !here; i++) here = same(i, at);
  for (let j = at + 1; here && j < found; j++) if (same(at, j)) return true;
  return false;
}

function firstDifference({ said, found, isSame: same }: Lists): number | null {
  const both = Math.min(said, found);
  for (let i = 0; i < both; i++) if (!same(i, i)) return i;
  return said === found ? null : both;
}

function isSame(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && a.every((word, i) => word === b[i]);
}
