/**
 * References in a plan's expressions. AIR looks them up when the plan runs, and one that leads nowhere ends
 * it with an error: so they are only warned of.
 */

import { nearest } from "../../values/nearest.ts";
import { child } from "../../values/pointer.ts";
import { quote } from "../../values/quote.ts";
import type { Schema } from "../../values/schema.ts";
import type { Expr, ExprOrValue, PlanDefinition, Reference } from "../definitions.ts";
import type { FaultList, Origin } from "../source.ts";
import { mayHave } from "./paths.ts";

/** Warns of `plan.unknown_reference`: no such step, variable or part of the input, or no event to look at. */
export function checkReferences(
  plan: PlanDefinition,
  input: Schema,
  origin: Origin,
  faults: FaultList,
): void {
  const steps = new Set(plan.steps.map(({ id }) => id));
  const variables = new Set(["correlation_id", ...plan.locals.keys()]);
  for (const step of plan.steps) {
    if (step.op === "emit_effect") variables.add(step.bindEffectIdAs);
    if ("bindAs" in step) variables.add(step.bindAs);
    if (step.op === "await_receipt" && step.bindStatusAs !== null) variables.add(step.bindStatusAs);
  }
  const problem = (ref: Reference): readonly [string, string | undefined] | null => {
    switch (ref.root) {
      case "input":
        return mayHave(input.type, ref.path) ? null : [`${plan.input} has nothing there`, undefined];
      case "var":
        return variables.has(ref.name)
          ? null
          : [`no step binds ${quote(ref.name)}`, nearest(ref.name, variables)];
      case "step":
        return steps.has(ref.step) ? null : [`there is no step ${quote(ref.step)}`, nearest(ref.step, steps)];
      case "event":
        return ["there is an event only in the where of an await_event", undefined];
    }
  };
  const check = (expr: Expr, pointer: string): void =>
    walk(expr, pointer, (ref, text, at) => {
      const found = problem(ref);
      if (found === null) return;
      const [why, meant] = found;
      faults.add(origin, {
        code: "plan.unknown_reference",
        pointer: at,
        message: `${quote(text)} leads nowhere: ${why}; the plan will end with an error`,
        found: quote(text),
        ...(meant === undefined ? {} : { hint: `did you mean ${quote(meant)}?` }),
      });
    });
  plan.steps.forEach((step, i) => {
    const at = `/steps/${i}`;
    const slot = (value: ExprOrValue | null, name: string): void => {
      if (value?.kind === "expr") check(value.expr, `${at}/${name}`);
    };
    if (step.op === "raise_event") slot(step.value, "value");
    if (step.op === "assign") slot(step.expr, "expr");
    if (step.op === "end") slot(step.result, "result");
  });
  plan.edges.forEach(({ when }, i) => {
    if (when !== null) check(when, `/edges/${i}/when`);
  });
}

function walk(
  expr: Expr,
  pointer: string,
  visit: (ref: Reference, text: string, pointer: string) => void,
): void {
  switch (expr.kind) {
    case "ref":
      visit(expr.ref, expr.text, `${pointer}/ref`);
      return;
    case "op":
      expr.args.forEach((arg, i) => {
        walk(arg, `${pointer}/args/${i}`, visit);
      });
      return;
    case "record":
      for (const [name, field] of expr.fields) walk(field, child(`${pointer}/record`, name), visit);
      return;
    case "list":
    case "set":
      expr.items.forEach((item, i) => {
        walk(item, `${pointer}/${expr.kind}/${i}`, visit);
      });
      return;
    case "map":
      expr.entries.forEach(([key, value], i) => {
        walk(key, `${pointer}/map/${i}/key`, visit);
        walk(value, `${pointer}/map/${i}/value`, visit);
      });
      return;
    case "variant":
      if (expr.value !== null) walk(expr.value, `${pointer}/variant/value`, visit);
  }
}
