/// <reference types="assemblyscript/std/assembly/rt/index.d.ts" />
/**
 * Strict UTF-8 at the border. The standard library repairs what is malformed, each way differently; here
 * both ways refuse it, as a repaired text would not be the one that was sent.
 *
 * Nearly all text a module meets is ASCII, where a byte is a code unit: it is checked, widened and narrowed
 * four units at a time. Those loops are most of what a step executes.
 */

const WIDE_UNITS: u64 = 0xff80_ff80_ff80_ff80;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/** Bytes this text takes in UTF-8; aborts on a lone surrogate, which has no UTF-8 form. */
export function utf8Length(text: string): usize {
  const units = <usize>text.length;
  return isAsciiText(text) ? units : strictLength(text);
}

/** Writes a text at `to`, in as many bytes as `utf8Length` said. */
export function encodeUtf8(text: string, length: usize, to: usize): void {
  const from = changetype<usize>(text);
  if (length != <usize>text.length) {
    String.UTF8.encodeUnsafe(from, text.length, to);
    return;
  }
  let i: usize = 0;
  for (; i + 4 <= length; i += 4) store<u32>(to + i, narrow(load<u64>(from + (i << 1))));
  for (; i < length; i++) store<u8>(to + i, <u8>load<u16>(from + (i << 1)));
}

/** The text these bytes are, null when they are no UTF-8. */
export function decodeUtf8(start: usize, length: usize): string | null {
  if (length == 0) return "";
  if (!isAscii(start, length)) {
    return isUtf8(start, start + length) ? String.UTF8.decodeUnsafe(start, length) : null;
  }
  const to = __new(length << 1, idof<string>());
  let i: usize = 0;
  for (; i + 4 <= length; i += 4) store<u64>(to + (i << 1), widen(load<u32>(start + i)));
  for (; i < length; i++) store<u16>(to + (i << 1), <u16>load<u8>(start + i));
  return changetype<string>(to);
}

/** Whether these bytes are this text. */
export function sameText(start: usize, length: usize, text: string): bool {
  const units = <usize>text.length;
  // A text takes as many bytes as it has units only when it is ASCII.
  if (length != units) return length > units && !isAsciiText(text) && decodeUtf8(start, length) == text;
  const from = changetype<usize>(text);
  let i: usize = 0;
  for (; i + 4 <= length; i += 4) {
    if (widen(load<u32>(start + i)) != load<u64>(from + (i << 1))) return false;
  }
  for (; i < length; i++) if (<u16>load<u8>(start + i) != load<u16>(from + (i << 1))) return false;
  return true;
}

/** Four bytes as four code units. */
function widen(bytes: u32): u64 {
  const pairs = (<u64>bytes | ((<u64>bytes) << 16)) & 0x0000_ffff_0000_ffff;
  return (pairs | (pairs << 8)) & 0x00ff_00ff_00ff_00ff;
}

/** Four code units below 128 as four bytes. */
function narrow(units: u64): u32 {
  const pairs = (units | (units >> 8)) & 0x0000_ffff_0000_ffff;
  return <u32>(pairs | (pairs >> 16));
}

function isAscii(start: usize, length: usize): bool {
  let i: usize = 0;
  for (; i + 8 <= length; i += 8) if ((load<u64>(start + i) & HIGH_BITS) != 0) return false;
  for (; i < length; i++) if (load<u8>(start + i) > 0x7f) return false;
  return true;
}

function isAsciiText(text: string): bool {
  const from = changetype<usize>(text);
  const bytes = (<usize>text.length) << 1;
  let i: usize = 0;
  for (; i + 8 <= bytes; i += 8) if ((load<u64>(from + i) & WIDE_UNITS) != 0) return false;
  for (; i < bytes; i += 2) if (load<u16>(from + i) > 0x7f) return false;
  return true;
}

function strictLength(text: string): usize {
  const start = changetype<usize>(text);
  const end = start + ((<usize>text.length) << 1);
  let length: usize = 0;
  for (let p = start; p < end; p += 2) {
    const unit = <u32>load<u16>(p);
    if (unit < 0x80) length += 1;
    else if (unit < 0x800) length += 2;
    else if (unit < 0xd800 || unit > 0xdfff) length += 3;
    else {
      const low = unit < 0xdc00 && p + 2 < end ? <u32>load<u16>(p, 2) : 0;
      if (low < 0xdc00 || low > 0xdfff) {
        throw new Error("text holds a lone surrogate at position " + ((p - start) >> 1).toString());
      }
      length += 4;
      p += 2;
    }
  }
  return length;
}

/** Whether the bytes are UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. */
function isUtf8(start: usize, end: usize): bool {
  let p = start;
  while (p < end) {
    const lead = <u32>load<u8>(p++);
    if (lead < 0x80) continue;
    if (lead < 0xc2 || lead > 0xf4) return false;
    const more: usize = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (end - p < more) return false;
    const next = <u32>load<u8>(p);
    if (next < lowestNext(lead) || next > highestNext(lead)) return false;
    for (let i: usize = 1; i < more; i++) if (<u32>load<u8>(p + i) >> 6 != 2) return false;
    p += more;
  }
  return true;
}

function lowestNext(lead: u32): u32 {
  return lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
}

function highestNext(lead: u32): u32 {
  return lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
}
