/**
 * What plans do, said a second time and as plainly as possible: no index, no overlay, no queue of several kinds.
 * It imports nothing of `host/plan`. A world of plans alone is run by it and by the kernel, and both must leave
 * the same records (docs/air.md, "Plans").
 */

import type { Manifest } from "../../host/air/manifest.ts";
import type { JournalRecord } from "../../host/journal/record.ts";
import { AirloomError } from "../../host/values/errors.ts";
import { intentHash } from "../../host/values/identity.ts";
import type { Value } from "../../host/values/value.ts";
import { type Emitted, type End, ReferenceTurn, type Running } from "./reference-turn.ts";
import { Failure, Reader } from "./reference-values.ts";

/** A record as the reference says it: everything but the hash of the environment. */
export type SaidRecord = Readonly<Record<string, unknown>> & { readonly kind: JournalRecord["kind"] };

interface Wait {
  readonly instance: bigint;
  readonly step: string;
}

export interface SaidReceipt {
  readonly payload: Uint8Array;
  readonly status: string;
  /** What the plan is to see of the payload, and how it was read. */
  readonly value: Value;
  readonly reading: string;
}

export class Reference {
  readonly #manifest: Manifest;
  readonly #running = new Map<bigint, Running>();
  /** In the order they began. */
  #waits: Wait[] = [];
  readonly #intents = new Map<
    string,
    { readonly instance: bigint; readonly step: string; readonly kind: string }
  >();
  #turns: { readonly instance: bigint; readonly cause: number }[] = [];
  #records: SaidRecord[] = [];
  #next = 0n;
  #frame = 0n;
  #ordinal = 0;

  constructor(manifest: Manifest) {
    this.#manifest = manifest;
    this.#frame = 1n;
  }

  event(schema: string, value: Uint8Array): readonly SaidRecord[] {
    return this.#run(() => this.#addEvent(schema, value, null));
  }

