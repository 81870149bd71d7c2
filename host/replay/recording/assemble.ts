/** A recording read whole, and one made of other frames: for what is taken out of a recording, or made from it. */

import type { Frame } from "../../journal/frame.ts";
import type { ModuleHost } from "../../kernel/ports.ts";
import { type FindModule, GIVE_MODULES, loadModules } from "../../runtime/definitions.ts";
import type { Hash } from "../../values/brand.ts";
import { bug } from "../../values/errors.ts";
import { createModuleHost } from "../../wasm/host.ts";
import type { FindDefinitions } from "../core/feed.ts";
import type { Entry, RecordedBlob, RecordingHeader } from "./entry.ts";
import { Footing } from "./footing.ts";
import { corruptRecording } from "./parse.ts";
import { RecordedDefinitions } from "./typing.ts";

export interface WholeRecording {
  readonly header: RecordingHeader;
  readonly blobs: readonly RecordedBlob[];
  readonly frames: readonly Frame[];
  readonly carried: RecordedDefinitions;
  /** Root as the footer has it. */
  readonly root: Uint8Array;
}

/** What a recording says beside its frames and their states: little, however long it is. */
export interface CarriedRecording extends Omit<WholeRecording, "frames"> {
  /** How many frames it has. */
  readonly length: number;
}

/** The same with the frames passed over. Throws as the reader does. */
export async function readCarried(entries: AsyncIterable<Entry>): Promise<CarriedRecording> {
  let length = 0;
  async function* others(): AsyncIterable<Entry> {
    for await (const entry of entries) {
      if (entry.kind === "frame") length += 1;
      else if (entry.kind !== "blob" || entry.blob.role !== "state") yield entry;
    }
  }
  const { frames: _, ...rest } = await readWhole(others());
  return { ...rest, length };
}

/** The frames of a recording alone. */
export async function* framesIn(entries: AsyncIterable<Entry>): AsyncIterable<Frame> {
  for await (const entry of entries) if (entry.kind === "frame") yield entry.frame;
}

/** All of a recording in memory: for journals of some thousand frames. Throws as the reader does. */
export async function readWhole(entries: AsyncIterable<Entry>): Promise<WholeRecording> {
  let header: RecordingHeader | null = null;
  let root: Uint8Array | null = null;
  const blobs: RecordedBlob[] = [];
  const frames: Frame[] = [];
  const carried = new RecordedDefinitions();
  for await (const entry of entries) {
    if (entry.kind === "header") header = entry.header;
    else if (entry.kind === "frame") frames.push(entry.frame);
    else if (entry.kind === "footer") root = entry.footer.root;
    else {
      blobs.push(entry.blob);
      carried.add(entry.blob);
    }
  }
  if (header === null || root === null) throw corruptRecording("it has no header or no footer");
  return { header, blobs, frames, carried, root };
}

/** The definitions and modules a recording runs under; `findModule` stands in for modules it does not carry. */
export function recordedWorld(
  { carried }: Pick<WholeRecording, "carried">,
  findModule: FindModule,
): RecordedWorld {
  return recordedModules(carried, findModule);
}

export interface RecordedWorld {
  readonly definitions: FindDefinitions;
  readonly modules: ModuleHost;
}

/** The same while a recording is still being read. */
export function recordedModules(carried: RecordedDefinitions, findModule: FindModule): RecordedWorld {
  const modules = new Map<Hash, Uint8Array>();
  const find: FindModule = async (hash) => carried.module(hash) ?? findModule(hash);
  return {
    modules: createModuleHost((hash) => modules.get(hash)),
    definitions: async (manifest, settings) => {
      const used = carried.definitions(manifest, settings);
      for (const [hash, bytes] of await loadModules(used.manifest, find, GIVE_MODULES))
        modules.set(hash, bytes);
      return used;
    },
  };
}

/**
 * The entries of a recording with these frames and the states they name by hash; definitions and modules are
 * those of `blobs`. It is not signed: its world never wrote it.
 */
export function* assemble(
  header: RecordingHeader,
  blobs: readonly RecordedBlob[],
  frames: readonly Frame[],
  states: ReadonlyMap<Hash, Uint8Array>,
): Generator<Entry> {
  yield { kind: "header", header };
  for (const blob of blobs) if (blob.role !== "state") yield { kind: "blob", blob };
  const given = new Set<Hash>();
  const footing = new Footing();
  for (const frame of frames) {
    for (const blob of statesOf(frame, states)) {
      if (!given.has(blob.hash)) yield { kind: "blob", blob };
      given.add(blob.hash);
    }
    footing.add(frame);
    yield { kind: "frame", frame };
  }
  yield { kind: "footer", footer: footing.footer(header, () => null) };
}

function statesOf(frame: Frame, states: ReadonlyMap<Hash, Uint8Array>): readonly RecordedBlob[] {
  return frame.records.flatMap((record) => {
    if (record.kind !== "delivery" || record.stateBlob === null) return [];
    const bytes = states.get(record.stateBlob);
    if (bytes === undefined) throw bug("a frame names a state that nobody has");
    return [{ role: "state", hash: record.stateBlob, bytes, reducer: record.cell?.reducer ?? null } as const];
  });
}
