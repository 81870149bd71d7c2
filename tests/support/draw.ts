/** Draws for tests that try some of many: from AIRLOOM_SEED, or a seed of this run, which is printed. */
export class Draw {
  readonly seed: number;
  #state: number;

  constructor(suite: string) {
    const given = process.env.AIRLOOM_SEED;
    this.seed = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
    this.#state = this.seed;
    console.log(`${suite}: AIRLOOM_SEED=${this.seed}`);
  }

  /** From 0 up to but not including `limit`. */
  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }

  /** Bits to flip in a byte: at least one. */
  bits(): number {
    return 1 + this.below(255);
  }
}
