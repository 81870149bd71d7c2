import { satAdd, satScale } from "./arithmetic";
import { Random } from "./random";

/**
 * How often and after which delays something is tried again. Integers throughout: times are ns, ratios a
 * numerator and a denominator.
 *
 * The wait before a retry is min(maxWaitNs, minWaitNs * base^attempt), `attempt` counting retries from 0: the
 * power is taken by multiplying with the base so many times, rounded down and saturating each time. On top of
 * it comes a jitter drawn evenly from 0 up to and including wait * jitter.
 *
 * ```ts
 * const policy = new RetryPolicy();
 * if (policy.allows(s.attempt)) this.effects.timerSet(satAdd(this.ctx.logicalNowNs, policy.delay(s.attempt, this.random)));
 * ```
 */
export class RetryPolicy {
  constructor(
    /** How often it is tried at all. */
    public attemptsMax: u64 = 3,
    public minWaitNs: u64 = 1_000_000_000,
    public maxWaitNs: u64 = 60_000_000_000,
    /** What the wait is multiplied with from one retry to the next. */
    public baseNum: u32 = 2,
    public baseDen: u32 = 1,
    /** What part of the wait may come on top. */
    public jitterNum: u32 = 1,
    public jitterDen: u32 = 2,
  ) {
    if (baseDen == 0 || jitterDen == 0) throw new Error("a ratio has a denominator above zero");
  }

  /** Whether there may be another try after so many. */
  allows(tries: u64): bool {
    return tries < this.attemptsMax;
  }

  /** The wait before retry `attempt` (from 0), without jitter. */
  wait(attempt: u64): u64 {
    let wait = this.minWaitNs;
    for (let i: u64 = 0; i < attempt; i++) {
      const next = satScale(wait, this.baseNum, this.baseDen);
      // A base below one may bring the wait back under the maximum: only one above it may stop there.
      if (next == wait || (next > wait && wait >= this.maxWaitNs)) break;
      wait = next;
    }
    return min<u64>(wait, this.maxWaitNs);
  }

  /** The delay before retry `attempt` (from 0): the wait and its jitter, saturating. Draws once. */
  delay(attempt: u64, random: Random): u64 {
    const wait = this.wait(attempt);
    return satAdd(wait, random.upTo(satScale(wait, this.jitterNum, this.jitterDen)));
  }
}
