/**
 * One turn of one plan instance: it runs until it has raised events, ended or failed.
 *
 * P1 A turn applies whole or not at all: when it fails, none of its events is raised.
 * P2 Steps run in the order they stand in the plan; an `assign` may make an earlier step ready.
 * P3 A turn is a function of the instance: it reads no clock and calls nothing outside.
 */

import type { Step } from "../air/definitions.ts";
import { AirloomError, bug } from "../values/errors.ts";
import type { Schema } from "../values/schema.ts";
import { record, text, type Value } from "../values/value.ts";
import { PlanError } from "./errors.ts";
import { type Scope, slotValue } from "./expr.ts";
import { type Instance, type StepOutcome, withPayloads } from "./instance.ts";
import { scan } from "./readiness.ts";

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
  /** Null while the plan has more to do. */
  readonly end: PlanEnd | null;
}

/** Runs one turn. Never throws for what the plan does; a failure is its end. */
export function runTurn(instance: Instance, schemas: ReadonlyMap<string, Schema>): Turn {
  const run = new TurnRun(instance, schemas);
  try {
    const end = run.walk();
    return { instance: run.instance(), settled: run.settled, raised: run.raised, end };
  } catch (error) {
    return { instance, settled: [], raised: [], end: failure(error, run.step) };
  }
}

function failure(error: unknown, step: string | null): PlanEnd {
  if (error instanceof PlanError) return { status: "error", code: error.code, step, message: error.message };
  if (error instanceof AirloomError && error.code === "value.invalid") {
    const message = error.diagnostics[0]?.message ?? error.message;
    return { status: "error", code: "plan.invalid_value", step, message };
  }
  throw error;
}

class TurnRun {
  readonly #start: Instance;
  readonly #schemas: ReadonlyMap<string, Schema>;
  readonly #variables: Map<string, Value>;
  readonly #outcomes: Map<string, StepOutcome>;
  readonly #values: Map<string, Value>;
  readonly #scope: Scope;
  readonly settled: [string, StepOutcome][] = [];
  readonly raised: RaisedEvent[] = [];
  /** The step at work, for the record of a failure. */
  step: string | null = null;

  constructor(instance: Instance, schemas: ReadonlyMap<string, Schema>) {
    this.#start = instance;
    this.#schemas = schemas;
    this.#variables = new Map(instance.variables);
    this.#outcomes = new Map(instance.outcomes);
    this.#values = new Map(instance.values);
    this.#scope = { input: instance.input, variables: this.#variables, steps: this.#values };
  }

  instance(): Instance {
    const { id, plan, input } = this.#start;
    return {
      id,
      plan,
      input,
      variables: this.#variables,
      outcomes: this.#outcomes,
      values: this.#values,
    };
  }

  walk(): PlanEnd | null {
    const { definition } = this.#start.plan;
    for (;;) {
      this.step = null;
      const { ready, skipped } = scan(definition.steps, definition.edges, this.#outcomes, this.#scope);
      for (const step of skipped) this.#settle(step, "skipped");
      if (ready.length === 0 && skipped.length === 0) {
        if (this.#outcomes.size === definition.steps.length) return this.#finish(null);
        throw new PlanError("plan.stalled", "no step can run and some are not settled");
      }
      const end = this.#runReady(ready);
      if (end !== null) return end;
      if (this.raised.length > 0 && this.#outcomes.size < definition.steps.length) return null;
    }
  }

  /** Runs ready steps until one asks for a new scan. */
  #runReady(ready: readonly Step[]): PlanEnd | null {
    for (const step of ready) {
      this.step = step.id;
      switch (step.op) {
        case "assign": {
          const value = withPayloads(slotValue(step.expr, this.#scope));
          this.#variables.set(step.bindAs, value);
          this.#settle(step, "done", value);
          return null;
        }
        case "raise_event":
          this.#raise(step);
          break;
        case "end": {
          const value = step.result === null ? null : slotValue(step.result, this.#scope);
          this.#settle(step, "done", value ?? undefined);
          return this.#finish(value);
        }
        default:
          throw bug("a manifest with this plan step should have been refused", { op: step.op });
      }
    }
    return null;
  }

  #raise(step: Extract<Step, { op: "raise_event" }>): void {
    const schema = this.#schemas.get(step.event);
    if (schema === undefined) throw bug("a raised event's schema should have been resolved");
    const value = slotValue(step.value, this.#scope);
    this.raised.push({ step: step.id, schema: step.event, value: schema.encode(value) });
    this.#settle(
      step,
      "done",
      record([
        ["schema", text(step.event)],
        ["value", value],
      ]),
    );
  }

  #settle(step: Step, outcome: StepOutcome, value?: Value): void {
    this.#outcomes.set(step.id, outcome);
    this.settled.push([step.id, outcome]);
    if (value !== undefined) this.#values.set(step.id, value);
  }

  /** A plan may also run out of steps without an `end`; then it has no result, whatever it declares. */
  #finish(result: Value | null): PlanEnd {
    const { output } = this.#start.plan;
    const ended =
      this.step !== null &&
      this.#start.plan.definition.steps.some((s) => s.id === this.step && s.op === "end");
    if (!ended) return { status: "ok", result: null };
    if ((output === null) !== (result === null)) {
      const found = result === null ? "an end without a result" : "an end with a result";
      const expected = output === null ? "the plan declares no output" : `the plan declares ${output.name}`;
      throw new PlanError("plan.result_mismatch", `${found}, but ${expected}`);
    }
    return { status: "ok", result: output === null || result === null ? null : output.encode(result) };
  }
}
