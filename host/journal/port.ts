/**
 * The Journal port: what a store of worlds must do. One contract suite (tests/contracts/journal.ts) runs
 * against every implementation.
 *
 * J1 A frame is whole or absent; the frames of one commit become durable together with its cells, blobs and
 * snapshots.
 * J2 `append` succeeds only at the head the caller expects and under the newest epoch.
 * J3 An ingress id is bound to one frame for ever.
 */

import type { Epoch, FrameSeq, Hash, LogicalTimeNs, RecordSeq, WorldId } from "../values/brand.ts";
import type { CellSums } from "./cell-sum.ts";
import type { Cell } from "./record.ts";

/** Where a world's journal ends. */
export interface Head {
  /** Sequence the next frame will have. */
  readonly nextFrame: FrameSeq;
  /** Sequence the next record will have. */
  readonly nextRecord: RecordSeq;
  /** Digest of the last frame: 32 bytes, zeros before genesis. */
  readonly digest: Uint8Array;
}

/** A request that was accepted: its id, the digest of what was asked, and the frame that holds it. */
export interface IngressEntry {
  readonly id: string;
  /** sha256 of the request as it was made: the same id with another text is a conflict. */
  readonly requestDigest: Uint8Array;
  readonly frame: FrameSeq;
}

/** A cell after a frame; `state` null means deleted. */
export interface CellWrite {
  readonly frame: FrameSeq;
  readonly reducer: string;
  readonly key: Uint8Array;
  readonly state: Uint8Array | null;
  /** Logical time of the frame. */
  readonly activeNs: LogicalTimeNs;
}

/** A cell that exists, and how it is. */
export interface LiveCell extends CellWrite {
  readonly state: Uint8Array;
}

/** Where a snapshot was recorded, and the hash of its blob. */
export interface SnapshotEntry {
  readonly frame: FrameSeq;
  readonly hash: Hash;
}

/** Which cells to list: those of one reducer, by key bytes. */
export interface CellPage {
  readonly reducer: string;
  /** Only keys behind this one. */
  readonly after?: Uint8Array;
  readonly limit: number;
}

export interface Commit {
  readonly world: WorldId;
  readonly epoch: Epoch;
  /** `nextFrame` of the head this commit extends. */
  readonly expected: FrameSeq;
  /** Whole frames in order, as bytes (host/journal/frame.ts). */
  readonly frames: readonly Uint8Array[];
  readonly ingress: readonly IngressEntry[];
  readonly cells: readonly CellWrite[];
  readonly blobs: readonly Uint8Array[];
  readonly snapshots: readonly SnapshotEntry[];
  /** The head after this commit. */
  readonly head: Head;
}

/**
 * `durable`: it is there and survives a crash. `fenced`: another writer moved on; nothing was written.
 * `unknown`: read the head again; the store is poisoned until reopened.
 */
export type AppendResult = "durable" | "fenced" | "unknown";

export interface Journal {
  /** Worlds in this store. */
  worlds(): Promise<readonly WorldId[]>;
  /** Null for a world this store does not hold. */
  head(world: WorldId): Promise<Head | null>;
  /** Fences every earlier epoch of the world; creates the world when it is new. */
  claim(world: WorldId): Promise<Epoch>;
  append(commit: Commit): Promise<AppendResult>;
  /** Frames from `from` on, in order, as they were appended. Throws `store.corrupt` for bytes that changed. */
  read(world: WorldId, from: FrameSeq): AsyncIterable<Uint8Array>;
  findIngress(world: WorldId, id: string): Promise<IngressEntry | null>;
  /** State of a cell as of the end of frame `asOf`; null when it did not exist then. */
  readCell(world: WorldId, reducer: string, key: Uint8Array, asOf: FrameSeq): Promise<Uint8Array | null>;
  /**
   * Versions of cells as of the end of frame `asOf`, in the order asked; null for a cell that never was, one
   * without state for a cell that was deleted.
   */
  findCells(world: WorldId, cells: readonly Cell[], asOf: FrameSeq): Promise<readonly (CellWrite | null)[]>;
  /** Cells that exist now. */
  cells(world: WorldId): AsyncIterable<LiveCell>;
  /** A page of the cells of one reducer that exist now, by key bytes. */
  listCells(world: WorldId, page: CellPage): Promise<readonly LiveCell[]>;
  /**
   * What the cells that existed at the end of frame `asOf` add up to, sorted by reducer, and how many versions
   * were written later. It proves that each is there, not that its state is what its digest says; reading it does.
   */
  sumCells(world: WorldId, asOf: FrameSeq): Promise<{ readonly sums: CellSums; readonly later: bigint }>;
  /** The newest snapshot, null when none was taken. */
  newestSnapshot(world: WorldId): Promise<SnapshotEntry | null>;
  /** Durable when it returns; the same bytes twice are stored once. */
  putBlob(world: WorldId, bytes: Uint8Array): Promise<Hash>;
  /** Throws `store.corrupt` when the bytes no longer match their hash. */
  getBlob(world: WorldId, hash: Hash): Promise<Uint8Array | null>;
  close(): Promise<void>;
}
