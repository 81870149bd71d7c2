/** Draws for one generated case: they follow from the seed and the number of the case. */

import { Random } from "../../../scripts/lib/fuzz-inputs.mjs";

export class Chance {
  readonly #random: Random;

  constructor(seed: number, caseNumber: number) {
    this.#random = new Random(seed, caseNumber);
  }

  /** From 0 up to and without `limit`. */
  below(limit: number): number {
    return this.#random.below(limit);
  }

  /** True once in so many. */
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  bits(): number {
    return this.#random.bits();
  }

  bytes(length: number): number[] {
    return Array.from({ length }, () => this.below(256));
  }
}
