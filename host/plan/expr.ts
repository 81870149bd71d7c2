/**
 * AIR expressions (docs/air.md, "Expressions"): pure, eager, kind-sensitive. Arguments are evaluated left to
 * right, all of them, before the operator looks at any.
 */

import type { Expr, ExprOrValue, Reference } from "../air/definitions.ts";
import { record, UNIT, type Value, variant } from "../values/value.ts";
import { PlanError } from "./errors.ts";
import { applyOperator } from "./operators.ts";
import { orderMap, orderSet } from "./order.ts";

/** What references reach while a plan runs. */
export interface Scope {
  readonly input: Value;
  readonly variables: ReadonlyMap<string, Value>;
  readonly steps: ReadonlyMap<string, Value>;
  /** Only inside `await_event.where`. */
  readonly event?: Value;
}

/** Throws `PlanError`. */
export function evaluate(expr: Expr, scope: Scope): Value {
  switch (expr.kind) {
    case "const":
      return expr.value;
    case "ref":
      return resolve(expr.ref, expr.text, scope);
    case "op":
      return applyOperator(
        expr.op,
        expr.args.map((argument) => evaluate(argument, scope)),
      );
    case "record":
      return record([...expr.fields].map(([name, field]) => [name, evaluate(field, scope)]));
    case "list":
      return { kind: "list", items: expr.items.map((item) => evaluate(item, scope)) };
    case "set":
      return { kind: "set", items: orderSet(expr.items.map((item) => evaluate(item, scope))) };
    case "map": {
      const entries = expr.entries.map(([k, v]) => [evaluate(k, scope), evaluate(v, scope)] as const);
      return { kind: "map", entries: orderMap(entries) };
    }
    case "variant":
      return variant(expr.tag, expr.value === null ? UNIT : evaluate(expr.value, scope));
  }
}

/** A slot's value: a literal as it stands, an expression evaluated. Throws `PlanError`. */
export function slotValue(slot: ExprOrValue, scope: Scope): Value {
  return slot.kind === "literal" ? slot.value : evaluate(slot.expr, scope);
}

/** A guard's or a condition's truth. Throws `PlanError` when it is no bool. */
export function truth(expr: Expr, scope: Scope): boolean {
  const value = evaluate(expr, scope);
  if (value.kind !== "bool") throw new PlanError("plan.type_error", `a condition is ${value.kind}, not bool`);
  return value.value;
}

function resolve(ref: Reference, written: string, scope: Scope): Value {
  switch (ref.root) {
    case "input":
      return follow(scope.input, ref.path, written);
    case "var": {
      const value = scope.variables.get(ref.name);
      if (value === undefined) throw new PlanError("plan.missing_ref", `${written} is not bound`);
      return value;
    }
    case "step": {
      const value = scope.steps.get(ref.step);
      if (value === undefined) throw new PlanError("plan.missing_ref", `${written}: the step has no value`);
      return follow(value, ref.path, written);
    }
    case "event":
      if (scope.event === undefined) {
        throw new PlanError("plan.missing_ref", `${written} is only known where an event is awaited`);
      }
      return follow(scope.event, ref.path, written);
  }
}

/** Follows a path through records and maps with text keys. Throws `PlanError`. */
export function follow(start: Value, path: readonly string[], written: string): Value {
  let value = start;
  for (const segment of path) {
    let next: Value | undefined;
    if (value.kind === "record") next = value.fields.get(segment);
    else if (value.kind === "map") {
      next = value.entries.find(([k]) => k.kind === "text" && k.value === segment)?.[1];
    } else throw new PlanError("plan.type_error", `${written}: '${segment}' is looked up in a ${value.kind}`);
    if (next === undefined) throw new PlanError("plan.missing_field", `${written}: there is no '${segment}'`);
    value = next;
  }
  return value;
}
