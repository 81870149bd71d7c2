import { sha256 as noble256, sha512 as noble512 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

/** The digest as 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return noble256(bytes);
}

/** The same in hexadecimal. */
export function sha256Hex(bytes: Uint8Array): string {
  return bytesToHex(noble256(bytes));
}

/** The digest as 64 bytes. */
export function sha512(bytes: Uint8Array): Uint8Array {
  return noble512(bytes);
}

const TABLE = Int32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

/** CRC-32 (ISO 3309, as in zlib), unsigned. */
export function crc32(bytes: Uint8Array): number {
  let c = -1;
  for (let i = 0; i < bytes.length; i++) c = TABLE[(c ^ bytes[i]!) & 255]! ^ (c >>> 8);
  return ~c >>> 0;
}
