/** What an upgrade would do, in words: causes, flipped decisions, changed paths. All text is fit to be shown. */

import { plain } from "../../values/quote.ts";
import type { CorpusResult } from "../corpus.ts";
import { CAUSE_KINDS, type Cause } from "../upgrade/causes.ts";
import type { ChangedPath, FlippedDecision } from "../upgrade/runs.ts";
import type { UpgradeDetail } from "../upgrade/upgrade.ts";

/** The two sets of definitions of a report. */
export interface UpgradeOverview {
  /** As they were named on the command line. */
  readonly before: string;
  readonly after: string;
  readonly changes: readonly Cause[];
}

/** Recordings whose first difference has one cause. */
export interface CauseGroup {
  /** Null for those that nothing which changed explains. */
  readonly cause: Cause | null;
  readonly recordings: readonly string[];
}

const TEXT_MAX = 2000;

const PARTS: Readonly<Record<Cause["kind"], string>> = {
  module: "module",
  plan: "plan",
  policy: "policy",
  capability: "capability",
  effect: "effect",
  schema: "schema",
  secret: "secret",
  grants: "grants of the manifest",
  triggers: "triggers of the manifest",
  routes: "routes of the manifest",
  bindings: "bindings of the manifest",
  defaults: "manifest",
  settings: "settings",
};

/** `plan demo/WorkPlan@1 changed`. */
export function causeText(cause: Cause | null): string {
  if (cause === null) return "nothing that changed explains it";
  const name = cause.name === null ? "" : ` ${plain(cause.name, TEXT_MAX)}`;
  return `${PARTS[cause.kind]}${name} ${cause.change}`;
}

/** Recordings that differ by the cause of their first difference, the most frequent first. */
export function causeGroups(results: readonly CorpusResult[]): readonly CauseGroup[] {
  const groups = new Map<string, { readonly cause: Cause | null; readonly recordings: string[] }>();
  for (const { name, cause, replay } of results) {
    if ((replay?.divergence ?? null) === null) continue;
    const key = causeText(cause);
    const group = groups.get(key) ?? { cause, recordings: [] };
    groups.set(key, group);
    group.recordings.push(plain(name, TEXT_MAX));
  }
  const rank = ({ cause }: CauseGroup) =>
    cause === null ? CAUSE_KINDS.length : CAUSE_KINDS.indexOf(cause.kind);
  return [...groups.values()].sort((a, b) => b.recordings.length - a.recordings.length || rank(a) - rank(b));
}

/** Changes that no recording's first difference comes from. */
export function unseenChanges(
  { changes }: UpgradeOverview,
  results: readonly CorpusResult[],
): readonly Cause[] {
  const seen = new Set(causeGroups(results).map(({ cause }) => causeText(cause)));
  return changes.filter((cause) => !seen.has(causeText(cause)));
}

/** What stands below a recording's first difference. */
export function upgradeLines({ flips, paths, leftOut }: UpgradeDetail): readonly string[] {
  return [
    ...flips.map(flipLine),
    ...paths.map(pathLine),
    ...(leftOut === 0
      ? []
      : [`${leftOut} ingress of the recording left out: the definitions before refuse it`]),
  ];
}

function flipLine({ effectKind, capName, origin, before, after, count, frame }: FlippedDecision): string {
  const who = `${effectKind} by ${origin} under ${capName}`;
  return plain(`decision flips: ${who}: ${before} -> ${after}, ${times(count, frame)}`, TEXT_MAX);
}

function pathLine({ plan, before, after, count, frame }: ChangedPath): string {
  const way = `${before ?? "not started"} -> ${after ?? "not started"}`;
  return plain(`path changes: ${plan}: ${way}, ${times(count, frame)}`, TEXT_MAX);
}

function times(count: number, frame: bigint): string {
  return count === 1 ? `in frame ${frame}` : `${count} times, first in frame ${frame}`;
}
