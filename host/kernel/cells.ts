import type { CellWrite } from "../journal/port.ts";
import type { Cell } from "../journal/record.ts";
import { toHex } from "../values/bytes.ts";
import type { CellCache } from "./ports.ts";

/** A cell as a Map's key. */
export function cellId(cell: Cell): string {
  return `${cell.reducer} ${toHex(cell.key)}`;
}

/**
 * Cells in memory. When they are complete, a cell that was never written is known not to exist; else it is
 * `missing` until `load` brings it.
 */
export class MemoryCells implements CellCache {
  readonly #states = new Map<string, { readonly cell: Cell; readonly state: Uint8Array | null }>();
  readonly #complete: boolean;

  constructor(options: { readonly complete: boolean } = { complete: true }) {
    this.#complete = options.complete;
  }

  read(cell: Cell): Uint8Array | null | "missing" {
    const found = this.#states.get(cellId(cell));
    if (found !== undefined) return found.state;
    return this.#complete ? null : "missing";
  }

  apply(writes: readonly CellWrite[]): void {
    for (const { reducer, key, state } of writes) this.load({ reducer, key }, state);
  }

  /** Brings a cell as the store has it; null when it has none. */
  load(cell: Cell, state: Uint8Array | null): void {
    this.#states.set(cellId(cell), { cell, state });
  }

  /** Cells that exist, in the order they were first met. */
  *existing(): Iterable<{ readonly cell: Cell; readonly state: Uint8Array }> {
    for (const { cell, state } of this.#states.values()) if (state !== null) yield { cell, state };
  }
}
