/** The sugar lens: JSON as a person writes it, read and written with the type beside it. */

import { fromBase64, toBase64 } from "./bytes.ts";
import { armOf, extraMember, readArm, readRecord } from "./composites.ts";
import { bug } from "./errors.ts";
import type { Faults } from "./faults.ts";
import { isJsonArray, isJsonObject, type Json, JsonNumber, type JsonObject, jsonInteger } from "./json.ts";
import { describeJson } from "./json-describe.ts";
import { child } from "./pointer.ts";
import { EXPECTED, type IntegerKind, integerValue, isIntegerKind, isTextKind, textValue } from "./scalars.ts";
import type { MapShape, Shape, VariantShape } from "./shape.ts";
import type { PrimitiveKind } from "./type.ts";
import { NULL, UNIT, type Value } from "./value.ts";

/**
 * Integers are JSON numbers or decimal text, bytes are base64, a map is an object (text keys) or a list of
 * pairs, a variant `{"Tag": value}` or `{"$tag": ..., "$value": ...}`. Only the second can leave the value
 * of a unit arm out: `{"Tick": null}` is with it.
 */
export function fromSugar(shape: Shape, json: Json, pointer: string, faults: Faults): Value {
  switch (shape.kind) {
    case "option":
      return json === null ? NULL : fromSugar(shape.item, json, pointer, faults);
    case "list":
    case "set":
      if (!isJsonArray(json)) return wrongJson("an array", json, pointer, faults);
      return {
        kind: shape.kind,
        items: json.map((item, i) => fromSugar(shape.item, item, child(pointer, i), faults)),
      };
    case "map":
      return mapFrom(shape, json, pointer, faults);
    case "record":
      if (!isJsonObject(json)) return wrongJson("an object by field name", json, pointer, faults);
      return readRecord(shape, json, pointer, faults, fromSugar);
    case "variant":
      return variantFrom(shape, json, pointer, faults);
    default:
      return scalarFromJson(shape.kind, json, pointer, faults);
  }
}

/** A scalar in its JSON spelling, which both lenses share; null and an empty object are unit. */
export function scalarFromJson(kind: PrimitiveKind, json: Json, pointer: string, faults: Faults): Value {
  if (isIntegerKind(kind)) return integerFromJson(kind, json, pointer, faults);
  if (isTextKind(kind) && typeof json === "string") return textValue(kind, json, pointer, faults);
  if (kind === "bool" && typeof json === "boolean") return { kind, value: json };
  if (kind === "unit" && (json === null || (isJsonObject(json) && json.size === 0))) return UNIT;
  if (kind !== "bytes") return wrongJson(EXPECTED[kind], json, pointer, faults);
  const value = typeof json === "string" ? fromBase64(json) : undefined;
  return value === undefined ? wrongJson(BASE64, json, pointer, faults) : { kind, value };
}

export function wrongJson(expected: string, json: Json, pointer: string, faults: Faults): Value {
  faults.wrongType(pointer, expected, describeJson(json));
  return NULL;
}

/**
 * Writes a value of this type in its canonical form (what `decode` gives); anything else is `internal.bug`.
 * Record fields keep the order of the type as written.
 */
export function toSugar(shape: Shape, value: Value): Json {
  switch (shape.kind) {
    case "option":
      return value.kind === "null" ? null : toSugar(shape.item, value);
    case "list":
    case "set":
      if (value.kind !== shape.kind) break;
      return value.items.map((item) => toSugar(shape.item, item));
    case "map":
      if (value.kind !== "map") break;
      return mapToSugar(shape, value.entries);
    case "record":
      if (value.kind !== "record") break;
      return new Map([...shape.byName].map(([name, f]) => [name, toSugar(f.shape, value.fields.get(name)!)]));
    case "variant":
      return variantToSugar(shape, value);
    default:
      return scalarToJson(value);
  }
  throw bug("a value is printed that is not of its type", { expected: shape.kind, found: value.kind });
}

