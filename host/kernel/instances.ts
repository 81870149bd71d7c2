/** Plan instances in a snapshot: what each knows, its values with their kinds. */

import type { Answer, Instance, StepOutcome } from "../plan/instance.ts";
import { readTagged, taggedBytes } from "../plan/tagged.ts";
import type { Hash, RecordSeq } from "../values/brand.ts";
import type { Cbor } from "../values/cbor.ts";
import { digestOf, hashFromDigest } from "../values/hash.ts";
import type { Value } from "../values/value.ts";

/** An instance whose plan has still to be found. */
export interface StoredInstance extends Omit<Instance, "plan"> {
  readonly planName: string;
  readonly planHash: Hash;
}

export function instanceItem(instance: Instance): Cbor {
  return [
    instance.id,
    instance.plan.definition.name,
    digestOf(instance.plan.hash),
    digestOf(instance.manifestHash),
    taggedBytes(instance.input),
    valuesItem(instance.variables),
    [...instance.outcomes].map(([step, outcome]) => [step, outcome]),
    valuesItem(instance.values),
    [...instance.answers].map(([step, { status, value }]) => [step, status, taggedBytes(value)]),
    [...instance.waits].map(([step, since]) => [step, since]),
    valuesItem(instance.events),
  ];
}

function valuesItem(values: ReadonlyMap<string, Value>): Cbor {
  return [...values].map(([name, value]) => [name, taggedBytes(value)]);
}

/** Throws `TypeError` for an item of another form. */
export function readInstance(item: readonly Cbor[]): StoredInstance {
  const [id, planName, planHash, manifestHash, input, variables, outcomes, values, answers, waits, events] =
    item;
  if (typeof id !== "bigint" || typeof planName !== "string")
    throw new TypeError("an instance without a plan");
  return {
    id,
    planName,
    planHash: hashFromDigest(planHash as Uint8Array),
    manifestHash: hashFromDigest(manifestHash as Uint8Array),
    input: readValue(input!),
    variables: readValues(variables!),
    outcomes: new Map(outcomes as [string, StepOutcome][]),
    values: readValues(values!),
    answers: new Map(
      (answers as [string, string, Uint8Array][]).map(([step, status, value]): [string, Answer] => [
        step,
        { status, value: readValue(value) },
      ]),
    ),
    waits: new Map(waits as [string, RecordSeq][]),
    events: readValues(events!),
  };
}

function readValues(item: Cbor): ReadonlyMap<string, Value> {
  return new Map((item as [string, Uint8Array][]).map(([name, value]) => [name, readValue(value)]));
}

function readValue(item: Cbor): Value {
  const value = item instanceof Uint8Array ? readTagged(item) : null;
  if (value === null) throw new TypeError("a value that cannot be read");
  return value;
}
