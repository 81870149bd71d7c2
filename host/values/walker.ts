/**
 * Checks canonical form and type in one pass over the bytes, without building anything. A walker takes a
 * position and gives the position behind the value there, or -1.
 *
 * Reading behind the array gives `undefined`, which no comparison below takes for something valid, or moves
 * the position past `end`; so a walker's answer holds only when it is at most `end`, which `Schema.check`
 * looks at once. Loops look at it on every turn, so that a claimed length cannot make them run on.
 */

import type { FindArm } from "./arms.ts";
import { encodeCbor } from "./cbor.ts";
import { literalOf, stands } from "./literal.ts";
import type { PrimitiveKind } from "./type.ts";
import { isUtf8 } from "./utf8.ts";

export type Check = (bytes: Uint8Array, pos: number, end: number) => number;

const BYTES = 0x40;
const TEXT = 0x60;
const LIST = 0x80;
const MAP = 0xa0;
const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;

/** The keys of a variant. */
export const TAG_KEY = encodeCbor("$tag");
export const VALUE_KEY = encodeCbor("$value");
const TAG = literalOf(TAG_KEY);
const VALUE = literalOf(VALUE_KEY);

const HASH_HEAD = Uint8Array.of(0x78, 71, ...encodeCbor("sha256:").subarray(1));
const UUID_HEAD = Uint8Array.of(0x78, 36);

const HEX = 1;
const LOWER_HEX = 2;
const HYPHEN = 4;
/** What each byte may stand for. */
const CLASSES = Uint8Array.from({ length: 256 }, (_, b) => {
  if (isDigit(b) || isHexLetter(b)) return HEX | LOWER_HEX;
  return isHexLetter(b | 0x20) ? HEX : b === 0x2d ? HYPHEN : 0;
});
const UUID_FORM = Uint8Array.from("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", (c) => (c === "-" ? HYPHEN : HEX));

/** The length that `lengthHead` read last: a second result without an allocation. */
let length = 0;

/** Reads a length in its shortest head; -1 for another major type and for 8-byte lengths, which never fit. */
function lengthHead(u: Uint8Array, p: number, major: number): number {
  const info = u[p]! - major;
  if (info >= 0 && info < 24) {
    length = info;
    return p + 1;
  }
  if (info === 24) {
    length = u[p + 1]!;
    return length >= 24 ? p + 2 : -1;
  }
  if (info === 25) {
    length = (u[p + 1]! << 8) | u[p + 2]!;
    return length >= 0x100 ? p + 3 : -1;
  }
  if (info === 26) {
    length = ((u[p + 1]! << 24) | (u[p + 2]! << 16) | (u[p + 3]! << 8) | u[p + 4]!) >>> 0;
    return length >= 0x10000 ? p + 5 : -1;
  }
  return -1;
}

const natural: Check = (u, p) => {
  const b = u[p]!;
  if (b < 24) return p + 1;
  if (b === 24) return u[p + 1]! >= 24 ? p + 2 : -1;
  if (b === 25) return u[p + 1] !== 0 ? p + 3 : -1;
  if (b === 26) return (u[p + 1]! | u[p + 2]!) !== 0 ? p + 5 : -1;
  if (b === 27) return (u[p + 1]! | u[p + 2]! | u[p + 3]! | u[p + 4]!) !== 0 ? p + 9 : -1;
  return -1;
};

/** Both signs; with 8 bytes the first bit must be clear, else the number leaves 64 signed bits. */
const signed: Check = (u, p) => {
  const b = u[p]!;
  if (b >= 0x40) return -1;
  const info = b & 0x1f;
  if (info < 24) return p + 1;
  if (info === 24) return u[p + 1]! >= 24 ? p + 2 : -1;
  if (info === 25) return u[p + 1] !== 0 ? p + 3 : -1;
  if (info === 26) return (u[p + 1]! | u[p + 2]!) !== 0 ? p + 5 : -1;
  if (info !== 27) return -1;
  return (u[p + 1]! | u[p + 2]! | u[p + 3]! | u[p + 4]!) !== 0 && u[p + 1]! < 0x80 ? p + 9 : -1;
};

const bool: Check = (u, p) => (u[p] === FALSE || u[p] === TRUE ? p + 1 : -1);

const unit: Check = (u, p) => (u[p] === NULL ? p + 1 : -1);

const byteString: Check = (u, p, e) => {
  const start = lengthHead(u, p, BYTES);
  if (start < 0) return -1;
  const stop = start + length;
  return stop > e ? -1 : stop;
};

const text: Check = (u, p, e) => {
  const start = lengthHead(u, p, TEXT);
  if (start < 0) return -1;
  const stop = start + length;
  if (stop > e) return -1;
  let i = start;
  while (i + 4 <= stop && (u[i]! | u[i + 1]! | u[i + 2]! | u[i + 3]!) <= 0x7f) i += 4;
  for (; i < stop; i++) if (u[i]! > 0x7f) return isUtf8(u, i, stop) ? stop : -1;
  return stop;
};

const hash: Check = (u, p, e) => {
  const start = p + HASH_HEAD.length;
  const stop = start + 64;
  if (stop > e || !holds(u, p, HASH_HEAD)) return -1;
  for (let i = start; i < stop; i++) if ((CLASSES[u[i]!]! & LOWER_HEX) === 0) return -1;
  return stop;
};

const uuid: Check = (u, p, e) => {
  const start = p + UUID_HEAD.length;
  const stop = start + 36;
  if (stop > e || !holds(u, p, UUID_HEAD)) return -1;
  for (let i = 0; i < 36; i++) if ((CLASSES[u[start + i]!]! & UUID_FORM[i]!) === 0) return -1;
  return stop;
};

