/**
 * Which steps of a plan may run (docs/air.md, "Plans"). A step waits until every step before it is settled.
 * It runs when at least one edge into it is active: from a step that was done, its guard true. With no
 * active edge it is skipped, and so are, by the same rule, the steps that only it leads to.
 */

import type { Edge, PlanDefinition, Step } from "../air/definitions.ts";
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
  definition: PlanDefinition,
  outcomes: ReadonlyMap<string, StepOutcome>,
  scope: Scope,
): Readiness {
  const ready: Step[] = [];
  const skipped: Step[] = [];
  const edges = edgesInto(definition);
  for (const step of definition.steps) {
    if (outcomes.has(step.id)) continue;
    const incoming = edges.get(step.id) ?? [];
    if (incoming.some((edge) => !outcomes.has(edge.from))) continue;
    const runs = incoming.length === 0 || activeEdges(incoming, outcomes, scope) > 0;
    (runs ? ready : skipped).push(step);
  }
  return { ready, skipped };
}

const incomingEdges = new WeakMap<PlanDefinition, ReadonlyMap<string, readonly Edge[]>>();

/** By step, in the order of the plan; worked out once for a plan. */
function edgesInto(definition: PlanDefinition): ReadonlyMap<string, readonly Edge[]> {
  const known = incomingEdges.get(definition);
  if (known !== undefined) return known;
  const edges = new Map<string, Edge[]>();
  for (const edge of definition.edges) {
    const others = edges.get(edge.to);
    if (others === undefined) edges.set(edge.to, [edge]);
    else others.push(edge);
  }
  incomingEdges.set(definition, edges);
  return edges;
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
