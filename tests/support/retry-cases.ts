/**
 * Delays of retries, for every policy of this project: the SDK's (tests/sdk/retry.test.ts), the HTTP adapter's
 * (tests/adapters/retry.test.ts), that of a world (tests/worlds/operator-retry-cases.test.ts). After
 * failure n, counted from 1, the wait is min(max, min * base^n); the jitter is floor(draw * (most + 1) / 2^128)
 * with most = wait * jitterPercent / 100, rounded down. Times have one unit, whichever it is.
 */

export interface RetryCase {
  /** Failures so far, from 1: the exponent of the base. */
  readonly attempt: bigint;
  readonly min: bigint;
  readonly max: bigint;
  readonly base: bigint;
  readonly jitterPercent: bigint;
  /** Unsigned 128 bits. Of an entropy, the first sixteen bytes, big-endian. */
  readonly draw: bigint;
  readonly delay: bigint;
}

const NONE = 0n;
const HALF = 1n << 127n;
const LAST = (1n << 128n) - 1n;

const ROWS: readonly (readonly [
  attempt: bigint,
  min: bigint,
  max: bigint,
  base: bigint,
  jitterPercent: bigint,
  draw: bigint,
  delay: bigint,
])[] = [
  // The wait grows by the base, from the first failure on.
  [1n, 100n, 10_000n, 2n, 0n, NONE, 200n],
  [2n, 100n, 10_000n, 2n, 0n, NONE, 400n],
  [3n, 100n, 10_000n, 2n, 0n, NONE, 800n],
  [6n, 100n, 10_000n, 2n, 0n, NONE, 6_400n],
  [1n, 10n, 10_000n, 3n, 0n, NONE, 30n],
  [4n, 10n, 10_000n, 3n, 0n, NONE, 810n],
  // It stops at the maximum, however many failures there are.
  [7n, 100n, 10_000n, 2n, 0n, NONE, 10_000n],
  [64n, 100n, 10_000n, 2n, 0n, NONE, 10_000n],
  [1_000n, 100n, 10_000n, 10n, 0n, NONE, 10_000n],
  [1n, 100n, 150n, 2n, 0n, NONE, 150n],
  [1n, 100n, 50n, 2n, 0n, NONE, 50n],
  [1n, 100n, 0n, 2n, 0n, NONE, 0n],
  // A base of one does not grow; a minimum of zero is zero for ever.
  [1n, 100n, 10_000n, 1n, 0n, NONE, 100n],
  [9n, 100n, 10_000n, 1n, 0n, NONE, 100n],
  [9n, 0n, 10_000n, 2n, 0n, NONE, 0n],
  // Jitter: nothing, half and all of its part of the wait, and none where there is no part.
  [1n, 100n, 10_000n, 2n, 50n, NONE, 200n],
  [1n, 100n, 10_000n, 2n, 50n, HALF, 250n],
  [1n, 100n, 10_000n, 2n, 50n, LAST, 300n],
  [1n, 100n, 10_000n, 2n, 100n, LAST, 400n],
  [1n, 100n, 10_000n, 2n, 0n, LAST, 200n],
  [1n, 0n, 10_000n, 2n, 50n, LAST, 0n],
  // Its part is rounded down: 1% of 200 is 2, of 99 it is nothing.
  [1n, 100n, 10_000n, 2n, 1n, LAST, 202n],
  [1n, 99n, 10_000n, 1n, 1n, LAST, 99n],
  // It comes on top of the maximum.
  [9n, 100n, 1_000n, 2n, 20n, LAST, 1_200n],
];

export const RETRY_CASES: readonly RetryCase[] = ROWS.map(
  ([attempt, min, max, base, jitterPercent, draw, delay]) => ({
    attempt,
    min,
    max,
    base,
    jitterPercent,
    draw,
    delay,
  }),
);

/** An entropy of 64 bytes of which a first draw of 128 bits is this one. */
export function entropyOf(draw: bigint): Uint8Array {
  const entropy = new Uint8Array(64);
  for (let i = 0; i < 16; i++) entropy[i] = Number((draw >> BigInt(120 - 8 * i)) & 255n);
  return entropy;
}
