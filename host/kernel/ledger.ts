/**
 * Per reducer, how many cells exist and the sum of sha256(key hash, state hash) mod 2^256 over them: what a
 * snapshot says of the cells it does not hold. A restored world adds up its rows, so a lost or changed cell
 * shows. Between snapshots only the old states of changed cells are kept; hashes are computed when asked.
 */

import type { CellWrite } from "../journal/port.ts";
import type { Cell } from "../journal/record.ts";
import { compareText, concat, toHex } from "../values/bytes.ts";
import { sha256 } from "../values/hash.ts";
import { cellId } from "./cells.ts";
import type { CellCache } from "./ports.ts";

export interface CellSum {
  readonly count: bigint;
  readonly sum: bigint;
}

const MODULUS = 1n << 256n;

export class CellLedger {
  readonly #sums: Map<string, CellSum>;
  readonly #changed = new Map<string, { readonly cell: Cell; readonly before: Uint8Array | null }>();

  constructor(sums: ReadonlyMap<string, CellSum> = new Map()) {
    this.#sums = new Map(sums);
  }

  /** Takes note of what a frame is about to write; `cache` still holds what was before. */
  note(writes: readonly CellWrite[], cache: CellCache): void {
    for (const cell of writes) {
      const id = cellId(cell);
      if (this.#changed.has(id)) continue;
      const before = cache.read(cell);
      this.#changed.set(id, { cell, before: before === "missing" ? null : before });
    }
  }

  /** The sums as of now, sorted by reducer. `cache` holds every changed cell. */
  settle(cache: CellCache): ReadonlyMap<string, CellSum> {
    for (const { cell, before } of this.#changed.values()) {
      const after = cache.read(cell);
      if (before !== null) this.#add(cell, before, -1n);
      if (after !== null && after !== "missing") this.#add(cell, after, 1n);
    }
    this.#changed.clear();
    return new Map(
      [...this.#sums].filter(([, { count }]) => count > 0n).sort((a, b) => compareText(a[0], b[0])),
    );
  }

  #add(cell: Cell, state: Uint8Array, sign: bigint): void {
    const { count, sum } = this.#sums.get(cell.reducer) ?? { count: 0n, sum: 0n };
    const next = (sum + sign * cellDigest(cell.key, state) + MODULUS) % MODULUS;
    this.#sums.set(cell.reducer, { count: count + sign, sum: next });
  }
}

/** What one cell contributes to its reducer's sum. */
export function cellDigest(key: Uint8Array, state: Uint8Array): bigint {
  return BigInt(`0x${toHex(sha256(concat([sha256(key), sha256(state)])))}`);
}

/** Adds up cells as a store has them, to be compared with what a snapshot says. */
export function sumCells(
  cells: Iterable<{ readonly cell: Cell; readonly state: Uint8Array }>,
): Map<string, CellSum> {
  const sums = new Map<string, CellSum>();
  for (const { cell, state } of cells) {
    const { count, sum } = sums.get(cell.reducer) ?? { count: 0n, sum: 0n };
    sums.set(cell.reducer, { count: count + 1n, sum: (sum + cellDigest(cell.key, state)) % MODULUS });
  }
  return sums;
}
