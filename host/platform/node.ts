import { createHash, hash } from "node:crypto";
import { crc32 as zlibCrc32 } from "node:zlib";

/** The digest as 32 bytes. On Node `crypto.hash` costs 0.7 us for 330 bytes where `createHash` costs 2. */
export function sha256(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(32);
  const digest = hash("sha256", bytes, "binary");
  for (let i = 0; i < 32; i++) out[i] = digest.charCodeAt(i);
  return out;
}

/** The same in hexadecimal. */
export function sha256Hex(bytes: Uint8Array): string {
  return hash("sha256", bytes, "hex");
}

/** The digest as 64 bytes. */
export function sha512(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha512").update(bytes).digest());
}

/** CRC-32 (ISO 3309, as in zlib), unsigned. */
export function crc32(bytes: Uint8Array): number {
  return zlibCrc32(bytes) >>> 0;
}
