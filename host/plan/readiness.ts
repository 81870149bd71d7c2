/**
 * Which steps of a plan may run (docs/air.md, "Plans"). A step waits until every step before it is settled.
 * It runs when at least one edge into it is active: from a step that was done, its guard true. With no
 * active edge it is skipped, and so are, by the same rule, the steps that only it leads to.
 */

import type { Edge, Step } from "../air/definitions.ts";
import type { Scope } from "./expr.ts";
import { truth } from "./expr.ts";
import type { StepOutcome } from "./instance.ts";

export interface Readiness {
  /** In the order of the plan's steps. */
  readonly ready: readonly Step[];
  readonly skipped: readonly Step[];
}

/** One scan over the unsettled steps. Throws `PlanError` from guards. */
export function scan(
  steps: readonly Step[],
  edges: readonly Edge[],
  outcomes: ReadonlyMap<string, StepOutcome>,
  scope: Scope,
): Readiness {
  const ready: Step[] = [];
  const skipped: Step[] = [];
  for (const step of steps) {
    if (outcomes.has(step.id)) continue;
    const incoming = edges.filter((edge) => edge.to === step.id);
    if (incoming.some((edge) => !outcomes.has(edge.from))) continue;
    const runs = incoming.length === 0 || activeEdges(incoming, outcomes, scope) > 0;
    (runs ? ready : skipped).push(step);
  }
  return { ready, skipped };
}

/** Every guard is evaluated, so that a failing one ends the plan whatever the others say. */
function activeEdges(
  edges: readonly Edge[],
  outcomes: ReadonlyMap<string, StepOutcome>,
  scope: Scope,
): number {
  const live = edges.filter((edge) => outcomes.get(edge.from) === "done");
  return live.filter((edge) => edge.when === null || truth(edge.when, scope)).length;
}
