/**
 * The native lens: values as a TypeScript program writes them, in the types that `airloom codegen` gives. A
 * record is an object with AIR's field names, a nat, int, time or duration a bigint, text, hash, uuid and
 * dec128 a string, bytes a Uint8Array, unit and nothing null, a list or a set an array, a map a Map, a variant
 * `{ $tag, $value }` or `{ $tag }`.
 */

import { armOf, extraMember, readArm, readRecord } from "./composites.ts";
import { bug } from "./errors.ts";
import { Faults } from "./faults.ts";
import { child } from "./pointer.ts";
import { plain, quote } from "./quote.ts";
import { EXPECTED, integerValue, isIntegerKind, isTextKind, textValue } from "./scalars.ts";
import { type Schema, shapeOfSchema } from "./schema.ts";
import type { MapShape, RecordShape, Shape, VariantShape } from "./shape.ts";
import type { PrimitiveKind } from "./type.ts";
import { NULL, UNIT, type Value } from "./value.ts";

/**
 * Reads a native value; the answer is in its canonical form. A field that is missing or undefined is null where
 * its type is an option. A number is no integer: 5 is refused and 5n taken. Throws `value.invalid` (kind
 * `request`) with every fault.
 */
export function fromNative(schema: Schema, native: unknown): Value {
  const faults = new Faults();
  const value = read(shapeOfSchema(schema), native, "", faults);
  faults.throwIfAny(schema.name);
  return schema.decode(schema.encode(value));
}

/** Writes a value of the schema's type in its canonical form (what `decode` gives); fields in the type's order. */
export function toNative(schema: Schema, value: Value): unknown {
  return write(shapeOfSchema(schema), value);
}

/** A native value as a message names it: short, on one line, fit for a terminal. */
export function describeNative(native: unknown): string {
  switch (typeof native) {
    case "bigint":
      return `${plain(native.toString())}n`;
    case "number":
      return `the number ${native}`;
    case "string":
      return `the text ${quote(native)}`;
    case "object":
      return native === null ? "null" : describeObject(native);
    case "boolean":
    case "undefined":
      return String(native);
    default:
      return `a ${typeof native}`;
  }
}

function describeObject(native: object): string {
  if (native instanceof Uint8Array) return `${native.length} bytes`;
  if (Array.isArray(native)) return `an array of ${native.length}`;
  if (native instanceof Map) return `a Map of ${native.size}`;
  if (native instanceof Set) return `a Set of ${native.size}`;
  const names = Object.keys(native);
  if (names.length === 0) return "an empty object";
  const shown = names.slice(0, 3).map((name) => quote(name, 24));
  return `an object with ${shown.join(", ")}${names.length > shown.length ? " and more" : ""}`;
}

function read(shape: Shape, native: unknown, pointer: string, faults: Faults): Value {
  switch (shape.kind) {
    case "option":
      return native === null || native === undefined ? NULL : read(shape.item, native, pointer, faults);
    case "list":
    case "set":
      if (!Array.isArray(native)) return wrong("an array", native, pointer, faults);
      return {
        kind: shape.kind,
        items: native.map((item: unknown, i) => read(shape.item, item, child(pointer, i), faults)),
      };
    case "map":
      return readMap(shape, native, pointer, faults);
    case "record":
      return readFields(shape, native, pointer, faults);
    case "variant":
      return readVariant(shape, native, pointer, faults);
    default:
      return readScalar(shape.kind, native, pointer, faults);
  }
}

function readFields(shape: RecordShape, native: unknown, pointer: string, faults: Faults): Value {
  const fields = membersOf(native);
  if (fields === null) return wrong("an object by field name", native, pointer, faults);
  return readRecord(shape, fields, pointer, faults, read);
}

/** What an object has that is not undefined; null for what is no plain object. */
function membersOf(native: unknown): ReadonlyMap<string, unknown> | null {
  if (typeof native !== "object" || native === null) return null;
  if (Array.isArray(native) || native instanceof Map || native instanceof Set) return null;
  if (native instanceof Uint8Array) return null;
  return new Map(Object.entries(native).filter(([, item]) => item !== undefined));
}

