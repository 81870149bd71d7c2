/** What stands in a plan's slot: an expression that is evaluated, or a value of the slot's type. */

import { AirloomError } from "../../values/errors.ts";
import { isJsonObject } from "../../values/json.ts";
import type { Schema } from "../../values/schema.ts";
import type { ExprOrValue } from "../definitions.ts";
import { isDynamic, mentionsExpression, parseExpr } from "../parse/expr.ts";
import type { Slot } from "../parse/plan.ts";
import type { Fault, Report } from "../source.ts";
import { typedLiteral, untypedLiteral } from "./literals.ts";

/**
 * An expression that depends on anything stays one. All else is read as a value of the schema, in either
 * lens, and kept in its canonical form. Without a schema (an `assign` to a variable that is no local) only
 * what carries its own tags can be read. Null when something was refused: `value.*`, `expr.*`, `expr.mixed`,
 * `plan.untyped_value`; warns of `plan.ignored_field`.
 */
export function typeSlot(slot: Slot, schema: Schema | null, report: Report): ExprOrValue | null {
  const faults: Fault[] = [];
  const expr = parseExpr(slot.json, slot.pointer, (fault) => faults.push(fault));
  if (expr !== null && (schema === null || isDynamic(expr))) {
    for (const fault of faults) report(fault);
    return { kind: "expr", expr };
  }
  if (schema === null) return untypedLiteral(slot.json) ?? untyped(slot, faults, report);
  const below = (fault: Fault): Fault => ({ ...fault, pointer: `${slot.pointer}${fault.pointer}` });
  try {
    return typedLiteral(slot.json, schema, (fault) => report(below(fault)));
  } catch (error) {
    if (!(error instanceof AirloomError) || error.code !== "value.invalid") throw error;
    if (mentionsExpression(slot.json)) mixed(slot, faults, report);
    else for (const fault of error.diagnostics) report(below({ ...fault, pointer: fault.pointer ?? "" }));
    return null;
  }
}

/** A plain object with expressions inside is neither data nor an expression. */
function mixed({ json, pointer }: Slot, faults: readonly Fault[], report: Report): void {
  const outer = faults[0];
  if (outer !== undefined && outer.pointer !== pointer) {
    for (const fault of faults) report(fault);
    return;
  }
  const keys = isJsonObject(json) ? [...json.keys()].slice(0, 3).map((key) => `"${key}": ...`) : [];
  report({
    code: "expr.mixed",
    pointer,
    message: "plain JSON cannot hold expressions",
    expected: "an expression throughout, or a value throughout",
    hint: `write {"record": {${keys.join(", ")}}}, with every value inside an expression`,
  });
}

/** What has an operator was meant for an expression, whatever is wrong with it. */
function untyped({ json, pointer }: Slot, faults: readonly Fault[], report: Report): null {
  if (isJsonObject(json) && json.has("op") && faults.length > 0) {
    for (const fault of faults) report(fault);
    return null;
  }
  report({
    code: "plan.untyped_value",
    pointer,
    message: "nothing says of which type this value is",
    expected: "an expression, or a value for a variable named in locals",
    hint: 'name the variable and its schema in locals, or write the value with its tag, like {"nat": 5}',
  });
  return null;
}
