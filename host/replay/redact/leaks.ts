/**
 * Finds what was to be redacted wherever it still stands, in time that grows with the bytes and not with the number
 * of secrets: byte strings by their first four bytes, then whole; integers as items of CBOR and as runs of digits.
 */

import { utf8 } from "../../values/bytes.ts";
import type { Value } from "../../values/value.ts";
import { numbersIn } from "./numbers.ts";
import { digitsOf, isInteger, spellingsOf } from "./spellings.ts";

/** Shorter ones are found by chance in anything. */
export const SECRET_BYTES_MIN = 4;

/** Hex digits of the shortest random number that is written so: a world's id. */
const HASH_DIGITS = 32;
/** Fewer of them are found in many of those by chance. */
const HEX_SECRET_MIN = 8;

/** A spelling of a secret: a string of bytes, a typed integer, or digits in a text. */
export type Secret = Uint8Array | bigint | string;

export class Secrets {
  /** By the first four bytes and the length: those that are left are told apart as a whole. */
  readonly #byStart = new Map<number, Map<number, Set<string>>>();
  /** Which of 65,536 two-byte beginnings there are: most places are told apart by it. */
  readonly #begins = new Uint8Array(0x1_0000);
  readonly #integers = new Set<bigint>();
  readonly #digits = new Set<string>();
  #count = 0;

  /** How many spellings are looked for. */
  get count(): number {
    return this.#count + this.#integers.size;
  }

  /** Every spelling of this value but those that `isKnown` says stand everywhere anyway. */
  addValue(scalar: Value, isKnown: (spelling: Uint8Array | bigint) => boolean = () => false): void {
    const spellings = spellingsOf(scalar);
    if (spellings === null) return;
    for (const bytes of spellings.bytes) if (!isKnown(bytes)) this.add(bytes);
    if (spellings.integer === null || isKnown(spellings.integer)) return;
    this.#integers.add(spellings.integer);
    this.#digits.add(digitsOf(spellings.integer));
  }

  /** These bytes alone. */
  add(secret: Uint8Array): void {
    if (secret.length < SECRET_BYTES_MIN) return;
    const start = startAt(secret, 0);
    const lengths = this.#byStart.get(start) ?? new Map<number, Set<string>>();
    this.#byStart.set(start, lengths);
    const others = lengths.get(secret.length) ?? new Set<string>();
    lengths.set(secret.length, others);
    const id = idAt(secret, 0, secret.length);
    if (others.has(id)) return;
    others.add(id);
    this.#begins[secret[0]! | (secret[1]! << 8)] = 1;
    this.#count += 1;
  }

  /** The first string of bytes in these; null for none. */
  find(bytes: Uint8Array): Uint8Array | null {
    if (this.#count === 0) return null;
    for (let at = 0; at + SECRET_BYTES_MIN <= bytes.length; at++) {
      if (this.#begins[bytes[at]! | (bytes[at + 1]! << 8)] === 0) continue;
      for (const [length, secrets] of this.#byStart.get(startAt(bytes, at)) ?? []) {
        if (at + length > bytes.length || !secrets.has(idAt(bytes, at, length))) continue;
        if (!isChance(bytes, at, length)) return bytes.slice(at, at + length);
      }
    }
    return null;
  }

  /** The first integer in these bytes of one value, or digits in a text of it; null for none. */
  findNumber(bytes: Uint8Array | string): bigint | string | null {
    if (this.#integers.size === 0) return null;
    for (const number of numbersIn(bytes)) {
      const isSecret = typeof number === "bigint" ? this.#integers.has(number) : this.#digits.has(number);
      if (isSecret) return number;
    }
    return null;
  }

  /** Whether one is in this scalar, or would be in a text of it. */
  isIn(scalar: Value): boolean {
    if (isInteger(scalar)) {
      const { value } = scalar;
      return (
        this.#integers.has(value) ||
        this.#digits.has(digitsOf(value)) ||
        this.find(utf8(String(value))) !== null
      );
    }
    if (!("value" in scalar) || typeof scalar.value === "boolean" || typeof scalar.value === "bigint")
      return false;
    const { value } = scalar;
    const bytes = typeof value === "string" ? utf8(value) : value;
    return this.find(bytes) !== null || this.findNumber(value) !== null;
  }
}

/** Whether it is a few hex digits in the middle of many, as the digits of a hash are. */
function isChance(bytes: Uint8Array, at: number, length: number): boolean {
  if (length >= HEX_SECRET_MIN) return false;
  let [from, to] = [at, at];
  while (to < bytes.length && to - at < HASH_DIGITS && isHex(bytes[to]!)) to += 1;
  if (to < at + length) return false;
  while (from > 0 && at - from < HASH_DIGITS && isHex(bytes[from - 1]!)) from -= 1;
  return to - from >= HASH_DIGITS;
}

function isHex(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66);
}

function startAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

function idAt(bytes: Uint8Array, at: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString("latin1");
}
