/** Writes wasm: a buffer that grows, and numbers as the format has them. */

export class Writer {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  raw(bytes: ArrayLike<number>): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Copies a range of other bytes. */
  copy(bytes: Uint8Array, from: number, to: number): void {
    if (to > from) this.raw(bytes.subarray(from, to));
  }

  u32(value: number): void {
    this.raw(unsigned(value));
  }

  /** What was written, in front of it its length. */
  sized(write: (inner: Writer) => void): void {
    const inner = new Writer();
    write(inner);
    this.u32(inner.length);
    this.raw(inner.view());
  }

  /** Valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(extra: number): void {
    const need = this.#length + extra;
    if (need <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(need, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** LEB128 of a number from 0 to 2^32-1. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest & 127) | 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}

/** Signed LEB128 of 32 bits. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value | 0; ; rest >>= 7) {
    const byte = rest & 127;
    if (rest >> 6 === rest >> 31) return [...bytes, byte];
    bytes.push(byte | 128);
  }
}

/** Signed LEB128 of 64 bits. */
export function signed64(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = BigInt.asIntN(64, value); ; rest >>= 7n) {
    const byte = Number(rest & 127n);
    if (rest >> 6n === (rest < 0n ? -1n : 0n)) return [...bytes, byte];
    bytes.push(byte | 128);
  }
}
