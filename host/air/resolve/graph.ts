import { nearest } from "../../values/nearest.ts";
import { quote } from "../../values/quote.ts";
import type { FaultList, Origin } from "../source.ts";
import type { PlanDraft } from "./given.ts";

/**
 * The graph of a plan. Reports `plan.no_steps`, `plan.duplicate_step`, `plan.unknown_step`,
 * `plan.duplicate_edge` and `plan.cycle`.
 */
export function checkGraph(plan: PlanDraft, origin: Origin, faults: FaultList): void {
  if (plan.steps.length === 0) {
    faults.add(origin, {
      code: "plan.no_steps",
      pointer: "/steps",
      message: `${plan.name} has no steps`,
      expected: "at least one step",
    });
  }
  const ids = new Set<string>();
  plan.steps.forEach(({ id }, i) => {
    if (ids.has(id)) {
      faults.add(origin, {
        code: "plan.duplicate_step",
        pointer: `/steps/${i}/id`,
        message: `there are two steps ${quote(id)}`,
        expected: "each id once",
        found: quote(id),
      });
    }
    ids.add(id);
  });
  const next = new Map<string, [string, number][]>();
  const seen = new Set<string>();
  plan.edges.forEach(({ from, to }, i) => {
    for (const [end, id] of [
      ["from", from],
      ["to", to],
    ] as const) {
      if (!ids.has(id)) unknownStep(id, ids, origin, `/edges/${i}/${end}`, faults);
    }
    if (seen.has(`${from} ${to}`)) {
      faults.add(origin, {
        code: "plan.duplicate_edge",
        pointer: `/edges/${i}`,
        message: `there are two edges from ${quote(from)} to ${quote(to)}`,
        expected: "each pair of steps once",
        hint: "join their guards with or",
      });
      return;
    }
    seen.add(`${from} ${to}`);
    const edges = next.get(from);
    if (edges === undefined) next.set(from, [[to, i]]);
    else edges.push([to, i]);
  });
  const back = findCycle([...ids], next);
  if (back === null) return;
  faults.add(origin, {
    code: "plan.cycle",
    pointer: `/edges/${back.edge}`,
    message: `the steps wait for one another: ${back.round.map((id) => quote(id)).join(" -> ")}`,
    expected: "edges without a circle",
    found: back.round.join(" -> "),
    hint: "remove one of these edges",
  });
}

function unknownStep(
  id: string,
  ids: ReadonlySet<string>,
  origin: Origin,
  pointer: string,
  faults: FaultList,
): void {
  const meant = nearest(id, ids);
  faults.add(origin, {
    code: "plan.unknown_step",
    pointer,
    message: `there is no step ${quote(id)}`,
    expected: `the id of a step: ${[...ids]
      .slice(0, 8)
      .map((each) => quote(each))
      .join(", ")}`,
    found: quote(id),
    ...(meant === undefined ? {} : { hint: `did you mean ${quote(meant)}?` }),
  });
}

/** The first circle in the order of the steps. Keeps its own stack: a chain may be as long as the plan. */
function findCycle(
  ids: readonly string[],
  next: ReadonlyMap<string, readonly [string, number][]>,
): { readonly edge: number; readonly round: readonly string[] } | null {
  const done = new Set<string>();
  for (const root of ids) {
    const path = [{ id: root, at: 0 }];
    const open = new Set([root]);
    while (path.length > 0) {
      const here = path[path.length - 1]!;
      const edge = next.get(here.id)?.[here.at];
      if (edge === undefined || done.has(here.id)) {
        done.add(here.id);
        open.delete(here.id);
        path.pop();
        continue;
      }
      here.at += 1;
      const [to, index] = edge;
      if (open.has(to)) {
        const names = path.map(({ id }) => id);
        return { edge: index, round: [...names.slice(names.indexOf(to)), to] };
      }
      path.push({ id: to, at: 0 });
      open.add(to);
    }
  }
  return null;
}
