/** Writes wasm with numbers that are sometimes longer than they need be, as linkers write them. */

import type { Chance } from "./chance.ts";

export class ByteWriter {
  readonly bytes: number[] = [];
  readonly #chance: Chance;
  /** One number in so many is padded; 0 for none. */
  readonly #padded: number;

  constructor(chance: Chance, padded: number) {
    this.#chance = chance;
    this.#padded = padded;
  }

  inner(): ByteWriter {
    return new ByteWriter(this.#chance, this.#padded);
  }

  raw(...bytes: number[]): this {
    for (const byte of bytes) this.bytes.push(byte);
    return this;
  }

  append(bytes: readonly number[]): this {
    for (const byte of bytes) this.bytes.push(byte);
    return this;
  }

  /** From 0 to 2^32-1. */
  u32(value: number): this {
    let rest = value;
    let length = 1;
    for (; rest >= 128; length++) {
      this.bytes.push((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    const pad = this.#pad() ? this.#chance.below(6 - length) : 0;
    this.bytes.push(pad > 0 ? rest | 128 : rest);
    for (let left = pad; left > 0; left--) this.bytes.push(left > 1 ? 0x80 : 0);
    return this;
  }

  i32(value: number): this {
    return this.#signed(BigInt(value | 0), 5);
  }

  i64(value: bigint): this {
    return this.#signed(BigInt.asIntN(64, value), 10);
  }

  sized(content: ByteWriter): this {
    return this.u32(content.bytes.length).append(content.bytes);
  }

  name(text: string): this {
    const bytes = new TextEncoder().encode(text);
    return this.u32(bytes.length).append([...bytes]);
  }

  #signed(value: bigint, lengthMax: number): this {
    const digits: number[] = [];
    let rest = value;
    do {
      digits.push(Number(rest & 127n));
      rest >>= 7n;
    } while (rest !== (digits.at(-1)! & 64 ? -1n : 0n));
    const pad = this.#pad() ? this.#chance.below(lengthMax + 1 - digits.length) : 0;
    for (let left = pad; left > 0; left--) digits.push(value < 0n ? 127 : 0);
    return this.append(digits.map((digit, i) => (i < digits.length - 1 ? digit | 128 : digit)));
  }

  #pad(): boolean {
    return this.#padded > 0 && this.#chance.oneIn(this.#padded);
  }
}
