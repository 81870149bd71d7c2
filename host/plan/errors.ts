/** Why a plan instance ended early; journaled in its `plan_ended` record. */

export type PlanErrorCode =
  | "plan.missing_ref"
  | "plan.missing_field"
  | "plan.type_error"
  | "plan.invalid_arity"
  | "plan.numeric_overflow"
  | "plan.divide_by_zero"
  | "plan.invalid_value"
  | "plan.too_large"
  | "plan.result_mismatch"
  | "plan.invariant_violation"
  | "plan.uncorrelated"
  | "plan.vanished"
  | "plan.route_refused"
  | "plan.stalled";

/** Why an effect was refused: the same words as for a reducer. */
export type RefusalCode =
  `${"idempotency" | "capability" | "policy" | "cap" | "secret" | "effect"}.${string}`;

/** Thrown inside one turn and turned into a record by it; never leaves the room. */
export class PlanError extends Error {
  readonly code: PlanErrorCode | RefusalCode;
  constructor(code: PlanErrorCode | RefusalCode, message: string) {
    super(message);
    this.code = code;
  }
}
