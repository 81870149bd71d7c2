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

export async function stepOf(frame: Frame, definitions: FindDefinitions): Promise<Step> {
  return { frame, entry: entryOf(frame), ingress: await ingressOf(frame, definitions) };
}

/** The steps of a journal. */
export async function stepsOf(
  frames: Iterable<Frame>,
  definitions: FindDefinitions,
): Promise<readonly Step[]> {
  const steps: Step[] = [];
  for (const frame of frames) steps.push(await stepOf(frame, definitions));
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
  const run = new Rederivation(modules);
  for (const step of steps) {
    const made = run.enter(step);
    if (made !== null) yield made;
  }
}

/** The same, a step at a time: nothing of a step is kept but the numbers of its frames. */
export class Rederivation {
  readonly #ports: { readonly modules: ModuleHost; readonly cells: MemoryCells };
  readonly #frames = new Map<bigint, FrameSeq>();
  readonly #faults = new FaultPlaces();
  #world: World | null = null;

  constructor(modules: ModuleHost) {
    this.#ports = { modules, cells: new MemoryCells() };
  }

  /** Null for a step that is left out. The first must be genesis. */
  enter(step: Step): Rederived | null {
    const { ingress, entry } = step;
    const world = this.#world;
    if (world === null) return this.#begin(step);
    const sealed = enter(world, renumbered(ingress, this.#frames, this.#faults), entry);
    if (sealed === null) return null;
    this.#faults.note(step.frame, sealed.frame, world.isBusy);
    this.#frames.set(step.frame.head.frame, sealed.frame.head.frame);
    return { step, frame: sealed.frame, blobs: sealed.blobs };
  }

  #begin(step: Step): Rederived {
    const { ingress, entry } = step;
    if (ingress.kind !== "genesis") throw bug("a run that does not begin with genesis");
    const { world, outcome } = World.create(this.#ports, ingress.genesis, ingress.definitions, entry);
    if (outcome.kind !== "frame") throw bug("genesis made no frame");
    this.#world = world;
    this.#frames.set(step.frame.head.frame, outcome.frame.head.frame);
    return { step, frame: outcome.frame, blobs: [] };
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
