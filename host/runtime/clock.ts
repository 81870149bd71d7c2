/** The only clocks of Airloom: the host's, and the logical one made from it. */

import type { LogicalTimeNs, WallTimeNs } from "../values/brand.ts";

/** What tells host time; in tests it moves only when told. */
export interface HostClock {
  /** Nanoseconds since the Unix epoch; may jump either way. */
  wallNs(): bigint;
  /** Nanoseconds since an arbitrary start; never goes back. */
  monotonicNs(): bigint;
  /** Calls back after `delayMs` of host time; gives what cancels it. */
  schedule(delayMs: number, callback: () => void): () => void;
}

export const realClock: HostClock = {
  wallNs: () => BigInt(Date.now()) * 1_000_000n,
  monotonicNs: () => process.hrtime.bigint(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

const U64_MAX = 0xffffffffffffffffn;
const SECOND = 1_000_000_000n;
/** A wall clock ahead by less is believed at once. */
const BELIEVED_AHEAD_NS = 3600n * SECOND;
/** A larger jump is believed once wall and monotonic clock went alike for so long. */
const AGREEMENT_NS = 60n * SECOND;
/** How far apart they may go meanwhile. */
const AGREEMENT_SLACK_NS = SECOND;

export interface ClockJump {
  readonly wallNs: bigint;
  readonly logicalNs: bigint;
}

/**
 * Logical time: the last sample plus monotonic time since, raised to wall time when that is ahead. It never
 * goes back and saturates at 2^64-1.
 */
export class LogicalClock {
  readonly #host: HostClock;
  readonly #onJump: (jump: ClockJump) => void;
  #lastNs: bigint;
  #lastMonotonicNs: bigint;
  #doubt: { readonly wallNs: bigint; readonly monotonicNs: bigint } | null = null;

  /** `lastNs`: logical time of the world's last frame, 0 for a new world. Opening raises it to wall time. */
  constructor(host: HostClock, lastNs: bigint, onJump: (jump: ClockJump) => void = () => {}) {
    this.#host = host;
    this.#onJump = onJump;
    this.#lastMonotonicNs = host.monotonicNs();
    this.#lastNs = clamp(maximum(lastNs, host.wallNs()));
  }

  /** Samples both clocks. */
  sample(): { readonly logicalNs: LogicalTimeNs; readonly wallNs: WallTimeNs } {
    const wallNs = clamp(this.#host.wallNs());
    const monotonicNs = this.#host.monotonicNs();
    const elapsedNs = this.#lastNs + maximum(0n, monotonicNs - this.#lastMonotonicNs);
    this.#lastNs = clamp(this.#believes(wallNs, monotonicNs, elapsedNs) ? wallNs : elapsedNs);
    this.#lastMonotonicNs = monotonicNs;
    return { logicalNs: this.#lastNs as LogicalTimeNs, wallNs: wallNs as WallTimeNs };
  }

  now(): LogicalTimeNs {
    return this.sample().logicalNs;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    return this.#host.schedule(delayMs, callback);
  }

  /** Whether wall time may raise logical time now. */
  #believes(wallNs: bigint, monotonicNs: bigint, logicalNs: bigint): boolean {
    if (wallNs - logicalNs < BELIEVED_AHEAD_NS) {
      this.#doubt = null;
      return wallNs > logicalNs;
    }
    const doubt = this.#doubt;
    const drift = doubt === null ? null : wallNs - doubt.wallNs - (monotonicNs - doubt.monotonicNs);
    if (doubt === null || drift === null || drift > AGREEMENT_SLACK_NS || drift < -AGREEMENT_SLACK_NS) {
      this.#doubt = { wallNs, monotonicNs };
      this.#onJump({ wallNs, logicalNs });
      return false;
    }
    if (monotonicNs - doubt.monotonicNs < AGREEMENT_NS) return false;
    this.#doubt = null;
    return true;
  }
}

function maximum(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function clamp(ns: bigint): bigint {
  return ns < 0n ? 0n : ns > U64_MAX ? U64_MAX : ns;
}
