/** One turn of a plan, for the reference interpreter (docs/air.md, "Turns"). */

import type { Expr, ExprOrValue, Step } from "../../host/air/definitions.ts";
import type { Manifest, Plan } from "../../host/air/manifest.ts";
import type { Hash } from "../../host/values/brand.ts";
import { digestOf } from "../../host/values/hash.ts";
import { intentHash } from "../../host/values/identity.ts";
import { record, text, type Value } from "../../host/values/value.ts";
import { Failure, Reader } from "./reference-values.ts";

export interface Running {
  readonly id: bigint;
  readonly plan: Plan;
  readonly input: Value;
  readonly variables: Map<string, Value>;
  readonly outcomes: Map<string, "done" | "skipped">;
  readonly values: Map<string, Value>;
  readonly answers: Map<string, { readonly value: Value; readonly status: string }>;
  readonly arrived: Map<string, Value>;
}

export interface Emitted {
  readonly step: Extract<Step, { op: "emit_effect" }>;
  readonly params: Uint8Array;
  readonly key: Uint8Array;
  readonly denied: boolean;
}

export type End =
  | { readonly ok: true; readonly result: Uint8Array | null }
  | { readonly ok: false; readonly failure: Failure };

/** One turn: scan, effects, then the others, as docs/air.md, "Turns" counts it. */
export class ReferenceTurn {
  readonly #instance: Running;
  readonly #manifest: Manifest;
  readonly #waiting: (step: string) => boolean;
  readonly settled: [string, string][] = [];
  readonly emitted: Emitted[] = [];
  readonly raised: { readonly schema: string; readonly value: Uint8Array }[] = [];
  waits: string | null = null;
  step: string | null = null;

  constructor(instance: Running, manifest: Manifest, waiting: (step: string) => boolean) {
    this.#instance = instance;
    this.#manifest = manifest;
    this.#waiting = waiting;
  }

  run(): End | null {
    const { steps } = this.#instance.plan.definition;
    for (;;) {
      this.step = null;
      const skipped: Step[] = [];
      const ready: Step[] = [];
      for (const step of steps) {
        const fate = this.#fate(step);
        if (fate === "skips") skipped.push(step);
        if (fate === "runs") ready.push(step);
      }
      for (const { id } of skipped) {
        this.#instance.outcomes.set(id, "skipped");
        this.settled.push([id, "skipped"]);
      }
      if (steps.every(({ id }) => this.#instance.outcomes.has(id))) {
        this.#invariants();
        return { ok: true, result: null };
      }
      const effects = ready.filter(({ op }) => op === "emit_effect");
      if (effects.length > 0) {
        for (const step of effects) this.#do(step);
        continue;
      }
      let again = false;
      for (const step of ready) {
        const said = this.#do(step);
        if (said === "scan") again = true;
        else if (said === "stop") break;
        else if (said !== "next") return said;
        if (again) break;
      }
      if (again) continue;
      const open = steps.some(({ id }) => !this.#instance.outcomes.has(id));
      if (open && this.raised.length > 0) return null;
      if (open && skipped.length === 0) return null;
    }
  }

  /** What becomes of a step now, by the edges into it. */
  #fate({ id }: Step): "runs" | "skips" | "waits" | "settled" {
    const { outcomes, plan } = this.#instance;
    if (outcomes.has(id)) return "settled";
    const edges = plan.definition.edges.filter(({ to }) => to === id);
    if (edges.length === 0) return "runs";
    if (!edges.every(({ from }) => outcomes.has(from))) return "waits";
    let active = false;
    for (const { from, when } of edges) {
      if (outcomes.get(from) !== "done") continue;
      if (when === null || this.#reader().truth(when)) active = true;
    }
    return active ? "runs" : "skips";
  }

  #do(step: Step): "next" | "scan" | "stop" | End {
    this.step = step.id;
    const { variables, answers, arrived, outcomes, plan } = this.#instance;
    switch (step.op) {
      case "assign": {
        const value = this.#slot(step.expr);
        variables.set(step.bindAs, value);
        this.#done(step, value);
        return "scan";
      }
      case "raise_event": {
        const value = this.#slot(step.value);
        this.raised.push({
          schema: step.event,
          value: this.#manifest.schemas.get(step.event)!.encode(value),
        });
        this.#done(
          step,
          record([
            ["schema", text(step.event)],
            ["value", value],
          ]),
        );
        return "next";
      }
      case "emit_effect":
        this.#emit(step);
        return "next";
      case "await_receipt": {
        const name = step.for.kind === "ref" && step.for.ref.root === "var" ? step.for.ref.name : "";
        const emitter = plan.definition.steps.find(
          (each) => each.op === "emit_effect" && each.bindEffectIdAs === name,
        );
        if (emitter === undefined || outcomes.get(emitter.id) !== "done")
          throw new Failure("plan.missing_ref");
        const answer = answers.get(emitter.id);
        if (answer === undefined) return "next";
        variables.set(step.bindAs, answer.value);
        if (step.bindStatusAs !== null) variables.set(step.bindStatusAs, text(answer.status));
        this.#done(step, answer.value);
        return "scan";
      }
      case "await_event": {
        const event = arrived.get(step.id);
        if (event !== undefined) {
          arrived.delete(step.id);
          variables.set(step.bindAs, event);
          this.#done(step, event);
          return "scan";
        }
        if (!this.#waiting(step.id)) {
          if (step.where === null && variables.has("correlation_id")) throw new Failure("plan.uncorrelated");
          this.waits = step.id;
        }
        return "stop";
      }
      case "end": {
        const value = step.result === null ? null : this.#slot(step.result);
        this.#done(step, value);
        if ((plan.output === null) !== (value === null)) throw new Failure("plan.result_mismatch");
        return { ok: true, result: value === null ? null : plan.output!.encode(value) };
      }
    }
  }

