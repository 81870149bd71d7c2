/**
 * Opens a world for writing: a new one gets its genesis, an old one is derived again from its journal, whole or
 * from a snapshot on (docs/decisions/0008), so that a world never goes on from a state its journal does not prove.
 */

import { randomBytes } from "node:crypto";
import { checkOrigins } from "../adapters/http/http.ts";
import type { Resolve } from "../adapters/http/resolve.ts";
import type { OnAdapterError, Settle } from "../adapters/port.ts";
import type { ReadSecret } from "../adapters/secrets.ts";
import type { Entry } from "../journal/frame.ts";
import type { Head, Journal } from "../journal/port.ts";
import { type CellBounds, MemoryCells } from "../kernel/cells.ts";
import type { Definitions, Genesis } from "../kernel/state.ts";
import { requireSupported } from "../kernel/supported.ts";
import { World } from "../kernel/world.ts";
import type { Epoch, FrameSeq, Hash, WorldId } from "../values/brand.ts";
import { toHex } from "../values/bytes.ts";
import { AirloomError, bug } from "../values/errors.ts";
import { LIMITS_PROFILE } from "../values/limits.ts";
import { createModuleHost } from "../wasm/host.ts";
import { type Adapters, makeAdapters } from "./adapters.ts";
import { CELL_BOUNDS } from "./cells.ts";
import { changedDefinitions } from "./changes.ts";
import { type ClockJump, type HostClock, LogicalClock, realClock } from "./clock.ts";
import { type FindModule, loadDefinitions, loadModules, saveDefinitions } from "./definitions.ts";
import { Engine } from "./engine.ts";
import { createEntropy, type Entropy } from "./entropy.ts";
import { type RestoreParts, rederiveWorld, restoreWorld } from "./restore.ts";

export interface OpenOptions {
  readonly journal: Journal;
  /** What the folder says; the world must agree with it, or be upgraded to it. */
  readonly definitions: Definitions;
  readonly findModule: FindModule;
  /** Gives the public key of a world that is about to be made. */
  readonly publicKey: (world: WorldId) => Uint8Array;
  /** Identity of a world that is about to be made; random unless given. */
  readonly newWorldId?: WorldId;
  /** Records the folder's definitions where the world still runs others. */
  readonly upgrade?: boolean;
  /**
   * Where a world that exists is derived from: its newest snapshot and what came after it (genesis where there is
   * none), or all of its journal. `snapshot` unless given.
   */
  readonly from?: "snapshot" | "genesis";
  /** How many cells stay in memory between frames; `CELL_BOUNDS` unless given. */
  readonly cellBounds?: CellBounds;
  readonly clock?: HostClock;
  readonly entropy?: Entropy;
  readonly onClockJump?: (jump: ClockJump) => void;
  /** Effects of kinds of one's own, or done otherwise than here: a function by effect kind, or adapters. */
  readonly adapters?: Adapters;
  /** Gives secrets by their binding; from environment variables and files unless given. */
  readonly readSecret?: ReadSecret;
  /** Gives the addresses of a host; as the system does unless given. */
  readonly resolveHost?: Resolve;
  /** Told what an adapter threw; its effect failed. */
  readonly onAdapterError?: OnAdapterError;
}

/**
 * Throws `AirloomError`: `world.unsupported` (kind `manifest`) before anything is written, when the folder asks
 * for what this engine does not run; `world.folder_changed` (kind `request`) when the folder differs from the
 * journal, `world.diverged` (kind `corrupt`) when the journal does not replay, what `restoreWorld` throws, and what the store throws.
 */
export async function openWorld(options: OpenOptions): Promise<Engine> {
  const { journal } = options;
  requireSupported(options.definitions.manifest);
  checkOrigins(options.definitions.settings.adapters.http);
  const worldId = await onlyWorld(journal, options.newWorldId);
  const epoch = await journal.claim(worldId);
  const head = await journal.head(worldId);
  const fresh = head === null || head.nextFrame === 0n;
  const opened = fresh ? await create(options, worldId, epoch) : await reopen(options, worldId, head);
  const changed = !fresh && folderChanged(options, opened.world);
  const clock = new LogicalClock(
    options.clock ?? realClock,
    opened.world.state.lastLogicalNs,
    options.onClockJump ?? (() => {}),
  );
  const { world, cells } = opened;
  const entropy = options.entropy ?? createEntropy();
  const engine = new Engine({ worldId, epoch, journal, clock, entropy, world, cells });
  if (changed) await upgrade(options, engine, opened.modules);
  const settle: Settle = (id, receipt) => engine.settle(id, receipt);
  engine.start(makeAdapters(options, { worldId, clock, settle }));
  return engine;
}

