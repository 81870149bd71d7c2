import type { Plan } from "../air/manifest.ts";
import type { Hash } from "../values/brand.ts";
import { CborWriter, MAJOR } from "../values/cbor.ts";
import { hashOf } from "../values/hash.ts";
import { type Value, variantTag } from "../values/value.ts";
import { writeTagged } from "./tagged.ts";

export type StepOutcome = "done" | "skipped";

/** One run of a plan. Immutable: a turn makes a new one. */
export interface Instance {
  /** Counts up from 0 in its world. */
  readonly id: bigint;
  readonly plan: Plan;
  readonly input: Value;
  /** `@var:<name>`; the correlation id is `correlation_id`. */
  readonly variables: ReadonlyMap<string, Value>;
  /** Steps that are settled, in the order they were. */
  readonly outcomes: ReadonlyMap<string, StepOutcome>;
  /** `@step:<id>`: values of the steps that are done. */
  readonly values: ReadonlyMap<string, Value>;
}

/** An instance before its first turn. */
export function startInstance(id: bigint, plan: Plan, input: Value, correlation: Value | null): Instance {
  return {
    id,
    plan,
    input: withPayloads(input),
    variables: new Map(correlation === null ? [] : [["correlation_id", correlation]]),
    outcomes: new Map(),
    values: new Map(),
  };
}

/** What the instance knows, as one hash: two runs with the same hash go on alike. */
export function environmentHash(instance: Instance): Hash {
  const writer = new CborWriter(256);
  writer.head(MAJOR.list, 3);
  writeTagged(writer, instance.input);
  writeTagged(writer, { kind: "record", fields: instance.variables });
  writeTagged(writer, { kind: "record", fields: instance.values });
  return hashOf(writer.finish());
}

/** In plans a variant always has its `$value`: unit where the tag-only form left it out. */
export function withPayloads(value: Value): Value {
  switch (value.kind) {
    case "list":
    case "set":
      return { kind: value.kind, items: value.items.map(withPayloads) };
    case "map":
      return { kind: "map", entries: value.entries.map(([k, v]) => [k, withPayloads(v)]) };
    case "record": {
      const fields = new Map([...value.fields].map(([name, field]) => [name, withPayloads(field)]));
      if (variantTag(value) !== undefined && !fields.has("$value")) fields.set("$value", { kind: "unit" });
      return { kind: "record", fields };
    }
    default:
      return value;
  }
}
