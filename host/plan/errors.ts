/** Why a plan instance ended early; journaled in its `plan_ended` record. */

export type PlanErrorCode =
  | "plan.missing_ref"
  | "plan.missing_field"
  | "plan.type_error"
  | "plan.invalid_arity"
  | "plan.numeric_overflow"
  | "plan.divide_by_zero"
  | "plan.invalid_value"
  | "plan.result_mismatch"
  | "plan.invalid_input"
  | "plan.route_refused"
  | "plan.stalled";

/** Thrown inside one turn and turned into a record by it; never leaves the room. */
export class PlanError extends Error {
  readonly code: PlanErrorCode;
  constructor(code: PlanErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
