/**
 * Per reducer, how many cells exist and what they add up to, kept up frame by frame. Hashing is put off: of a cell
 * that changed only its first and its last state since then count, so one that changes in every frame is hashed
 * seldom. Not for ever, for what is put off is memory.
 */

import { type CellSum, type CellSums, cellDigest, digestNumber, SUM_MODULUS } from "../journal/cell-sum.ts";
import type { CellWrite } from "../journal/port.ts";
import type { Cell } from "../journal/record.ts";
import { compareText } from "../values/bytes.ts";
import { cellId } from "./cells.ts";
import type { CellCache } from "./ports.ts";

/** A cell since the sums were last made. */
interface Change {
  readonly cell: Cell;
  readonly before: Uint8Array | null;
  after: Uint8Array | null;
}

/** Changes that are put off at most, by number and by bytes of states. */
const CHANGES_MAX = 4096;
const CHANGED_BYTES_MAX = 16 * 1024 * 1024;

export class CellLedger {
  readonly #sums: Map<string, CellSum>;
  readonly #changed = new Map<string, Change>();
  #changedBytes = 0;

  constructor(sums: CellSums = new Map()) {
    this.#sums = new Map(sums);
  }

  /** Takes note of what a frame is about to write; `cache` still holds what was before. */
  note(writes: readonly CellWrite[], cache: CellCache): void {
    for (const write of writes) {
      const id = cellId(write);
      const known = this.#changed.get(id);
      const before = known === undefined ? cache.read(write) : known.before;
      const change = { cell: write, before: before === "missing" ? null : before, after: write.state };
      this.#changedBytes += sizeOf(change) - (known === undefined ? 0 : sizeOf(known));
      this.#changed.set(id, change);
    }
    if (this.#changed.size > CHANGES_MAX || this.#changedBytes > CHANGED_BYTES_MAX) this.#addUp();
  }

  /** The sums as of now, sorted by reducer. */
  settle(): CellSums {
    this.#addUp();
    return new Map(
      [...this.#sums].filter(([, { count }]) => count > 0n).sort((a, b) => compareText(a[0], b[0])),
    );
  }

  #addUp(): void {
    for (const { cell, before, after } of this.#changed.values()) {
      if (before !== null) this.#add(cell, before, -1n);
      if (after !== null) this.#add(cell, after, 1n);
    }
    this.#changed.clear();
    this.#changedBytes = 0;
  }

  #add(cell: Cell, state: Uint8Array, sign: bigint): void {
    const { count, sum } = this.#sums.get(cell.reducer) ?? { count: 0n, sum: 0n };
    const next = (sum + sign * digestNumber(cellDigest(cell.key, state)) + SUM_MODULUS) % SUM_MODULUS;
    this.#sums.set(cell.reducer, { count: count + sign, sum: next });
  }
}

function sizeOf({ before, after }: Pick<Change, "before" | "after">): number {
  return (before?.length ?? 0) + (after?.length ?? 0);
}
