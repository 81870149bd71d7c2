import { mulHigh } from "./arithmetic";
import { sha256 } from "./sha256";

/**
 * Random numbers of one call. They depend on the call context's entropy alone, so that a replay draws the same.
 *
 * The source is a sequence of bytes: the 64 of the context, then sha256(entropy, block) for block 1, 2, ...
 * (eight bytes, big-endian). A draw takes the next eight as a big-endian number.
 */
export class Random {
  private bytes: Uint8Array;
  private at: i32 = 0;
  private block: u64 = 0;

  constructor(private entropy: Uint8Array) {
    if (entropy.length == 0) throw new Error("random numbers need entropy");
    this.bytes = entropy;
  }

  /** 64 random bits. */
  next(): u64 {
    if (this.at + 8 > this.bytes.length) this.refill();
    const at = this.at;
    this.at = at + 8;
    return bswap<u64>(load<u64>(this.bytes.dataStart + <usize>at));
  }

  /**
   * A number from 0 up to and including `most`: the upper part of a 128-bit draw times `most` + 1, that is
   * floor(draw * (most + 1) / 2^128). No number is likelier than another by more than one part in 2^64.
   */
  upTo(most: u64): u64 {
    const high = this.next();
    const low = this.next();
    if (most == u64.MAX_VALUE) return high;
    const count = most + 1;
    // high * count, plus what low * count carries into it.
    const carry = mulHigh(low, count);
    const sum = high * count + carry;
    return mulHigh(high, count) + (sum < carry ? 1 : 0);
  }

  /** True with a chance of `num` in `den`. Aborts when `den` is zero. */
  chance(num: u64, den: u64): bool {
    if (den == 0) throw new Error("a chance has a denominator above zero");
    return this.upTo(den - 1) < num;
  }

  /** So many random bytes. */
  take(length: i32): Uint8Array {
    const out = new Uint8Array(length);
    for (let i = 0; i < length; i += 8) {
      const word = this.next();
      for (let j = i; j < min(i + 8, length); j++) out[j] = <u8>(word >> (56 - ((j - i) << 3)));
    }
    return out;
  }

  private refill(): void {
    const seed = new Uint8Array(this.entropy.length + 8);
    seed.set(this.entropy);
    store<u64>(seed.dataStart + <usize>this.entropy.length, bswap<u64>(++this.block));
    this.bytes = sha256(seed);
    this.at = 0;
  }
}
