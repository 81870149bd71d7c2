/** Whether numbers are spread as evenly as chance would have it. */

import { createHash } from "node:crypto";

export const BINS = 20;
/** Draws the statistic is taken over. */
export const DRAWS = 10_000;
/**
 * What Pearson's statistic stays below in 999 of 1,000 fair series: the quantile at 0.999 of the chi-square
 * distribution with BINS - 1 = 19 degrees of freedom (NIST/SEMATECH e-Handbook of Statistical Methods, table
 * 1.3.6.7.4: 43.820).
 */
export const CHI_SQUARE_MAX = 43.82;

/** Pearson's statistic of numbers from 0 up to and including `most`, sorted into bins of one width. */
export function chiSquare(numbers: readonly bigint[], most: bigint): number {
  const counts = new Array<number>(BINS).fill(0);
  for (const n of numbers) counts[Number((n * BigInt(BINS)) / (most + 1n))]! += 1;
  const expected = numbers.length / BINS;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** Bytes number `index` of a series that a seed fixes. */
export function seededBytes(seed: number, index: number, length: 16 | 32): Uint8Array {
  return new Uint8Array(createHash("sha256").update(`${seed}.${index}`).digest()).subarray(0, length);
}
