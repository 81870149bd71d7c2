/** The end of a plan instance, as records. */

import type { Instance } from "../plan/instance.ts";
import type { PlanEnd } from "../plan/turn.ts";
import { LIMITS } from "../values/limits.ts";
import { plain } from "../values/quote.ts";
import type { Draft } from "./draft.ts";

/** Records the end, and the result where there is one. The instance must have been taken out. */
export function addEnd(draft: Draft, cause: number, instance: Instance, end: PlanEnd): void {
  const { id, plan } = instance;
  const { name } = plan.definition;
  const failed = end.status === "error";
  draft.add({
    kind: "plan_ended",
    cause,
    cell: null,
    instance: id,
    plan: name,
    status: end.status,
    errorCode: failed ? end.code : null,
    errorStep: failed ? end.step : null,
    errorMessage: failed ? plain(end.message, LIMITS.faultTextMax) : null,
  });
  if (failed || end.result === null || plan.output === null) return;
  const schema = plan.output.name;
  draft.add({ kind: "plan_result", cause, cell: null, instance: id, plan: name, schema, value: end.result });
}
