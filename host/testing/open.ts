/** Opens a world for a test. */

import { createMemoryJournal } from "../journal/memory.ts";
import type { Journal } from "../journal/port.ts";
import { replay } from "../replay/core/replay.ts";
import { loadDefinitions, loadModules } from "../runtime/definitions.ts";
import { blobFinder, openWorld } from "../runtime/open.ts";
import type { FrameSeq, Hash, WorldId } from "../values/brand.ts";
import { toHex, utf8 } from "../values/bytes.ts";
import { bug } from "../values/errors.ts";
import { sha256 } from "../values/hash.ts";
import { createModuleHost } from "../wasm/host.ts";
import { VirtualClock } from "./clock.ts";
import { loadTested, type TestedFolder } from "./modules.ts";
import { type Script, ScriptedAdapter } from "./scripted.ts";
import { entropyFrom, START_NS } from "./start.ts";
import type { AnyWorld, WorldFolder, WorldTypes } from "./types.ts";
import { TestWorld } from "./world.ts";

export interface TestWorldOptions {
  /** Decides the world's id and every draw of entropy. */
  readonly seed?: string;
  /** Wall time at genesis, ns since the Unix epoch; 2023-11-14T22:13:20Z unless given. */
  readonly startNs?: bigint;
}

/**
 * Compiles the folder's modules and makes a new world of it, in memory. Two worlds of one folder with one seed that
 * are told the same have the same journal, byte for byte. Throws what loading, compiling and opening throw; among
 * it `world.unsupported` for what this engine does not run.
 */
export async function testWorld<W extends WorldTypes = AnyWorld>(
  folder: WorldFolder<W> | string | URL,
  options: TestWorldOptions = {},
): Promise<TestWorld<W>> {
  return openTested(await loadTested(folder), options);
}

/** The same with definitions and modules that are at hand. */
export async function openTested<W extends WorldTypes = AnyWorld>(
  { definitions, findModule }: Pick<TestedFolder, "definitions" | "findModule">,
  { seed = "testWorld", startNs = START_NS }: TestWorldOptions = {},
): Promise<TestWorld<W>> {
  const journal = createMemoryJournal();
  const clock = new VirtualClock(startNs);
  const scripts = new Map<string, Script>();
  const errors: unknown[] = [];
  let adapter: ScriptedAdapter | null = null;
  const engine = await openWorld({
    journal,
    definitions,
    findModule,
    clock,
    entropy: entropyFrom(seed),
    newWorldId: toHex(sha256(utf8(seed)).subarray(0, 16)) as WorldId,
    publicKey: () => new Uint8Array(32),
    adapters: (settle) => {
      const onError = (error: unknown): void => {
        errors.push(error);
      };
      adapter = new ScriptedAdapter({ manifest: definitions.manifest, clock, settle, scripts, onError });
      return [adapter];
    },
  });
  if (adapter === null) throw bug("an opened world has no adapters");
  return new TestWorld<W>({ engine, clock, adapter, scripts, errors, replay: () => replayed(journal) });
}

/** Null when the journal replays identically, else where it does not. */
async function replayed(journal: Journal): Promise<string | null> {
  const [worldId] = await journal.worlds();
  if (worldId === undefined) throw bug("a tested world has no journal");
  const modules = new Map<Hash, Uint8Array>();
  const { divergence, verdict } = await replay({
    frames: journal.read(worldId, 0n as FrameSeq),
    modules: createModuleHost((hash) => modules.get(hash)),
    mode: "recorded",
    head: await journal.head(worldId),
    definitions: async (manifest, settings) => {
      const used = await loadDefinitions(journal, worldId, manifest, settings);
      const found = await loadModules(used.manifest, blobFinder(journal, worldId));
      for (const [hash, bytes] of found) modules.set(hash, bytes);
      return used;
    },
  });
  if (verdict === "identical") return null;
  if (divergence === null) return `the journal replays with another fuel: ${verdict}`;
  const { frame, record, kind, field, recorded, replayed: again } = divergence;
  return [
    `the journal does not replay: frame ${frame}, record ${record} (${kind}), ${field}`,
    `  recorded ${recorded}`,
    `  replayed ${again}`,
  ].join("\n");
}
