import fc from "fast-check";

/** Enough for about every case; what comes after it is as simple as can be. */
const BUDGET_MAX = 240;

/**
 * The choices one random case is made of: random up to the budget, zeros from then on. Zero stands for the
 * simplest choice everywhere, so that a smaller budget gives a smaller case: that is how failures shrink.
 * Making a case from one seed costs a tenth of making it from an arbitrary for each of its parts.
 */
export class Draw {
  #state: number;
  #left: number;

  constructor(seed: number, budget: number) {
    this.#state = seed | 0;
    this.#left = budget;
  }

  /** 32 random bits (mulberry32). */
  bits(): number {
    if (this.#left <= 0) return 0;
    this.#left -= 1;
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** From 0 up to and without `limit`. */
  below(limit: number): number {
    return this.bits() % limit;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }

  /** True once in `times`; false when the budget is spent. */
  once(times: number): boolean {
    return this.below(times) === times - 1;
  }

  /** Of up to 64 bits, of any length in bits with the same chance. */
  wide(): bigint {
    const size = this.below(65);
    const all = (BigInt(this.bits()) << 32n) | BigInt(this.bits());
    return size === 0 ? 0n : all >> BigInt(64 - size);
  }

  bytes(lengthMax: number): Uint8Array {
    const length = this.below(lengthMax + 1);
    return Uint8Array.from({ length }, () => this.bits() & 255);
  }
}

/** What `make` makes of random choices. */
export function drawn<Made>(make: (draw: Draw) => Made): fc.Arbitrary<Made> {
  return fc
    .tuple(fc.noShrink(fc.integer()), fc.nat(BUDGET_MAX))
    .map(([seed, budget]) => make(new Draw(seed, budget)));
}
