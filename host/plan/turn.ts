/**
 * One turn of one plan instance: it runs until it has raised events, waits, ended or failed.
 *
 * P1 A turn applies whole or not at all: when it fails, none of its events is raised and none of its effects
 * emitted. P2 Steps run in the order they stand in the plan, effects first; an `assign` or an answer may make
 * an earlier step ready. P3 A turn is a function of the instance and of what the gate says: it reads no clock.
 */

import type { PlanDefinition, Step } from "../air/definitions.ts";
import { AirloomError, bug } from "../values/errors.ts";
import { digestOf } from "../values/hash.ts";
import { LIMITS } from "../values/limits.ts";
import { forPlans } from "../values/natural.ts";
import { record, text, type Value } from "../values/value.ts";
import { type Emission, emissionOf, type TurnPorts } from "./emission.ts";
import { PlanError } from "./errors.ts";
import { type Scope, slotValue, truth } from "./expr.ts";
import type { Instance, StepOutcome } from "./instance.ts";
import { scan } from "./readiness.ts";
import { checkSize } from "./size.ts";

export interface RaisedEvent {
  readonly step: string;
  readonly schema: string;
  /** Canonical bytes. */
  readonly value: Uint8Array;
}

export type PlanEnd =
  | { readonly status: "ok"; readonly result: Uint8Array | null }
  | {
      readonly status: "error";
      readonly code: string;
      readonly step: string | null;
      readonly message: string;
    };

export interface Turn {
  readonly instance: Instance;
  /** Steps settled in this turn, in order. */
  readonly settled: readonly (readonly [string, StepOutcome])[];
  readonly raised: readonly RaisedEvent[];
  /** In the order they were emitted; the gate has let them pass. */
  readonly emitted: readonly Emission[];
  /** The step that begins to wait for an event once what was raised has been routed. */
  readonly awaits: string | null;
  /** Whether another turn must follow at once; else the plan waits for something, or has ended. */
  readonly more: boolean;
  /** Null while the plan has more to do. */
  readonly end: PlanEnd | null;
}

/** Runs one turn. Never throws for what the plan does; a failure is its end. */
export function runTurn(instance: Instance, ports: TurnPorts): Turn {
  const run = new TurnRun(instance, ports);
  try {
    const end = run.run();
    const { settled, raised, emitted, awaits, more } = run;
    return { instance: run.instance(), settled, raised, emitted, awaits, more: more && end === null, end };
  } catch (error) {
    return failedTurn(instance, failure(error, run.step));
  }
}

/** A turn of which nothing applies but its end. */
export function failedTurn(instance: Instance, end: PlanEnd): Turn {
  return { instance, settled: [], raised: [], emitted: [], awaits: null, more: false, end };
}

/** What was thrown, as the end of a plan; what is no plan's fault is thrown again. */
export function failure(error: unknown, step: string | null): PlanEnd {
  if (error instanceof PlanError) return { status: "error", code: error.code, step, message: error.message };
  if (error instanceof AirloomError && error.code === "value.invalid") {
    const message = error.diagnostics[0]?.message ?? error.message;
    return { status: "error", code: "plan.invalid_value", step, message };
  }
  throw error;
}

/** How a walk over the ready steps went: to its end, back to a new scan, out of room, or to the plan's end. */
type Walk = "walked" | "again" | "full" | PlanEnd;

class TurnRun {
  readonly #start: Instance;
  readonly #definition: PlanDefinition;
  readonly #ports: TurnPorts;
  readonly #variables: Map<string, Value>;
  readonly #outcomes: Map<string, StepOutcome>;
  readonly #values: Map<string, Value>;
  readonly #events: Map<string, Value>;
  readonly #scope: Scope;
  #sizeBytes = 0;
  readonly settled: [string, StepOutcome][] = [];
  readonly raised: RaisedEvent[] = [];
  readonly emitted: Emission[] = [];
  awaits: string | null = null;
  more = false;
  /** The step at work, for the record of a failure. */
  step: string | null = null;

  constructor(instance: Instance, ports: TurnPorts) {
    this.#start = instance;
    this.#definition = instance.plan.definition;
    this.#ports = ports;
    this.#variables = new Map(instance.variables);
    this.#outcomes = new Map(instance.outcomes);
    this.#values = new Map(instance.values);
    this.#events = new Map(instance.events);
    this.#scope = { input: instance.input, variables: this.#variables, steps: this.#values };
  }

  instance(): Instance {
    return {
      ...this.#start,
      variables: this.#variables,
      outcomes: this.#outcomes,
      values: this.#values,
      events: this.#events,
    };
  }

