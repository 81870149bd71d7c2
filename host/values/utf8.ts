/** Exact UTF-8 and UTF-16 checks that allocate nothing. */

/**
 * Whether the bytes from `pos` up to `end` are well-formed UTF-8: no surrogates, nothing overlong, nothing
 * above U+10FFFF. The ranges are those of RFC 3629 section 4.
 */
export function isUtf8(bytes: Uint8Array, pos: number, end: number): boolean {
  return utf8Until(bytes, pos, end) === end;
}

/** Where they stop being that: the start of the first character that is none, or `end`. */
export function utf8Until(bytes: Uint8Array, pos: number, end: number): number {
  let p = pos;
  while (p < end) {
    const first = bytes[p]!;
    if (first < 0x80) {
      p += 1;
      continue;
    }
    const size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first < 0xc2 || first > 0xf4 || p + size > end) return p;
    const second = bytes[p + 1]!;
    // What else a second byte may not be: overlong (E0, F0), a surrogate (ED), too large (F4).
    const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    if (second < low || second > high) return p;
    for (let i = p + 2; i < p + size; i++) if ((bytes[i]! & 0xc0) !== 0x80) return p;
    p += size;
  }
  return end;
}

/** Whether every surrogate has its partner. Text that is not would be encoded as something else. */
export function isWellFormed(text: string): boolean {
  return text.isWellFormed();
}

/** Where the first surrogate without a partner stands; -1 when there is none. */
export function halfPairAt(text: string): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i) & 0xfc00;
    if (unit === 0xdc00) return i;
    if (unit !== 0xd800) continue;
    // NaN at the end of the text is 0 here, and so not a partner.
    if ((text.charCodeAt(i + 1) & 0xfc00) !== 0xdc00) return i;
    i += 1;
  }
  return -1;
}
