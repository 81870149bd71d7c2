import type { Hash } from "../../values/brand.ts";
import { compareText } from "../../values/bytes.ts";
import { hashOf } from "../../values/hash.ts";
import { child } from "../../values/pointer.ts";
import { quote } from "../../values/quote.ts";
import { compileSchema, type Schema } from "../../values/schema.ts";
import type { PlanDefinition, Step } from "../definitions.ts";
import { laterEffect } from "../later.ts";
import type { Effect, Plan } from "../manifest.ts";
import { nodeBytes } from "../node.ts";
import type { Slot } from "../parse/plan.ts";
import type { FaultList, Origin, Sourced } from "../source.ts";
import type { Active } from "./active.ts";
import { effectHint } from "./effects.ts";
import { checkExpressions } from "./expressions.ts";
import type { Given, PlanDraft } from "./given.ts";
import { checkGrantName, type Grants } from "./grants.ts";
import { checkGraph } from "./graph.ts";
import { checkCorrelation, checkHandles, checkNames } from "./handles.ts";
import type { Schemas } from "./schemas.ts";
import { typeSlot } from "./slots.ts";

/** What every plan needs beside itself. */
interface Context {
  readonly active: Active;
  readonly schemas: Schemas;
  readonly effects: ReadonlyMap<string, Effect>;
  readonly grants: Grants;
  /** Plan -> what its triggers correlate by. */
  readonly correlations: ReadonlyMap<string, readonly string[]>;
  readonly faults: FaultList;
}

/**
 * Plans by name and their nodes by hash, normalised: values typed, `required_caps` and `allowed_effects` filled in. Reports unknown
 * schemas, effects and grants, a grant of another type than the effect (`plan.cap_type`), lists that say
 * another thing than the steps (`plan.required_caps`, `plan.allowed_effects`), and what the checks of the
 * graph, the slots, the handles and the names find; warns of what ends a plan when it runs.
 */
export function resolvePlans(
  given: Given,
  active: Active,
  schemas: Schemas,
  effects: ReadonlyMap<string, Effect>,
  grants: Grants,
  faults: FaultList,
): { plans: Map<string, Plan>; nodes: Map<Hash, Uint8Array> } {
  const context: Context = { active, schemas, effects, grants, correlations: correlationsOf(given), faults };
  const plans = new Map<string, Plan>();
  const nodes = new Map<Hash, Uint8Array>();
  for (const sourced of active.set.plans.values()) {
    const resolved = resolvePlan(sourced, context);
    if (resolved === null) continue;
    const node = nodeBytes(resolved.definition);
    const plan = { ...resolved, hash: hashOf(node) };
    plans.set(sourced.definition.name, plan);
    nodes.set(plan.hash, node);
  }
  return { plans, nodes };
}

function correlationsOf({ manifest }: Given): ReadonlyMap<string, readonly string[]> {
  const out = new Map<string, string[]>();
  for (const { plan, correlateBy } of manifest.definition.triggers) {
    if (correlateBy === null) continue;
    const paths = out.get(plan);
    if (paths === undefined) out.set(plan, [correlateBy]);
    else paths.push(correlateBy);
  }
  return out;
}

function resolvePlan(
  { definition: draft, origin }: Sourced<PlanDraft>,
  context: Context,
): Omit<Plan, "hash"> | null {
  const { active, schemas, effects, faults } = context;
  const need = (name: string, pointer: string): Schema | undefined => {
    active.find("schemas", name, origin, pointer);
    return schemas.byName.get(name);
  };
  const input = need(draft.input, "/input");
  const output = draft.output === null ? null : need(draft.output, "/output");
  for (const [name, schema] of draft.locals) need(schema, child("/locals", name));
  const report = faults.at(origin);
  checkGraph(draft, origin, faults);
  checkResults(draft, origin, faults);
  checkHandles(draft, report);
  checkNames(draft, report);
  checkCorrelation(draft, context.correlations.get(draft.name) ?? [], report);
  const typer = new Typer(draft, context, origin);
  const steps = draft.steps.map((step, i) => typer.step(step, `/steps/${i}`));
  checkExpressions({ draft, steps, input }, { effects, schema: (name) => schemas.byName.get(name) }, report);
  if (input === undefined || output === undefined || !steps.every((step) => step !== null)) return null;
  const definition = withLists({ ...draft, steps }, origin, faults);
  return { definition, input, output };
}

