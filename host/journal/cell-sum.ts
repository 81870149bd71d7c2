/**
 * What a snapshot says of the cells it does not hold: per reducer their number, and the sum mod 2^256 of
 * sha256(sha256(key), sha256(state)) over them. A store keeps that digest beside each cell, so that a lost, an
 * added or a changed one shows.
 */

import { concat, toHex } from "../values/bytes.ts";
import { sha256 } from "../values/hash.ts";
import type { Cell } from "./record.ts";

export interface CellSum {
  readonly count: bigint;
  readonly sum: bigint;
}

/** Sums by reducer. */
export type CellSums = ReadonlyMap<string, CellSum>;

export const SUM_MODULUS = 1n << 256n;

/** 32 bytes. */
export function cellDigest(key: Uint8Array, state: Uint8Array): Uint8Array {
  return sha256(concat([sha256(key), sha256(state)]));
}

export function digestNumber(digest: Uint8Array): bigint {
  return BigInt(`0x${toHex(digest)}`);
}

/** Adds up cells one by one. */
export function sumCells(cells: Iterable<{ readonly cell: Cell; readonly state: Uint8Array }>): CellSums {
  const sums = new Map<string, CellSum>();
  for (const { cell, state } of cells) {
    const { count, sum } = sums.get(cell.reducer) ?? { count: 0n, sum: 0n };
    const next = (sum + digestNumber(cellDigest(cell.key, state))) % SUM_MODULUS;
    sums.set(cell.reducer, { count: count + 1n, sum: next });
  }
  return sums;
}

/** Adds up digests that lie one after another, many at a time: a store sums a million rows with it. */
export class DigestSum {
  /** 32-bit digits, the highest first; exact up to 2^21 digests between two carries. */
  readonly #digits = new Float64Array(8);
  #count = 0;

  add(digests: Uint8Array): void {
    const view = new DataView(digests.buffer, digests.byteOffset, digests.length);
    for (let at = 0; at < digests.length; at += 32) {
      for (let i = 0; i < 8; i++) this.#digits[i]! += view.getUint32(at + 4 * i);
      this.#count += 1;
      if (this.#count % CARRY_EVERY === 0) this.#carry();
    }
  }

  get total(): CellSum {
    let sum = 0n;
    for (const digit of this.#digits) sum = (sum << 32n) + BigInt(digit);
    return { count: BigInt(this.#count), sum: sum % SUM_MODULUS };
  }

  #carry(): void {
    const digits = this.#digits;
    for (let i = 7; i > 0; i--) {
      const over = Math.floor(digits[i]! / DIGIT);
      digits[i]! -= over * DIGIT;
      digits[i - 1]! += over;
    }
    digits[0]! %= DIGIT;
  }
}

const DIGIT = 0x1_0000_0000;
const CARRY_EVERY = 0x10_0000;
