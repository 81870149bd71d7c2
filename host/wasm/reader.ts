/** Reads the bytes of a wasm module without trusting any of them. */

/** 2 to the power of 7 i. */
const POWERS: readonly number[] = [1, 0x80, 0x4000, 0x20_0000, 0x1000_0000];

/** The bytes are no wasm module; `at` is where that shows. */
export class Malformed extends Error {
  readonly at: number;

  constructor(at: number, what: string) {
    super(what);
    this.at = at;
  }
}

/** A place in the bytes that moves on with every read. Every getter throws `Malformed`. */
export class Reader {
  readonly bytes: Uint8Array;
  readonly end: number;
  pos: number;

  constructor(bytes: Uint8Array, pos = 0, end = bytes.length) {
    this.bytes = bytes;
    this.pos = pos;
    this.end = end;
  }

  get done(): boolean {
    return this.pos >= this.end;
  }

  byte(): number {
    if (this.pos >= this.end) throw new Malformed(this.pos, "the bytes end too early");
    return this.bytes[this.pos++]!;
  }

  /** Unsigned LEB128 of 32 bits. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * POWERS[shift / 7]!;
      if (byte < 128) {
        if (value > 0xffffffff) break;
        return value;
      }
    }
    throw new Malformed(this.pos, "a number of more than 32 bits");
  }

  /** Skips a LEB128 number of up to ten bytes. */
  skipNumber(): void {
    for (let i = 0; i < 10; i++) if (this.byte() < 128) return;
    throw new Malformed(this.pos, "a number of more than 64 bits");
  }

  /** Skips `count` bytes and gives where they began. */
  skip(count: number): number {
    const from = this.pos;
    if (count > this.end - from) throw new Malformed(from, "the bytes end too early");
    this.pos += count;
    return from;
  }

  /** A count of things of at least one byte each, which therefore cannot exceed the bytes there are. */
  count(): number {
    const count = this.u32();
    if (count > this.end - this.pos) throw new Malformed(this.pos, "more entries than bytes");
    return count;
  }

  /** A name; what is not UTF-8 in it becomes U+FFFD. */
  name(): string {
    const length = this.u32();
    const from = this.skip(length);
    return new TextDecoder().decode(this.bytes.subarray(from, from + length));
  }
}
