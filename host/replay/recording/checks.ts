/**
 * Checksums that are chained to nothing: CRC-32 of a frame's stamp, then of each of its records, each four
 * bytes little-endian. The digest says that something was changed, these say what.
 */

import { type Frame, recordBytes } from "../../journal/frame.ts";
import { encodeCbor } from "../../values/cbor.ts";
import { crc32 } from "../../values/hash.ts";

export function checksOf(frame: Frame): Uint8Array {
  const { logicalNs, wallNs, entropy, by, ingressId, requestDigest } = frame.head;
  const stamp = encodeCbor([logicalNs, wallNs, entropy, by, ingressId, requestDigest]);
  const parts = [stamp, ...recordBytes(frame)];
  const checks = new DataView(new ArrayBuffer(parts.length * 4));
  parts.forEach((part, i) => {
    checks.setUint32(i * 4, crc32(part), true);
  });
  return new Uint8Array(checks.buffer);
}

export interface Tampering {
  readonly frame: bigint;
  /** Index of the record; null for the frame's stamp, or the frame as a whole. */
  readonly record: number | null;
  readonly what: "changed" | "missing" | "repeated" | "added" | "reordered";
}

/** Where the frames found first differ from those the footer speaks of; null when they do not. */
export function findTampering(said: readonly Uint8Array[], found: readonly Uint8Array[]): Tampering | null {
  const [left, right] = [said.map(keyOf), found.map(keyOf)];
  const at = firstDifference(left, right);
  if (at === null) return null;
  const what = classify(left, right, at);
  // A changed frame is looked into: one of its records is what differs.
  const inside = what === "changed" ? recordsOf(said[at]!, found[at]!) : null;
  return { frame: BigInt(at), record: inside?.record ?? null, what: inside?.what ?? what };
}

function recordsOf(said: Uint8Array, found: Uint8Array): Pick<Tampering, "record" | "what"> | null {
  const [left, right] = [wordsOf(said), wordsOf(found)];
  const at = firstDifference(left, right);
  if (at === null) return null;
  if (at === 0) return { record: null, what: "changed" };
  return { record: at - 1, what: classify(left, right, at) };
}

function classify(said: readonly string[], found: readonly string[], at: number): Tampering["what"] {
  const [expected, here] = [said[at], found[at]];
  if (here === undefined) return "missing";
  if (expected === undefined) return found[at - 1] === here ? "repeated" : "added";
  const restAgrees = (a: number, b: number): boolean => said[a] !== undefined && said[a] === found[b];
  if (restAgrees(at, at + 1)) return here === found[at - 1] ? "repeated" : swapped(said, found, at);
  if (restAgrees(at + 1, at)) return swapped(said, found, at) === "reordered" ? "reordered" : "missing";
  return said.includes(here, at + 1) && found.includes(expected, at + 1) ? "reordered" : "changed";
}

function swapped(said: readonly string[], found: readonly string[], at: number): "reordered" | "added" {
  return said[at] === found[at + 1] && said[at + 1] === found[at] ? "reordered" : "added";
}

function firstDifference(left: readonly string[], right: readonly string[]): number | null {
  for (let i = 0; i < Math.max(left.length, right.length); i++) if (left[i] !== right[i]) return i;
  return null;
}

function keyOf(bytes: Uint8Array): string {
  return wordsOf(bytes).join(" ");
}

function wordsOf(bytes: Uint8Array): readonly string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => String(view.getUint32(i * 4, true)));
}
