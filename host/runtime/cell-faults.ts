/**
 * Which cells of a store are not what its journal says. The journal holds the state that each delivery left, so
 * this needs no module; it reads all of it, so it is for `journal verify` and for naming what sums have found.
 */

import type { CellSums } from "../journal/cell-sum.ts";
import { openFrame } from "../journal/frame.ts";
import type { Journal } from "../journal/port.ts";
import type { Cell } from "../journal/record.ts";
import { cellId } from "../kernel/cells.ts";
import type { FrameSeq, Hash, WorldId } from "../values/brand.ts";
import { toHex } from "../values/bytes.ts";
import { AirloomError } from "../values/errors.ts";
import { hashOf } from "../values/hash.ts";
import { quote } from "../values/quote.ts";

export interface CellFault {
  readonly cell: Cell;
  /** `lost`: the store does not have it. `added`: the journal does not. `changed`: they differ. */
  readonly what: "lost" | "added" | "changed";
  /** The frame that wrote it last; null for one that was added. */
  readonly frame: bigint | null;
}

/** The first `max` cells that differ, as far as `head` goes. Throws what reading a damaged store throws. */
export async function findCellFaults(
  journal: Journal,
  world: WorldId,
  max = 10,
): Promise<readonly CellFault[]> {
  const head = await journal.head(world);
  const expected =
    head === null ? new Map<string, Written>() : await writtenCells(journal, world, head.nextFrame);
  const faults: CellFault[] = [];
  for await (const { reducer, key, state } of journal.cells(world)) {
    const cell = { reducer, key };
    const written = expected.get(cellId(cell));
    expected.delete(cellId(cell));
    if (written === undefined) faults.push({ cell, what: "added", frame: null });
    else if (written.state !== hashOf(state)) faults.push({ cell, what: "changed", frame: written.frame });
    if (faults.length === max) return faults;
  }
  for (const { cell, frame } of expected.values()) faults.push({ cell, what: "lost", frame });
  return faults.slice(0, max);
}

/** Throws `world.cells_differ` (kind `corrupt`), naming the cells, when the store has not the journal's. */
export async function requireCells(journal: Journal, world: WorldId): Promise<void> {
  const faults = await findCellFaults(journal, world);
  if (faults.length > 0) throw cellsDiffer(faults);
}

/**
 * The same by sums alone, as of the end of frame `asOf`: fast, and only where they differ the journal is read to
 * name the cells.
 */
export async function requireSums(
  journal: Journal,
  world: WorldId,
  expected: CellSums,
  found: CellSums,
): Promise<void> {
  const reducers = [...new Set([...expected.keys(), ...found.keys()])].filter((name) => {
    const [a, b] = [expected.get(name), found.get(name)];
    return a?.count !== b?.count || a?.sum !== b?.sum;
  });
  if (reducers.length === 0) return;
  await requireCells(journal, world);
  const counts = reducers.map((name) => {
    const [a, b] = [expected.get(name)?.count ?? 0n, found.get(name)?.count ?? 0n];
    return `${quote(name)} has ${b} cells where ${a} were${a === b ? ", and others" : ""}`;
  });
  throw cellsDiffer([], `${counts.join("; ")}: versions that are no longer the newest`, reducers);
}

export function cellsDiffer(
  faults: readonly CellFault[],
  what = faults.map(faultText).join("; "),
  reducers = faults.map(({ cell }) => cell.reducer),
): AirloomError {
  const cells = faults.map(({ cell: { reducer, key }, ...fault }) => ({
    ...fault,
    reducer,
    key: toHex(key),
  }));
  return new AirloomError(
    "corrupt",
    "world.cells_differ",
    `the store's cells are not the journal's: ${what}`,
    {
      fields: { cells, reducers: [...new Set(reducers)] },
    },
  );
}

function faultText({ cell, what, frame }: CellFault): string {
  const where = frame === null ? "" : ` (written in frame ${frame})`;
  return `${quote(cell.reducer)} ${toHex(cell.key)} was ${what}${where}`;
}

interface Written {
  readonly cell: Cell;
  readonly state: Hash;
  readonly frame: bigint;
}

/** The cells that exist before frame `end`, by what the deliveries left. */
async function writtenCells(journal: Journal, world: WorldId, end: bigint): Promise<Map<string, Written>> {
  const cells = new Map<string, Written>();
  for await (const bytes of journal.read(world, 0n as FrameSeq)) {
    const { head, records } = openFrame(bytes);
    if (head.frame >= end) break;
    for (const record of records) {
      if (record.kind !== "delivery" || record.outcome !== "ok" || record.cell === null) continue;
      const { cell, state, stateBlob } = record;
      const hash = state === null ? stateBlob : hashOf(state);
      if (hash === null) cells.delete(cellId(cell));
      else cells.set(cellId(cell), { cell, state: hash, frame: head.frame });
    }
  }
  return cells;
}
