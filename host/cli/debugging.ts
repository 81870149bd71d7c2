/**
 * One delivery of a journal, called again: everything before it is replayed, so that the module gets the very
 * bytes it got then. Another module may take its place; all else stays as the journal has it.
 */

import type { Manifest } from "../air/manifest.ts";
import type { ModuleLimits } from "../air/settings.ts";
import { folderModules } from "../build/modules.ts";
import { type Frame, openFrame } from "../journal/frame.ts";
import type { RecordOf } from "../journal/record.ts";
import type { LiveNote } from "../kernel/draft.ts";
import type { ModuleHost, StepInput } from "../kernel/ports.ts";
import type { Definitions } from "../kernel/state.ts";
import { entryOf, ingressOf } from "../replay/core/feed.ts";
import { replayWorld } from "../replay/core/replay.ts";
import { loadDefinitions, loadModules } from "../runtime/definitions.ts";
import { blobFinder } from "../runtime/open.ts";
import type { FrameSeq, Hash } from "../values/brand.ts";
import { AirloomError, bug } from "../values/errors.ts";
import { hashOf } from "../values/hash.ts";
import { createModuleHost } from "../wasm/host.ts";
import { authoredDefinitions, type Reading, readDefinitions, reading, type WorldPlace } from "./world.ts";

/** A record by its frame and its index there: `3.1`. */
export interface RecordPlace {
  readonly frame: bigint;
  readonly record: number;
}

export interface Debugged {
  readonly at: RecordPlace;
  readonly frame: Frame;
  readonly manifest: Manifest;
  /** What the journal says of it. */
  readonly recorded: RecordOf<"delivery">;
  /** What came of it now. */
  readonly now: RecordOf<"delivery">;
  /** The state it returned now, null where it faulted or deleted the cell. */
  readonly stateAfter: Uint8Array | null;
  /** What the engine said; null where there was no trap. */
  readonly note: LiveNote | null;
  readonly input: StepInput;
  /** The module that was called. */
  readonly module: Hash;
}

/**
 * `against`: a world folder whose module of that reducer is called in place of the recorded one. Throws
 * `debug.no_delivery` (kind `missing`) when the record is none or not there, `world.diverged` (kind `corrupt`)
 * when what is before it does not replay, `reducer.missing` and `module.missing`.
 */
export function debugDelivery(place: WorldPlace, at: RecordPlace, against: string | null): Promise<Debugged> {
  return reading(place, async (open) => {
    const { frame, recorded } = await findDelivery(open, at);
    const modules = new Map<Hash, Uint8Array>();
    const calls = new WatchedCalls(createModuleHost((hash) => modules.get(hash)));
    const find = blobFinder(open.store, open.worldId);
    const definitions = async (manifest: Hash, settings: Hash): Promise<Definitions> => {
      const used = await loadDefinitions(open.store, open.worldId, manifest, settings);
      for (const [hash, bytes] of await loadModules(used.manifest, find)) modules.set(hash, bytes);
      return used;
    };
    const frames = framesBefore(open, at.frame);
    const { report, world } = await replayWorld({
      frames,
      modules: calls,
      definitions,
      mode: "recorded",
      head: null,
    });
    if (report.divergence !== null || world === null) throw diverged(report.divergence?.frame);
    const other = against === null ? null : await replacement(against, recorded.cell!.reducer);
    if (other !== null) modules.set(other.hash, other.bytes);
    calls.watch(callsBefore(frame, at.record), other);
    const outcome = world.step(await ingressOf(frame, definitions), entryOf(frame));
    const now = outcome.kind === "frame" ? outcome.frame.records[at.record] : undefined;
    if (outcome.kind !== "frame" || now?.kind !== "delivery") throw diverged(at.frame);
    const manifest = shownManifest(place.folder, world.state.definitions.manifest);
    const note = outcome.notes.find(({ record }) => record === at.record) ?? null;
    const { input, module } = calls.seen;
    return {
      at,
      frame,
      manifest,
      recorded,
      now,
      stateAfter: stateOf(now, outcome.blobs),
      note,
      input,
      module,
    };
  });
}

