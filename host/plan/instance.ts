import type { Plan } from "../air/manifest.ts";
import type { Hash, RecordSeq } from "../values/brand.ts";
import { CborWriter, MAJOR } from "../values/cbor.ts";
import { hashOf } from "../values/hash.ts";
import { forPlans } from "../values/natural.ts";
import { text, type Value } from "../values/value.ts";
import { writeTagged } from "./tagged.ts";

export type StepOutcome = "done" | "skipped";

/** What came back for an effect. */
export interface Answer {
  readonly value: Value;
  readonly status: string;
}

/** One run of a plan. Immutable: a turn makes a new one, and so does whatever reaches it. */
export interface Instance {
  /** Counts up from 0 in its world. */
  readonly id: bigint;
  readonly plan: Plan;
  /** Of the manifest the plan was taken from: the instance stays with it, whatever the world changes to. */
  readonly manifestHash: Hash;
  readonly input: Value;
  /** `@var:<name>`; the correlation id is `correlation_id`. */
  readonly variables: ReadonlyMap<string, Value>;
  /** Steps that are settled, in the order they were. */
  readonly outcomes: ReadonlyMap<string, StepOutcome>;
  /** `@step:<id>`: values of the steps that are done. */
  readonly values: ReadonlyMap<string, Value>;
  /** What came back, by the step that emitted. */
  readonly answers: ReadonlyMap<string, Answer>;
  /** Steps that wait for an event, each since the record that says so. */
  readonly waits: ReadonlyMap<string, RecordSeq>;
  /** Events that ended a wait, by step, until the step takes them. */
  readonly events: ReadonlyMap<string, Value>;
}

/** An instance before its first turn. */
export function startInstance(
  id: bigint,
  plan: Plan,
  manifestHash: Hash,
  input: Value,
  correlation: Value | null,
): Instance {
  return {
    id,
    plan,
    manifestHash,
    input: forPlans(input),
    variables: new Map(correlation === null ? [] : [["correlation_id", forPlans(correlation)]]),
    outcomes: new Map(),
    values: new Map(),
    answers: new Map(),
    waits: new Map(),
    events: new Map(),
  };
}

/** The instance once a receipt has come for the effect of this step. */
export function withAnswer(instance: Instance, step: string, answer: Answer): Instance {
  const value = forPlans(answer.value);
  return { ...instance, answers: new Map(instance.answers).set(step, { ...answer, value }) };
}

/** The instance once this step waits for its event. */
export function withWait(instance: Instance, step: string, since: RecordSeq): Instance {
  return { ...instance, waits: new Map(instance.waits).set(step, since) };
}

/** The instance once an event has ended the wait of this step. */
export function withEvent(instance: Instance, step: string, event: Value): Instance {
  const waits = new Map(instance.waits);
  waits.delete(step);
  return { ...instance, waits, events: new Map(instance.events).set(step, event) };
}

/** What the instance knows, as one hash: two runs with the same hash go on alike. */
export function environmentHash(instance: Instance): Hash {
  const writer = new CborWriter(256);
  writer.head(MAJOR.list, 6);
  writeTagged(writer, instance.input);
  writeTagged(writer, { kind: "record", fields: instance.variables });
  writeTagged(writer, { kind: "record", fields: instance.values });
  const answers = new Map<string, Value>();
  for (const [step, { value, status }] of instance.answers) {
    const fields = new Map<string, Value>();
    answers.set(step, { kind: "record", fields: fields.set("status", text(status)).set("value", value) });
  }
  writeTagged(writer, { kind: "record", fields: answers });
  writeTagged(writer, { kind: "record", fields: instance.events });
  writer.item([...instance.waits.keys()]);
  return hashOf(writer.view());
}
