import { compareText } from "../../values/bytes.ts";
import { nearest } from "../../values/nearest.ts";
import { quote } from "../../values/quote.ts";
import type { Schema } from "../../values/schema.ts";
import type { PlanDefinition, Step } from "../definitions.ts";
import type { Effect, Plan } from "../manifest.ts";
import { nodeHash } from "../node.ts";
import type { Slot } from "../parse/plan.ts";
import type { FaultList, Origin, Sourced } from "../source.ts";
import type { Active } from "./active.ts";
import type { PlanDraft } from "./given.ts";
import { checkGraph } from "./graph.ts";
import { checkReferences } from "./references.ts";
import type { Schemas } from "./schemas.ts";
import { typeSlot } from "./slots.ts";

/** Steps and parts of plans that this version does not run. */
const UNSUPPORTED_STEPS: ReadonlySet<string> = new Set(["emit_effect", "await_receipt", "await_event"]);

/**
 * Plans by name, normalised: values typed, `required_caps` and `allowed_effects` filled in. Reports what
 * `checkGraph` and `typeSlot` find, unknown schemas, lists that say another thing than the steps
 * (`plan.required_caps`, `plan.allowed_effects`), and `unsupported.*` for what this version does not run.
 */
export function resolvePlans(
  active: Active,
  schemas: Schemas,
  effects: ReadonlyMap<string, Effect>,
  faults: FaultList,
): Map<string, Plan> {
  const plans = new Map<string, Plan>();
  for (const sourced of active.set.plans.values()) {
    const plan = resolvePlan(sourced, active, schemas, effects, faults);
    if (plan !== null) plans.set(sourced.definition.name, plan);
  }
  return plans;
}

function resolvePlan(
  { definition: draft, origin }: Sourced<PlanDraft>,
  active: Active,
  schemas: Schemas,
  effects: ReadonlyMap<string, Effect>,
  faults: FaultList,
): Plan | null {
  const need = (name: string, pointer: string): Schema | undefined => {
    active.find("schemas", name, origin, pointer);
    return schemas.byName.get(name);
  };
  const input = need(draft.input, "/input");
  const output = draft.output === null ? null : need(draft.output, "/output");
  for (const [name, schema] of draft.locals) need(schema, `/locals/${name}`);
  checkGraph(draft, origin, faults);
  refuseUnsupported(draft, origin, faults);
  checkResults(draft, origin, faults);
  const typer = new Typer(draft, schemas, effects, active, origin, faults);
  const steps = draft.steps.map((step, i) => typer.step(step, `/steps/${i}`));
  if (input === undefined || output === undefined || !steps.every((step) => step !== null)) return null;
  checkReferences({ ...draft, steps }, input, origin, faults);
  const definition = withLists({ ...draft, steps }, origin, faults);
  return { definition, hash: nodeHash(definition), input, output };
}

/** Gives each slot of a step the schema it has. */
class Typer {
  readonly #draft: PlanDraft;
  readonly #schemas: Schemas;
  readonly #effects: ReadonlyMap<string, Effect>;
  readonly #active: Active;
  readonly #origin: Origin;
  readonly #faults: FaultList;

  constructor(
    draft: PlanDraft,
    schemas: Schemas,
    effects: ReadonlyMap<string, Effect>,
    active: Active,
    origin: Origin,
    faults: FaultList,
  ) {
    this.#draft = draft;
    this.#schemas = schemas;
    this.#effects = effects;
    this.#active = active;
    this.#origin = origin;
    this.#faults = faults;
  }

  /** Null when something was reported. */
  step(step: Step<Slot>, pointer: string): Step | null {
    switch (step.op) {
      case "raise_event": {
        this.#active.find("schemas", step.event, this.#origin, `${pointer}/event`);
        const value = this.#slot(step.value, this.#schemas.byName.get(step.event));
        return value && { ...step, value };
      }
      case "assign": {
        const local = this.#draft.locals.get(step.bindAs);
        const expr = this.#slot(step.expr, local === undefined ? null : this.#schemas.byName.get(local));
        return expr && { ...step, expr };
      }
      case "end": {
        if (step.result === null) return { ...step, result: null };
        const { output } = this.#draft;
        const result = this.#slot(step.result, output === null ? null : this.#schemas.byName.get(output));
        return result && { ...step, result };
      }
      case "emit_effect":
        return this.#emit(step, pointer);
      default:
        return step;
    }
  }