/** Of `idempotency_key`, where a literal stands; an expression may also give text or bytes. */
const KEY_SCHEMA = compileSchema("an idempotency key", { kind: "hash" }, () => undefined);

/** Gives each slot of a step the schema it has. */
class Typer {
  readonly #draft: PlanDraft;
  readonly #context: Context;
  readonly #origin: Origin;
  readonly #faults: FaultList;

  constructor(draft: PlanDraft, context: Context, origin: Origin) {
    this.#draft = draft;
    this.#context = context;
    this.#origin = origin;
    this.#faults = context.faults;
  }

  /** Null when something was refused. */
  step(step: Step<Slot>, pointer: string): Step | null {
    switch (step.op) {
      case "raise_event": {
        const value = this.#slot(step.value, this.#schema(step.event, `${pointer}/event`));
        return value && { ...step, value };
      }
      case "assign": {
        const local = this.#draft.locals.get(step.bindAs);
        const schema = local === undefined ? null : this.#context.schemas.byName.get(local);
        const expr = this.#slot(step.expr, schema);
        return expr && { ...step, expr };
      }
      case "end": {
        if (step.result === null) return { ...step, result: null };
        const { output } = this.#draft;
        const result = this.#slot(
          step.result,
          output === null ? null : this.#context.schemas.byName.get(output),
        );
        return result && { ...step, result };
      }
      case "emit_effect":
        return this.#emit(step, pointer);
      case "await_event":
        return this.#schema(step.event, `${pointer}/event`) === undefined ? null : step;
      default:
        return step;
    }
  }

  #schema(name: string, pointer: string): Schema | undefined {
    this.#context.active.find("schemas", name, this.#origin, pointer);
    return this.#context.schemas.byName.get(name);
  }

  #emit(step: Extract<Step<Slot>, { op: "emit_effect" }>, pointer: string): Step | null {
    const effect = this.#context.effects.get(step.kind);
    this.#checkGrant(step.cap, effect, pointer);
    const key = step.idempotencyKey;
    const idempotencyKey = key === null ? null : this.#slot(key, KEY_SCHEMA);
    if (effect === undefined) {
      this.#unknownEffect(step.kind, `${pointer}/kind`);
      return null;
    }
    this.#checkScope(effect, `${pointer}/kind`);
    const params = this.#slot(step.params, effect.params);
    if (params === null || (key !== null && idempotencyKey === null)) return null;
    return { ...step, params, idempotencyKey };
  }

  #checkGrant(name: string, effect: Effect | undefined, pointer: string): void {
    const { grants } = this.#context;
    checkGrantName(name, grants, this.#origin, `${pointer}/cap`, this.#faults);
    const grant = grants.byName.get(name);
    if (grant === undefined || effect === undefined) return;
    const { effectKind, capType } = effect.definition;
    if (grant.cap.capType === capType) return;
    this.#faults.add(this.#origin, {
      code: "plan.cap_type",
      pointer: `${pointer}/cap`,
      message: `${effectKind} needs a grant of ${capType}, and ${quote(name)} is one of ${grant.cap.capType}`,
      expected: `a grant of the capability type ${capType}`,
      found: grant.cap.capType,
    });
  }

  /** AIR never looks at it where a plan emits. */
  #checkScope({ definition: { effectKind, originScope } }: Effect, pointer: string): void {
    if (originScope === "plan" || originScope === "both") return;
    this.#faults.add(this.#origin, {
      code: "plan.effect_scope",
      pointer,
      message: `${effectKind} is an effect of modules, and a plan emits it here`,
      expected: "an effect of the scope plan or both",
      found: originScope,
    });
  }

  #unknownEffect(kind: string, pointer: string): void {
    if (this.#context.active.effectsBroken) return;
    const later = laterEffect(kind, pointer);
    const hint = effectHint(kind, this.#context.effects.keys());
    this.#faults.add(
      this.#origin,
      later ?? {
        code: "reference.effect",
        pointer,
        message: `there is no effect of the kind ${quote(kind)} in force`,
        expected: "the kind of an effect the manifest lists",
        found: quote(kind),
        hint,
      },
    );
  }

  /** `schema` null: the slot has none; undefined: it has one that is unknown, which was reported. */
  #slot(slot: Slot, schema: Schema | null | undefined) {
    return schema === undefined ? null : typeSlot(slot, schema, this.#faults.at(this.#origin));
  }
}

/** Nothing types a result without an output; an output without a result fails when the plan ends. */
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
