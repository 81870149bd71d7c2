/** Worlds in one process: real definitions, real wasm, a store in memory, a clock that moves when told. */

import { basename, dirname, join } from "node:path";
import { loadWorldDefinitions, type SourceFile } from "../../host/air/load.ts";
import { loadWorldFolder, readWorldFolder } from "../../host/build/directory.ts";
import { stampedHash, stampHash } from "../../host/build/stamp.ts";
import { type Frame, openFrame } from "../../host/journal/frame.ts";
import { createMemoryJournal } from "../../host/journal/memory.ts";
import type { Head, Journal } from "../../host/journal/port.ts";
import type { JournalRecord, RecordKind, RecordOf } from "../../host/journal/record.ts";
import type { ModuleHost } from "../../host/kernel/ports.ts";
import type { Definitions } from "../../host/kernel/state.ts";
import { type ReplayReport, replay } from "../../host/replay/core/replay.ts";
import {
  type FindModule,
  loadDefinitions,
  loadModules,
  makeDefinitions,
} from "../../host/runtime/definitions.ts";
import type { Engine } from "../../host/runtime/engine.ts";
import { type OpenOptions, openWorld } from "../../host/runtime/open.ts";
import { encodeJson } from "../../host/runtime/scenario.ts";
import { VirtualClock } from "../../host/testing/clock.ts";
import type { FrameSeq, Hash, WorldId } from "../../host/values/brand.ts";
import { type Json, jsonFrom, stringifyJson } from "../../host/values/json.ts";
import { createModuleHost } from "../../host/wasm/host.ts";
import { type Compiled, compiledReducer } from "./modules.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Logical time at which virtual worlds begin. */
export const T = 1_700_000_000_000_000_000n;

export interface TestWorld {
  readonly definitions: Definitions;
  readonly findModule: FindModule;
}

export interface TestWorldOptions {
  /** Folder under air/worlds; `retry-backoff` unless said otherwise. */
  readonly name?: string;
  /** Its module, where it is not the one of its own reducer folder. */
  readonly module?: Compiled;
  /** Text of a definition file, or of `world.json`, before it is loaded. */
  readonly edit?: (path: string, text: string) => string;
}

/** An example world as committed, its modules compiled from their sources, or with changes. */
export async function testWorld(options: TestWorldOptions = {}): Promise<TestWorld> {
  const { files, settingsFile } = readWorldFolder(join(ROOT, "air/worlds", options.name ?? "retry-backoff"));
  const modules = await modulesOf(settingsFile!, options.module);
  const edited = ({ path, text }: SourceFile): SourceFile => {
    const stamped = stampAll(text, modules);
    return { path, text: options.edit?.(path, stamped) ?? stamped };
  };
  const { manifest, settings } = loadWorldDefinitions(files.map(edited), edited(settingsFile!));
  const wasm = new Map([...modules.values()].map((module) => [module.hash, module.wasm]));
  return {
    definitions: makeDefinitions(manifest, settings),
    findModule: async (hash) => wasm.get(hash) ?? null,
  };
}

/** By name; each is compiled from its source among the reducers, unless it is given. */
async function modulesOf(settings: SourceFile, given?: Compiled): Promise<Map<string, Compiled>> {
  const sources = (JSON.parse(settings.text) as { modules: Record<string, { source: string }> }).modules;
  const modules = new Map<string, Compiled>();
  for (const [name, { source }] of Object.entries(sources)) {
    modules.set(name, given ?? (await compiledReducer(reducerNamed(source))));
  }
  return modules;
}

/** What `compiledReducer` calls the reducer of this source. */
function reducerNamed(source: string): string {
  const [folder, file] = [basename(dirname(source)), basename(source, ".ts")];
  return file === "reducer" ? folder : `${folder}/${file}`;
}

/** The text of a file with the hashes of those modules that it defines. */
function stampAll(text: string, modules: ReadonlyMap<string, Compiled>): string {
  let stamped = text;
  for (const [name, { hash }] of modules) {
    if (stampedHash(stamped, name) !== undefined) stamped = stampHash(stamped, name, hash);
  }
  return stamped;
}

/** Hash of the module a committed world names. */
export function committedModule(name: string): Hash {
  return loadWorldFolder(join(ROOT, "air/worlds", name)).manifest.modules.get("demo/RetrySM@1")!.wasmHash;
}

export interface Opened {
  readonly engine: Engine;
  readonly clock: VirtualClock;
  readonly journal: Journal;
}

