/**
 * The journal without a disk: for tests, simulation and replay, in Node and in a page. It keeps every rule of
 * the port but survival, and copies what it is given, because frames are ranges of an arena that is used again.
 */

import type { Epoch, FrameSeq, Hash, WorldId } from "../values/brand.ts";
import { compareBytes, compareText, toHex } from "../values/bytes.ts";
import { AirloomError, bug, invariant } from "../values/errors.ts";
import { hashOf } from "../values/hash.ts";
import { EMPTY_HEAD } from "./frame.ts";
import type { AppendResult, CellWrite, Commit, Head, IngressEntry, Journal } from "./port.ts";

export function createMemoryJournal(): Journal {
  return new MemoryJournal();
}

/**
 * What every journal asks of a commit before it touches anything: numbers that add up, whole frames, entries
 * that belong to the frames beside them, and at `current` an end that does not go back. Throws `internal.bug`.
 */
export function checkCommit(commit: Commit, current: Head): void {
  const { expected, frames, head } = commit;
  const next = expected + BigInt(frames.length);
  invariant(head.nextFrame === next && next <= U64_MAX, "a commit's head does not follow from its frames");
  invariant(head.nextRecord >= current.nextRecord && head.nextRecord <= U64_MAX, "records that go back");
  invariant(head.digest.length === 32, "a digest of another length than 32 bytes");
  for (const frame of frames) {
    if (frameLength(frame, 0) !== frame.length) throw bug("a frame of another length than it says");
  }
  for (const entry of [...commit.ingress, ...commit.cells]) {
    if (entry.frame < expected || entry.frame >= next) {
      throw bug("an ingress id or a cell of a frame that is not in its commit", { frame: entry.frame });
    }
  }
  if (frames.length > 0) return;
  const still = head.nextRecord === current.nextRecord && compareBytes(head.digest, current.digest) === 0;
  invariant(still, "a commit without frames moves the head");
}

/** Bytes of the frame that begins at `at`, its 8 prefix bytes included; null where not even those are there. */
export function frameLength(bytes: Uint8Array, at: number): number | null {
  if (at + FRAME_PREFIX_BYTES > bytes.length) return null;
  const body = bytes[at]! + bytes[at + 1]! * 0x100 + bytes[at + 2]! * 0x1_0000 + bytes[at + 3]! * 0x100_0000;
  return FRAME_PREFIX_BYTES + body;
}

/** An ingress id is bound for ever: whoever appends must have looked it up before. */
export function boundTwice(world: WorldId, id: string): AirloomError {
  const message = "this ingress id already belongs to a frame of the world: send under another id";
  return new AirloomError("request", "ingress.conflict", message, { fields: { world, id } });
}

export const FRAME_PREFIX_BYTES = 8;

const U64_MAX = 2n ** 64n - 1n;

interface Version {
  readonly frame: FrameSeq;
  readonly state: Uint8Array | null;
}

/** The versions of one cell, oldest first. */
interface Cell {
  readonly reducer: string;
  readonly key: Uint8Array;
  readonly versions: Version[];
}

interface World {
  epoch: Epoch;
  head: Head;
  readonly frames: Uint8Array[];
  readonly ingress: Map<string, IngressEntry>;
  /** By reducer, then by key in hex. */
  readonly cells: Map<string, Map<string, Cell>>;
}

class MemoryJournal implements Journal {
  readonly #worlds = new Map<WorldId, World>();
  readonly #blobs = new Map<Hash, Uint8Array>();

