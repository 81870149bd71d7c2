/** The first difference between a record as journaled and as derived again. */

import type { Manifest } from "../../air/manifest.ts";
import {
  type Cell,
  type Field,
  fieldsOf,
  fieldValue,
  type JournalRecord,
  writeRecord,
} from "../../journal/record.ts";
import { equalBytes, toHex } from "../../values/bytes.ts";
import { CborWriter, decodeCbor, hasSelfDescribe } from "../../values/cbor.ts";
import { type Json, jsonInteger, stringifyJson } from "../../values/json.ts";
import { looseJson } from "../../values/loose-json.ts";
import type { Schema } from "../../values/schema.ts";
import type { Type } from "../../values/type.ts";
import { type Value, variantTag } from "../../values/value.ts";

export interface FieldDifference {
  /** Dotted, from the record: `params.deliver_at_ns`. */
  readonly field: string;
  /** As JSON text, in the sugar lens where a schema is known. */
  readonly recorded: string;
  readonly replayed: string;
}

export interface RecordComparison {
  /** The first of `differences`. */
  readonly difference: FieldDifference | null;
  /** Every field that differs, typed values in depth, in the order of the format; at most `DIFFERENCES_MAX`. */
  readonly differences: readonly FieldDifference[];
  /** Whether the fuel differs; against other definitions that is a verdict of its own. */
  readonly fuelDiffers: boolean;
}

/** A reader needs no more to see what happened. */
const DIFFERENCES_MAX = 64;

/** `identities`: whether the hashes of what ran, and its fuel, count as differences. */
export function compareRecords(
  recorded: JournalRecord,
  replayed: JournalRecord,
  manifest: Manifest,
  identities: boolean,
): RecordComparison {
  if (equalBytes(bytesOf(recorded), bytesOf(replayed))) return comparison([], false);
  if (recorded.kind !== replayed.kind) {
    return comparison([difference("kind", recorded.kind, replayed.kind)], false);
  }
  let fuelDiffers = false;
  const found: FieldDifference[] = [...compareHeads(recorded, replayed)];
  for (const field of fieldsOf(recorded.kind)) {
    if (field.type === "identity" && !identities) continue;
    const inField = compareField(field, recorded, replayed, manifest);
    if (field.key === "fuel" && !identities) fuelDiffers = inField.length > 0;
    else found.push(...inField);
  }
  return comparison(found.slice(0, DIFFERENCES_MAX), fuelDiffers);
}

function comparison(differences: readonly FieldDifference[], fuelDiffers: boolean): RecordComparison {
  return { difference: differences[0] ?? null, differences, fuelDiffers };
}

function bytesOf(record: JournalRecord): Uint8Array {
  const writer = new CborWriter(256);
  writeRecord(writer, record);
  return writer.finish();
}

function difference(field: string, recorded: Json, replayed: Json): FieldDifference {
  return { field, recorded: stringifyJson(recorded), replayed: stringifyJson(replayed) };
}

function* compareHeads(recorded: JournalRecord, replayed: JournalRecord): Generator<FieldDifference> {
  if (recorded.cause !== replayed.cause) {
    yield { field: "cause", recorded: String(recorded.cause), replayed: String(replayed.cause) };
  }
  const [a, b] = [cellText(recorded.cell), cellText(replayed.cell)];
  if (a !== b) yield difference("cell", a, b);
}

/** A cell as people read it: the reducer, and its key where it has one. */
export function cellText(cell: Cell | null): string | null {
  if (cell === null) return null;
  return cell.key.length === 0 ? cell.reducer : `${cell.reducer}[${keyText(cell.key)}]`;
}

/** Texts and integers as JSON, any other key as hex: two keys never look alike. */
function keyText(key: Uint8Array): string {
  if (!hasSelfDescribe(key)) return toHex(key);
  try {
    const value = decodeCbor(key);
    if (typeof value === "string") return stringifyJson(value);
    return typeof value === "bigint" ? String(value) : toHex(key);
  } catch {
    return toHex(key); // of a record that was tampered with
  }
}

function compareField(
  field: Field,
  recorded: JournalRecord,
  replayed: JournalRecord,
  manifest: Manifest,
): readonly FieldDifference[] {
  const [a, b] = [fieldValue(recorded, field.key), fieldValue(replayed, field.key)];
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    if (equalBytes(a, b)) return [];
    const schema = field.type.startsWith("value") ? schemaOf(recorded, manifest) : undefined;
    const typed = schema === undefined ? [] : compareTyped(field.name, schema, a, b);
    return typed.length > 0 ? typed : [difference(field.name, `0x${toHex(a)}`, `0x${toHex(b)}`)];
  }
  const [left, right] = [fieldJson(field, recorded, manifest), fieldJson(field, replayed, manifest)];
  const [x, y] = [stringifyJson(left), stringifyJson(right)];
  return x === y ? [] : [{ field: field.name, recorded: x, replayed: y }];
}

