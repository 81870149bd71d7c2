/** A world without a runtime: what goes in is an ingress with a stamp, what comes out a frame. */

import type { Entry, Frame } from "../../host/journal/frame.ts";

import { MemoryCells } from "../../host/kernel/cells.ts";
import type { Ingress } from "../../host/kernel/ingress.ts";
import type { ModuleHost } from "../../host/kernel/ports.ts";
import type { Genesis } from "../../host/kernel/state.ts";
import { type Outcome, World } from "../../host/kernel/world.ts";
import { type ReplayReport, replay } from "../../host/replay/core/replay.ts";
import { loadModules } from "../../host/runtime/definitions.ts";
import { encodeJson } from "../../host/runtime/scenario.ts";
import type { LogicalTimeNs, WallTimeNs, WorldId } from "../../host/values/brand.ts";
import { jsonFrom } from "../../host/values/json.ts";
import { createModuleHost } from "../../host/wasm/host.ts";
import { T, type TestWorld } from "../support/world.ts";

export const GENESIS: Genesis = {
  worldId: "00112233445566778899aabbccddeeff" as WorldId,
  limitsProfile: 1n,
  fuelSchedule: 1n,
  behaviourFlags: [],
  publicKey: new Uint8Array(32).fill(1),
};

/** The stamp of the frame with this number: a millisecond after the one before. */
export function entryOf(frame: bigint): Entry {
  return {
    logicalNs: (T + frame * 1_000_000n) as LogicalTimeNs,
    wallNs: (T + frame * 1_000_000n) as WallTimeNs,
    entropy: new Uint8Array(32).fill(Number(frame)),
    by: null,
    ingressId: null,
    requestDigest: null,
  };
}

export interface Bare {
  readonly world: World;
  readonly cells: MemoryCells;
  readonly modules: ModuleHost;
  /** Frames so far, genesis first. */
  readonly frames: Frame[];
  /** One ingress; its stamp depends on the number of its frame alone. */
  enter(ingress: Ingress): Outcome;
  /** The same, when it must give a frame. */
  frame(ingress: Ingress): Frame;
  event(schema: string, value: unknown): Ingress;
  replay(): Promise<ReplayReport>;
}

export async function bareWorld(
  { definitions, findModule }: TestWorld,
  cells: MemoryCells = new MemoryCells(),
): Promise<Bare> {
  const found = await loadModules(definitions.manifest, findModule);
  const modules = createModuleHost((hash) => found.get(hash));
  const { world, outcome } = World.create({ modules, cells }, GENESIS, definitions, entryOf(0n));
  if (outcome.kind !== "frame") throw new Error(`genesis gave ${outcome.kind}`);
  const bare: Bare = {
    world,
    cells,
    modules,
    frames: [outcome.frame],
    enter(ingress) {
      const next = world.step(ingress, entryOf(world.state.head.nextFrame));
      if (next.kind === "frame") bare.frames.push(next.frame);
      return next;
    },
    frame(ingress) {
      const next = bare.enter(ingress);
      if (next.kind !== "frame") throw new Error(`a frame was expected, found ${next.kind}`);
      return next.frame;
    },
    event(schema, value) {
      const found = definitions.manifest.schemas.get(schema)!;
      return { kind: "event", schema, value: encodeJson(found, jsonFrom(value)), key: null };
    },
    replay: () =>
      replay({
        frames: bare.frames.map(({ bytes }) => bytes),
        modules,
        definitions: async () => definitions,
        mode: "recorded",
        head: world.state.head,
      }),
  };
  return bare;
}

/** An event that has the probe do something. */
export function asking(bare: Bare, payload: string, value: Record<string, unknown> = {}): Ingress {
  const start = { req_id: "r", payload, max_attempts: 1, base_delay_ms: 0, now_ns: T, ...value };
  return bare.event("demo/StartWork@1", start);
}