/** The JSON spelling of a scalar, the same in both lenses. */
export function scalarToJson(value: Value): Json {
  switch (value.kind) {
    case "bool":
      return value.value;
    case "int":
    case "nat":
    case "time":
    case "duration":
      return jsonInteger(value.value);
    case "bytes":
      return toBase64(value.value);
    case "text":
    case "dec128":
    case "hash":
    case "uuid":
      return value.value;
    default:
      return null;
  }
}

const BASE64 = "bytes as padded base64";
const VARIANT = 'a variant such as {"Tag": value}';
const INTEGER = /^-?[0-9]+$/;
/** Longer numbers are out of every range and costly to read. */
const DIGITS_MAX = 40;

function integerFromJson(kind: IntegerKind, json: Json, pointer: string, faults: Faults): Value {
  const digits = json instanceof JsonNumber ? json.raw : typeof json === "string" ? json : "";
  if (!INTEGER.test(digits)) return wrongJson(EXPECTED[kind], json, pointer, faults);
  if (digits.length <= DIGITS_MAX) return integerValue(kind, BigInt(digits), pointer, faults);
  const found = describeJson(json);
  faults.add("value.out_of_range", pointer, `expected ${EXPECTED[kind]}, found ${found}`, {
    expected: EXPECTED[kind],
    found,
  });
  return NULL;
}

function mapFrom(shape: MapShape, json: Json, pointer: string, faults: Faults): Value {
  const textKeys = shape.key.kind === "text";
  if (textKeys && isJsonObject(json)) {
    const entries = [...json].map(([key, item]) => {
      const at = child(pointer, key);
      return [textValue("text", key, at, faults), fromSugar(shape.value, item, at, faults)] as const;
    });
    return { kind: "map", entries };
  }
  const expected = textKeys
    ? "an object or an array of [key, value] pairs"
    : "an array of [key, value] pairs";
  if (!isJsonArray(json)) return wrongJson(expected, json, pointer, faults);
  const entries: (readonly [Value, Value])[] = [];
  json.forEach((pair, i) => {
    const at = child(pointer, i);
    if (!isJsonArray(pair) || pair.length !== 2) {
      wrongJson("a [key, value] pair", pair, at, faults);
      return;
    }
    const key = fromSugar(shape.key, pair[0]!, child(at, 0), faults);
    entries.push([key, fromSugar(shape.value, pair[1]!, child(at, 1), faults)]);
  });
  return { kind: "map", entries };
}

function variantFrom(shape: VariantShape, json: Json, pointer: string, faults: Faults): Value {
  if (!isJsonObject(json)) return wrongJson(VARIANT, json, pointer, faults);
  const tag = json.get("$tag");
  if (tag === undefined) {
    const [only] = json;
    if (only === undefined || json.size > 1) return wrongJson(VARIANT, json, pointer, faults);
    const at = child(pointer, only[0]);
    return readArm(shape, only[0], only[1], { whole: pointer, tag: at, payload: at }, faults, fromSugar);
  }
  for (const name of json.keys()) {
    if (name !== "$tag" && name !== "$value") extraMember(name, pointer, '"$tag" and "$value"', faults);
  }
  const at = { whole: pointer, tag: child(pointer, "$tag"), payload: child(pointer, "$value") };
  if (typeof tag !== "string") return wrongJson("the arm's name as text", tag, at.tag, faults);
  return readArm(shape, tag, json.get("$value"), at, faults, fromSugar);
}

function mapToSugar(shape: MapShape, entries: readonly (readonly [Value, Value])[]): Json {
  if (shape.key.kind !== "text") {
    return entries.map(([key, value]) => [scalarToJson(key), toSugar(shape.value, value)]);
  }
  return new Map(entries.map(([key, value]) => [scalarToJson(key) as string, toSugar(shape.value, value)]));
}

/** The long form where the short one cannot say it: without a value, or with an arm called `$tag`. */
function variantToSugar(shape: VariantShape, value: Value): JsonObject {
  const { tag, arm, payload } = armOf(shape, value);
  if (payload === undefined) return new Map([["$tag", tag]]);
  const printed = toSugar(arm, payload);
  if (tag !== "$tag") return new Map([[tag, printed]]);
  return new Map<string, Json>([
    ["$tag", tag],
    ["$value", printed],
  ]);
}