/** The fields that differ between two values of a schema, each path beginning with `name`; none where one cannot be read. */
export function compareTyped(
  name: string,
  schema: Schema,
  a: Uint8Array,
  b: Uint8Array,
): readonly FieldDifference[] {
  const [left, right] = [decoded(schema, a), decoded(schema, b)];
  if (left === null || right === null) return [];
  const show = (value: Value | undefined): Json => (value === undefined ? null : looseJson(value));
  const found: FieldDifference[] = [];
  for (const { path, left: old, right: now } of differencesIn(schema.type, left, right, [name])) {
    found.push(difference(path.join("."), show(old), show(now)));
    if (found.length >= DIFFERENCES_MAX) break;
  }
  return found;
}

function decoded(schema: Schema, bytes: Uint8Array): Value | null {
  try {
    return schema.decode(bytes);
  } catch {
    return null;
  }
}

interface Found {
  readonly path: readonly string[];
  readonly left: Value | undefined;
  readonly right: Value | undefined;
}

/** Depth first, in the schema's order; `undefined` stands for what is not there. */
function* differencesIn(
  type: Type | null,
  left: Value,
  right: Value,
  path: readonly string[],
): Generator<Found> {
  if (left.kind === "record" && right.kind === "record") {
    const [tagA, tagB] = [variantTag(left), variantTag(right)];
    if (tagA !== tagB) {
      yield { path, left, right };
      return;
    }
    const declared = type?.kind === "record" ? [...type.fields.keys()] : [];
    const names = new Set([...declared, ...left.fields.keys(), ...right.fields.keys()]);
    for (const name of names) {
      const [a, b] = [left.fields.get(name), right.fields.get(name)];
      const inner = tagA !== undefined ? path : [...path, name];
      yield* differencesBetween(fieldType(type, name, tagA), a, b, inner);
    }
    return;
  }
  if ((left.kind === "list" && right.kind === "list") || (left.kind === "set" && right.kind === "set")) {
    const item = type?.kind === "list" || type?.kind === "set" ? type.item : null;
    for (let i = 0; i < Math.max(left.items.length, right.items.length); i++) {
      yield* differencesBetween(item, left.items[i], right.items[i], [...path, String(i)]);
    }
    return;
  }
  const same = left.kind === right.kind && stringifyJson(looseJson(left)) === stringifyJson(looseJson(right));
  if (!same) yield { path, left, right };
}

function* differencesBetween(
  type: Type | null,
  left: Value | undefined,
  right: Value | undefined,
  path: readonly string[],
): Generator<Found> {
  if (left === undefined && right === undefined) return;
  if (left === undefined || right === undefined) yield { path, left, right };
  else yield* differencesIn(type, left, right, path);
}

function fieldType(type: Type | null, name: string, tag: string | undefined): Type | null {
  if (type?.kind === "option") return fieldType(type.item, name, tag);
  if (type?.kind === "record") return type.fields.get(name) ?? null;
  if (type?.kind === "variant" && tag !== undefined && name === "$value") return type.arms.get(tag) ?? null;
  return null;
}

/** The schema of a record's `value` field, where the manifest knows it. */
export function schemaOf(record: JournalRecord, manifest: Manifest): Schema | undefined {
  switch (record.kind) {
    case "domain_event":
    case "redeliver":
    case "plan_result":
      return manifest.schemas.get(record.schema);
    case "plan_start":
      return manifest.plans.get(record.plan)?.input;
    case "effect_intent":
      return manifest.effects.get(record.effectKind)?.params;
    case "effect_receipt":
      return manifest.effects.get(record.effectKind)?.receipt;
    case "delivery":
      return record.cell === null ? undefined : manifest.reducers.get(record.cell.reducer)?.state;
    default:
      return undefined;
  }
}

/** A record's field as JSON: typed values in the sugar lens, other bytes as hex, integers exact. */
export function fieldJson(field: Field, record: JournalRecord, manifest: Manifest): Json {
  const value = fieldValue(record, field.key);
  if (value === null || typeof value === "string") return value;
  if (typeof value === "bigint") return jsonInteger(value);
  if (value instanceof Uint8Array) {
    if (!field.type.startsWith("value")) return toHex(value);
    const schema = schemaOf(record, manifest);
    const typed = schema === undefined ? null : decoded(schema, value);
    return typed === null || schema === undefined ? toHex(value) : schema.toSugar(typed);
  }
  return (value as readonly (bigint | readonly string[])[]).map((item) =>
    typeof item === "bigint" ? jsonInteger(item) : [...item],
  );
}