/** Opens a world on a virtual clock with counted entropy: two runs alike give the same bytes. */
export async function openVirtual(
  world: TestWorld,
  options: Partial<OpenOptions> & { readonly journal?: Journal; readonly clock?: VirtualClock } = {},
): Promise<Opened> {
  const clock = options.clock ?? new VirtualClock(T);
  const journal = options.journal ?? createMemoryJournal();
  let draws = 0;
  const engine = await openWorld({
    ...world,
    publicKey: () => new Uint8Array(32).fill(1),
    entropy: () => new Uint8Array(32).fill(draws++),
    newWorldId: "00112233445566778899aabbccddeeff" as WorldId,
    ...options,
    journal,
    clock,
  });
  return { engine, clock, journal };
}

/** Sends an event given as plain JSON. */
export function send(engine: Engine, schema: string, value: unknown, options: { id?: string } = {}) {
  const found = engine.state.definitions.manifest.schemas.get(schema);
  if (found === undefined) throw new Error(`no schema ${schema}`);
  const bytes = encodeJson(found, jsonFrom(value));
  return engine.send({
    schema,
    value: () => bytes,
    ...(options.id === undefined ? {} : { ingressId: options.id }),
  });
}

export function startWork(
  engine: Engine,
  value: Record<string, unknown> = {},
  options: { id?: string } = {},
) {
  const start = { req_id: "req-1", payload: "p", max_attempts: 3, base_delay_ms: 10, now_ns: T };
  return send(engine, "demo/StartWork@1", { ...start, ...value }, options);
}

/** State of the only cell, as plain JSON; undefined when there is none. */
export function stateOf(engine: Engine): Record<string, unknown> | undefined {
  for (const { cell, state } of engine.cells.existing()) {
    const schema = engine.state.definitions.manifest.reducers.get(cell.reducer)!.state;
    return JSON.parse(stringifyJson(schema.toSugar(schema.decode(state)))) as Record<string, unknown>;
  }
  return undefined;
}

export async function framesOf(journal: Journal): Promise<Frame[]> {
  return (await frameBytes(journal)).map(openFrame);
}

export async function frameBytes(journal: Journal): Promise<Uint8Array[]> {
  const [world] = await journal.worlds();
  const frames: Uint8Array[] = [];
  for await (const bytes of journal.read(world!, 0n as FrameSeq)) frames.push(bytes.slice());
  return frames;
}

export async function recordsOf(journal: Journal): Promise<JournalRecord[]> {
  return (await framesOf(journal)).flatMap((frame) => frame.records);
}

export async function recordsOfKind<K extends RecordKind>(journal: Journal, kind: K): Promise<RecordOf<K>[]> {
  return (await recordsOf(journal)).filter((record) => record.kind === kind) as unknown as RecordOf<K>[];
}

/** A record's AIR value as plain JSON. */
export function valueJson(definitions: Definitions, schema: string, bytes: Uint8Array): unknown {
  const found = definitions.manifest.schemas.get(schema)!;
  return JSON.parse(stringifyJson(found.toSugar(found.decode(bytes)) as Json));
}

/** Replays a journal with its own definitions, or against a world's. */
export async function replayJournal(
  journal: Journal,
  options: {
    readonly against?: TestWorld;
    readonly frames?: readonly Uint8Array[];
    /** Where the journal should end; where it does unless given, null for nobody to say. */
    readonly head?: Head | null;
    /** Stands between the kernel and the modules. */
    readonly wrap?: (modules: ModuleHost) => ModuleHost;
  } = {},
): Promise<ReplayReport> {
  const [worldId] = (await journal.worlds()) as [WorldId];
  const modules = new Map<Hash, Uint8Array>();
  const { against, wrap = (host) => host } = options;
  return replay({
    frames: options.frames ?? journal.read(worldId, 0n as FrameSeq),
    modules: wrap(createModuleHost((hash) => modules.get(hash))),
    mode: against === undefined ? "recorded" : "against",
    head: options.head === undefined ? await journal.head(worldId) : options.head,
    definitions: async (manifest, settings) => {
      const used = against?.definitions ?? (await loadDefinitions(journal, worldId, manifest, settings));
      const find: FindModule = against?.findModule ?? ((hash) => journal.getBlob(worldId, hash));
      for (const [hash, bytes] of await loadModules(used.manifest, find)) modules.set(hash, bytes);
      return used;
    },
  });
}