  async worlds(): Promise<readonly WorldId[]> {
    return [...this.#worlds.keys()].sort(compareText);
  }

  async head(world: WorldId): Promise<Head | null> {
    return this.#worlds.get(world)?.head ?? null;
  }

  async claim(id: WorldId): Promise<Epoch> {
    const world = this.#worlds.get(id) ?? emptyWorld();
    this.#worlds.set(id, world);
    world.epoch = (world.epoch + 1n) as Epoch;
    return world.epoch;
  }

  async append(commit: Commit): Promise<AppendResult> {
    const world = this.#worlds.get(commit.world);
    if (!world || commit.epoch !== world.epoch || commit.expected !== world.head.nextFrame) return "fenced";
    checkCommit(commit, world.head);
    const ids = new Set<string>();
    for (const { id } of commit.ingress) {
      if (world.ingress.has(id) || ids.has(id)) throw boundTwice(commit.world, id);
      ids.add(id);
    }
    for (const frame of commit.frames) world.frames.push(frame.slice());
    for (const entry of commit.ingress) world.ingress.set(entry.id, copyOf(entry));
    for (const cell of commit.cells) writeCell(world, cell);
    for (const blob of commit.blobs) this.#keep(blob);
    world.head = { ...commit.head, digest: commit.head.digest.slice() };
    return "durable";
  }

  async *read(id: WorldId, from: FrameSeq): AsyncIterable<Uint8Array> {
    const world = this.#worlds.get(id);
    if (!world || from >= world.head.nextFrame) return;
    const end = world.frames.length;
    for (let i = Number(from); i < end; i++) yield world.frames[i]!.slice();
  }

  async findIngress(world: WorldId, id: string): Promise<IngressEntry | null> {
    const entry = this.#worlds.get(world)?.ingress.get(id);
    return entry ? copyOf(entry) : null;
  }

  async readCell(
    world: WorldId,
    reducer: string,
    key: Uint8Array,
    asOf: FrameSeq,
  ): Promise<Uint8Array | null> {
    const cell = this.#worlds.get(world)?.cells.get(reducer)?.get(toHex(key));
    const version = cell?.versions.findLast(({ frame }) => frame <= asOf);
    return version?.state?.slice() ?? null;
  }

  async *cells(id: WorldId): AsyncIterable<Omit<CellWrite, "state"> & { readonly state: Uint8Array }> {
    const world = this.#worlds.get(id);
    if (!world) return;
    const { nextFrame } = world.head;
    const all = [...world.cells.values()].flatMap((byKey) => [...byKey.values()]);
    all.sort((a, b) => compareText(a.reducer, b.reducer) || compareBytes(a.key, b.key));
    for (const { reducer, key, versions } of all) {
      const version = versions.findLast(({ frame }) => frame < nextFrame);
      if (!version?.state) continue;
      yield { frame: version.frame, reducer, key: key.slice(), state: version.state.slice() };
    }
  }

  async putBlob(_world: WorldId, bytes: Uint8Array): Promise<Hash> {
    return this.#keep(bytes);
  }

  async getBlob(_world: WorldId, hash: Hash): Promise<Uint8Array | null> {
    return this.#blobs.get(hash)?.slice() ?? null;
  }

  async close(): Promise<void> {}

  #keep(bytes: Uint8Array): Hash {
    const hash = hashOf(bytes);
    if (!this.#blobs.has(hash)) this.#blobs.set(hash, bytes.slice());
    return hash;
  }
}

function emptyWorld(): World {
  return { epoch: 0n as Epoch, head: EMPTY_HEAD, frames: [], ingress: new Map(), cells: new Map() };
}

function copyOf(entry: IngressEntry): IngressEntry {
  return { id: entry.id, requestDigest: entry.requestDigest.slice(), frame: entry.frame };
}

/** A cell written twice in one frame keeps the later state. */
function writeCell(world: World, write: CellWrite): void {
  const byKey = world.cells.get(write.reducer) ?? new Map<string, Cell>();
  world.cells.set(write.reducer, byKey);
  const hex = toHex(write.key);
  const cell = byKey.get(hex) ?? { reducer: write.reducer, key: write.key.slice(), versions: [] };
  byKey.set(hex, cell);
  const version = { frame: write.frame, state: write.state?.slice() ?? null };
  const at = cell.versions.findLastIndex(({ frame }) => frame <= write.frame) + 1;
  const same = cell.versions[at - 1]?.frame === write.frame;
  cell.versions.splice(same ? at - 1 : at, same ? 1 : 0, version);
}
