import { compareText } from "../../values/bytes.ts";
import { nearest } from "../../values/nearest.ts";
import { quote } from "../../values/quote.ts";
import type { TriggerSource } from "../definitions.ts";
import type { Plan, Trigger } from "../manifest.ts";
import { parsePath } from "../parse/reference.ts";
import type { FaultList, Origin } from "../source.ts";
import type { Active } from "./active.ts";
import type { Given } from "./given.ts";
import { meantPath } from "./known.ts";
import { equalTypes, mayHave } from "./paths.ts";
import type { Schemas } from "./schemas.ts";

/**
 * Triggers by event schema, sorted by plan name. Reports unknown events; warns of `trigger.unknown_plan`
 * (AIR lets such a trigger stand, and it never starts anything), `trigger.repeated`,
 * `trigger.input_mismatch` and `trigger.correlate_by`.
 */
export function resolveTriggers(
  given: Given,
  active: Active,
  schemas: Schemas,
  plans: ReadonlyMap<string, Plan>,
  faults: FaultList,
): Map<string, readonly Trigger[]> {
  const { definition, origin } = given.manifest;
  const table = new Map<string, Trigger[]>();
  definition.triggers.forEach((source, i) => {
    const pointer = `/triggers/${i}`;
    active.find("schemas", source.event, origin, `${pointer}/event`);
    if (!active.set.plans.has(source.plan)) unknownPlan(source.plan, given, active, origin, pointer, faults);
    const plan = plans.get(source.plan);
    if (plan === undefined) return;
    checkFit(source, plan, schemas, origin, pointer, faults);
    const correlateBy = source.correlateBy === null ? null : parsePath(source.correlateBy);
    const triggers = table.get(source.event);
    if (triggers?.some((other) => other.plan === plan)) repeated(source, origin, pointer, faults);
    if (triggers === undefined) table.set(source.event, [{ plan, correlateBy }]);
    else triggers.push({ plan, correlateBy });
  });
  for (const triggers of table.values()) {
    triggers.sort((a, b) => compareText(a.plan.definition.name, b.plan.definition.name));
  }
  return table;
}

function repeated({ event, plan }: TriggerSource, origin: Origin, pointer: string, faults: FaultList): void {
  faults.add(origin, {
    code: "trigger.repeated",
    pointer,
    message: `${event} already starts ${plan}, and will start it twice`,
    hint: "remove one of the triggers",
  });
}

function unknownPlan(
  name: string,
  given: Given,
  active: Active,
  origin: Origin,
  pointer: string,
  faults: FaultList,
): void {
  if (given.broken.has(name)) return;
  const meant = nearest(name, active.set.plans.keys());
  const listed = given.definitions.plans.has(name) ? 'add it to "plans" of the manifest' : undefined;
  faults.add(origin, {
    code: "trigger.unknown_plan",
    pointer: `${pointer}/plan`,
    message: `there is no plan ${quote(name)}: this trigger starts nothing`,
    expected: "the name of a plan the manifest lists",
    found: quote(name),
    hint: listed ?? (meant === undefined ? "define the plan and list it" : `did you mean ${quote(meant)}?`),
  });
}

function checkFit(
  source: TriggerSource,
  plan: Plan,
  schemas: Schemas,
  origin: Origin,
  pointer: string,
  faults: FaultList,
): void {
  const event = schemas.byName.get(source.event);
  if (event !== undefined && !equalTypes(event.type, plan.input.type)) {
    faults.add(origin, {
      code: "trigger.input_mismatch",
      pointer,
      message: `${source.event} is of another type than ${plan.input.name}, the input of ${source.plan}`,
      expected: plan.input.name,
      found: source.event,
      hint: `make ${source.event} the input of a plan of its own: an event this plan cannot read is refused`,
    });
  }
  if (source.correlateBy !== null && !mayHave(plan.input.type, parsePath(source.correlateBy))) {
    const meant = meantPath(plan.input.type, parsePath(source.correlateBy));
    faults.add(origin, {
      code: "trigger.correlate_by",
      pointer: `${pointer}/correlate_by`,
      message: `${plan.input.name} has nothing at ${quote(source.correlateBy)}`,
      expected: `a path to a field of ${plan.input.name}`,
      found: quote(source.correlateBy),
      hint:
        meant === undefined
          ? "remove it: instances of this plan get no correlation id by it"
          : `did you mean ${quote(meant.join("."))}?`,
    });
  }
}