function readMap(shape: MapShape, native: unknown, pointer: string, faults: Faults): Value {
  if (!(native instanceof Map)) return wrong("a Map", native, pointer, faults);
  const entries = [...(native as ReadonlyMap<unknown, unknown>)].map(([key, item], i) => {
    const at = child(pointer, typeof key === "string" || typeof key === "bigint" ? String(key) : i);
    return [read(shape.key, key, at, faults), read(shape.value, item, at, faults)] as const;
  });
  return { kind: "map", entries };
}

function readVariant(shape: VariantShape, native: unknown, pointer: string, faults: Faults): Value {
  const members = membersOf(native);
  const tag = members?.get("$tag");
  if (members === null || tag === undefined) {
    const arms = [...shape.arms.keys()].slice(0, 8).map((arm) => quote(arm));
    return wrong(`a variant with $tag ${arms.join(" or ")}`, native, pointer, faults);
  }
  for (const name of members.keys()) {
    if (name !== "$tag" && name !== "$value") extraMember(name, pointer, '"$tag" and "$value"', faults);
  }
  const at = { whole: pointer, tag: child(pointer, "$tag"), payload: child(pointer, "$value") };
  if (typeof tag !== "string") return wrong("the arm's name as text", tag, at.tag, faults);
  return readArm(shape, tag, members.get("$value"), at, faults, read);
}

function readScalar(kind: PrimitiveKind, native: unknown, pointer: string, faults: Faults): Value {
  if (isIntegerKind(kind)) {
    if (typeof native === "bigint") return integerValue(kind, native, pointer, faults);
    const hint = Number.isInteger(native) ? `write ${String(native)}n` : undefined;
    return wrong(`a bigint: ${EXPECTED[kind]}`, native, pointer, faults, hint);
  }
  if (isTextKind(kind) && typeof native === "string") return textValue(kind, native, pointer, faults);
  if (kind === "bool" && typeof native === "boolean") return { kind, value: native };
  if (kind === "bytes" && native instanceof Uint8Array) return { kind, value: native };
  if (kind === "unit" && native === null) return UNIT;
  return wrong(kind === "bytes" ? "a Uint8Array" : EXPECTED[kind], native, pointer, faults);
}

function wrong(expected: string, native: unknown, pointer: string, faults: Faults, hint?: string): Value {
  const found = describeNative(native);
  const message = `expected ${expected}, found ${found}`;
  faults.add("value.wrong_type", pointer, message, { expected, found, ...(hint ? { hint } : {}) });
  return NULL;
}

function write(shape: Shape, value: Value): unknown {
  switch (shape.kind) {
    case "option":
      return value.kind === "null" ? null : write(shape.item, value);
    case "list":
    case "set":
      if (value.kind !== shape.kind) break;
      return value.items.map((item) => write(shape.item, item));
    case "map":
      if (value.kind !== "map") break;
      return new Map(value.entries.map(([key, item]) => [write(shape.key, key), write(shape.value, item)]));
    case "record":
      if (value.kind !== "record") break;
      return object([...shape.byName].map(([name, f]) => [name, write(f.shape, value.fields.get(name)!)]));
    case "variant": {
      const { tag, arm, payload } = armOf(shape, value);
      return payload === undefined ? { $tag: tag } : { $tag: tag, $value: write(arm, payload) };
    }
    default:
      return "value" in value ? value.value : null;
  }
  throw bug("a value is written that is not of its type", { expected: shape.kind, found: value.kind });
}

/** Defines each field as its own: plain assignment would take `__proto__` for the prototype. */
function object(fields: readonly (readonly [string, unknown])[]): object {
  const made = {};
  for (const [name, value] of fields) {
    Object.defineProperty(made, name, { value, enumerable: true, writable: true, configurable: true });
  }
  return made;
}
