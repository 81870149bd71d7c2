/**
 * The shortest run of ingress that still shows a divergence. Delta debugging (A. Zeller, R. Hildebrandt,
 * "Simplifying and Isolating Failure-Inducing Input", 2002): parts of the journal are left out, what remains
 * is run under the recorded definitions to get a journal of its own, and that is replayed against the others.
 */

import type { Frame } from "../journal/frame.ts";
import type { ModuleHost } from "../kernel/ports.ts";
import type { Hash } from "../values/brand.ts";
import { hashOf } from "../values/hash.ts";
import type { FindDefinitions } from "./core/feed.ts";
import { type Divergence, replay } from "./core/replay.ts";
import { rederive, type Step, stepsOf } from "./rederive.ts";

export interface ShrinkInput {
  readonly frames: readonly Frame[];
  readonly recorded: { readonly definitions: FindDefinitions; readonly modules: ModuleHost };
  readonly against: { readonly definitions: FindDefinitions; readonly modules: ModuleHost };
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

/** Null when the journal shows no divergence against these definitions. */
export async function shrink(input: ShrinkInput): Promise<Shrunk | null> {
  const search = new Search(input);
  const steps = await stepsOf(input.frames, input.recorded.definitions);
  const first = await search.run(steps);
  if (first === null) return null;
  // What stands behind the divergence never matters.
  const end = first.frames.length;
  const kept = first.taken.slice(0, end);
  const fixed = (step: Step): boolean => step.ingress.kind === "genesis" || step.ingress.kind === "manifest";
  const least = await minimise(
    kept.filter((step) => !fixed(step)),
    async (subset) => {
      const chosen = new Set(subset);
      const found = await search.run(kept.filter((step) => fixed(step) || chosen.has(step)));
      return found !== null && alike(found.divergence, first.divergence);
    },
  );
  const chosen = new Set(least);
  const found = await search.run(kept.filter((step) => fixed(step) || chosen.has(step)));
  const { frames, states, divergence } = found ?? first;
  return { frames, states, divergence, ingress: least.length, runs: search.runs };
}

interface Run {
  /** Frames up to the one that differs. */
  readonly frames: readonly Frame[];
  /** The steps that made them. */
  readonly taken: readonly Step[];
  readonly states: ReadonlyMap<Hash, Uint8Array>;
  readonly divergence: Divergence;
}

class Search {
  readonly #input: ShrinkInput;
  runs = 0;

  constructor(input: ShrinkInput) {
    this.#input = input;
  }

  async run(steps: readonly Step[]): Promise<Run | null> {
    this.runs += 1;
    const { recorded, against } = this.#input;
    const frames: Frame[] = [];
    const taken: Step[] = [];
    const states = new Map<Hash, Uint8Array>();
    function* derived(): Generator<Uint8Array> {
      for (const { frame, step, blobs } of rederive(steps, recorded.modules)) {
        for (const blob of blobs) states.set(hashOf(blob), blob);
        frames.push(frame);
        taken.push(step);
        yield frame.bytes;
      }
    }
    const report = await replay({ frames: derived(), ...against, mode: "against", head: null });
    const { divergence } = report;
    if (divergence === null) return null;
    const length = Number(divergence.frame) + 1;
    return { frames: frames.slice(0, length), taken: taken.slice(0, length), states, divergence };
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
