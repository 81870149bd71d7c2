/** Hashes and uuids, which are texts in AIR. */

import { sha256 } from "./sha256";

const HASH_PREFIX = "sha256:";

/** The hash of these bytes as AIR writes it: `sha256:` and 64 lower-case hex digits. */
export function hashText(bytes: Uint8Array): string {
  return HASH_PREFIX + hexText(sha256(bytes));
}

/** Whether a text is a hash. */
export function isHash(text: string): bool {
  if (text.length != 71 || !text.startsWith(HASH_PREFIX)) return false;
  for (let i = HASH_PREFIX.length; i < 71; i++) {
    const unit = text.charCodeAt(i);
    if (hexDigit(unit) < 0 || (unit >= 0x41 && unit <= 0x46)) return false;
  }
  return true;
}

/** The 32 bytes of a hash. Aborts when the text is none. */
export function hashBytes(text: string): Uint8Array {
  if (!isHash(text)) throw new Error("'" + text + "' is no hash");
  return bytesOf(text.substring(HASH_PREFIX.length));
}

/** Whether a text is a uuid: 8-4-4-4-12 hex digits of either case. */
export function isUuid(text: string): bool {
  if (text.length != 36) return false;
  for (let i = 0; i < 36; i++) {
    const unit = text.charCodeAt(i);
    const dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? unit != 0x2d : hexDigit(unit) < 0) return false;
  }
  return true;
}

/** 16 bytes as a uuid, in lower case; which version it is, is left as it is. Aborts for another number of bytes. */
export function uuidText(bytes: Uint8Array): string {
  if (bytes.length != 16) throw new Error("a uuid has 16 bytes, not " + bytes.length.toString());
  const hex = hexText(bytes);
  const head = hex.substring(0, 8) + "-" + hex.substring(8, 12) + "-" + hex.substring(12, 16);
  return head + "-" + hex.substring(16, 20) + "-" + hex.substring(20);
}

/** The 16 bytes of a uuid. Aborts when the text is none. */
export function uuidBytes(text: string): Uint8Array {
  if (!isUuid(text)) throw new Error("'" + text + "' is no uuid");
  return bytesOf(text.replaceAll("-", ""));
}

/** Whether two uuids are the same: AIR keeps the case they were written in. */
export function sameUuid(a: string, b: string): bool {
  return memory.compare(uuidBytes(a).dataStart, uuidBytes(b).dataStart, 16) == 0;
}

/** Lower-case hex digits of these bytes. */
export function hexText(bytes: Uint8Array): string {
  const digits = "0123456789abcdef";
  let text = "";
  for (let i = 0; i < bytes.length; i++) {
    text += digits.charAt(bytes[i] >> 4) + digits.charAt(bytes[i] & 15);
  }
  return text;
}

/** Of an even number of hex digits. */
function bytesOf(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length >> 1);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = <u8>((hexDigit(hex.charCodeAt(2 * i)) << 4) | hexDigit(hex.charCodeAt(2 * i + 1)));
  }
  return bytes;
}

/** Value of a hex digit, negative for any other character. */
function hexDigit(unit: i32): i32 {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  const lower = unit | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
