/** What is alike in every form a record or a variant comes in; `T` is the form's item. */

import { bug } from "./errors.ts";
import type { Faults } from "./faults.ts";
import { nearest } from "./nearest.ts";
import { child } from "./pointer.ts";
import { quote } from "./quote.ts";
import type { RecordShape, Shape, VariantShape } from "./shape.ts";
import { NULL, type Value, variant } from "./value.ts";

/** Reads one item as a value of this shape. After a fault the answer only lets the walk go on. */
export type Read<T> = (shape: Shape, item: T, pointer: string, faults: Faults) => Value;

/**
 * A record in canonical field order. A missing field is null where its type is an option, else a fault; so
 * is a field the type does not know.
 */
export function readRecord<T>(
  shape: RecordShape,
  items: ReadonlyMap<string, T>,
  pointer: string,
  faults: Faults,
  read: Read<T>,
): Value {
  for (const name of items.keys()) {
    if (!shape.byName.has(name)) unknownField(name, shape, items, child(pointer, name), faults);
  }
  const fields = new Map<string, Value>();
  for (const { name, shape: field } of shape.fields) {
    const item = items.get(name);
    if (item !== undefined) fields.set(name, read(field, item, child(pointer, name), faults));
    else if (field.kind === "option") fields.set(name, NULL);
    else {
      faults.add("value.missing_field", pointer, `the field ${quote(name)} is missing`, {
        expected: `a field ${quote(name)}`,
        found: "none",
      });
    }
  }
  return { kind: "record", fields };
}

/** Where the parts of a variant stand, for faults. */
export interface ArmPointers {
  /** Of the whole. */
  readonly whole: string;
  readonly tag: string;
  readonly payload: string;
}

/** A variant; `payload` undefined is the tag-only form, which only a unit arm has. */
export function readArm<T>(
  shape: VariantShape,
  tag: string,
  payload: T | undefined,
  at: ArmPointers,
  faults: Faults,
  read: Read<T>,
): Value {
  const arm = shape.arms.get(tag);
  if (arm === undefined) {
    unknownTag(tag, shape, at.tag, faults);
    return NULL;
  }
  if (payload !== undefined) return variant(tag, read(arm, payload, at.payload, faults));
  if (arm.kind !== "unit") {
    faults.add("value.missing_payload", at.whole, `the arm ${quote(tag)} needs a value`, {
      expected: `a value for ${quote(tag)}`,
      found: "none",
    });
  }
  return variant(tag, undefined);
}

/** The parts of a variant's value, which must be of the type; anything else is `internal.bug`. */
export function armOf(shape: VariantShape, value: Value): { tag: string; arm: Shape; payload?: Value } {
  const tag = value.kind === "record" ? value.fields.get("$tag") : undefined;
  const arm = tag?.kind === "text" ? shape.arms.get(tag.value) : undefined;
  if (value.kind !== "record" || tag?.kind !== "text" || arm === undefined) {
    throw bug("a variant has none of its arms");
  }
  const payload = value.fields.get("$value");
  return payload === undefined ? { tag: tag.value, arm } : { tag: tag.value, arm, payload };
}

/** A member a variant's form does not have. */
export function extraMember(name: string, pointer: string, allowed: string, faults: Faults): void {
  faults.add("value.unknown_field", child(pointer, name), `${quote(name)} has no place in a variant`, {
    expected: allowed,
    found: quote(name),
  });
}

function unknownField(
  name: string,
  shape: RecordShape,
  present: ReadonlyMap<string, unknown>,
  pointer: string,
  faults: Faults,
): void {
  if (faults.overflows()) return;
  const open = [...shape.byName.keys()].filter((candidate) => !present.has(candidate));
  faults.add("value.unknown_field", pointer, `${quote(name)} is not a field`, {
    expected: listed("a field of", shape.byName.keys()),
    found: quote(name),
    ...hint(nearest(name, open)),
  });
}

function unknownTag(tag: string, shape: VariantShape, pointer: string, faults: Faults): void {
  faults.add("value.unknown_tag", pointer, `${quote(tag)} is not an arm`, {
    expected: listed("one of", shape.arms.keys()),
    found: quote(tag),
    ...hint(nearest(tag, shape.arms.keys())),
  });
}

function hint(near: string | undefined): { hint?: string } {
  return near === undefined ? {} : { hint: `did you mean ${quote(near)}?` };
}

/** The first names of a list; a wide type would fill the screen. */
function listed(before: string, names: Iterable<string>): string {
  const all = [...names];
  if (all.length === 0) return "no field at all";
  const shown = all.slice(0, 8).map((name) => quote(name));
  return `${before} ${shown.join(", ")}${all.length > shown.length ? ", …" : ""}`;
}
