/** From a world folder on the command line to its definitions, its store and its modules. */

import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Command, Option } from "commander";
import type { Manifest, Reducer } from "../air/manifest.ts";
import { loadWorldFolder } from "../build/directory.ts";
import { folderModules } from "../build/modules.ts";
import type { Frame } from "../journal/frame.ts";
import { openFrame } from "../journal/frame.ts";
import { decodeSnapshot } from "../kernel/snapshot.ts";
import type { Definitions } from "../kernel/state.ts";
import { loadDefinitions, makeDefinitions } from "../runtime/definitions.ts";
import type { Engine } from "../runtime/engine.ts";
import { worldPublicKey } from "../runtime/keys.ts";
import { type OpenOptions, openWorld } from "../runtime/open.ts";
import { openStore, type SqliteStore } from "../store/sqlite.ts";
import type { FrameSeq, WorldId } from "../values/brand.ts";
import { AirloomError, type Diagnostic } from "../values/errors.ts";
import { nearest } from "../values/nearest.ts";
import { quote } from "../values/quote.ts";
import type { Io } from "./io.ts";

export interface WorldPlace {
  readonly folder: string;
  /** Folder of the store: `.airloom` inside the world folder unless `--store` says otherwise. */
  readonly store: string;
}

export function placeOf(io: Io, folder: string, store: string | undefined): WorldPlace {
  const path = resolve(io.cwd, folder);
  return { folder: path, store: store === undefined ? join(path, ".airloom") : resolve(io.cwd, store) };
}

/** A folder that `--modules` names. Throws `world.missing`: none of its modules would be found, whatever they are. */
export function modulesPlace(io: Io, folder: string): string {
  const path = resolve(io.cwd, folder);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
  const message = `there is no world folder ${quote(path, 200)}`;
  throw new AirloomError("missing", "world.missing", message, { fields: { path } });
}

export interface FolderDefinitions {
  readonly definitions: Definitions;
  readonly warnings: readonly Diagnostic[];
}

/** Throws `manifest.invalid` with every fault, `world.missing`. */
export function readDefinitions(folder: string): FolderDefinitions {
  const { manifest, settings, warnings } = loadWorldFolder(folder);
  return { definitions: makeDefinitions(manifest, settings), warnings };
}

/** Where an opening starts. */
export type From = NonNullable<OpenOptions["from"]>;

/** Gives a command that opens a world the choice where from. */
export function addFrom(command: Command): Command {
  const what =
    "where the world is derived from: its newest snapshot, or all of its journal (default: snapshot)";
  return command.addOption(new Option("--from <where>", what).choices(["snapshot", "genesis"]));
}

/** Opens the folder's world for writing; gives what closes it. */
export async function openForWriting(
  place: WorldPlace,
  options: { readonly upgrade: boolean; readonly from?: From },
): Promise<{
  readonly engine: Engine;
  readonly store: SqliteStore;
  readonly definitions: Definitions;
  close(): Promise<void>;
}> {
  const { definitions } = readDefinitions(place.folder);
  const store = await openStore(place.store, { mode: "write", create: true });
  try {
    const engine = await openWorld({
      journal: store,
      definitions,
      findModule: folderModules(place.folder),
      publicKey: (world) => worldPublicKey(place.store, world),
      upgrade: options.upgrade,
      ...(options.from === undefined ? {} : { from: options.from }),
    });
    const close = async (): Promise<void> => {
      await engine.close();
      await store.close();
    };
    return { engine, store, definitions, close };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** A store opened beside whoever writes, and its one world. */
export interface Reading {
  readonly store: SqliteStore;
  readonly worldId: WorldId;
}

/**
 * The folder's definitions where they can be read: they keep the order their author wrote fields in, which
 * recorded definitions do not. For display only.
 */
export function authoredDefinitions(folder: string): Definitions | null {
  try {
    return readDefinitions(folder).definitions;
  } catch (error) {
    if (error instanceof AirloomError) return null;
    throw error;
  }
}

/** Runs `work` on the folder's store. Throws `store.missing` or `world.missing` when there is nothing yet. */
export async function reading<T>(place: WorldPlace, work: (reading: Reading) => Promise<T>): Promise<T> {
  const store = await openStore(place.store, { mode: "read" });
  try {
    const worlds = await store.worlds();
    const worldId = worlds[0];
    const head = worldId === undefined ? null : await store.head(worldId);
    if (worldId === undefined || head === null || head.nextFrame === 0n) {
      throw new AirloomError("missing", "world.missing", `${place.store} holds no world; run it first`);
    }
    return await work({ store, worldId });
  } finally {
    await store.close();
  }
}

/** The definitions in force at the end; from the newest snapshot on, where there is one. */
export async function definitionsInForce(
  { store, worldId }: Reading,
  authored: Definitions | null,
): Promise<Definitions> {
  const snapshot = await store.newestSnapshot(worldId);
  const blob = snapshot === null ? null : await store.getBlob(worldId, snapshot.hash);
  const named = blob === null ? null : decodeSnapshot(blob);
  let hashes = named === null ? null : { manifest: named.manifestHash, settings: named.settingsHash };
  for await (const bytes of store.read(worldId, blob === null ? (0n as FrameSeq) : snapshot!.frame)) {
    const first = openFrame(bytes).records[0];
    if (first?.kind !== "genesis" && first?.kind !== "manifest") continue;
    hashes = { manifest: first.manifestHash, settings: first.settingsHash };
  }
  if (hashes === null) throw noGenesis(0n);
  if (authored?.manifest.hash === hashes.manifest) return authored;
  return loadDefinitions(store, worldId, hashes.manifest, hashes.settings);
}

/** Throws `reducer.missing` (kind `missing`). */
export function reducerNamed(manifest: Manifest, name: string): Reducer {
  const reducer = manifest.reducers.get(name);
  if (reducer !== undefined) return reducer;
  const near = nearest(name, manifest.reducers.keys());
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  throw new AirloomError("missing", "reducer.missing", `the world has no reducer ${name}${hint}`);
}

function noGenesis(frame: bigint): AirloomError {
  const message = "the journal does not begin with genesis";
  return new AirloomError("corrupt", "journal.corrupt", message, { fields: { frame, record: 0 } });
}

/** The frames of a world with the definitions in force at each; `authored` stands in where it is the same. */
export async function* framesOf(
  { store, worldId }: Reading,
  authored: Definitions | null,
): AsyncIterable<{
  readonly frame: Frame;
  readonly definitions: Definitions;
}> {
  let definitions: Definitions | null = null;
  for await (const bytes of store.read(worldId, 0n as FrameSeq)) {
    const frame = openFrame(bytes);
    const first = frame.records[0];
    if (first?.kind === "genesis" || first?.kind === "manifest") {
      definitions =
        authored?.manifest.hash === first.manifestHash
          ? authored
          : await loadDefinitions(store, worldId, first.manifestHash, first.settingsHash);
    }
    if (definitions === null) throw noGenesis(frame.head.frame);
    yield { frame, definitions };
  }
}
