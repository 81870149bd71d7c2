/** Writes values of a type as canonical bytes, without the self-describe tag. */

import { compareBytes } from "./bytes.ts";
import { CborWriter, MAJOR } from "./cbor.ts";
import { armOf } from "./composites.ts";
import { bug } from "./errors.ts";
import type { MapShape, RecordShape, Shape, VariantShape } from "./shape.ts";
import type { Value } from "./value.ts";

/**
 * The value must be of the type (`conform`, `valueFromCbor` and the JSON lenses see to that); otherwise
 * `internal.bug` is thrown. Sets are sorted and each element written once; of equal map keys the last
 * entry stays.
 */
export function writeValue(shape: Shape, value: Value, writer: CborWriter): void {
  if (shape.kind === "option") {
    if (value.kind === "null") writer.null();
    else writeValue(shape.item, value, writer);
  } else if (shape.kind === "variant") writeVariant(shape, value, writer);
  else if (shape.kind === "list" && value.kind === "list") writeList(shape.item, value.items, writer);
  else if (shape.kind === "set" && value.kind === "set") writeSet(shape.item, value.items, writer);
  else if (shape.kind === "map" && value.kind === "map") writeMap(shape, value.entries, writer);
  else if (shape.kind === "record" && value.kind === "record") writeRecord(shape, value.fields, writer);
  else if (shape.kind === value.kind) writeScalar(value, writer);
  else {
    throw bug("a value is written that is not of its type", { expected: shape.kind, found: value.kind });
  }
}

function writeScalar(value: Value, writer: CborWriter): void {
  if (value.kind === "unit") writer.null();
  else if (value.kind === "bool") writer.bool(value.value);
  else if (value.kind === "bytes") writer.bytes(value.value);
  else if ("value" in value && typeof value.value === "bigint") writer.integer(value.value);
  else if ("value" in value && typeof value.value === "string") writer.text(value.value);
  else throw bug("a composite value is written as a scalar", { found: value.kind });
}

function writeList(item: Shape, items: readonly Value[], writer: CborWriter): void {
  writer.head(MAJOR.list, items.length);
  for (const each of items) writeValue(item, each, writer);
}

function encoded(shape: Shape, value: Value): Uint8Array {
  const writer = new CborWriter(64);
  writeValue(shape, value, writer);
  return writer.finish();
}

function writeSet(shape: Shape, items: readonly Value[], writer: CborWriter): void {
  const sorted = items.map((item) => encoded(shape, item)).sort(compareBytes);
  const unique = sorted.filter((item, i) => i === 0 || compareBytes(sorted[i - 1]!, item) !== 0);
  writer.head(MAJOR.list, unique.length);
  for (const item of unique) writer.raw(item);
}

function writeMap(shape: MapShape, entries: readonly (readonly [Value, Value])[], writer: CborWriter): void {
  const sorted = entries.map(([key, value], i) => ({ key: encoded(shape.key, key), value, i }));
  sorted.sort((a, b) => compareBytes(a.key, b.key) || a.i - b.i);
  const last = sorted.filter(
    ({ key }, i) => i + 1 === sorted.length || compareBytes(key, sorted[i + 1]!.key) !== 0,
  );
  writer.head(MAJOR.map, last.length);
  for (const { key, value } of last) {
    writer.raw(key);
    writeValue(shape.value, value, writer);
  }
}

function writeRecord(shape: RecordShape, fields: ReadonlyMap<string, Value>, writer: CborWriter): void {
  writer.head(MAJOR.map, shape.fields.length);
  for (const { name, key, shape: field } of shape.fields) {
    const value = fields.get(name);
    if (value === undefined) throw bug("a record is written without one of its fields", { field: name });
    writer.raw(key);
    writeValue(field, value, writer);
  }
}

function writeVariant(shape: VariantShape, value: Value, writer: CborWriter): void {
  const { tag, arm, payload } = armOf(shape, value);
  writer.head(MAJOR.map, payload === undefined ? 1 : 2);
  writer.text("$tag");
  writer.text(tag);
  if (payload === undefined) return;
  writer.text("$value");
  writeValue(arm, payload, writer);
}
