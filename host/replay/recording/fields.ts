/**
 * A record's fields as JSON and back. Values of a known schema are plain JSON in the sugar lens; whatever
 * would not read back to the same bytes is hex. Positions are relative, so that a frame's lines do not
 * change with what stands before it.
 */

import type { Manifest } from "../../air/manifest.ts";
import { type Cell, type Field, fieldsOf, fieldValue, type JournalRecord } from "../../journal/record.ts";
import { equalBytes, toHex } from "../../values/bytes.ts";
import { withoutSelfDescribe } from "../../values/cbor.ts";
import { AirloomError } from "../../values/errors.ts";
import { digestOf, hashFromDigest, isHash } from "../../values/hash.ts";
import { isJsonArray, isJsonObject, type Json, JsonNumber, jsonInteger } from "../../values/json.ts";
import type { Schema } from "../../values/schema.ts";
import { schemaOf } from "../core/diff.ts";
import { bytesFrom, integerFrom, member } from "./cbor-json.ts";
import { corruptRecording } from "./parse.ts";

/** Where a record stands: what its relative positions are counted from. */
export interface Position {
  readonly frame: bigint;
  readonly firstRecord: bigint;
}

/** Fields that name a place in the journal, by kind: the word in text, and what they count from. */
const RELATIVE = new Map<
  string,
  { readonly word: string; readonly from: keyof Position; readonly back: boolean }
>([
  ["delivery.event", { word: "event_index", from: "firstRecord", back: false }],
  ["redeliver.delivery", { word: "delivery_records_ago", from: "firstRecord", back: true }],
  ["dismiss.fault", { word: "fault_records_ago", from: "firstRecord", back: true }],
  ["effect_receipt.intentFrame", { word: "intent_frames_ago", from: "frame", back: true }],
]);

export function recordToJson(record: JournalRecord, at: Position, manifest: Manifest | null): Json {
  const schema = schemaIn(record, manifest);
  const fields = fieldsOf(record.kind).map((field): readonly [string, Json] => {
    const value = fieldValue(record, field.key);
    const relative = RELATIVE.get(`${record.kind}.${field.key}`);
    if (relative === undefined) return [field.name, fieldToJson(field, value, schema)];
    const distance = (value as bigint) - at[relative.from];
    return [relative.word, jsonInteger(relative.back ? -distance : distance)];
  });
  return new Map<string, Json>([
    [record.kind, new Map(fields)],
    ...(record.cause === null ? [] : ([["cause", jsonInteger(BigInt(record.cause))]] as const)),
    ...(record.cell === null ? [] : ([["cell", cellToJson(record.cell, manifest)]] as const)),
  ]);
}

/** Throws `recording.corrupt`. */
export function recordFromJson(json: Json, at: Position, manifest: Manifest | null): JournalRecord {
  const kind = isJsonObject(json) ? [...json.keys()][0] : undefined;
  const layout = kind === undefined ? undefined : fieldsOf(kind as JournalRecord["kind"]);
  if (kind === undefined || layout === undefined) throw corruptRecording("a line that is no record");
  const inner = member(json, kind);
  const cause = (json as ReadonlyMap<string, Json>).get("cause");
  const cell = (json as ReadonlyMap<string, Json>).get("cell");
  const record: Record<string, unknown> = {
    kind,
    cause: cause === undefined ? null : Number(integerOf(cause)),
    cell: cell === undefined ? null : cellFromJson(cell, manifest),
  };
  const values: Field[] = [];
  for (const field of layout) {
    const relative = RELATIVE.get(`${kind}.${field.key}`);
    if (field.type.startsWith("value")) values.push(field);
    else if (relative === undefined) record[field.key] = fieldFromJson(field, member(inner, field.name));
    else {
      const distance = integerOf(member(inner, relative.word));
      record[field.key] = at[relative.from] + (relative.back ? -distance : distance);
    }
  }
  // A value's schema hangs on the other fields.
  const schema = schemaIn(record as unknown as JournalRecord, manifest);
  for (const field of values) {
    const value = valueFromJson(member(inner, field.name), schema, formOf(field));
    if (value === null && field.type === "value")
      throw corruptRecording(`no ${field.name} where one should be`);
    record[field.key] = value;
  }
  return record as unknown as JournalRecord;
}

function schemaIn(record: JournalRecord, manifest: Manifest | null): Schema | undefined {
  return manifest === null ? undefined : schemaOf(record, manifest);
}

function fieldToJson(field: Field, value: unknown, schema: Schema | undefined): Json {
  if (value === null || typeof value === "string") return value;
  if (typeof value === "bigint") return jsonInteger(value);
  if (value instanceof Uint8Array) {
    return field.type.startsWith("value") ? valueToJson(value, schema, formOf(field)) : toHex(value);
  }
  return (value as readonly (bigint | readonly string[])[]).map((item) =>
    typeof item === "bigint" ? jsonInteger(item) : [...item],
  );
}