/** Text that matches `[+-]?d+(.d+)?([eE][+-]?d+)?`. */
const decimal: Check = (u, pos, e) => {
  const start = lengthHead(u, pos, TEXT);
  if (start < 0) return -1;
  const stop = start + length;
  if (stop > e) return -1;
  let p = digits(u, isSign(u[start]!) ? start + 1 : start, stop);
  if (p >= 0 && p < stop && u[p] === 0x2e) p = digits(u, p + 1, stop);
  if (p >= 0 && p < stop && (u[p]! | 0x20) === 0x65) p = digits(u, isSign(u[p + 1]!) ? p + 2 : p + 1, stop);
  return p === stop ? stop : -1;
};

const SCALARS: { readonly [Kind in PrimitiveKind]: Check } = {
  bool,
  int: signed,
  nat: natural,
  dec128: decimal,
  bytes: byteString,
  text,
  time: natural,
  duration: signed,
  hash,
  uuid,
  unit,
};

export function scalarCheck(kind: PrimitiveKind): Check {
  return SCALARS[kind];
}

export function optionCheck(item: Check): Check {
  return (u, p, e) => (u[p] === NULL ? p + 1 : item(u, p, e));
}

export function listCheck(item: Check): Check {
  return (u, pos, e) => {
    let p = lengthHead(u, pos, LIST);
    if (p < 0) return -1;
    for (let left = length; left > 0; left--) {
      p = item(u, p, e);
      if (p < 0 || p > e) return -1;
    }
    return p;
  };
}

/** Elements in strictly ascending bytewise order. */
export function setCheck(item: Check): Check {
  return (u, pos, e) => {
    let p = lengthHead(u, pos, LIST);
    if (p < 0) return -1;
    let before = -1;
    for (let left = length; left > 0; left--) {
      const next = item(u, p, e);
      if (next < 0 || next > e) return -1;
      if (before >= 0 && !ascends(u, before, p, next)) return -1;
      before = p;
      p = next;
    }
    return p;
  };
}

/** Keys in strictly ascending bytewise order. */
export function mapCheck(key: Check, value: Check): Check {
  return (u, pos, e) => {
    let p = lengthHead(u, pos, MAP);
    if (p < 0) return -1;
    let before = -1;
    let beforeEnd = -1;
    for (let left = length; left > 0; left--) {
      const keyEnd = key(u, p, e);
      if (keyEnd < 0 || keyEnd > e) return -1;
      if (before >= 0 && !isLess(u, before, beforeEnd, p, keyEnd)) return -1;
      before = p;
      beforeEnd = keyEnd;
      p = value(u, keyEnd, e);
      if (p < 0 || p > e) return -1;
    }
    return p;
  };
}

/** `keys` are the encoded names in canonical order, `head` the map's head with the first of them. */
export function recordCheck(head: Uint8Array, keys: readonly Uint8Array[], fields: readonly Check[]): Check {
  const count = fields.length;
  const front = literalOf(head);
  const literals = keys.map(literalOf);
  const [first] = fields;
  if (first === undefined) return (u, p) => (stands(u, p, front) ? p + front.length : -1);
  return (u, pos, e) => {
    if (!stands(u, pos, front)) return -1;
    let p = first(u, pos + front.length, e);
    for (let i = 1; i < count; i++) {
      const key = literals[i]!;
      if (p < 0 || !stands(u, p, key)) return -1;
      p = fields[i]!(u, p + key.length, e);
    }
    return p;
  };
}

/** One arm of a variant: how long its tag is in bytes, and its payload. */
export interface ArmCheck {
  readonly tagBytes: number;
  readonly check: Check;
  /** Whether `$value` may be left out. */
  readonly unit: boolean;
}

/** `find` gives an index into `arms`. */
export function variantCheck(find: FindArm, arms: readonly ArmCheck[]): Check {
  return (u, pos, e) => {
    const head = u[pos]!;
    if ((head !== 0xa1 && head !== 0xa2) || !stands(u, pos + 1, TAG)) return -1;
    const at = pos + 1 + TAG.length;
    const i = find(u, at);
    if (i < 0) return -1;
    const arm = arms[i]!;
    const p = at + arm.tagBytes;
    if (head === 0xa1) return arm.unit ? p : -1;
    return stands(u, p, VALUE) ? arm.check(u, p + VALUE.length, e) : -1;
  };
}

/** Whether `expected` stands at `p`. */
export function holds(u: Uint8Array, p: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) if (u[p + i] !== expected[i]) return false;
  return true;
}

/** Whether the item from `a` to `b` is less than the one right behind it, up to `end`. */
function ascends(u: Uint8Array, a: number, b: number, end: number): boolean {
  return isLess(u, a, b, b, end);
}

function isLess(u: Uint8Array, a: number, aEnd: number, b: number, bEnd: number): boolean {
  const shorter = Math.min(aEnd - a, bEnd - b);
  for (let i = 0; i < shorter; i++) {
    const difference = u[a + i]! - u[b + i]!;
    if (difference !== 0) return difference < 0;
  }
  return aEnd - a < bEnd - b;
}

/** Position behind one or more digits, or -1. */
function digits(u: Uint8Array, pos: number, end: number): number {
  let p = pos;
  while (p < end && isDigit(u[p]!)) p += 1;
  return p > pos ? p : -1;
}

function isDigit(b: number): boolean {
  return b >= 0x30 && b <= 0x39;
}

function isHexLetter(b: number): boolean {
  return b >= 0x61 && b <= 0x66;
}

function isSign(b: number): boolean {
  return b === 0x2b || b === 0x2d;
}
