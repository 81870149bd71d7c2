/** Cells on demand: what a frame finds missing is taken from the durable store. */

import type { Head, Journal } from "../journal/port.ts";
import { type CellBounds, cellNote, type MemoryCells } from "../kernel/cells.ts";
import { LISTED_MAX } from "../kernel/introspect.ts";
import type { Outcome } from "../kernel/world.ts";
import type { FrameSeq, WorldId } from "../values/brand.ts";

/**
 * Kept in memory between frames unless an opening says otherwise: 65,536 cells, with keys and states of 64 MiB
 * together. A cell costs some 300 bytes beside its own.
 */
export const CELL_BOUNDS: CellBounds = { countMax: 65_536, bytesMax: 64 * 1024 * 1024 };

/** Loads what is missing as of the end of the frame before `head`; to be called when all frames are durable. */
export async function loadCells(
  { journal, worldId, cells }: LoadingParts,
  head: Pick<Head, "nextFrame">,
  missing: Extract<Outcome, { kind: "missing" }>,
): Promise<void> {
  const asOf = (head.nextFrame - 1n) as FrameSeq;
  const versions = await journal.findCells(worldId, missing.cells, asOf);
  for (const [i, cell] of missing.cells.entries()) {
    const version = versions[i] ?? null;
    if (version === null) cells.load(cell, null);
    else cells.load(cell, version.state, version.activeNs);
  }
  for (const reducer of missing.lists) {
    const live = await journal.listCells(worldId, { reducer, limit: LISTED_MAX + 1 });
    const notes = live.map(({ key, state, activeNs }) => cellNote(key, state, activeNs));
    cells.loadList(reducer, notes.length > LISTED_MAX ? "too_many" : notes);
  }
}

export interface LoadingParts {
  readonly journal: Journal;
  readonly worldId: WorldId;
  readonly cells: MemoryCells;
}