function fieldFromJson(field: Field, json: Json): unknown {
  const type = field.type.replace("?", "");
  if (json === null && field.type.endsWith("?")) return null;
  switch (type) {
    case "nat":
      return naturalOf(json);
    case "text":
      if (typeof json === "string") return json;
      break;
    case "bytes":
      if (typeof json === "string") return bytesFrom(json);
      break;
    case "hash":
    case "identity":
      if (typeof json === "string" && isHash(json)) return hashFromDigest(digestOf(json));
      break;
    case "nats":
      if (isJsonArray(json)) return json.map(naturalOf);
      break;
    case "pairs":
      if (isJsonArray(json)) return json.map(pairOf);
      break;
  }
  throw corruptRecording(`a ${field.name} that is no ${field.type}`);
}

function pairOf(json: Json): readonly [string, string] {
  const [left, right] = isJsonArray(json) ? json : [];
  if (typeof left !== "string" || typeof right !== "string") throw corruptRecording("a pair of another form");
  return [left, right];
}

function naturalOf(json: Json): bigint {
  const value = integerOf(json);
  if (value < 0n) throw corruptRecording("a number below zero");
  return value;
}

export function integerOf(json: Json): bigint {
  if (json instanceof JsonNumber) return integerFrom(json.raw);
  if (typeof json === "string") return integerFrom(json);
  throw corruptRecording("no number where one should be");
}

/**
 * `$tagged`, `$untagged`: the bytes have the self-describe tag, or lack it, where most do not. `$value`: sugar
 * that would look like no value, or like one of these.
 */
const WRAPPERS: ReadonlySet<string> = new Set(["$hex", "$tagged", "$untagged", "$value"]);

/** What most bytes of a kind look like: values carry the self-describe tag, the SDK's states do not. */
export type Form = "tagged" | "untagged";

export function valueToJson(bytes: Uint8Array, schema: Schema | undefined, form: Form): Json {
  const hex: Json = new Map([["$hex", toHex(bytes)]]);
  if (schema === undefined) return hex;
  try {
    const sugar = schema.toSugar(schema.decode(bytes));
    const tagged = schema.encode(schema.parse(sugar, "sugar"));
    const found: Form | null = equalBytes(tagged, bytes)
      ? "tagged"
      : equalBytes(withoutSelfDescribe(tagged), bytes)
        ? "untagged"
        : null;
    if (found === null) return hex;
    if (found !== form) return new Map([[`$${found}`, sugar]]);
    return sugar === null || isWrapped(sugar) ? new Map([["$value", sugar]]) : sugar;
  } catch (error) {
    if (error instanceof AirloomError && error.kind !== "bug") return hex;
    throw error;
  }
}

function formOf(field: Field): Form {
  return field.key === "state" ? "untagged" : "tagged";
}

function isWrapped(json: Json): boolean {
  return isJsonObject(json) && json.size === 1 && WRAPPERS.has([...json.keys()][0]!);
}

/** Null stands for no value. Throws `recording.corrupt` for a value that does not fit its schema. */
export function valueFromJson(json: Json, schema: Schema | undefined, form: Form): Uint8Array | null {
  if (json === null) return null;
  const [key, inner] = isWrapped(json) ? [...(json as ReadonlyMap<string, Json>)][0]! : ["", json];
  if (key === "$hex") {
    if (typeof inner !== "string") throw corruptRecording("$hex of something that is no text");
    return bytesFrom(inner);
  }
  if (schema === undefined) throw corruptRecording("a typed value of an unknown schema");
  try {
    const bytes = schema.encode(schema.parse(inner, "sugar"));
    const found = key === "$tagged" || key === "$untagged" ? key.slice(1) : form;
    return found === "untagged" ? withoutSelfDescribe(bytes).slice() : bytes;
  } catch (error) {
    if (!(error instanceof AirloomError) || error.kind === "bug") throw error;
    const [first] = error.diagnostics;
    throw corruptRecording(`a value that is no ${schema.name}: ${first?.message ?? error.message}`, {
      pointer: first?.pointer,
    });
  }
}

/** A cell of a reducer without keys is its name, any other its name and key. */
function cellToJson({ reducer, key }: Cell, manifest: Manifest | null): Json {
  return key.length === 0 ? reducer : [reducer, valueToJson(key, keySchema(reducer, manifest), "untagged")];
}

function cellFromJson(json: Json, manifest: Manifest | null): Cell {
  if (typeof json === "string") return { reducer: json, key: new Uint8Array(0) };
  const [reducer, key] = isJsonArray(json) ? json : [];
  if (typeof reducer !== "string" || key === undefined) throw corruptRecording("a cell of another form");
  const bytes = valueFromJson(key, keySchema(reducer, manifest), "untagged");
  if (bytes === null) throw corruptRecording("a cell without a key");
  return { reducer, key: bytes };
}

function keySchema(reducer: string, manifest: Manifest | null): Schema | undefined {
  return manifest?.reducers.get(reducer)?.key ?? undefined;
}