  #emit(step: Extract<Step, { op: "emit_effect" }>): void {
    const params = this.#slot(step.params);
    const bytes = this.#manifest.effects.get(step.kind)!.params.encode(params);
    const given = step.idempotencyKey === null ? null : this.#slot(step.idempotencyKey);
    const key = given === null ? new Uint8Array(32) : keyOf(given);
    const rule = this.#manifest.policy!.rules.find(
      ({ when }) => when.effectKind === undefined || when.effectKind === step.kind,
    );
    const denied = rule!.decision === "deny";
    this.emitted.push({ step, params: bytes, key, denied });
    if (denied) throw new Failure("policy.denied");
    const hash = intentHash({ kind: step.kind, params: bytes, cap: step.cap, idempotencyKey: key });
    this.#instance.variables.set(step.bindEffectIdAs, text(step.bindEffectIdAs));
    this.#done(
      step,
      record([
        ["handle", text(step.bindEffectIdAs)],
        ["intent_hash", { kind: "bytes", value: digestOf(hash) }],
        ["params", params],
      ]),
    );
  }

  #slot(slot: ExprOrValue): Value {
    return slot.kind === "literal" ? slot.value : this.#reader().value(slot.expr);
  }

  #reader(): Reader {
    const { input, variables, values } = this.#instance;
    return new Reader(input, variables, values);
  }

  #done({ id }: Step, value: Value | null): void {
    this.#instance.outcomes.set(id, "done");
    this.settled.push([id, "done"]);
    if (value !== null) this.#instance.values.set(id, value);
    this.#invariants();
  }

  #invariants(): void {
    for (const invariant of this.#instance.plan.definition.invariants) {
      if (!this.#reader().truth(invariant as Expr)) throw new Failure("plan.invariant_violation");
    }
  }
}

function keyOf(value: Value): Uint8Array {
  if (value.kind === "hash") return digestOf(value.value as Hash);
  throw new Failure("idempotency.invalid");
}
