import { sha256Hex } from "#hash";
import type { Hash } from "./brand.ts";
import { fromHex, toHex } from "./bytes.ts";

export { crc32, sha256, sha512 } from "#hash";

const HASH = /^sha256:[0-9a-f]{64}$/;

/** "Fill me in": what an authored definition may carry until the build stamps it. */
export const ZERO_HASH = `sha256:${"0".repeat(64)}` as Hash;

export function isHash(text: string): text is Hash {
  return HASH.test(text);
}

/** The sha256 of these bytes, as AIR writes it. */
export function hashOf(bytes: Uint8Array): Hash {
  return `sha256:${sha256Hex(bytes)}` as Hash;
}

export function hashFromDigest(digest: Uint8Array): Hash {
  return `sha256:${toHex(digest)}` as Hash;
}

/** The 32 bytes a hash stands for. */
export function digestOf(hash: Hash): Uint8Array {
  return fromHex(hash.slice(7))!;
}
