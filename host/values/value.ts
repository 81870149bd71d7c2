/**
 * AIR values in memory, for authoring, expressions and display. The kernel moves canonical bytes; these
 * exist where a person or a plan looks inside. A variant is a record of `$tag` (text) and `$value`; a unit
 * arm keeps whether `$value` was there, as the two encodings are both stable.
 */

export type Value =
  | { readonly kind: "unit" }
  | { readonly kind: "null" }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "int" | "nat" | "time" | "duration"; readonly value: bigint }
  | { readonly kind: "dec128" | "text" | "hash" | "uuid"; readonly value: string }
  | { readonly kind: "bytes"; readonly value: Uint8Array }
  | { readonly kind: "list" | "set"; readonly items: readonly Value[] }
  | { readonly kind: "map"; readonly entries: readonly (readonly [Value, Value])[] }
  | { readonly kind: "record"; readonly fields: ReadonlyMap<string, Value> };

export const UNIT: Value = { kind: "unit" };
export const NULL: Value = { kind: "null" };

export function text(value: string): Value {
  return { kind: "text", value };
}

export function record(fields: Iterable<readonly [string, Value]>): Value {
  return { kind: "record", fields: new Map(fields) };
}

/** A variant's value; `undefined` payload is the tag-only form. */
export function variant(tag: string, payload: Value | undefined): Value {
  const fields = new Map<string, Value>([["$tag", text(tag)]]);
  if (payload !== undefined) fields.set("$value", payload);
  return { kind: "record", fields };
}

/** The tag of a value that has a variant's form. */
export function variantTag(value: Value): string | undefined {
  if (value.kind !== "record") return undefined;
  const tag = value.fields.get("$tag");
  const others = value.fields.size - 1 - (value.fields.has("$value") ? 1 : 0);
  return tag?.kind === "text" && others === 0 ? tag.value : undefined;
}
