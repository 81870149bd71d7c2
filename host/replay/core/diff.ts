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
import { CborWriter } from "../../values/cbor.ts";
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
  readonly difference: FieldDifference | null;
  /** Whether the fuel differs; against other definitions that is a verdict of its own. */
  readonly fuelDiffers: boolean;
}

/** `identities`: whether the hashes of what ran, and its fuel, count as differences. */
export function compareRecords(
  recorded: JournalRecord,
  replayed: JournalRecord,
  manifest: Manifest,
  identities: boolean,
): RecordComparison {
  if (equalBytes(bytesOf(recorded), bytesOf(replayed))) return { difference: null, fuelDiffers: false };
  if (recorded.kind !== replayed.kind) {
    return { difference: difference("kind", recorded.kind, replayed.kind), fuelDiffers: false };
  }
  let fuelDiffers = false;
  const head = compareHeads(recorded, replayed);
  if (head !== null) return { difference: head, fuelDiffers };
  for (const field of fieldsOf(recorded.kind)) {
    if (field.type === "identity" && !identities) continue;
    const found = compareField(field, recorded, replayed, manifest);
    if (found === null) continue;
    if (field.key !== "fuel" || identities) return { difference: found, fuelDiffers };
    fuelDiffers = true;
  }
  return { difference: null, fuelDiffers };
}

function bytesOf(record: JournalRecord): Uint8Array {
  const writer = new CborWriter(256);
  writeRecord(writer, record);
  return writer.finish();
}

function difference(field: string, recorded: Json, replayed: Json): FieldDifference {
  return { field, recorded: stringifyJson(recorded), replayed: stringifyJson(replayed) };
}

function compareHeads(recorded: JournalRecord, replayed: JournalRecord): FieldDifference | null {
  if (recorded.cause !== replayed.cause) {
    return { field: "cause", recorded: String(recorded.cause), replayed: String(replayed.cause) };
  }
  const [a, b] = [cellText(recorded.cell), cellText(replayed.cell)];
  return a === b ? null : difference("cell", a, b);
}

/** A cell as people read it: the reducer, and its key where it has one. */
export function cellText(cell: Cell | null): string | null {
  if (cell === null) return null;
  return cell.key.length === 0 ? cell.reducer : `${cell.reducer}[${toHex(cell.key)}]`;
}

function compareField(
  field: Field,
  recorded: JournalRecord,
  replayed: JournalRecord,
  manifest: Manifest,
): FieldDifference | null {
  const [a, b] = [fieldValue(recorded, field.key), fieldValue(replayed, field.key)];
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    if (equalBytes(a, b)) return null;
    const schema = field.type.startsWith("value") ? schemaOf(recorded, manifest) : undefined;
    const typed = schema === undefined ? null : compareTyped(field.name, schema, a, b);
    return typed ?? difference(field.name, `0x${toHex(a)}`, `0x${toHex(b)}`);
  }
  const [left, right] = [fieldJson(field, recorded, manifest), fieldJson(field, replayed, manifest)];
  const [x, y] = [stringifyJson(left), stringifyJson(right)];
  return x === y ? null : { field: field.name, recorded: x, replayed: y };
}

function compareTyped(name: string, schema: Schema, a: Uint8Array, b: Uint8Array): FieldDifference | null {
  const [left, right] = [decoded(schema, a), decoded(schema, b)];
  if (left === null || right === null) return null;
  const found = firstDifference(schema.type, left, right, [name]);
  if (found === null) return null;
  const show = (value: Value | undefined): Json => (value === undefined ? null : looseJson(value));
  return difference(found.path.join("."), show(found.left), show(found.right));
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
function firstDifference(
  type: Type | null,
  left: Value,
  right: Value,
  path: readonly string[],
): Found | null {
  if (left.kind === "record" && right.kind === "record") {
    const [tagA, tagB] = [variantTag(left), variantTag(right)];
    if (tagA !== tagB) return { path, left, right };
    const declared = type?.kind === "record" ? [...type.fields.keys()] : [];
    const names = new Set([...declared, ...left.fields.keys(), ...right.fields.keys()]);
    for (const name of names) {
      const [a, b] = [left.fields.get(name), right.fields.get(name)];
      const inner = tagA !== undefined ? path : [...path, name];
      const found = firstOf(fieldType(type, name, tagA), a, b, inner);
      if (found !== null) return found;
    }
    return null;
  }
  if ((left.kind === "list" && right.kind === "list") || (left.kind === "set" && right.kind === "set")) {
    const item = type?.kind === "list" || type?.kind === "set" ? type.item : null;
    for (let i = 0; i < Math.max(left.items.length, right.items.length); i++) {
      const found = firstOf(item, left.items[i], right.items[i], [...path, String(i)]);
      if (found !== null) return found;
    }
    return null;
  }
  return stringifyJson(looseJson(left)) === stringifyJson(looseJson(right)) && left.kind === right.kind
    ? null
    : { path, left, right };
}

function firstOf(
  type: Type | null,
  left: Value | undefined,
  right: Value | undefined,
  path: readonly string[],
): Found | null {
  if (left === undefined && right === undefined) return null;
  if (left === undefined || right === undefined) return { path, left, right };
  return firstDifference(type, left, right, path);
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
    case "plan_result":
      return manifest.schemas.get(record.schema);
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
