/** One turn of a plan instance, and the records it leaves. */

import { environmentHash } from "../plan/instance.ts";
import { type PlanEnd, runTurn, type Turn } from "../plan/turn.ts";
import { AirloomError, bug } from "../values/errors.ts";
import { LIMITS } from "../values/limits.ts";
import type { Draft } from "./draft.ts";
import { type PreparedEvent, prepareEvent } from "./normalize.ts";
import type { TurnTask } from "./state.ts";

export function advance(draft: Draft, task: TurnTask): void {
  const before = draft.instance(task.instance);
  if (before === undefined) throw bug("a turn is queued for an instance that is gone");
  const { turn, events } = routed(draft, runTurn(before, draft.manifest.schemas));
  const plan = before.plan.definition.name;
  const instance = task.instance;
  const cause = task.cause ?? 0;
  const index = draft.add({
    kind: "plan_turn",
    cause,
    cell: null,
    instance,
    plan,
    steps: turn.settled,
    environmentHash: environmentHash(turn.instance),
  });
  for (const event of events) draft.addEvent(event, index);
  if (turn.end === null) {
    draft.setInstance(turn.instance);
    draft.queueTurn(instance, index);
    return;
  }
  draft.endInstance(instance);
  addEnd(draft, index, instance, plan, turn.end, before.plan.output?.name ?? null);
}

/** Routes what the turn raised; one event that cannot go anywhere ends the plan and takes the others along. */
function routed(draft: Draft, turn: Turn): { turn: Turn; events: readonly PreparedEvent[] } {
  let step: string | null = null;
  try {
    const events = turn.raised.map((raised) => {
      step = raised.step;
      return prepareEvent(draft.manifest, raised.schema, raised.value, null);
    });
    return { turn, events };
  } catch (error) {
    if (!(error instanceof AirloomError) || error.kind !== "request") throw error;
    const end: PlanEnd = { status: "error", code: "plan.route_refused", step, message: error.message };
    return { turn: { ...turn, settled: [], raised: [], end }, events: [] };
  }
}

function addEnd(
  draft: Draft,
  cause: number,
  instance: bigint,
  plan: string,
  end: PlanEnd,
  output: string | null,
): void {
  const failed = end.status === "error";
  draft.add({
    kind: "plan_ended",
    cause,
    cell: null,
    instance,
    plan,
    status: end.status,
    errorCode: failed ? end.code : null,
    errorStep: failed ? end.step : null,
    errorMessage: failed ? end.message.slice(0, LIMITS.faultTextMax) : null,
  });
  if (failed || end.result === null || output === null) return;
  draft.add({ kind: "plan_result", cause, cell: null, instance, plan, schema: output, value: end.result });
}
