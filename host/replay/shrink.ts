/**
 * The shortest run of ingress that still shows a divergence. Delta debugging (A. Zeller, R. Hildebrandt,
 * "Simplifying and Isolating Failure-Inducing Input", 2002): parts of the journal are left out, what remains
 * is run under the recorded definitions to get a journal of its own, and that is replayed against the others.
 */

import type { Frame } from "../journal/frame.ts";
import type { ModuleHost } from "../kernel/ports.ts";
import type { Hash } from "../values/brand.ts";
import { EMPTY } from "../values/bytes.ts";
import { bug } from "../values/errors.ts";
import { hashOf } from "../values/hash.ts";
import type { FindDefinitions } from "./core/feed.ts";
import { type Divergence, replay } from "./core/replay.ts";
import { type Rederived, rederive, type Step, stepsOf } from "./rederive.ts";

export interface ShrinkInput {
  /** The journal from its beginning, each time it is called: it is read twice, and never held whole. */
  readonly frames: () => AsyncIterable<Frame> | Iterable<Frame>;
  readonly recorded: { readonly definitions: FindDefinitions; readonly modules: ModuleHost };
  readonly against: { readonly definitions: FindDefinitions; readonly modules: ModuleHost };
  /** How many frames before the divergence are tried first; all of them only where these do not show it. */
  readonly window?: number;
}

export interface Shrunk {
  /** A whole journal: genesis, changes of definitions, and the ingress that is left. */
  readonly frames: readonly Frame[];
  /** States that the frames name by hash. */
  readonly states: ReadonlyMap<Hash, Uint8Array>;
  readonly divergence: Divergence;
  /** Ingress beside genesis and changes of definitions. */
  readonly ingress: number;
  /** How many runs it took. */
  readonly runs: number;
}

const WINDOW = 4096;

/** Null when the journal shows no divergence against these definitions. */
export async function shrink(input: ShrinkInput): Promise<Shrunk | null> {
  const search = new Search(input);
  const first = await search.first();
  if (first === null) return null;
  const shows = async (steps: readonly Step[]): Promise<boolean> => {
    const found = await search.run(steps);
    return found !== null && alike(found.divergence, first);
  };
  const near = await stepsBefore(input, first.frame, BigInt(input.window ?? WINDOW));
  const whole =
    near.complete || (await shows(near.steps)) ? near : await stepsBefore(input, first.frame, first.frame);
  const { steps } = whole;
  const least = await minimise(
    steps.filter((step) => !isFixed(step)),
    (subset) => shows(among(steps, subset)),
  );
  const kept = await search.keep(among(steps, least));
  if (kept === null) throw bug("a divergence that shows no more");
  return { ...kept, ingress: least.length, runs: search.runs };
}

function isFixed({ ingress }: Step): boolean {
  return ingress.kind === "genesis" || ingress.kind === "manifest";
}

function among(steps: readonly Step[], subset: readonly Step[]): readonly Step[] {
  const chosen = new Set(subset);
  return steps.filter((step) => isFixed(step) || chosen.has(step));
}

/**
 * What entered with the last `count` frames up to this one, and all definitions before them. What stands behind the
 * divergence never matters, and of what was derived nothing is kept.
 */
async function stepsBefore(
  { frames, recorded }: ShrinkInput,
  last: bigint,
  count: bigint,
): Promise<{ readonly steps: readonly Step[]; readonly complete: boolean }> {
  const from = last < count ? 0n : last - count + 1n;
  const steps: Step[] = [];
  for await (const frame of frames()) {
    if (frame.head.frame > last) break;
    const kind = frame.records[0]?.kind;
    if (frame.head.frame < from && kind !== "genesis" && kind !== "manifest") continue;
    steps.push(...(await stepsOf([bareFrame(frame)], recorded.definitions)));
  }
  return { steps, complete: from <= 1n };
}

