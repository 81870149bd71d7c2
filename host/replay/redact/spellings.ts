/**
 * The ways a value may be written down: what is looked for in a recording once the value was replaced.
 *
 * | value | spellings |
 * |---|---|
 * | text, dec128, hash, uuid | as it is, in capitals, in small letters, URL-encoded, JSON-escaped, hex and base64 of its UTF-8 |
 * | bytes | as they are, hex, base64 |
 * | nat, int, time, duration | a typed integer of this value, its digits in a text |
 * | a text of nothing but digits | the integer's too |
 */

import { toBase64, toHex, utf8 } from "../../values/bytes.ts";
import { isIntegerKind } from "../../values/scalars.ts";
import type { Value } from "../../values/value.ts";

/** Integers below stand in anything by chance: years, counts, sizes, delays. */
export const NUMBER_DIGITS_MIN = 5;
/** Base64 of fewer bytes is found by chance in other base64. */
const BASE64_BYTES_MIN = 6;

export interface Spellings {
  /** To be found in any bytes. */
  readonly bytes: readonly Uint8Array[];
  /** To be found as a typed integer of this value, and as its digits. */
  readonly integer: bigint | null;
}

/** Null for what is looked for nowhere: booleans, units, and composites. */
export function spellingsOf(scalar: Value): Spellings | null {
  if (isInteger(scalar)) return { bytes: [], integer: isLong(scalar.value) ? scalar.value : null };
  if (scalar.kind === "bytes") return { bytes: [scalar.value, ...encodings(scalar.value)], integer: null };
  if (!("value" in scalar) || typeof scalar.value !== "string") return null;
  return { bytes: textSpellings(scalar.value), integer: integerIn(scalar.value) };
}

export type IntegerValue = Extract<Value, { readonly value: bigint }>;

export function isInteger(value: Value): value is IntegerValue {
  return isIntegerKind(value.kind);
}

/** The digits a long integer is found by in a text, whatever its sign. */
export function digitsOf(integer: bigint): string {
  return (integer < 0n ? -integer : integer).toString();
}

function isLong(integer: bigint): boolean {
  return digitsOf(integer).length >= NUMBER_DIGITS_MIN;
}

function integerIn(text: string): bigint | null {
  if (!/^-?[1-9]\d{0,19}$/.test(text)) return null;
  const integer = BigInt(text);
  return isLong(integer) ? integer : null;
}

function textSpellings(text: string): readonly Uint8Array[] {
  const url = encodeURIComponent(text);
  const json = JSON.stringify(text).slice(1, -1);
  const spelled = [
    text,
    text.toUpperCase(),
    text.toLowerCase(),
    url,
    // As forms write it.
    url.replaceAll("%20", "+"),
    json,
    json.replace(/[\u0080-\uffff]/g, escaped),
    json.replaceAll("/", "\\/"),
  ];
  const plain = utf8(text);
  return [...[...new Set(spelled)].map(utf8), ...encodings(plain)];
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function encodings(bytes: Uint8Array): readonly Uint8Array[] {
  const hex = toHex(bytes);
  const base64 = bytes.length < BASE64_BYTES_MIN ? [] : [0, 1, 2].map((before) => base64Core(bytes, before));
  const url = base64.map((core) => core.replaceAll("+", "-").replaceAll("/", "_"));
  return [...new Set([hex, hex.toUpperCase(), ...base64, ...url])].map(utf8);
}

/** The characters that say nothing but these bytes, when `before` others stand in front of them. */
function base64Core(bytes: Uint8Array, before: number): string {
  const padded = new Uint8Array(before + bytes.length);
  padded.set(bytes, before);
  const from = Math.ceil((before * 8) / 6);
  return toBase64(padded).slice(from, Math.floor((padded.length * 8) / 6));
}