  receipt(intent: string, receipt: SaidReceipt): readonly SaidRecord[] {
    return this.#run(() => {
      const { instance: id, step, kind } = this.#intents.get(intent)!;
      this.#intents.delete(intent);
      const [frame, ordinal] = intent.split(".");
      const index = this.#add("effect_receipt", null, {
        intentFrame: BigInt(frame!),
        intentOrdinal: BigInt(ordinal!),
        effectKind: kind,
        adapterId: "test",
        status: receipt.status,
        payload: receipt.payload,
        costCents: null,
        signature: new Uint8Array(64),
        tries: 1n,
        reading: receipt.reading,
      });
      const instance = this.#running.get(id);
      if (instance === undefined) return;
      instance.answers.set(step, { value: receipt.value, status: receipt.status });
      this.#queue(id, index);
    });
  }

  /** A frame that holds one record and runs nothing. */
  alone(): void {
    this.#frame += 1n;
  }

  #run(enter: () => void): readonly SaidRecord[] {
    this.#records = [];
    this.#ordinal = 0;
    enter();
    for (let turn = this.#turns.shift(); turn !== undefined; turn = this.#turns.shift()) {
      const instance = this.#running.get(turn.instance);
      if (instance !== undefined) this.#turn(instance, turn.cause);
    }
    this.#frame += 1n;
    return this.#records;
  }

  #add(kind: JournalRecord["kind"], cause: number | null, fields: Readonly<Record<string, unknown>>): number {
    this.#records.push({ kind, cause, cell: null, ...fields });
    return this.#records.length - 1;
  }

  #queue(instance: bigint, cause: number): void {
    if (!this.#turns.some((turn) => turn.instance === instance)) this.#turns.push({ instance, cause });
  }

  #addEvent(name: string, value: Uint8Array, cause: number | null): void {
    const index = this.#add("domain_event", cause, { schema: name, value, key: null });
    const event = this.#manifest.schemas.get(name)!.decode(value);
    for (const wait of [...this.#waits]) this.#offer(wait, name, event, index);
    for (const { plan, correlateBy } of this.#manifest.triggers.get(name) ?? []) {
      const input = event;
      const correlation = correlateBy === null ? null : (fieldOf(input, correlateBy[0]!) ?? null);
      const id = this.#next++;
      this.#running.set(id, {
        id,
        plan,
        input,
        variables: new Map(correlation === null ? [] : [["correlation_id", correlation]]),
        outcomes: new Map(),
        values: new Map(),
        answers: new Map(),
        arrived: new Map(),
      });
      const started = this.#add("plan_started", index, {
        instance: id,
        plan: plan.definition.name,
        planHash: plan.hash,
        correlation: correlation === null ? null : textTagged(correlation),
      });
      this.#queue(id, started);
    }
  }

  #offer(wait: Wait, name: string, event: Value, index: number): void {
    const instance = this.#running.get(wait.instance);
    if (instance === undefined || !this.#waits.includes(wait)) return;
    const step = instance.plan.definition.steps.find(({ id }) => id === wait.step)!;
    if (step.op !== "await_event" || step.event !== name) return;
    try {
      if (step.where !== null && !this.#reader(instance, event).truth(step.where)) return;
      instance.arrived.set(step.id, event);
      this.#waits = this.#waits.filter((each) => each !== wait);
      this.#queue(instance.id, index);
    } catch (error) {
      this.#end(instance, index, { ok: false, failure: failureOf(error, step.id) });
    }
  }

  #reader(instance: Running, event?: Value): Reader {
    const { input, variables, values } = instance;
    return new Reader(input, variables, values, event);
  }

  #turn(before: Running, cause: number): void {
    const after: Running = {
      ...before,
      variables: new Map(before.variables),
      outcomes: new Map(before.outcomes),
      values: new Map(before.values),
      arrived: new Map(before.arrived),
    };
    const turn = new ReferenceTurn(after, this.#manifest, (step) =>
      this.#waits.some((wait) => wait.instance === before.id && wait.step === step),
    );
    let end: End | null;
    try {
      end = turn.run();
    } catch (error) {
      end = { ok: false, failure: failureOf(error, turn.step) };
    }
    const failed = end !== null && !end.ok;
    const index = this.#add("plan_turn", cause, {
      instance: before.id,
      plan: before.plan.definition.name,
      steps: failed ? [] : turn.settled,
    });
    for (const emitted of turn.emitted) this.#decisions(emitted, before, index);
    if (end === null) this.#running.set(before.id, after);
    else this.#remove(before.id);
    if (!failed) {
      for (const emitted of turn.emitted) this.#intent(emitted, before, index);
      for (const { schema, value } of turn.raised) this.#addEvent(schema, value, index);
    }
    if (end !== null) this.#ended(before, index, end);
    else if (this.#running.has(before.id)) {
      if (turn.waits !== null) this.#waits.push({ instance: before.id, step: turn.waits });
      if (turn.raised.length > 0) this.#queue(before.id, index);
    }
  }

  #decisions({ step, denied }: Emitted, { plan }: Running, cause: number): void {
    const grant = this.#manifest.grants.get(step.cap)!;
    this.#add("cap_decision", cause, {
      effectKind: step.kind,
      capName: grant.name,
      capType: grant.cap.capType,
      decision: "allow",
      denyCode: null,
      denyMessage: null,
      enforcer: grant.cap.enforcer,
      expiryNs: null,
      grantHash: grant.hash,
    });
    const { policy } = this.#manifest;
    const rule = policy!.rules.findIndex(
      ({ when }) => when.effectKind === undefined || when.effectKind === step.kind,
    );
    this.#add("policy_decision", cause, {
      effectKind: step.kind,
      capName: grant.name,
      originKind: "plan",
      originName: plan.definition.name,
      policy: policy!.name,
      ruleIndex: BigInt(rule),
      decision: denied ? "deny" : "allow",
    });
  }

  #intent({ step, params, key }: Emitted, { id, plan }: Running, cause: number): void {
    const ordinal = this.#ordinal++;
    this.#intents.set(`${this.#frame}.${ordinal}`, { instance: id, step: step.id, kind: step.kind });
    this.#add("effect_intent", cause, {
      ordinal: BigInt(ordinal),
      effectKind: step.kind,
      capName: step.cap,
      params,
      idempotencyKey: key,
      originKind: "plan",
      originName: plan.definition.name,
      instance: id,
      step: step.id,
      intentHash: intentHash({ kind: step.kind, params, cap: step.cap, idempotencyKey: key }),
    });
  }

  #end(instance: Running, cause: number, end: End): void {
    this.#remove(instance.id);
    this.#ended(instance, cause, end);
  }

  #remove(id: bigint): void {
    this.#running.delete(id);
    this.#waits = this.#waits.filter(({ instance }) => instance !== id);
  }

  #ended({ id, plan }: Running, cause: number, end: End): void {
    const { name } = plan.definition;
    this.#add("plan_ended", cause, {
      instance: id,
      plan: name,
      status: end.ok ? "ok" : "error",
      errorCode: end.ok ? null : end.failure.code,
      errorStep: end.ok ? null : end.failure.step,
    });
    if (!end.ok || end.result === null) return;
    this.#add("plan_result", cause, {
      instance: id,
      plan: name,
      schema: plan.output!.name,
      value: end.result,
    });
  }
}

function fieldOf(value: Value, name: string): Value | undefined {
  return value.kind === "record" ? value.fields.get(name) : undefined;
}

/** `{"Text": …}`: the worlds of the model correlate by texts. */
function textTagged(value: Value): Uint8Array {
  if (value.kind !== "text") throw new Error("correlation ids are texts here");
  const bytes = new TextEncoder().encode(value.value);
  return Uint8Array.of(0xa1, 0x64, 0x54, 0x65, 0x78, 0x74, 0x60 + bytes.length, ...bytes);
}

function failureOf(error: unknown, step: string | null): Failure {
  if (error instanceof Failure) return new Failure(error.code, step);
  if (error instanceof AirloomError && error.code === "value.invalid") {
    return new Failure("plan.invalid_value", step);
  }
  throw error;
}