  run(): PlanEnd | null {
    for (;;) {
      this.step = null;
      const { ready, skipped } = scan(this.#definition, this.#outcomes, this.#scope);
      for (const step of skipped) this.#settle(step, "skipped");
      if (this.#outcomes.size === this.#definition.steps.length) return this.#finish(null);
      const walk = this.#walk(ready);
      if (walk === "again") continue;
      if (walk !== "walked" && walk !== "full") return walk;
      this.more = walk === "full" || this.raised.length > 0;
      if (this.more && this.#outcomes.size < this.#definition.steps.length) return null;
      const waiting = ready.some(({ id }) => !this.#outcomes.has(id));
      if (waiting && skipped.length === 0) return null;
      if (ready.length === 0 && skipped.length === 0) {
        throw new PlanError("plan.stalled", "no step can run and some are not settled");
      }
    }
  }

  /** Runs ready steps, effects before all others, until one asks for a new scan. */
  #walk(ready: readonly Step[]): Walk {
    const effects = ready.filter((step) => step.op === "emit_effect");
    for (const step of effects) {
      this.step = step.id;
      this.#emit(step);
      if (this.#isFull) return "full";
    }
    if (effects.length > 0) return "again";
    for (const step of ready) {
      this.step = step.id;
      const next = this.#runStep(step);
      if (next === "ends the walk") return "walked";
      if (next !== "goes on") return next;
      if (this.#isFull) return "full";
    }
    return "walked";
  }

  #runStep(step: Step): "goes on" | "ends the walk" | "again" | PlanEnd {
    switch (step.op) {
      case "assign": {
        const value = forPlans(slotValue(step.expr, this.#scope));
        this.#variables.set(step.bindAs, value);
        this.#settle(step, "done", value);
        return "again";
      }
      case "await_receipt":
        return this.#takeAnswer(step) ? "again" : "goes on";
      case "await_event":
        return this.#takeEvent(step) ? "again" : "ends the walk";
      case "raise_event":
        this.#raise(step);
        return "goes on";
      case "end": {
        const value = step.result === null ? null : slotValue(step.result, this.#scope);
        this.#settle(step, "done", value ?? undefined);
        return this.#finish({ value });
      }
      case "emit_effect":
        throw bug("effects are emitted before the walk");
    }
  }

  #raise(step: Extract<Step, { op: "raise_event" }>): void {
    const schema = this.#ports.schemas.get(step.event);
    if (schema === undefined)
      throw new PlanError("plan.vanished", `there is no schema ${step.event} any more`);
    const value = slotValue(step.value, this.#scope);
    const bytes = schema.encode(value);
    this.#sizeBytes += bytes.length;
    this.raised.push({ step: step.id, schema: step.event, value: bytes });
    this.#settle(
      step,
      "done",
      record([
        ["schema", text(step.event)],
        ["value", value],
      ]),
    );
  }

  #emit(step: Extract<Step, { op: "emit_effect" }>): void {
    const { emission, params } = emissionOf(step, this.#ports, this.#scope);
    const answer = this.#ports.emit(emission);
    if (!answer.ok) throw new PlanError(answer.code, answer.message);
    this.#sizeBytes += emission.params.length;
    this.emitted.push(emission);
    this.#variables.set(step.bindEffectIdAs, text(step.bindEffectIdAs));
    this.#settle(
      step,
      "done",
      record([
        ["handle", text(step.bindEffectIdAs)],
        ["intent_hash", { kind: "bytes", value: digestOf(answer.intentHash) }],
        ["params", params],
      ]),
    );
  }

  /** What has come for the effect whose handle the step names. */
  #takeAnswer(step: Extract<Step, { op: "await_receipt" }>): boolean {
    const handle = step.for.kind === "ref" && step.for.ref.root === "var" ? step.for.ref.name : null;
    const emitter = this.#definition.steps.find(
      (each) => each.op === "emit_effect" && each.bindEffectIdAs === handle,
    );
    if (emitter === undefined || this.#outcomes.get(emitter.id) !== "done") {
      throw new PlanError("plan.missing_ref", `no effect was emitted as '${handle}'`);
    }
    const answer = this.#start.answers.get(emitter.id);
    if (answer === undefined) return false;
    this.#variables.set(step.bindAs, answer.value);
    if (step.bindStatusAs !== null) this.#variables.set(step.bindStatusAs, text(answer.status));
    this.#settle(step, "done", answer.value);
    return true;
  }

  /** The event that ended this step's wait; without one the step begins to wait. */
  #takeEvent(step: Extract<Step, { op: "await_event" }>): boolean {
    const event = this.#events.get(step.id);
    if (event !== undefined) {
      this.#events.delete(step.id);
      this.#variables.set(step.bindAs, event);
      this.#settle(step, "done", event);
      return true;
    }
    if (this.#start.waits.has(step.id)) return false;
    if (step.where === null && this.#variables.has("correlation_id")) {
      const message = "an instance with a correlation id may not take any instance's event";
      throw new PlanError("plan.uncorrelated", message);
    }
    this.awaits = step.id;
    return false;
  }

  /** So much was raised and emitted that the rest is left to the next turn. */
  get #isFull(): boolean {
    return this.#sizeBytes > LIMITS.outputBytesMax;
  }

  #settle(step: Step, outcome: StepOutcome, value?: Value): void {
    this.#outcomes.set(step.id, outcome);
    this.settled.push([step.id, outcome]);
    if (outcome === "skipped") return;
    if (value !== undefined) {
      checkSize(value);
      this.#values.set(step.id, value);
    }
    this.#checkInvariants();
  }

  #checkInvariants(): void {
    const broken = this.#definition.invariants.findIndex((invariant) => !truth(invariant, this.#scope));
    if (broken >= 0) throw new PlanError("plan.invariant_violation", `invariant ${broken} does not hold`);
  }

  /** `end` is null for a plan that ran out of steps; then it has no result, whatever it declares. */
  #finish(end: { readonly value: Value | null } | null): PlanEnd {
    if (end === null) {
      this.#checkInvariants();
      return { status: "ok", result: null };
    }
    const { output } = this.#start.plan;
    const { value } = end;
    if ((output === null) !== (value === null)) {
      const found = value === null ? "an end without a result" : "an end with a result";
      const expected = output === null ? "the plan declares no output" : `the plan declares ${output.name}`;
      throw new PlanError("plan.result_mismatch", `${found}, but ${expected}`);
    }
    return { status: "ok", result: output === null || value === null ? null : output.encode(value) };
  }
}
