/**
 * The expressions of a plan, each with what is known where its references lead. AIR looks references up and
 * types operators when the plan runs, and ends it with an error: so what is found here are warnings.
 */

import { nearest } from "../../values/nearest.ts";
import { quote } from "../../values/quote.ts";
import type { Schema } from "../../values/schema.ts";
import type { Type } from "../../values/type.ts";
import type { Expr, ExprOrValue, Reference, Step } from "../definitions.ts";
import type { Effect } from "../manifest.ts";
import type { Fault, Report } from "../source.ts";
import type { PlanDraft } from "./given.ts";
import { ABSENT, either, type Known, kindsOf, lookUp, meantPath, wordsOf } from "./known.ts";
import { checkCondition, type LookUp, PlaceCheck, typeOf } from "./typing.ts";

/** A plan as far as it could be typed. */
export interface TypedPlan {
  readonly draft: PlanDraft;
  /** In the order of the draft; null for a step with faults. */
  readonly steps: readonly (Step | null)[];
  /** Undefined when it is unknown. */
  readonly input: Schema | undefined;
}

export interface Surroundings {
  schema(name: string): Schema | undefined;
  readonly effects: ReadonlyMap<string, Effect>;
}

/**
 * Warns of `plan.unknown_reference`, and of `expr.*` where an operator, a condition or a value cannot be of the
 * kind its place needs.
 */
export function checkExpressions(plan: TypedPlan, around: Surroundings, report: Report): void {
  const scope = new Scope(plan, around);
  const visit = new Visitor(scope, report);
  plan.draft.steps.forEach((draft, i) => {
    const at = `/steps/${i}`;
    const step = plan.steps[i] ?? null;
    if (draft.op === "await_event" && draft.where !== null) {
      visit.condition(draft.where, `${at}/where`, { named: true, event: scope.schemaType(draft.event) });
    }
    if (step !== null) visit.step(step, at);
  });
  plan.draft.edges.forEach(({ when }, i) => {
    if (when !== null) visit.condition(when, `/edges/${i}/when`, { named: false });
  });
  plan.draft.invariants.forEach((invariant, i) => {
    visit.condition(invariant, `/invariants/${i}`, { named: true });
  });
}

interface Place {
  /** Whether the names of steps and variables were checked already. */
  readonly named: boolean;
  /** Type of `@event`; absent where there is none. */
  readonly event?: Type | undefined;
}

/** Looks at every expression once. */
class Visitor {
  readonly #scope: Scope;
  readonly #report: Report;

  constructor(scope: Scope, report: Report) {
    this.#scope = scope;
    this.#report = report;
  }

  condition(expr: Expr, pointer: string, place: Place): void {
    const look = this.#scope.lookUp(place, this.#report);
    checkCondition(typeOf(expr, pointer, look, this.#report), pointer, this.#report);
  }

  step(step: Step, at: string): void {
    const { draft } = this.#scope.plan;
    if (step.op === "raise_event") this.#slot(step.value, this.#scope.schemaType(step.event), `${at}/value`);
    else if (step.op === "assign") {
      const local = draft.locals.get(step.bindAs);
      const type = local === undefined ? undefined : this.#scope.schemaType(local);
      this.#slot(step.expr, type, `${at}/expr`);
    } else if (step.op === "end" && step.result !== null) {
      const type = draft.output === null ? undefined : this.#scope.schemaType(draft.output);
      this.#slot(step.result, type, `${at}/result`);
    } else if (step.op === "emit_effect") {
      const { params, idempotencyKey } = step;
      this.#slot(params, this.#scope.effect(step.kind)?.params.type, `${at}/params`, true);
      if (idempotencyKey !== null) this.#key(idempotencyKey, `${at}/idempotency_key`);
    }
  }

  /** A hash, its text, or its bytes. */
  #key(slot: ExprOrValue, pointer: string): void {
    if (slot.kind === "literal") return;
    const known = typeOf(
      slot.expr,
      pointer,
      this.#scope.lookUp({ named: false }, this.#report),
      this.#report,
    );
    const kinds = kindsOf(known);
    if (kinds === undefined || ["hash", "text", "bytes"].some((kind) => kinds.has(kind))) return;
    this.#report({
      code: "expr.value_type",
      pointer,
      message: `an idempotency key is a hash, and this is ${wordsOf(known)}: the plan will end with an error`,
      expected: "hash, or the text or bytes of one",
      found: wordsOf(known),
    });
  }

  #slot(slot: ExprOrValue, type: Type | undefined, pointer: string, loose = false): void {
    if (slot.kind === "literal") return;
    const place: Place = { named: false };
    typeOf(slot.expr, pointer, this.#scope.lookUp(place, this.#report), this.#report);
    const silent = this.#scope.lookUp(place, () => {});
    if (type !== undefined) new PlaceCheck(loose, silent, this.#report).check(slot.expr, type, pointer);
  }
}