async function findDelivery(
  { store, worldId }: Reading,
  { frame: seq, record: index }: RecordPlace,
): Promise<{ frame: Frame; recorded: RecordOf<"delivery"> }> {
  for await (const bytes of store.read(worldId, seq as FrameSeq)) {
    const frame = openFrame(bytes);
    const record = frame.records[index];
    if (record?.kind === "delivery" && record.faultCode !== "reducer.vanished")
      return { frame, recorded: record };
    const found =
      record === undefined ? `frame ${seq} has ${frame.records.length} records` : `it is a ${record.kind}`;
    throw noDelivery({ frame: seq, record: index }, found);
  }
  throw noDelivery({ frame: seq, record: index }, `the journal has no frame ${seq}`);
}

async function* framesBefore({ store, worldId }: Reading, frame: bigint): AsyncGenerator<Uint8Array> {
  let seq = 0n;
  for await (const bytes of store.read(worldId, 0n as FrameSeq)) {
    if (seq++ === frame) return;
    yield bytes;
  }
}

/** How many calls of reducers the frame makes before this record. */
function callsBefore(frame: Frame, record: number): number {
  const before = frame.records.slice(0, record);
  return before.filter((each) => each.kind === "delivery" && each.faultCode !== "reducer.vanished").length;
}

interface Replacement {
  readonly hash: Hash;
  readonly bytes: Uint8Array;
  readonly limits: ModuleLimits | undefined;
}

async function replacement(folder: string, reducer: string): Promise<Replacement> {
  const { manifest, settings } = readDefinitions(folder).definitions;
  const hash = manifest.reducers.get(reducer)?.module.wasmHash;
  if (hash === undefined) {
    throw new AirloomError("missing", "reducer.missing", `${folder} has no reducer ${reducer}`, {
      fields: { reducer },
    });
  }
  const bytes = await folderModules(folder)(hash);
  if (bytes === null) {
    const message = `${reducer}: no module with hash ${hash} is here; run \`airloom build\``;
    throw new AirloomError("missing", "module.missing", message, { fields: { module: reducer, hash } });
  }
  return { hash, bytes, limits: settings.modules.get(reducer)?.limits };
}

/** Passes calls on, and keeps what one of them was given. */
class WatchedCalls implements ModuleHost {
  readonly #host: ModuleHost;
  #left: number | null = null;
  #other: Replacement | null = null;
  #seen: { input: StepInput; module: Hash } | null = null;

  constructor(host: ModuleHost) {
    this.#host = host;
  }

  /** Watches the call after this many more, and makes it with the other module, if there is one. */
  watch(after: number, other: Replacement | null): void {
    this.#left = after;
    this.#other = other;
  }

  get seen(): { readonly input: StepInput; readonly module: Hash } {
    if (this.#seen === null) throw bug("the delivery was not called again");
    return this.#seen;
  }

  step(module: Hash, input: StepInput): ReturnType<ModuleHost["step"]> {
    if (this.#left === null || this.#left-- !== 0) return this.#host.step(module, input);
    const hash = this.#other?.hash ?? module;
    const limits = this.#other === null ? input.limits : this.#other.limits;
    const given = limits === undefined ? input : { ...input, limits };
    this.#seen = { input: { ...given, value: given.value.slice() }, module: hash };
    return this.#host.step(hash, given);
  }

  run(...call: Parameters<ModuleHost["run"]>): ReturnType<ModuleHost["run"]> {
    return this.#host.run(...call);
  }
}

function stateOf(now: RecordOf<"delivery">, blobs: readonly Uint8Array[]): Uint8Array | null {
  return (
    now.state ??
    (now.stateBlob === null ? null : (blobs.find((blob) => hashOf(blob) === now.stateBlob) ?? null))
  );
}

/** The folder's own where it is the same: it keeps fields in the order their author wrote them. */
function shownManifest(folder: string, used: Manifest): Manifest {
  const authored = authoredDefinitions(folder)?.manifest;
  return authored?.hash === used.hash ? authored : used;
}

function noDelivery({ frame, record }: RecordPlace, found: string): AirloomError {
  const message = `there is no delivery ${frame}.${record}: ${found}`;
  return new AirloomError("missing", "debug.no_delivery", message, { fields: { frame, record } });
}

function diverged(frame: bigint | undefined): AirloomError {
  const where = frame === undefined ? "" : ` in frame ${frame}`;
  const message = `the journal does not replay${where}; \`airloom replay\` says where it differs`;
  return new AirloomError("corrupt", "world.diverged", message, { fields: { frame } });
}
