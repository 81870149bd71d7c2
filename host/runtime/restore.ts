/**
 * A world from its newest snapshot. Nothing is taken on trust: the snapshot's blob by its hash, which the journal
 * has; the cells by the sums in it; what came after by replaying it, record for record and cell for cell.
 */

import { sumCells } from "../journal/cell-sum.ts";
import { type Frame, openFrame } from "../journal/frame.ts";
import type { CellWrite, Head, Journal, SnapshotEntry } from "../journal/port.ts";
import type { Cell } from "../journal/record.ts";
import { cellId, MemoryCells } from "../kernel/cells.ts";
import type { ModuleHost } from "../kernel/ports.ts";
import { decodeSnapshot, type SnapshotContent } from "../kernel/snapshot.ts";
import { World } from "../kernel/world.ts";
import type { FindDefinitions } from "../replay/core/feed.ts";
import { type ReplayReport, type ReplayStart, replayWorld } from "../replay/core/replay.ts";
import type { FrameSeq, Hash, WorldId } from "../values/brand.ts";
import { equalBytes } from "../values/bytes.ts";
import { AirloomError } from "../values/errors.ts";
import { hashOf } from "../values/hash.ts";
import { type CellFault, cellsDiffer, requireCells, requireSums } from "./cell-faults.ts";
import { loadCells } from "./cells.ts";
import { loadManifest } from "./definitions.ts";

export interface RestoreParts {
  readonly journal: Journal;
  readonly worldId: WorldId;
  readonly head: Head;
  readonly modules: ModuleHost;
  readonly definitions: FindDefinitions;
}

export interface Restored {
  readonly report: ReplayReport;
  readonly world: World | null;
  readonly cells: MemoryCells;
}

/** A world from all of its journal. Throws `world.cells_differ` (kind `corrupt`), and what the store throws. */
export async function rederiveWorld(parts: RestoreParts): Promise<Restored> {
  const { journal, worldId, head } = parts;
  const frames = journal.read(worldId, 0n as FrameSeq);
  const replayed = await replayWorld({ ...parts, frames, mode: "recorded", head });
  if (replayed.report.divergence !== null) return replayed;
  const { sums } = await journal.sumCells(worldId, (head.nextFrame - 1n) as FrameSeq);
  await requireSums(journal, worldId, sumCells(replayed.cells.existing()), sums);
  return replayed;
}

/**
 * Throws `AirloomError` of kind `corrupt`: `snapshot.missing`, `snapshot.corrupt`, `world.cells_differ`, and what
 * the store throws.
 */
export async function restoreWorld(parts: RestoreParts, entry: SnapshotEntry): Promise<Restored> {
  const { journal, worldId, head } = parts;
  const { frame, content } = await findSnapshot(journal, worldId, entry);
  const { sums, later } = await journal.sumCells(worldId, entry.frame);
  await requireSums(journal, worldId, content.cells, sums);
  const cells = new NotingCells();
  const world = await worldOf(parts, content, frame, cells);
  const start: ReplayStart = {
    world,
    cells,
    frame,
    load: (missing) => loadCells({ journal, worldId, cells }, headAt(entry), missing),
  };
  const frames = journal.read(worldId, (entry.frame + 1n) as FrameSeq);
  const replayed = await replayWorld({ ...parts, frames, mode: "recorded", head }, start);
  if (replayed.report.divergence === null) await requireWrites(journal, worldId, head, cells, later);
  cells.forget();
  return replayed;
}

async function findSnapshot(
  journal: Journal,
  worldId: WorldId,
  { frame: at, hash }: SnapshotEntry,
): Promise<{ readonly frame: Frame; readonly content: SnapshotContent }> {
  const frame = await frameAt(journal, worldId, at);
  const record = frame?.records[0];
  if (frame === null || record?.kind !== "snapshot" || record.snapshotHash !== hash) {
    throw corrupt(
      "snapshot.corrupt",
      `frame ${at} does not record the snapshot that the store has`,
      at,
      hash,
    );
  }
  const blob = await journal.getBlob(worldId, hash);
  if (blob === null) throw corrupt("snapshot.missing", `the snapshot of frame ${at} is gone`, at, hash);
  if (hashOf(blob) !== hash) {
    throw corrupt("snapshot.corrupt", `the snapshot of frame ${at} does not match its hash`, at, hash);
  }
  return { frame, content: decodeSnapshot(blob) };
}

async function frameAt(journal: Journal, worldId: WorldId, at: FrameSeq): Promise<Frame | null> {
  for await (const bytes of journal.read(worldId, at)) return openFrame(bytes);
  return null;
}

async function worldOf(
  { journal, worldId, modules, definitions }: RestoreParts,
  content: SnapshotContent,
  frame: Frame,
  cells: MemoryCells,
): Promise<World> {
  const inForce = await definitions(content.manifestHash, content.settingsHash);
  const older = new Map<Hash, Awaited<ReturnType<typeof loadManifest>>>();
  for (const hash of content.planManifests) {
    if (hash !== inForce.manifest.hash) older.set(hash, await loadManifest(journal, worldId, hash));
  }
  return World.restore({ modules, cells }, content, inForce, frame, older);
}

/** The head right behind the snapshot, as far as loading cells needs it. */
function headAt({ frame }: SnapshotEntry): Pick<Head, "nextFrame"> {
  return { nextFrame: (frame + 1n) as FrameSeq };
}

/** Cells that note what was written. */
class NotingCells extends MemoryCells {
  readonly written = new Map<string, Cell>();
  /** A cell counts once for each frame that wrote it. */
  writes = 0n;
  #notes = true;

  constructor() {
    super({ complete: false });
  }

  override apply(writes: readonly CellWrite[]): void {
    super.apply(writes);
    if (!this.#notes) return;
    this.writes += BigInt(writes.length);
    for (const { reducer, key } of writes) this.written.set(cellId({ reducer, key }), { reducer, key });
  }

  /** From here on they are cells as any. */
  forget(): void {
    this.#notes = false;
    this.written.clear();
  }
}

/** What the store has of the frames behind the snapshot must be what they were just seen to write. */
async function requireWrites(
  journal: Journal,
  worldId: WorldId,
  head: Head,
  cells: NotingCells,
  later: bigint,
): Promise<void> {
  const written = [...cells.written.values()];
  const faults: CellFault[] = [];
  for (let at = 0; at < written.length; at += LOOKED_UP) {
    const some = written.slice(at, at + LOOKED_UP);
    const stored = await journal.findCells(worldId, some, (head.nextFrame - 1n) as FrameSeq);
    for (const [i, cell] of some.entries()) {
      const [a, b] = [cells.read(cell), stored[i]?.state ?? null];
      const frame = stored[i]?.frame ?? null;
      if (a === null && b !== null) faults.push({ cell, what: "added", frame });
      else if (a !== null && b === null) faults.push({ cell, what: "lost", frame });
      else if (a !== null && b !== null && a !== "missing" && !equalBytes(a, b)) {
        faults.push({ cell, what: "changed", frame });
      }
    }
  }
  if (faults.length > 0) throw cellsDiffer(faults.slice(0, 10));
  if (later === cells.writes) return;
  await requireCells(journal, worldId);
  const counted = `${later} versions behind the snapshot where the frames wrote ${cells.writes}`;
  throw cellsDiffer([], counted);
}

const LOOKED_UP = 256;

function corrupt(code: string, message: string, frame: bigint, hash: Hash): AirloomError {
  const what = `${message}; open the world from genesis, which needs none`;
  return new AirloomError("corrupt", code, what, { fields: { frame, hash } });
}
