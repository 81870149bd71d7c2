/**
 * Finds what was to be redacted wherever it still stands. All secrets are looked for in one pass: by the first
 * four bytes, then whole.
 */

import { equalBytes } from "../../values/bytes.ts";

/** Shorter ones are found by chance in anything. */
export const SECRET_BYTES_MIN = 4;

export class Secrets {
  readonly #byStart = new Map<number, Uint8Array[]>();
  /** Which of 65,536 two-byte beginnings there are: most places are told apart by it. */
  readonly #begins = new Uint8Array(0x1_0000);
  count = 0;

  add(secret: Uint8Array): void {
    if (secret.length < SECRET_BYTES_MIN) return;
    const start = startAt(secret, 0);
    const others = this.#byStart.get(start);
    if (others?.some((other) => equalBytes(other, secret))) return;
    if (others === undefined) this.#byStart.set(start, [secret]);
    else others.push(secret);
    this.#begins[secret[0]! | (secret[1]! << 8)] = 1;
    this.count += 1;
  }

  /** The first secret in these bytes; null for none. */
  find(bytes: Uint8Array): Uint8Array | null {
    for (let at = 0; at + SECRET_BYTES_MIN <= bytes.length; at++) {
      if (this.#begins[bytes[at]! | (bytes[at + 1]! << 8)] === 0) continue;
      const found = this.#byStart.get(startAt(bytes, at))?.find((secret) => isAt(bytes, at, secret));
      if (found !== undefined) return found;
    }
    return null;
  }
}

function startAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

function isAt(bytes: Uint8Array, at: number, secret: Uint8Array): boolean {
  return at + secret.length <= bytes.length && equalBytes(bytes.subarray(at, at + secret.length), secret);
}