/** What entered; and where faults are, which later commands speak of. */
function bareFrame(frame: Frame): Frame {
  const hasFault = frame.records.some(
    (record) =>
      (record.kind === "delivery" && record.outcome === "fault") ||
      (record.kind === "plan_ended" && record.status === "error"),
  );
  return { ...frame, records: hasFault ? frame.records : frame.records.slice(0, 1), bytes: EMPTY };
}

interface Run {
  /** Frames up to the one that differs. */
  readonly frames: readonly Frame[];
  readonly states: ReadonlyMap<Hash, Uint8Array>;
  readonly divergence: Divergence;
}

class Search {
  readonly #input: ShrinkInput;
  runs = 0;

  constructor(input: ShrinkInput) {
    this.#input = input;
  }

  /** Where the journal itself first differs. */
  async first(): Promise<Divergence | null> {
    this.runs += 1;
    const { frames, against } = this.#input;
    async function* bytes(): AsyncIterable<Uint8Array> {
      for await (const frame of frames()) yield frame.bytes;
    }
    return (await replay({ frames: bytes(), ...against, mode: "against", head: null })).divergence;
  }

  run(steps: readonly Step[]): Promise<{ readonly divergence: Divergence } | null> {
    return this.#run(steps, () => {});
  }

  /** The same, with the frames it made. */
  async keep(steps: readonly Step[]): Promise<Run | null> {
    const frames: Frame[] = [];
    const states = new Map<Hash, Uint8Array>();
    const found = await this.#run(steps, ({ frame, blobs }) => {
      for (const blob of blobs) states.set(hashOf(blob), blob);
      frames.push(frame);
    });
    if (found === null) return null;
    return {
      frames: frames.slice(0, Number(found.divergence.frame) + 1),
      states,
      divergence: found.divergence,
    };
  }

  async #run(steps: readonly Step[], seen: (derived: Rederived) => void) {
    this.runs += 1;
    const { recorded, against } = this.#input;
    function* derived(): Generator<Uint8Array> {
      for (const made of rederive(steps, recorded.modules)) {
        seen(made);
        yield made.frame.bytes;
      }
    }
    const { divergence } = await replay({ frames: derived(), ...against, mode: "against", head: null });
    return divergence === null ? null : { divergence };
  }
}

/** The same difference, wherever it now stands. */
function alike(a: Divergence, b: Divergence): boolean {
  return (
    a.kind === b.kind && a.field === b.field && a.reason === b.reason && a.cell?.reducer === b.cell?.reducer
  );
}

/** `ddmin`: a subset from which nothing can be left out that was tried, in the order of `items`. */
async function minimise<T>(
  items: readonly T[],
  shows: (subset: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let kept = items;
  let parts = 2;
  while (kept.length >= 2) {
    const smaller = await firstSmaller(kept, parts, shows);
    if (smaller !== null) {
      parts = smaller.whole ? 2 : Math.max(parts - 1, 2);
      kept = smaller.items;
    } else {
      if (parts >= kept.length) break;
      parts = Math.min(parts * 2, kept.length);
    }
  }
  return kept.length === 1 && (await shows([])) ? [] : kept;
}

/** A part that shows it alone (the last one first: it holds the difference), else all but one part. */
async function firstSmaller<T>(
  items: readonly T[],
  parts: number,
  shows: (subset: readonly T[]) => Promise<boolean>,
): Promise<{ readonly items: readonly T[]; readonly whole: boolean } | null> {
  const size = Math.ceil(items.length / parts);
  const starts = Array.from({ length: Math.ceil(items.length / size) }, (_, i) => i * size);
  for (const start of [...starts].reverse()) {
    const part = items.slice(start, start + size);
    if (part.length < items.length && (await shows(part))) return { items: part, whole: true };
  }
  if (starts.length <= 2) return null;
  for (const start of starts) {
    const rest = [...items.slice(0, start), ...items.slice(start + size)];
    if (await shows(rest)) return { items: rest, whole: false };
  }
  return null;
}
