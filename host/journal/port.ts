/**
 * The Journal port: what a store of worlds must do. One contract suite (tests/contracts/journal.ts) runs
 * against every implementation.
 *
 * J1 A frame is whole or absent; the frames of one commit become durable together with its cells and blobs.
 * J2 `append` succeeds only at the head the caller expects and under the newest epoch.
 * J3 An ingress id is bound to one frame for ever.
 */

import type { Epoch, FrameSeq, Hash, RecordSeq, WorldId } from "../values/brand.ts";

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
  /** Cells that exist now. */
  cells(world: WorldId): AsyncIterable<Omit<CellWrite, "state"> & { readonly state: Uint8Array }>;
  /** Durable when it returns; the same bytes twice are stored once. */
  putBlob(world: WorldId, bytes: Uint8Array): Promise<Hash>;
  /** Throws `store.corrupt` when the bytes no longer match their hash. */
  getBlob(world: WorldId, hash: Hash): Promise<Uint8Array | null>;
  close(): Promise<void>;
}
