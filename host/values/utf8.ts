/** Exact UTF-8 and UTF-16 checks that allocate nothing. */

/**
 * Whether the bytes from `pos` up to `end` are well-formed UTF-8: no surrogates, nothing overlong, nothing
 * above U+10FFFF. The ranges are those of RFC 3629 section 4.
 */
export function isUtf8(bytes: Uint8Array, pos: number, end: number): boolean {
  let p = pos;
  while (p < end) {
    const first = bytes[p]!;
    if (first < 0x80) {
      p += 1;
      continue;
    }
    const size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first < 0xc2 || first > 0xf4 || p + size > end) return false;
    const second = bytes[p + 1]!;
    // What else a second byte may not be: overlong (E0, F0), a surrogate (ED), too large (F4).
    const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    if (second < low || second > high) return false;
    for (let i = p + 2; i < p + size; i++) if ((bytes[i]! & 0xc0) !== 0x80) return false;
    p += size;
  }
  return true;
}

/** Whether every surrogate has its partner. Text that is not would be encoded as something else. */
export function isWellFormed(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i) & 0xfc00;
    if (unit === 0xdc00) return false;
    if (unit !== 0xd800) continue;
    i += 1;
    // NaN at the end of the text is 0 here, and so not a partner.
    if ((text.charCodeAt(i) & 0xfc00) !== 0xdc00) return false;
  }
  return true;
}
