/** The tagged lens: JSON that says each value's kind, `{"record": {"count": {"nat": 5}}}`. */

import { armOf, extraMember, readArm, readRecord } from "./composites.ts";
import { bug } from "./errors.ts";
import type { Faults } from "./faults.ts";
import { isJsonArray, isJsonObject, type Json, type JsonObject } from "./json.ts";
import { child } from "./pointer.ts";
import type { MapShape, RecordShape, Shape, VariantShape } from "./shape.ts";
import { fromSugar, scalarFromJson, scalarToJson, wrongJson } from "./sugar.ts";
import { NULL, type Value } from "./value.ts";

const TAGS: { readonly [Kind in Exclude<Shape["kind"], "option" | "variant">]: string } = {
  bool: "bool",
  int: "int",
  nat: "nat",
  dec128: "dec128",
  bytes: "bytes_b64",
  text: "text",
  time: "time_ns",
  duration: "duration_ns",
  hash: "hash",
  uuid: "uuid",
  unit: "null",
  record: "record",
  list: "list",
  set: "set",
  map: "map",
};

/**
 * Every value must carry the tag of its type; `nat` does not pass for `int`. A variant is
 * `{"tag": ..., "value": ...}`, with or without `{"variant": ...}` around it; null is `{"null": {}}`, and
 * unit may also be `{"record": {}}`; a reference to a secret is `{"alias": ..., "version": ...}`.
 */
export function fromTagged(shape: Shape, json: Json, pointer: string, faults: Faults): Value {
  if (shape.kind === "variant") return variantFrom(shape, json, pointer, faults);
  if (shape.kind === "option") return optionFrom(shape.item, json, pointer, faults);
  if (shape.kind === "record" && isSecretRef(json)) return fromSugar(shape, json, pointer, faults);
  const tag = shape.kind === "unit" && sole(json) === "record" ? "record" : TAGS[shape.kind];
  if (!isJsonObject(json) || sole(json) !== tag) {
    return wrongJson(`a tagged literal {"${tag}": ...}`, json, pointer, faults);
  }
  const body = json.get(tag)!;
  const at = child(pointer, tag);
  switch (shape.kind) {
    case "record":
      if (!isJsonObject(body)) return wrongJson("an object by field name", body, at, faults);
      return readRecord(shape, body, at, faults, fromTagged);
    case "list":
    case "set":
      if (!isJsonArray(body)) return wrongJson("an array", body, at, faults);
      return {
        kind: shape.kind,
        items: body.map((item, i) => fromTagged(shape.item, item, child(at, i), faults)),
      };
    case "map":
      return mapFrom(shape, body, at, faults);
    default:
      return scalarFromJson(shape.kind, body, at, faults);
  }
}

/**
 * Whether the JSON has the outer form of a tagged literal of this type: exactly one key, and that the tag of
 * the type's kind. A sugar record with a field called `text` is none.
 */
export function looksTagged(shape: Shape, json: Json): boolean {
  if (!isJsonObject(json)) return false;
  if (shape.kind === "variant") return hasTagForm(json) || sole(json) === "variant";
  if (shape.kind === "record" && isSecretRef(json)) return false;
  const only = sole(json);
  if (shape.kind === "option") return only === "null" || only === "option" || looksTagged(shape.item, json);
  return only === TAGS[shape.kind] || (shape.kind === "unit" && only === "record");
}

/** Whether an object that looks tagged may be sugar as well: the type has a field, an arm or a key of that name. */
export function mayBeSugar(shape: Shape, json: Json): boolean {
  const only = sole(json);
  if (only === undefined) return false;
  if (shape.kind === "option") return mayBeSugar(shape.item, json);
  if (shape.kind === "record") return shape.byName.has(only);
  if (shape.kind === "variant") return shape.arms.has(only);
  return shape.kind === "map" && shape.key.kind === "text";
}

/** Writes a value of this type in its canonical form (what `decode` gives); anything else is `internal.bug`. */
export function toTagged(shape: Shape, value: Value): Json {
  if (shape.kind === "option") return value.kind === "null" ? nothing() : toTagged(shape.item, value);
  if (shape.kind === "variant") return variantTo(shape, value);
  if (value.kind !== shape.kind) {
    throw bug("a value is printed that is not of its type", { expected: shape.kind, found: value.kind });
  }
  return new Map([[TAGS[shape.kind], bodyOf(shape, value)]]);
}

