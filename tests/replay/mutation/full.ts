/**
 * The slow comparison that a replay's first divergence is checked by, written without it: every record is derived
 * under the changed definitions, and compared as the bytes of its CBOR array.
 */

import { type Frame, recordBytes } from "../../../host/journal/frame.ts";
import { MemoryCells } from "../../../host/kernel/cells.ts";
import type { ModuleHost } from "../../../host/kernel/ports.ts";
import type { Definitions } from "../../../host/kernel/state.ts";
import { World } from "../../../host/kernel/world.ts";
import { entryOf, ingressOf } from "../../../host/replay/core/feed.ts";
import { equalBytes } from "../../../host/values/bytes.ts";
import { type Cbor, decodeCbor, encodeCbor } from "../../../host/values/cbor.ts";
import { AirloomError } from "../../../host/values/errors.ts";

/** `stopped`: this machine gave up, and nothing may be said. */
export type FullComparison =
  | { readonly kind: "equal"; readonly fuelDiffers: boolean }
  | { readonly kind: "differs"; readonly frame: bigint; readonly record: number }
  | { readonly kind: "stopped"; readonly code: string };

/** By kind number: the items of a record that name what ran. */
const IDENTITIES: ReadonlyMap<bigint, readonly number[]> = new Map([
  [1n, [4, 5]],
  [2n, [3, 4]],
  [8n, [3]],
  [16n, [5]],
  [17n, [5]],
  [18n, [6]],
]);
const DELIVERY = 16n;
const FUEL = 15;
const DELIVERY_FAULT = 10;
const PLAN_TURN = 18n;
const PLAN_ENDED = 19n;
const ENDED_CODE = 6;
const DECISIONS: readonly bigint[] = [21n, 22n];
const REFUSALS = ["policy.denied", "capability.denied"];

type Item = readonly Cbor[];

/** Compares the frames as recorded with those these definitions derive from the same ingress. */
export async function compareInFull(
  frames: readonly Frame[],
  definitions: Definitions,
  modules: ModuleHost,
): Promise<FullComparison> {
  const cells = new MemoryCells();
  let world: World | null = null;
  let fuelDiffers = false;
  for (const frame of frames) {
    const ingress = await ingressOf(frame, async () => definitions);
    let derived: Frame | null;
    try {
      if (ingress.kind === "genesis") {
        const made = World.create({ modules, cells }, ingress.genesis, definitions, entryOf(frame));
        world = made.world;
        derived = made.outcome.kind === "frame" ? made.outcome.frame : null;
      } else if (ingress.kind === "continue" && !world!.isBusy) derived = null;
      else {
        const outcome = world!.step(ingress, entryOf(frame));
        derived = outcome.kind === "frame" ? outcome.frame : null;
      }
    } catch (error) {
      if (!(error instanceof AirloomError)) throw error;
      if (error.kind === "host") return { kind: "stopped", code: error.code };
      derived = null;
    }
    if (derived === null) return { kind: "differs", frame: frame.head.frame, record: 0 };
    const found = compareFrames(frame, derived);
    if (found.record !== null) return { kind: "differs", frame: frame.head.frame, record: found.record };
    fuelDiffers ||= found.fuelDiffers;
  }
  return { kind: "equal", fuelDiffers };
}

function compareFrames(a: Frame, b: Frame): { record: number | null; fuelDiffers: boolean } {
  const [left, right] = [a, b].map((frame) => recordBytes(frame).map((bytes) => decodeCbor(bytes) as Item));
  let fuelDiffers = false;
  for (let i = 0; i < Math.max(left!.length, right!.length); i++) {
    const [x, y] = [left![i], right![i]];
    if (x === undefined || y === undefined) return { record: i, fuelDiffers };
    if (!equalBytes(withoutIdentities(x), withoutIdentities(y))) {
      return { record: decisionBehind(left!, right!, i) ?? i, fuelDiffers };
    }
    fuelDiffers ||= x[0] === DELIVERY && x[FUEL] !== y[FUEL];
  }
  return { record: null, fuelDiffers };
}

function withoutIdentities(item: Item): Uint8Array {
  const dropped = [...(IDENTITIES.get(item[0] as bigint) ?? []), ...(item[0] === DELIVERY ? [FUEL] : [])];
  return encodeCbor(item.map((each, i) => (dropped.includes(i) ? null : each)));
}

/** Where the gate refused one side and not the other, the decision is what differs first, though it stands later. */
function decisionBehind(left: readonly Item[], right: readonly Item[], asker: number): number | null {
  if (isRefused(left, asker) === isRefused(right, asker)) return null;
  const [old, now] = [decisionsOf(left, asker), decisionsOf(right, asker)];
  for (const [i, index] of old.entries()) {
    const other = now[i];
    if (other === undefined) return null;
    if (!equalBytes(encodeCbor(left[index]!), encodeCbor(right[other]!))) return index;
  }
  return null;
}

function isRefused(items: readonly Item[], asker: number): boolean {
  const item = items[asker]!;
  const ended = items.find(([kind, cause]) => kind === PLAN_ENDED && cause === BigInt(asker));
  const code =
    item[0] === DELIVERY ? item[DELIVERY_FAULT] : item[0] === PLAN_TURN ? ended?.[ENDED_CODE] : null;
  return REFUSALS.includes(code as string);
}

function decisionsOf(items: readonly Item[], asker: number): number[] {
  return items.flatMap(([kind, cause], i) =>
    DECISIONS.includes(kind as bigint) && cause === BigInt(asker) ? [i] : [],
  );
}
