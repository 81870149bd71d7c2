import type { CellWrite } from "../journal/port.ts";
import type { Cell } from "../journal/record.ts";
import type { FrameSeq, LogicalTimeNs } from "../values/brand.ts";
import { compareBytes, toHex } from "../values/bytes.ts";
import { hashOf } from "../values/hash.ts";
import type { CellCache, CellNote } from "./ports.ts";

/** A cell as a Map's key. */
export function cellId(cell: Cell): string {
  return `${cell.reducer} ${toHex(cell.key)}`;
}

/** How much is kept between frames; a frame at work may hold more. */
export interface CellBounds {
  readonly countMax: number;
  /** Of keys and states together. */
  readonly bytesMax: number;
}

export interface MemoryCellsOptions {
  /** Whether a cell that was never loaded or written is known not to exist. */
  readonly complete: boolean;
  /** None unless given. */
  readonly bounds?: CellBounds;
}

interface Kept {
  readonly id: string;
  readonly cell: Cell;
  state: Uint8Array | null;
  activeNs: LogicalTimeNs;
  /** The frame that wrote it, as long as that need not be durable; -1 when it is. */
  frame: bigint;
  /** Read or written again since eviction last looked at it. */
  used: boolean;
}

const DURABLE = -1n;

/**
 * Cells in memory. While they are complete, a cell that was never written is known not to exist; else it is
 * `missing` until `load` brings it, and cells that do not exist are remembered as well.
 *
 * C1 Nothing is dropped while a frame is at work, only by `release`. C2 What a frame wrote stays until it is
 * durable. C3 The first cell dropped that exists ends completeness. C4 What is dropped changes when a cell is loaded,
 * never what is read.
 */
export class MemoryCells implements CellCache {
  /** In the order they were first met. */
  readonly #kept = new Map<string, Kept>();
  /** Goes round and round: what it finds used it marks unused, what it finds unused it drops. */
  #hand: Iterator<Kept> = this.#kept.values();
  #bounds: CellBounds | null;
  readonly #lists = new Map<string, readonly CellNote[] | "too_many">();
  #complete: boolean;
  #sizeBytes = 0;

  constructor({ complete, bounds }: MemoryCellsOptions = { complete: true }) {
    this.#complete = complete;
    this.#bounds = bounds ?? null;
  }

  get count(): number {
    return this.#kept.size;
  }

  /** Of keys and states. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  read(cell: Cell): Uint8Array | null | "missing" {
    const kept = this.#kept.get(cellId(cell));
    if (kept === undefined) return this.#complete ? null : "missing";
    kept.used = true;
    return kept.state;
  }

  list(reducer: string, countMax: number): readonly CellNote[] | "too_many" | "missing" {
    if (!this.#complete) return this.#lists.get(reducer) ?? "missing";
    const found: Kept[] = [];
    for (const kept of this.#kept.values()) {
      if (kept.cell.reducer !== reducer || kept.state === null) continue;
      if (found.length === countMax) return "too_many";
      found.push(kept);
    }
    return found
      .sort((a, b) => compareBytes(a.cell.key, b.cell.key))
      .map(({ cell, state, activeNs }) => cellNote(cell.key, state!, activeNs));
  }

  apply(writes: readonly CellWrite[]): void {
    for (const { frame, reducer, key, state, activeNs } of writes) {
      this.#keep({ reducer, key }, state, activeNs, frame);
    }
    this.#lists.clear();
  }

  /** Brings a cell as the store has it; null when it has none. */
  load(cell: Cell, state: Uint8Array | null, activeNs = 0n as LogicalTimeNs): void {
    this.#keep(cell, state, activeNs, DURABLE);
  }

  /** Brings the list of a reducer's cells, by key bytes, until `release`. */
  loadList(reducer: string, notes: readonly CellNote[] | "too_many"): void {
    this.#lists.set(reducer, notes);
  }

  /** Sets the bounds; the next `release` goes by them. */
  bound(bounds: CellBounds): void {
    this.#bounds = bounds;
  }

  /** The frame is done and all frames before `next` are durable: drops what is over the bounds. */
  release(next: FrameSeq): void {
    this.#lists.clear();
    // Two rounds at most: one to clear every mark, one to drop. A round ends with one look that finds nothing.
    for (let looks = 2 * this.#kept.size + 2; looks > 0 && this.#isOver(); looks--) {
      const { done, value: kept } = this.#hand.next();
      if (done) this.#hand = this.#kept.values();
      else if (kept.used) kept.used = false;
      else if (kept.frame < next) this.#drop(kept);
    }
  }

  /** Cells that exist, as far as they are here. */
  *existing(): Iterable<{
    readonly cell: Cell;
    readonly state: Uint8Array;
    readonly activeNs: LogicalTimeNs;
  }> {
    for (const { cell, state, activeNs } of this.#kept.values()) {
      if (state !== null) yield { cell, state, activeNs };
    }
  }

  #isOver(): boolean {
    if (this.#bounds === null) return false;
    return this.#kept.size > this.#bounds.countMax || this.#sizeBytes > this.#bounds.bytesMax;
  }

  #drop(kept: Kept): void {
    this.#kept.delete(kept.id);
    this.#sizeBytes -= sizeOf(kept);
    if (kept.state !== null) this.#complete = false;
  }

  #keep(cell: Cell, state: Uint8Array | null, activeNs: LogicalTimeNs, frame: bigint): void {
    const id = cellId(cell);
    const kept = this.#kept.get(id);
    if (kept === undefined) {
      const fresh: Kept = { id, cell, state, activeNs, frame, used: false };
      this.#kept.set(id, fresh);
      this.#sizeBytes += sizeOf(fresh);
      return;
    }
    this.#sizeBytes += (state?.length ?? 0) - (kept.state?.length ?? 0);
    kept.state = state;
    kept.activeNs = activeNs;
    kept.frame = frame;
    kept.used = true;
  }
}

/** What a list says of a cell. */
export function cellNote(key: Uint8Array, state: Uint8Array, activeNs: LogicalTimeNs): CellNote {
  return { key, stateHash: hashOf(state), sizeBytes: state.length, activeNs };
}

function sizeOf({ cell, state }: Kept): number {
  return cell.key.length + (state?.length ?? 0);
}