  #emit(step: Extract<Step<Slot>, { op: "emit_effect" }>, pointer: string): Step | null {
    const effect = this.#effects.get(step.kind);
    if (effect === undefined) {
      const meant = nearest(step.kind, this.#effects.keys());
      this.#faults.add(this.#origin, {
        code: "reference.effect",
        pointer: `${pointer}/kind`,
        message: `there is no effect of the kind ${quote(step.kind)} in force`,
        expected: "the kind of an effect the manifest lists",
        found: quote(step.kind),
        hint:
          meant === undefined
            ? `add "sys/${step.kind}@1" to "effects" of the manifest`
            : `did you mean ${meant}?`,
      });
      return null;
    }
    const params = this.#slot(step.params, effect.params);
    const key = step.idempotencyKey;
    const idempotencyKey = key === null ? null : this.#slot(key, null);
    if (params === null || (key !== null && idempotencyKey === null)) return null;
    return { ...step, params, idempotencyKey };
  }

  /** `schema` null: the slot has none; undefined: it has one that is unknown, which was reported. */
  #slot(slot: Slot, schema: Schema | null | undefined) {
    return schema === undefined ? null : typeSlot(slot, schema, this.#faults.at(this.#origin));
  }
}

function refuseUnsupported(draft: PlanDraft, origin: Origin, faults: FaultList): void {
  draft.steps.forEach((step, i) => {
    if (!UNSUPPORTED_STEPS.has(step.op)) return;
    faults.add(origin, {
      code: `unsupported.${step.op}`,
      pointer: `/steps/${i}/op`,
      message: `this version runs no ${step.op} steps`,
      expected: "raise_event, assign or end",
      found: step.op,
      hint: "emit effects from a reducer, and start plans by triggers",
    });
  });
  if (draft.invariants.length > 0) {
    faults.add(origin, {
      code: "unsupported.invariants",
      pointer: "/invariants",
      message: "this version checks no plan invariants",
      expected: "no invariants",
      hint: "guard the edges instead",
    });
  }
}

/** AIR checks a result against the output when the plan ends; a result without output cannot be read. */
function checkResults(draft: PlanDraft, origin: Origin, faults: FaultList): void {
  draft.steps.forEach((step, i) => {
    if (step.op !== "end") return;
    if (step.result !== null && draft.output === null) {
      faults.add(origin, {
        code: "plan.result_without_output",
        pointer: `/steps/${i}/result`,
        message: `${draft.name} has a result but no output schema`,
        expected: "no result, or an output",
        hint: "name the result's schema under output",
      });
    } else if (step.result === null && draft.output !== null) {
      faults.add(origin, {
        code: "plan.result_missing",
        pointer: `/steps/${i}`,
        message: `${draft.name} has the output ${draft.output}, and this step ends it without a result: it will fail`,
        expected: "result",
      });
    }
  });
}

/** Both lists say what the steps say; an author may leave them out. */
function withLists(plan: PlanDefinition, origin: Origin, faults: FaultList): PlanDefinition {
  const emits = plan.steps.filter((step) => step.op === "emit_effect");
  const requiredCaps = sortedSet(emits.map((step) => step.cap));
  const allowedEffects = sortedSet(emits.map((step) => step.kind));
  const compare = (field: string, code: string, stated: readonly string[], derived: readonly string[]) => {
    const given = sortedSet(stated);
    if (given.length === 0 || given.join(" ") === derived.join(" ")) return;
    faults.add(origin, {
      code,
      pointer: `/${field}`,
      message: `${field} is not what the steps of ${plan.name} say`,
      expected: derived.length === 0 ? "nothing" : derived.join(", "),
      found: given.join(", "),
      hint: `leave ${field} out: it is filled in`,
    });
  };
  compare("required_caps", "plan.required_caps", plan.requiredCaps, requiredCaps);
  compare("allowed_effects", "plan.allowed_effects", plan.allowedEffects, allowedEffects);
  return { ...plan, requiredCaps, allowedEffects };
}

function sortedSet(words: readonly string[]): readonly string[] {
  return [...new Set(words)].sort(compareText);
}
