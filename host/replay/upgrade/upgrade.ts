/**
 * What would change for a recording when a world goes from one set of definitions to another: its ingress is run
 * under the earlier ones, which gives a journal of their own, and that is replayed against the later ones. What the
 * recording itself was made under does not matter.
 */

import type { Frame } from "../../journal/frame.ts";
import type { ModuleHost } from "../../kernel/ports.ts";
import type { Definitions } from "../../kernel/state.ts";
import { AirloomError } from "../../values/errors.ts";
import { type ReplayReport, replay } from "../core/replay.ts";
import { readWhole } from "../recording/assemble.ts";
import type { Entry } from "../recording/entry.ts";
import { type RecordingReport, verdictOf } from "../recording/replay.ts";
import { verifyRecording } from "../recording/verify.ts";
import { type Rederived, rederive, type Step, stepsOf } from "../rederive.ts";
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

/** `open` gives the recording's entries, twice: it is proven first. Throws kinds `host` and `bug` only. */
export async function compareUpgrade(
  open: () => AsyncIterable<Entry>,
  before: Side,
  after: Side,
): Promise<UpgradeReport> {
  let root: string | null = null;
  try {
    root = (await verifyRecording(open())).root;
    const { frames } = await readWhole(open());
    const { report, cause, upgrade } = await compare(frames, before, after);
    return { verdict: verdictOf(report), root, replay: report, error: null, cause, upgrade };
  } catch (error) {
    if (!(error instanceof AirloomError) || error.kind === "host" || error.kind === "bug") throw error;
    return { verdict: "cannot_run", root, replay: null, error, cause: null, upgrade: null };
  }
}

async function compare(
  frames: readonly Frame[],
  before: Side,
  after: Side,
): Promise<{ readonly report: ReplayReport; readonly cause: Cause | null; readonly upgrade: UpgradeDetail }> {
  const entered = await stepsOf(frames, async () => before.definitions);
  const earlier = [...rederive(entered, before.modules)];
  const report = await replay({
    frames: earlier.map(({ frame }) => frame.bytes),
    modules: after.modules,
    definitions: async () => after.definitions,
    mode: "against",
    head: null,
  });
  const leftOut = entered.length - earlier.length;
  const { divergence } = report;
  if (divergence === null) return { report, cause: null, upgrade: { flips: [], paths: [], leftOut } };
  const later = [...rederive(await stepsOf(frames, async () => after.definitions), after.modules)];
  const was = earlier[Number(divergence.frame)]!;
  const named = divergence.reason === "extra" ? (frameOf(later, was.step) ?? was.frame) : was.frame;
  const changes = changesBetween(before.definitions, after.definitions);
  const cause = causeOf(divergence, named, changes);
  const upgrade: UpgradeDetail = {
    flips: flippedDecisions(earlier, after.definitions.manifest),
    paths: changedPaths(earlier, later),
    leftOut,
  };
  return { report, cause, upgrade };
}

/** What the other run made of the same ingress. */
function frameOf(run: readonly Rederived[], { frame }: Step): Frame | undefined {
  return run.find(({ step }) => step.frame.head.frame === frame.head.frame)?.frame;
}
