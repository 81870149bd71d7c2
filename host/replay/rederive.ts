/**
 * Runs a journal's ingress, or a part of it, in a world of its own: what shrinking, redaction and forks are
 * made of. An intent keeps its meaning where its frame got another number; what no longer can enter (a receipt
 * without its intent, a refused event, a continue without work) is left out.
 */

import { intentId } from "../effects/intent.ts";
import type { Receipt } from "../effects/receipt.ts";
import type { Entry, Frame } from "../journal/frame.ts";
import { MemoryCells } from "../kernel/cells.ts";
import type { Sealed } from "../kernel/draft.ts";
import type { Ingress } from "../kernel/ingress.ts";
import type { ModuleHost } from "../kernel/ports.ts";
import { World } from "../kernel/world.ts";
import type { FrameSeq, IntentId } from "../values/brand.ts";
import { AirloomError, bug } from "../values/errors.ts";
import { entryOf, type FindDefinitions, ingressOf } from "./core/feed.ts";
import { FaultPlaces } from "./faults.ts";

/** One ingress with the frame it once made. */
export interface Step {
  readonly frame: Frame;
  readonly entry: Entry;
  readonly ingress: Ingress;
}

/** The steps of a journal. */
export async function stepsOf(
  frames: Iterable<Frame>,
  definitions: FindDefinitions,
): Promise<readonly Step[]> {
  const steps: Step[] = [];
  for (const frame of frames) {
    steps.push({ frame, entry: entryOf(frame), ingress: await ingressOf(frame, definitions) });
  }
  return steps;
}

export interface Rederived {
  readonly step: Step;
  readonly frame: Frame;
  /** States too large to stand in their deliveries. */
  readonly blobs: readonly Uint8Array[];
}

/** The frames these steps make, in order, each with the step that made it. The first must be genesis. */
export function* rederive(steps: Iterable<Step>, modules: ModuleHost): Generator<Rederived> {
  const frames = new Map<bigint, FrameSeq>();
  const faults = new FaultPlaces();
  let world: World | null = null;
  const cells = new MemoryCells();
  for (const step of steps) {
    const { ingress, entry } = step;
    if (world === null) {
      if (ingress.kind !== "genesis") throw bug("a run that does not begin with genesis");
      const created: ReturnType<typeof World.create> = World.create(
        { modules, cells },
        ingress.genesis,
        ingress.definitions,
        entry,
      );
      world = created.world;
      if (created.outcome.kind !== "frame") throw bug("genesis made no frame");
      frames.set(step.frame.head.frame, created.outcome.frame.head.frame);
      yield { step, frame: created.outcome.frame, blobs: [] };
      continue;
    }
    const sealed = enter(world, renumbered(ingress, frames, faults), entry);
    if (sealed === null) continue;
    faults.note(step.frame, sealed.frame, world.isBusy);
    frames.set(step.frame.head.frame, sealed.frame.head.frame);
    yield { step, frame: sealed.frame, blobs: sealed.blobs };
  }
}

/** Null when the world does not take it. */
function enter(world: World, ingress: Ingress | null, entry: Entry): Sealed | null {
  if (ingress === null || (ingress.kind === "continue" && !world.isBusy)) return null;
  try {
    const outcome = world.step(ingress, entry);
    if (outcome.kind === "missing") throw bug("all cells are in memory");
    return outcome.kind === "frame" ? outcome : null;
  } catch (error) {
    if (error instanceof AirloomError && (error.kind === "request" || error.kind === "retry")) return null;
    throw error;
  }
}

/** A receipt for another intent than it was made for: what was signed named that one. */
export function unsigned(receipt: Receipt): Receipt {
  return { ...receipt, signature: new Uint8Array(receipt.signature.length) };
}

/**
 * The same ingress for the frames of this run; null for a receipt whose intent's frame is not in it, and for a
 * redelivery or dismissal of a fault that is not.
 */
function renumbered(
  ingress: Ingress,
  frames: ReadonlyMap<bigint, FrameSeq>,
  faults: FaultPlaces,
): Ingress | null {
  if (ingress.kind !== "receipt") return faults.renumbered(ingress);
  const [frame, ordinal] = ingress.intent.split(".");
  const now = frames.get(BigInt(frame!));
  if (now === undefined) return null;
  const intent: IntentId = intentId(now, Number(ordinal));
  return {
    ...ingress,
    intent,
    receipt: intent === ingress.intent ? ingress.receipt : unsigned(ingress.receipt),
  };
}