/** What the names in a plan stand for. */
class Scope {
  readonly plan: TypedPlan;
  readonly #around: Surroundings;
  readonly #steps = new Map<string, number>();
  /** Variable -> the steps that bind it. */
  readonly #binders = new Map<string, number[]>();
  readonly #known = new Map<string, Known | undefined>();

  constructor(plan: TypedPlan, around: Surroundings) {
    this.plan = plan;
    this.#around = around;
    for (const name of ["correlation_id", ...plan.draft.locals.keys()]) this.#binders.set(name, []);
    plan.draft.steps.forEach((step, i) => {
      this.#steps.set(step.id, i);
      for (const name of bindingsOf(step)) this.#binders.set(name, [...(this.#binders.get(name) ?? []), i]);
    });
  }

  schemaType(name: string): Type | undefined {
    return this.#around.schema(name)?.type;
  }

  effect(kind: string): Effect | undefined {
    return this.#around.effects.get(kind);
  }

  lookUp(place: Place, report: Report): LookUp {
    return (ref, text, pointer) => {
      const found = this.#find(ref, place);
      if (found !== ABSENT) return found;
      const fault = this.#fault(ref, text, pointer, place);
      if (fault !== null) report(fault);
      return undefined;
    };
  }

  #find(ref: Reference, place: Place): Known | undefined | typeof ABSENT {
    switch (ref.root) {
      case "input":
        return lookUp(this.plan.input?.type, ref.path);
      case "var":
        return this.#binders.has(ref.name) ? this.#variable(ref.name) : ABSENT;
      case "step":
        return this.#steps.has(ref.step) ? lookUp(this.#value(this.#steps.get(ref.step)!), ref.path) : ABSENT;
      case "event":
        return "event" in place ? lookUp(place.event, ref.path) : ABSENT;
    }
  }

  #fault(ref: Reference, text: string, pointer: string, place: Place): Fault | null {
    const [why, hint] = this.#reason(ref, place);
    if (why === null) return null;
    return {
      code: "plan.unknown_reference",
      pointer,
      message: `${quote(text)} leads nowhere: ${why}; the plan will end with an error`,
      found: quote(text),
      ...(hint === undefined ? {} : { hint }),
    };
  }

  /** Null when it was told already. */
  #reason(ref: Reference, place: Place): readonly [string | null, string | undefined] {
    const { named } = place;
    switch (ref.root) {
      case "input":
        return [
          `${this.plan.draft.input} has nothing there`,
          didYouMeanPath("@plan.input", this.plan.input?.type, ref.path),
        ];
      case "var": {
        // AIR's own check takes the name up to the first dot.
        const told = named && !this.#binders.has(ref.name.split(".")[0]!);
        return [told ? null : `no step binds ${quote(ref.name)}`, this.#variableHint(ref.name)];
      }
      case "step": {
        if (this.#steps.has(ref.step)) {
          const value = this.#value(this.#steps.get(ref.step)!);
          const hint = didYouMeanPath(`@step:${ref.step}`, value, ref.path);
          return [`the step ${quote(ref.step)} has nothing there`, hint];
        }
        // A text that is no reference at all was told when it was read.
        return [
          named || ref.step === "" ? null : `there is no step ${quote(ref.step)}`,
          this.#stepHint(ref.step),
        ];
      }
      case "event":
        if ("event" in place)
          return ["the event has nothing there", didYouMeanPath("@event", place.event, ref.path)];
        return [named ? null : "there is an event only in the where of an await_event", undefined];
    }
  }

  #variableHint(name: string): string | undefined {
    const [first] = name.split(".");
    if (first !== name && this.#binders.has(first!)) {
      return `all behind the colon is the name: write {"op": "get", "args": [{"ref": "@var:${first}"}, ...]}`;
    }
    return didYouMean(name, this.#binders.keys());
  }

  #stepHint(id: string): string | undefined {
    const dotted = [...this.#steps.keys()].find((each) => each.startsWith(`${id}.`));
    return dotted === undefined
      ? didYouMean(id, this.#steps.keys())
      : `a step whose id has a dot, like ${quote(dotted)}, cannot be referred to: rename it`;
  }

  /** What a variable holds: what the steps that bind it give, whichever of them ran. */
  #variable(name: string): Known | undefined {
    return this.#once(`@var:${name}`, () => {
      const binders = this.#binders.get(name)!;
      return either(binders.map((i) => this.#bound(i, name)));
    });
  }

  #bound(index: number, name: string): Known | undefined {
    const draft = this.plan.draft.steps[index]!;
    switch (draft.op) {
      case "emit_effect":
        return { kind: "text" };
      case "await_receipt":
        return name === draft.bindStatusAs ? { kind: "text" } : this.#receipt(draft.for);
      case "await_event":
        return this.schemaType(draft.event);
      case "assign":
        return this.#slot(index, "expr");
      default:
        return undefined;
    }
  }

  #receipt(handle: Expr): Known | undefined {
    if (handle.kind !== "ref" || handle.ref.root !== "var") return undefined;
    const { name } = handle.ref;
    const emit = this.plan.draft.steps.find(
      (step) => step.op === "emit_effect" && step.bindEffectIdAs === name,
    );
    return emit?.op === "emit_effect" ? this.effect(emit.kind)?.receipt.type : undefined;
  }

  /** What `@step:` sees of a step that is done. */
  #value(index: number): Known | undefined {
    const draft = this.plan.draft.steps[index]!;
    switch (draft.op) {
      case "raise_event":
        return record({ schema: { kind: "text" }, value: this.#slot(index, "value") });
      case "emit_effect":
        return record({
          handle: { kind: "text" },
          intent_hash: { kind: "bytes" },
          params: this.#slot(index, "params"),
        });
      case "assign":
        return this.#slot(index, "expr");
      case "end":
        return this.#slot(index, "result");
      default:
        return this.#bound(index, draft.bindAs);
    }
  }

  #slot(index: number, name: "value" | "params" | "expr" | "result"): Known | undefined {
    const step = this.plan.steps[index] as Readonly<Record<string, unknown>> | null | undefined;
    const slot = step?.[name] as ExprOrValue | null | undefined;
    if (slot === null || slot === undefined) return undefined;
    return this.#once(`${index} ${name}`, () => {
      if (slot.kind === "literal") return this.#literalType(index, name);
      return typeOf(
        slot.expr,
        "",
        this.lookUp({ named: true }, () => {}),
        () => {},
      );
    });
  }

  /** A literal is of the type its slot has. */
  #literalType(index: number, name: string): Known | undefined {
    const draft = this.plan.draft.steps[index]!;
    if (draft.op === "raise_event") return this.schemaType(draft.event);
    if (draft.op === "emit_effect" && name === "params") return this.effect(draft.kind)?.params.type;
    const { locals, output } = this.plan.draft;
    const schema = draft.op === "assign" ? locals.get(draft.bindAs) : output;
    return schema === undefined || schema === null ? undefined : this.schemaType(schema);
  }

  /** Steps may depend on one another in a circle; then nothing is known. */
  #once(key: string, compute: () => Known | undefined): Known | undefined {
    if (this.#known.has(key)) return this.#known.get(key);
    this.#known.set(key, undefined);
    const known = compute();
    this.#known.set(key, known);
    return known;
  }
}

/** The variables a step binds. */
export function bindingsOf(step: PlanDraft["steps"][number]): readonly string[] {
  switch (step.op) {
    case "emit_effect":
      return [step.bindEffectIdAs];
    case "await_receipt":
      return step.bindStatusAs === null ? [step.bindAs] : [step.bindAs, step.bindStatusAs];
    case "await_event":
    case "assign":
      return [step.bindAs];
    default:
      return [];
  }
}

function record(fields: Readonly<Record<string, Known | undefined>>): Known {
  return { kind: "record", fields: new Map(Object.entries(fields)) };
}

function didYouMeanPath(root: string, start: Known | undefined, path: readonly string[]): string | undefined {
  const meant = meantPath(start, path);
  return meant === undefined ? undefined : `did you mean ${quote([root, ...meant].join("."))}?`;
}

function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const meant = nearest(word, candidates);
  return meant === undefined ? undefined : `did you mean ${quote(meant)}?`;
}
