/** Effect handles, and the names that AIR itself checks: those in `where` and in invariants. */

import { nearest } from "../../values/nearest.ts";
import { child } from "../../values/pointer.ts";
import { quote } from "../../values/quote.ts";
import type { Expr } from "../definitions.ts";
import type { Report } from "../source.ts";
import { bindingsOf } from "./expressions.ts";
import type { PlanDraft } from "./given.ts";

/**
 * A handle is bound by one step and awaited by later ones. Reports `plan.duplicate_handle`, `plan.await_for`
 * and `plan.unknown_handle`; warns of `plan.unawaited_effect`.
 */
export function checkHandles(plan: PlanDraft, report: Report): void {
  const emitted = new Map<string, number>();
  const awaited = new Set<string>();
  let astray = false;
  plan.steps.forEach((step, i) => {
    if (step.op === "emit_effect") {
      const handle = step.bindEffectIdAs;
      if (emitted.has(handle)) duplicate(handle, `/steps/${i}/bind/effect_id_as`, report);
      else emitted.set(handle, i);
    } else if (step.op === "await_receipt") {
      const handle = handleOf(step.for);
      const pointer = `/steps/${i}/for`;
      if (handle === undefined) noHandle(pointer, report);
      else if (!emitted.has(handle)) unknown(handle, plan, emitted.keys(), pointer, report);
      astray ||= handle === undefined || !emitted.has(handle);
      if (handle !== undefined) awaited.add(handle);
    }
  });
  // An await that leads elsewhere may have meant any of them.
  if (astray) return;
  for (const [handle, i] of emitted) if (!awaited.has(handle)) unawaited(handle, i, report);
}

/** AIR takes a variable's name up to a dot here, and no path behind it. */
function handleOf(expr: Expr): string | undefined {
  if (expr.kind !== "ref" || expr.ref.root !== "var") return undefined;
  return expr.ref.name.includes(".") ? undefined : expr.ref.name;
}

function duplicate(handle: string, pointer: string, report: Report): void {
  report({
    code: "plan.duplicate_handle",
    pointer,
    message: `the handle ${quote(handle)} is bound by an earlier step already`,
    expected: "each handle once",
    found: quote(handle),
    hint: "which receipt is awaited could not be told",
  });
}

function noHandle(pointer: string, report: Report): void {
  report({
    code: "plan.await_for",
    pointer,
    message: "an await_receipt waits for exactly one handle",
    expected: '{"ref": "@var:HANDLE"}, the handle without dots',
    hint: "name what an emit_effect binds as effect_id_as",
  });
}

function unknown(
  handle: string,
  plan: PlanDraft,
  known: Iterable<string>,
  pointer: string,
  report: Report,
): void {
  const later = plan.steps.some((step) => step.op === "emit_effect" && step.bindEffectIdAs === handle);
  const meant = nearest(handle, known);
  const hint = later
    ? "list the emit_effect before this step: AIR reads steps in the order they stand"
    : meant === undefined
      ? "bind it as effect_id_as of an earlier emit_effect"
      : `did you mean ${quote(meant)}?`;
  report({
    code: "plan.unknown_handle",
    pointer: `${pointer}/ref`,
    message: `no earlier step emits an effect as ${quote(handle)}`,
    expected: "the handle of an emit_effect listed before",
    found: quote(handle),
    hint,
  });
}

function unawaited(handle: string, index: number, report: Report): void {
  report({
    code: "plan.unawaited_effect",
    pointer: `/steps/${index}/bind/effect_id_as`,
    message: `nothing awaits the receipt of ${quote(handle)}`,
    found: quote(handle),
    hint: "add an await_receipt for it: what came of the effect is never seen",
  });
}

/**
 * The names a `where` or an invariant may use: `where` what was bound by earlier steps, an invariant all of
 * them but no event. Reports `plan.where_reference` and `plan.invariant_reference`.
 */
