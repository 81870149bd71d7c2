/**
 * What would change for a recording when a world goes from one set of definitions to another: its ingress is run
 * under the earlier ones, which gives a journal of their own, and that is replayed against the later ones. What the
 * recording itself was made under does not matter.
 */

import type { Frame } from "../../journal/frame.ts";
import type { ModuleHost } from "../../kernel/ports.ts";
import type { Definitions } from "../../kernel/state.ts";
import { AirloomError } from "../../values/errors.ts";
import { type Divergence, replay } from "../core/replay.ts";
import { readWhole } from "../recording/assemble.ts";
import type { Entry } from "../recording/entry.ts";
import { type RecordingReport, verdictOf } from "../recording/replay.ts";
import { verifyRecording } from "../recording/verify.ts";
import { Rederivation, type Rederived, rederive, type Step, stepOf, stepsOf } from "../rederive.ts";
import { type Cause, causeOf, changesBetween } from "./causes.ts";
import { type ChangedPath, changedPaths, type FlippedDecision, flippedDecisions } from "./runs.ts";

/** Definitions with the modules they run. */
export interface Side {
  readonly definitions: Definitions;
  readonly modules: ModuleHost;
}

export interface UpgradeDetail {
  /** Policy decisions that would be others, also behind the first difference. */
  readonly flips: readonly FlippedDecision[];
  /** Plan instances that would take another way. */
  readonly paths: readonly ChangedPath[];
  /** Ingress that the earlier definitions no longer take; the rest is compared. */
  readonly leftOut: number;
}

export interface UpgradeReport extends RecordingReport {
  /** Null where the recording cannot run. */
  readonly upgrade: UpgradeDetail | null;
}

/**
 * `open` gives the recording's entries as often as it is called: it is proven first, and held in memory only where
 * something would change. Throws kinds `host` and `bug` only.
 */
export async function compareUpgrade(
  open: () => AsyncIterable<Entry>,
  before: Side,
  after: Side,
): Promise<UpgradeReport> {
  let root: string | null = null;
  try {
    root = (await verifyRecording(open())).root;
    const earlier = new EarlierRun(open(), before);
    const report = await replay({
      frames: earlier.frames(),
      modules: after.modules,
      definitions: async () => after.definitions,
      mode: "against",
      head: null,
    });
    const verdict = verdictOf(report);
    const { divergence } = report;
    if (divergence === null) {
      const upgrade: UpgradeDetail = { flips: [], paths: [], leftOut: earlier.leftOut };
      return { verdict, root, replay: report, error: null, cause: null, upgrade };
    }
    const { frames } = await readWhole(open());
    const difference = await differenceOf(frames, divergence, before, after);
    return { verdict, root, replay: report, error: null, ...difference };
  } catch (error) {
    if (!(error instanceof AirloomError) || error.kind === "host" || error.kind === "bug") throw error;
    return { verdict: "cannot_run", root, replay: null, error, cause: null, upgrade: null };
  }
}

/** The recording's ingress under the earlier definitions, a frame at a time. */
class EarlierRun {
  readonly #entries: AsyncIterable<Entry>;
  readonly #side: Side;
  /** Ingress that was not taken so far. */
  leftOut = 0;

  constructor(entries: AsyncIterable<Entry>, side: Side) {
    this.#entries = entries;
    this.#side = side;
  }

  async *frames(): AsyncGenerator<Uint8Array> {
    const { definitions, modules } = this.#side;
    const run = new Rederivation(modules);
    for await (const entry of this.#entries) {
      if (entry.kind !== "frame") continue;
      const made = run.enter(await stepOf(entry.frame, async () => definitions));
      if (made === null) this.leftOut += 1;
      else yield made.frame.bytes;
    }
  }
}

/** What there is to say of a difference, which takes both runs whole. */
async function differenceOf(
  frames: readonly Frame[],
  divergence: Divergence,
  before: Side,
  after: Side,
): Promise<{ readonly cause: Cause | null; readonly upgrade: UpgradeDetail }> {
  const [earlier, later] = [await wholeRun(frames, before), await wholeRun(frames, after)];
  const was = earlier[Number(divergence.frame)]!;
  const named = divergence.reason === "extra" ? (frameOf(later, was.step) ?? was.frame) : was.frame;
  const changes = changesBetween(before.definitions, after.definitions);
  const upgrade: UpgradeDetail = {
    flips: flippedDecisions(earlier, after.definitions.manifest),
    paths: changedPaths(earlier, later),
    leftOut: frames.length - earlier.length,
  };
  return { cause: causeOf(divergence, named, changes), upgrade };
}

async function wholeRun(frames: readonly Frame[], { definitions, modules }: Side) {
  return [...rederive(await stepsOf(frames, async () => definitions), modules)];
}

/** What the other run made of the same ingress. */
function frameOf(run: readonly Rederived[], { frame }: Step): Frame | undefined {
  return run.find(({ step }) => step.frame.head.frame === frame.head.frame)?.frame;
}
