/** The order of map keys that are text, without encoding them: by length of their UTF-8, then bytewise. */

import { compareBytes, compareText, utf8 } from "./bytes.ts";

/** Negative when `a` as a canonical map key comes before `b`, 0 when they are equal. */
export function compareKeys(a: string, b: string): number {
  // UTF-8 is never shorter than the text: beside a shorter one of ASCII the other need not be looked at.
  if (a.length < b.length ? isAscii(a) : isAscii(b) && (b.length < a.length || isAscii(a))) {
    return a.length - b.length || compareText(a, b);
  }
  const [left, right] = [utf8(a), utf8(b)];
  return left.length - right.length || compareBytes(left, right);
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