export function checkNames(plan: PlanDraft, report: Report): void {
  const steps = new Set(plan.steps.map(({ id }) => id));
  const variables = new Set(["correlation_id", ...plan.locals.keys()]);
  plan.steps.forEach((step, i) => {
    if (step.op === "await_event" && step.where !== null) {
      eachReference(step.where, `/steps/${i}/where`, (text, pointer) => {
        if (isKnown(text, steps, variables)) return;
        const meant = nearestName(text, steps, variables);
        report({
          code: "plan.where_reference",
          pointer,
          message: `${quote(text)} is not known where this step waits`,
          expected: "@plan.input, @event, a step, or a variable bound by an earlier step",
          found: quote(text),
          ...(meant === undefined ? {} : { hint: `did you mean ${quote(meant)}?` }),
        });
      });
    }
    for (const name of bindingsOf(step)) variables.add(name);
  });
  plan.invariants.forEach((invariant, i) => {
    eachReference(invariant, `/invariants/${i}`, (text, pointer) => {
      const event = text.startsWith("@event");
      if (!event && isKnown(text, steps, variables)) return;
      const meant = event ? undefined : nearestName(text, steps, variables);
      report({
        code: "plan.invariant_reference",
        pointer,
        message: event ? "an invariant sees no event" : `${quote(text)} is not known in this plan`,
        expected: "@plan.input, a step or a variable",
        found: quote(text),
        ...(meant === undefined ? {} : { hint: `did you mean ${quote(meant)}?` }),
      });
    });
  });
}

/** As AIR's validator has it, which takes names up to the first dot, and looks at no paths. */
function isKnown(text: string, steps: ReadonlySet<string>, variables: ReadonlySet<string>): boolean {
  if (text.startsWith("@plan.input") || text.startsWith("@event")) return true;
  const [root, rest] = splitAt(text);
  const names = root === "@var:" ? variables : root === "@step:" ? steps : undefined;
  return names !== undefined && (names.has(rest) || names.has(rest.split(".")[0]!));
}

function nearestName(
  text: string,
  steps: ReadonlySet<string>,
  variables: ReadonlySet<string>,
): string | undefined {
  const [root, rest] = splitAt(text);
  const meant = root === "" ? undefined : nearest(rest, root === "@var:" ? variables : steps);
  return meant && `${root}${meant}`;
}

function splitAt(text: string): readonly [string, string] {
  const root = ["@var:", "@step:"].find((each) => text.startsWith(each)) ?? "";
  return [root, text.slice(root.length)];
}

/**
 * A plan whose trigger correlates must look at the correlation wherever it awaits an event, else it would take
 * any instance's. Reports `plan.correlation`.
 */
export function checkCorrelation(plan: PlanDraft, correlateBy: readonly string[], report: Report): void {
  plan.steps.forEach((step, i) => {
    if (step.op !== "await_event") return;
    for (const path of correlateBy) {
      let mentioned = false;
      if (step.where !== null) {
        eachReference(step.where, "", (text) => {
          mentioned ||= text.startsWith("@var:correlation_id") || text.startsWith(`@event.${path}`);
        });
      }
      if (mentioned) continue;
      report({
        code: "plan.correlation",
        pointer: step.where === null ? `/steps/${i}` : `/steps/${i}/where`,
        message: `a trigger of ${plan.name} correlates by ${quote(path)}, and this step takes any instance's event`,
        expected: `a where that mentions @var:correlation_id or @event.${path}`,
        hint: `add {"op": "eq", "args": [{"ref": "@event.${path}"}, {"ref": "@var:correlation_id"}]}`,
      });
      return;
    }
  });
}

/** Calls with the text of each reference and the pointer to it. */
function eachReference(expr: Expr, pointer: string, visit: (text: string, pointer: string) => void): void {
  switch (expr.kind) {
    case "ref":
      visit(expr.text, `${pointer}/ref`);
      return;
    case "op":
      for (const [i, arg] of expr.args.entries()) eachReference(arg, `${pointer}/args/${i}`, visit);
      return;
    case "record":
      for (const [name, field] of expr.fields) eachReference(field, child(`${pointer}/record`, name), visit);
      return;
    case "list":
    case "set":
      for (const [i, item] of expr.items.entries())
        eachReference(item, `${pointer}/${expr.kind}/${i}`, visit);
      return;
    case "map":
      for (const [i, [key, value]] of expr.entries.entries()) {
        eachReference(key, `${pointer}/map/${i}/key`, visit);
        eachReference(value, `${pointer}/map/${i}/value`, visit);
      }
      return;
    case "variant":
      if (expr.value !== null) eachReference(expr.value, `${pointer}/variant/value`, visit);
  }
}
