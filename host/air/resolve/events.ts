/** The event a reducer declares: a record, a reference, or a variant whose arms are references. */

import { child } from "../../values/pointer.ts";
import { quote } from "../../values/quote.ts";
import type { SchemaDefinition } from "../definitions.ts";
import type { FaultList, Sourced } from "../source.ts";

/** Effect kinds a reducer may emit, and the event that carries the receipt of each. */
export const RECEIPT_EVENTS: ReadonlyMap<string, string> = new Map([
  ["timer.set", "sys/TimerFired@1"],
  ["blob.put", "sys/BlobPutResult@1"],
  ["blob.get", "sys/BlobGetResult@1"],
]);

const RECEIPTS: ReadonlySet<string> = new Set(RECEIPT_EVENTS.values());

export function isReceiptEvent(schema: string): boolean {
  return RECEIPTS.has(schema);
}

export interface EventForm {
  readonly name: string;
  /** The schema a plain reference leads to. */
  readonly target: string | null;
  /** Arm -> the schema it refers to; empty unless the event is a variant. */
  readonly arms: ReadonlyMap<string, string>;
}

/**
 * What may reach a reducer of this event. Reports `module.event_type`, `module.event_arm` and
 * `module.event_arms_equal` where the schema was written.
 */
export function eventForm({ definition, origin }: Sourced<SchemaDefinition>, faults: FaultList): EventForm {
  const { name, type } = definition;
  const arms = new Map<string, string>();
  if (type.kind === "ref") return { name, target: type.name, arms };
  if (type.kind !== "variant") {
    if (type.kind !== "record") {
      faults.add(origin, {
        code: "module.event_type",
        pointer: "/type",
        message: `${name} is the event of a module, and is ${type.kind}`,
        expected: "a record, a ref, or a variant of refs",
        found: type.kind,
      });
    }
    return { name, target: null, arms };
  }
  const byTarget = new Map<string, string>();
  for (const [tag, arm] of type.arms) {
    const pointer = child("/type/variant", tag);
    if (arm.kind !== "ref") {
      faults.add(origin, {
        code: "module.event_arm",
        pointer,
        message: `${name} is the event of a module, and its arm ${quote(tag)} is no reference`,
        expected: '{"ref": NAME}',
        found: arm.kind,
        hint: "define the arm as a schema of its own and refer to it",
      });
      continue;
    }
    const first = byTarget.get(arm.name);
    if (first !== undefined) {
      faults.add(origin, {
        code: "module.event_arms_equal",
        pointer,
        message: `the arms ${quote(first)} and ${quote(tag)} of ${name} both refer to ${arm.name}`,
        expected: "each schema in one arm",
        found: arm.name,
        hint: "which arm an event goes to could not be told",
      });
      continue;
    }
    byTarget.set(arm.name, tag);
    arms.set(tag, arm.name);
  }
  return { name, target: null, arms };
}

/** Null when the event is delivered as it is, the arm that wraps it, or undefined when it is not taken. */
export function armFor(form: EventForm, schema: string): string | null | undefined {
  if (schema === form.name || schema === form.target) return null;
  for (const [tag, target] of form.arms) if (target === schema) return tag;
  return undefined;
}
