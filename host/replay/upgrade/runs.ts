/** What two runs of the same ingress did otherwise, beyond the first difference: paths of plans, decisions. */

import type { Manifest } from "../../air/manifest.ts";
import { checkPolicy } from "../../gate/policy.ts";
import type { Origin } from "../../journal/origin.ts";
import type { RecordOf } from "../../journal/record.ts";
import type { Rederived } from "../rederive.ts";

/** Decisions of one kind that a policy takes otherwise. */
export interface FlippedDecision {
  readonly effectKind: string;
  readonly capName: string;
  /** `reducer demo/RetrySM@1` */
  readonly origin: string;
  readonly before: string;
  readonly after: string;
  readonly count: number;
  /** Frame of the first, in the run before. */
  readonly frame: bigint;
}

/** Plan instances that took another way. */
export interface ChangedPath {
  readonly plan: string;
  /** Steps done, in order, and how it ended: `attempt > fail: ok`; null where there was no such instance. */
  readonly before: string | null;
  readonly after: string | null;
  readonly count: number;
  /** Frame in which the first of them was started; of the run after where it is in no other. */
  readonly frame: bigint;
}

/** Every policy decision of a run that this manifest's policy takes otherwise, alike ones together. */
export function flippedDecisions(
  run: readonly Rederived[],
  { policy, grants }: Manifest,
): readonly FlippedDecision[] {
  const found = new Grouped<FlippedDecision>();
  for (const { frame } of run) {
    for (const record of frame.records) {
      if (record.kind !== "policy_decision") continue;
      const { effectKind, capName, originKind, originName: name } = record;
      const grant = grants.get(capName);
      // Without the grant nobody gets as far as the policy.
      if (grant === undefined) continue;
      const origin: Origin = { kind: originKind as Origin["kind"], name };
      const now = checkPolicy(policy, effectKind, grant, origin);
      if (now.decision === record.decision) continue;
      found.add({
        effectKind,
        capName,
        origin: `${originKind} ${name}`,
        before: decisionText(record),
        after: decisionText(now),
        count: 1,
        frame: frame.head.frame,
      });
    }
  }
  return found.all;
}

function decisionText({
  decision,
  ruleIndex,
}: Pick<RecordOf<"policy_decision">, "decision"> & { ruleIndex: bigint | null }) {
  return `${decision} by ${ruleIndex === null ? "no rule" : `rule ${ruleIndex}`}`;
}

interface Path {
  readonly plan: string;
  readonly frame: bigint;
  readonly steps: string[];
  end: string;
}

/** Instances that took another way in the second run, alike ones together. */
export function changedPaths(
  before: readonly Rederived[],
  after: readonly Rederived[],
): readonly ChangedPath[] {
  const [left, right] = [pathsOf(before), pathsOf(after)];
  const found = new Grouped<ChangedPath>();
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const [a, b] = [left.get(key), right.get(key)];
    const [was, now] = [textOf(a), textOf(b)];
    const { plan, frame } = (a ?? b)!;
    if (was !== now) found.add({ plan, before: was, after: now, count: 1, frame });
  }
  return found.all;
}

/** Instances are the same in both runs when the same ingress started them, as the nth of their plan. */
function pathsOf(run: readonly Rederived[]): ReadonlyMap<string, Path> {
  const paths = new Map<string, Path>();
  const open = new Map<bigint, Path>();
  for (const { step, frame } of run) {
    const seen = new Map<string, number>();
    for (const record of frame.records) {
      if (record.kind === "plan_started") {
        const { plan, instance } = record;
        const nth = seen.get(plan) ?? 0;
        seen.set(plan, nth + 1);
        const path: Path = { plan, frame: frame.head.frame, steps: [], end: "still waiting" };
        open.set(instance, path);
        paths.set(`${step.frame.head.frame} ${plan} ${nth}`, path);
      } else if (record.kind === "plan_turn") {
        const done = record.steps.filter(([, outcome]) => outcome === "done").map(([id]) => id);
        open.get(record.instance)?.steps.push(...done);
      } else if (record.kind === "plan_ended") {
        const path = open.get(record.instance);
        if (path !== undefined) path.end = record.errorCode ?? record.status;
      }
    }
  }
  return paths;
}

function textOf(path: Path | undefined): string | null {
  if (path === undefined) return null;
  return `${path.steps.length === 0 ? "no step" : path.steps.join(" > ")}: ${path.end}`;
}

/** Items that differ in their count and frame only are one, which was first met where the first was. */
class Grouped<T extends { readonly count: number; readonly frame: bigint }> {
  readonly #items = new Map<string, T>();

  add(item: T): void {
    const key = JSON.stringify({ ...item, count: 0, frame: 0 });
    const known = this.#items.get(key);
    this.#items.set(key, known === undefined ? item : { ...known, count: known.count + 1 });
  }

  get all(): readonly T[] {
    return [...this.#items.values()];
  }
}
