/**
 * Strict UTF-8 at the border. The standard library repairs what is malformed, each way differently; here
 * both ways refuse it, as a repaired text would not be the one that was sent.
 */

/** Bytes this text takes in UTF-8; aborts on a lone surrogate, which has no UTF-8 form. */
export function utf8Length(text: string): usize {
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
export function isUtf8(start: usize, end: usize): bool {
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