/** The store's world, or the id of the one to be made. */
async function onlyWorld(journal: Journal, fresh: WorldId | undefined): Promise<WorldId> {
  const worlds = await journal.worlds();
  if (worlds.length > 1) {
    const message = `the store holds ${worlds.length} worlds; a world folder holds one`;
    throw new AirloomError("request", "store.many_worlds", message);
  }
  return worlds[0] ?? fresh ?? (toHex(randomBytes(16)) as WorldId);
}

interface Opened {
  readonly world: World;
  readonly cells: MemoryCells;
  /** Where the world's calls find their modules. */
  readonly modules: Map<Hash, Uint8Array>;
}

async function create(options: OpenOptions, worldId: WorldId, epoch: Epoch): Promise<Opened> {
  const { journal, definitions, findModule } = options;
  await saveDefinitions(journal, worldId, definitions, findModule);
  const cells = new MemoryCells({ complete: true, bounds: options.cellBounds ?? CELL_BOUNDS });
  const modules = await loadModules(definitions.manifest, findModule);
  const host = createModuleHost((hash) => modules.get(hash));
  const genesis: Genesis = {
    worldId,
    limitsProfile: BigInt(LIMITS_PROFILE),
    fuelSchedule: BigInt(definitions.settings.fuelSchedule),
    behaviourFlags: [],
    publicKey: options.publicKey(worldId),
  };
  const clock = new LogicalClock(options.clock ?? realClock, 0n);
  const entry: Entry = {
    ...clock.sample(),
    entropy: (options.entropy ?? createEntropy())(),
    by: null,
    ingressId: null,
    requestDigest: null,
  };
  const { world, outcome } = World.create({ modules: host, cells }, genesis, definitions, entry);
  if (outcome.kind !== "frame") throw bug("genesis made no frame");
  const result = await journal.append({
    world: worldId,
    epoch,
    expected: 0n as FrameSeq,
    frames: [outcome.frame.bytes],
    ingress: [],
    cells: [],
    blobs: [],
    snapshots: [],
    head: world.state.head,
  });
  if (result !== "durable")
    throw new AirloomError("retry", `store.${result}`, "genesis could not be written");
  return { world, cells, modules };
}

async function reopen(options: OpenOptions, worldId: WorldId, head: Head): Promise<Opened> {
  const { journal } = options;
  const modules = new Map<Hash, Uint8Array>();
  const parts: RestoreParts = {
    journal,
    worldId,
    head,
    modules: createModuleHost((hash) => modules.get(hash)),
    definitions: async (manifestHash, settingsHash) => {
      const definitions = await loadDefinitions(journal, worldId, manifestHash, settingsHash);
      for (const [hash, bytes] of await loadModules(definitions.manifest, blobFinder(journal, worldId))) {
        modules.set(hash, bytes);
      }
      return definitions;
    },
  };
  const snapshot = options.from === "genesis" ? null : await journal.newestSnapshot(worldId);
  const { report, world, cells } =
    snapshot === null ? await rederiveWorld(parts) : await restoreWorld(parts, snapshot);
  if (report.divergence !== null || world === null) {
    const where = report.divergence;
    const message =
      where === null
        ? "the journal holds no genesis"
        : `the journal does not replay: frame ${where.frame}, record ${where.record} (${where.kind}), ${where.field}`;
    throw new AirloomError("corrupt", "world.diverged", message, { fields: { ...where } });
  }
  cells.bound(options.cellBounds ?? CELL_BOUNDS);
  cells.release(head.nextFrame);
  return { world, cells, modules };
}

/** Whether the folder is to be adopted. Throws `world.folder_changed` when it differs and nobody said so. */
function folderChanged({ definitions, upgrade }: OpenOptions, world: World): boolean {
  const running = world.state.definitions;
  const same =
    running.manifest.hash === definitions.manifest.hash && running.settingsHash === definitions.settingsHash;
  if (same || upgrade === true) return !same;
  const changes = changedDefinitions(running, definitions);
  const message = `the folder differs from what the world runs: ${changes.join(", ")}; use --upgrade to adopt it`;
  throw new AirloomError("request", "world.folder_changed", message, { fields: { changes } });
}

async function upgrade(options: OpenOptions, engine: Engine, modules: Map<Hash, Uint8Array>): Promise<void> {
  const { definitions, journal, findModule } = options;
  await saveDefinitions(journal, engine.worldId, definitions, findModule);
  for (const [hash, bytes] of await loadModules(definitions.manifest, findModule)) modules.set(hash, bytes);
  await engine.upgrade(definitions);
}

export function blobFinder(journal: Journal, world: WorldId): FindModule {
  return (hash) => journal.getBlob(world, hash);
}
