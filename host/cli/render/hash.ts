/** Hashes and what they were taken over, for people and for programs. */

import { HASH_RULES, type Hashed } from "../../air/hashes.ts";
import { type AnnotatedItem, annotateCbor } from "../../values/annotate.ts";
import { toHex } from "../../values/bytes.ts";
import type { Io } from "../io.ts";
import { clean, paletteOf } from "./text.ts";

/** One line: the hash, of which kind it is, the name. */
export function hashLine(io: Io, { hash, kind, name }: Hashed): string {
  const p = paletteOf(io);
  return `${hash}  ${p.dim(kind.padEnd(9))}${name === null ? "" : `  ${clean(name)}`}`.trimEnd();
}

/** Content bytes on one line; longer texts and byte strings go on below. */
const ROW_BYTES = 24;
/** The words begin in the same column, where the bytes leave room for it. */
const WORDS_AT_MAX = 64;

/** The rule, and the bytes item by item: the hex, read from top to bottom, is all that was hashed. */
export function preimageLines(io: Io, { rule, preimage }: Hashed): readonly string[] {
  const p = paletteOf(io);
  const lines = [`  ${p.dim(`sha256 of ${preimage.length} bytes: ${HASH_RULES[rule]}`)}`];
  const rows = annotateCbor(preimage).map((item) => ({ ...hexRows(item), what: item.what }));
  const longest = Math.max(...rows.map(({ first }) => first.length));
  const wordsAt = Math.min(longest, WORDS_AT_MAX);
  for (const { first, more, what } of rows)
    lines.push(`${first.padEnd(wordsAt)}  ${p.dim(`; ${what}`)}`, ...more);
  return lines;
}

/** Hex of an item: the row beside its words, and the rows of a long content below. */
function hexRows({ head, body, depth }: AnnotatedItem): { first: string; more: readonly string[] } {
  const margin = `  ${"  ".repeat(depth)}`;
  const rows = [toHex(body.subarray(0, ROW_BYTES))];
  for (let at = ROW_BYTES; at < body.length; at += ROW_BYTES)
    rows.push(toHex(body.subarray(at, at + ROW_BYTES)));
  const inner = `${margin}${" ".repeat(2 * head.length + 1)}`;
  return {
    first: `${margin}${toHex(head)} ${rows[0]}`.trimEnd(),
    more: rows.slice(1).map((row) => `${inner}${row}`),
  };
}

/** `explain`: with the preimage and its items. */
export function hashJson(hashed: Hashed, explain: boolean): string {
  const { kind, name, hash, rule, preimage } = hashed;
  const base = { type: "hash", kind, name, hash };
  if (!explain) return JSON.stringify(base);
  const items = annotateCbor(preimage).map(({ offset, head, body, depth, what }) => {
    return { offset, depth, head: toHex(head), body: toHex(body), what };
  });
  return JSON.stringify({ ...base, rule, preimage: toHex(preimage), items });
}
