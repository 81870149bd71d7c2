/** Bytes to text and back, comparisons; no `Buffer`, so that it runs in a page. */

import { utf8Until } from "./utf8.ts";

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const EMPTY = new Uint8Array(0);

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Throws a `TypeError` when the bytes are not UTF-8. A leading byte order mark is kept. */
export function fromUtf8(bytes: Uint8Array): string {
  return strictDecoder.decode(bytes);
}

/**
 * Text of any bytes. Each byte that is no part of UTF-8 becomes the surrogate U+DC00 plus the byte, without a
 * partner: nothing else does, so that a reader can tell where the file is wrong.
 */
export function fromAnyBytes(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch {
    return withStrayBytes(bytes);
  }
}

function withStrayBytes(bytes: Uint8Array): string {
  let out = "";
  let pos = 0;
  while (pos < bytes.length) {
    const end = utf8Until(bytes, pos, bytes.length);
    out += fromUtf8(bytes.subarray(pos, end));
    if (end < bytes.length) out += String.fromCharCode(0xdc00 + bytes[end]!);
    pos = end + 1;
  }
  return out;
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Bytewise order; a prefix comes first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Order of strings by code unit: the same in every locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** From digits in one go: a text put together byte by byte takes six times as long, and a kilobyte to keep. */
export function toHex(bytes: Uint8Array): string {
  if (bytes.length <= HEX_BYTES) return hexOf(bytes, 0, bytes.length);
  let out = "";
  for (let at = 0; at < bytes.length; at += HEX_BYTES) {
    out += hexOf(bytes, at, Math.min(at + HEX_BYTES, bytes.length));
  }
  return out;
}

function hexOf(bytes: Uint8Array, start: number, end: number): string {
  const digits = new Array<number>(2 * (end - start));
  for (let i = start, at = 0; i < end; i++) {
    const byte = bytes[i]!;
    digits[at++] = HEX_DIGITS[byte >> 4]!;
    digits[at++] = HEX_DIGITS[byte & 15]!;
  }
  return String.fromCharCode(...digits);
}

const HEX_DIGITS = Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
const HEX_BYTES = 512;

/** `undefined` when the text is not an even number of hex digits. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0) return undefined;
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i++) {
    const [high, low] = [NIBBLES[text.charCodeAt(2 * i)], NIBBLES[text.charCodeAt(2 * i + 1)]];
    if (high === undefined || low === undefined || high > 15 || low > 15) return undefined;
    out[i] = (high << 4) | low;
  }
  return out;
}

/** Values of hex digits by character code; 255 for what is none. */
const NIBBLES = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? 255 : value;
});

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const DIGITS = new Map([...ALPHABET].map((c, i) => [c, i]));

/** Standard alphabet, padded (RFC 4648 section 4). */
export function toBase64(bytes: Uint8Array): string {
  let out = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const rest = bytes.length - i;
    const n = (bytes[i]! << 16) | ((rest > 1 ? bytes[i + 1]! : 0) << 8) | (rest > 2 ? bytes[i + 2]! : 0);
    out += ALPHABET[n >> 18]! + ALPHABET[(n >> 12) & 63]!;
    out += (rest > 1 ? ALPHABET[(n >> 6) & 63]! : "=") + (rest > 2 ? ALPHABET[n & 63]! : "=");
  }
  return out;
}

/** `undefined` when the text is not padded base64 in its one canonical spelling. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const out = new Uint8Array((text.length / 4) * 3 - padding);
  let at = 0;
  for (let i = 0; i < text.length; i += 4) {
    const last = i + 4 === text.length;
    let n = 0;
    for (let k = 0; k < 4; k++) {
      const padded = last && k >= 4 - padding;
      const digit = padded ? 0 : DIGITS.get(text[i + k]!);
      if (digit === undefined) return undefined;
      n = (n << 6) | digit;
    }
    for (let k = 0; k < 3; k++) {
      const byte = (n >> (16 - 8 * k)) & 255;
      if (at < out.length) out[at++] = byte;
      else if (byte !== 0) return undefined;
    }
  }
  return out;
}