function bodyOf(shape: Exclude<Shape, VariantShape>, value: Value): Json {
  if (shape.kind === "record")
    return recordTo(shape, (value as { fields: ReadonlyMap<string, Value> }).fields);
  if (value.kind === "unit") return new Map();
  if ((shape.kind === "list" || shape.kind === "set") && (value.kind === "list" || value.kind === "set")) {
    return value.items.map((item) => toTagged(shape.item, item));
  }
  if (shape.kind !== "map" || value.kind !== "map") return scalarToJson(value);
  return value.entries.map(
    ([key, item]) =>
      new Map([
        ["key", toTagged(shape.key, key)],
        ["value", toTagged(shape.value, item)],
      ]),
  );
}

function recordTo(shape: RecordShape, fields: ReadonlyMap<string, Value>): Json {
  return new Map([...shape.byName].map(([name, field]) => [name, toTagged(field.shape, fields.get(name)!)]));
}

function variantTo(shape: VariantShape, value: Value): Json {
  const { tag, arm, payload } = armOf(shape, value);
  const out = new Map<string, Json>([["tag", tag]]);
  if (payload !== undefined) out.set("value", toTagged(arm, payload));
  return out;
}

function nothing(): Json {
  return new Map([["null", new Map()]]);
}

/** The only key of an object. */
function sole(json: Json): string | undefined {
  return isJsonObject(json) && json.size === 1 ? [...json.keys()][0] : undefined;
}

function hasTagForm(json: JsonObject): boolean {
  return json.has("tag") && json.size === (json.has("value") ? 2 : 1);
}

function isSecretRef(json: Json): boolean {
  return isJsonObject(json) && json.size === 2 && json.has("alias") && json.has("version");
}

function optionFrom(item: Shape, json: Json, pointer: string, faults: Faults): Value {
  const only = sole(json);
  if (only !== "null" && only !== "option") return fromTagged(item, json, pointer, faults);
  const body = (json as JsonObject).get(only)!;
  const at = child(pointer, only);
  if (only === "option") return body === null ? NULL : fromTagged(item, body, at, faults);
  scalarFromJson("unit", body, at, faults);
  return NULL;
}

function mapFrom(shape: MapShape, body: Json, pointer: string, faults: Faults): Value {
  if (!isJsonArray(body)) return wrongJson(`an array of ${ENTRY}`, body, pointer, faults);
  const entries: (readonly [Value, Value])[] = [];
  body.forEach((entry, i) => {
    const at = child(pointer, i);
    const key = isJsonObject(entry) && entry.size === 2 ? entry.get("key") : undefined;
    const value = isJsonObject(entry) ? entry.get("value") : undefined;
    if (key === undefined || value === undefined) {
      wrongJson(ENTRY, entry, at, faults);
      return;
    }
    const keyValue = fromTagged(shape.key, key, child(at, "key"), faults);
    entries.push([keyValue, fromTagged(shape.value, value, child(at, "value"), faults)]);
  });
  return { kind: "map", entries };
}

const ENTRY = '{"key": ..., "value": ...}';

function variantFrom(shape: VariantShape, json: Json, pointer: string, faults: Faults): Value {
  if (sole(json) !== "variant") return armFrom(shape, json, pointer, faults);
  return armFrom(shape, (json as JsonObject).get("variant")!, child(pointer, "variant"), faults);
}

function armFrom(shape: VariantShape, json: Json, pointer: string, faults: Faults): Value {
  if (!isJsonObject(json) || !json.has("tag")) {
    return wrongJson('a tagged variant {"tag": ..., "value": ...}', json, pointer, faults);
  }
  for (const name of json.keys()) {
    if (name !== "tag" && name !== "value") extraMember(name, pointer, '"tag" and "value"', faults);
  }
  const tag = json.get("tag")!;
  const at = { whole: pointer, tag: child(pointer, "tag"), payload: child(pointer, "value") };
  if (typeof tag !== "string") return wrongJson("the arm's name as text", tag, at.tag, faults);
  return readArm(shape, tag, json.get("value"), at, faults, fromTagged);
}
