/** Fits a value from a plan or a program to a type. */

import { extraMember, readArm, readRecord } from "./composites.ts";
import type { Faults } from "./faults.ts";
import { child } from "./pointer.ts";
import { plain, quote } from "./quote.ts";
import { EXPECTED, integerValue, isIntegerKind, isTextKind, textValue } from "./scalars.ts";
import type { MapShape, Shape, VariantShape } from "./shape.ts";
import type { PrimitiveKind } from "./type.ts";
import { NULL, UNIT, type Value } from "./value.ts";

/**
 * The value with its fields in canonical order. `nat` and `int` turn into one another where the number
 * allows; unit and null are one (both are null in bytes), and unit may come as an empty record, as it does
 * in literals; missing option fields become null. Everything else must be of the type's kind.
 */
export function conform(shape: Shape, value: Value, pointer: string, faults: Faults): Value {
  switch (shape.kind) {
    case "option":
      return isNothing(value) ? NULL : conform(shape.item, value, pointer, faults);
    case "list":
    case "set":
      if (value.kind !== shape.kind) return wrong(`a ${shape.kind}`, value, pointer, faults);
      return {
        kind: shape.kind,
        items: value.items.map((item, i) => conform(shape.item, item, child(pointer, i), faults)),
      };
    case "map":
      return value.kind === "map"
        ? conformMap(shape, value.entries, pointer, faults)
        : wrong("a map", value, pointer, faults);
    case "record":
      if (value.kind !== "record") return wrong("a record", value, pointer, faults);
      return readRecord(shape, value.fields, pointer, faults, conform);
    case "variant":
      return conformVariant(shape, value, pointer, faults);
    default:
      return conformScalar(shape.kind, value, pointer, faults);
  }
}

function conformScalar(kind: PrimitiveKind, value: Value, pointer: string, faults: Faults): Value {
  if (kind === "unit") {
    const empty = isNothing(value) || (value.kind === "record" && value.fields.size === 0);
    return empty ? UNIT : wrong(EXPECTED.unit, value, pointer, faults);
  }
  if (isIntegerKind(kind) && isIntegerKind(value.kind)) {
    const { kind: given, value: number } = value as { kind: string; value: bigint };
    const fits = given === kind || (isNumber(given) && isNumber(kind));
    if (fits) return integerValue(kind, number, pointer, faults);
  }
  if (value.kind !== kind) return wrong(`${kind}: ${EXPECTED[kind]}`, value, pointer, faults);
  if (isTextKind(kind)) return textValue(kind, (value as { value: string }).value, pointer, faults);
  return value;
}

function conformMap(
  shape: MapShape,
  entries: readonly (readonly [Value, Value])[],
  pointer: string,
  faults: Faults,
): Value {
  return {
    kind: "map",
    entries: entries.map(([key, value], i) => {
      const at = child(pointer, isTextKind(key.kind) || isIntegerKind(key.kind) ? nameOf(key) : i);
      return [conform(shape.key, key, at, faults), conform(shape.value, value, at, faults)] as const;
    }),
  };
}

/** A key as a pointer names it. */
function nameOf(key: Value): string {
  return "value" in key ? String(key.value) : key.kind;
}

function conformVariant(shape: VariantShape, value: Value, pointer: string, faults: Faults): Value {
  const tag = value.kind === "record" ? value.fields.get("$tag") : undefined;
  if (value.kind !== "record" || tag === undefined) return wrong("a variant", value, pointer, faults);
  for (const name of value.fields.keys()) {
    if (name !== "$tag" && name !== "$value") extraMember(name, pointer, '"$tag" and "$value"', faults);
  }
  const at = { whole: pointer, tag: child(pointer, "$tag"), payload: child(pointer, "$value") };
  if (tag.kind !== "text") return wrong("the arm's name as text", tag, at.tag, faults);
  return readArm(shape, tag.value, value.fields.get("$value"), at, faults, conform);
}

function isNothing(value: Value): boolean {
  return value.kind === "null" || value.kind === "unit";
}

function isNumber(kind: string): boolean {
  return kind === "int" || kind === "nat";
}

function wrong(expected: string, value: Value, pointer: string, faults: Faults): Value {
  faults.wrongType(pointer, expected, describe(value));
  return NULL;
}

function describe(value: Value): string {
  switch (value.kind) {
    case "null":
    case "unit":
      return value.kind;
    case "bytes":
      return `${value.value.length} bytes`;
    case "list":
    case "set":
      return `a ${value.kind} of ${value.items.length}`;
    case "map":
      return `a map of ${value.entries.length}`;
    case "record":
      return "a record";
    case "bool":
    case "int":
    case "nat":
    case "time":
    case "duration":
      return `${value.kind} ${plain(String(value.value))}`;
    default:
      return `${value.kind} ${quote(value.value)}`;
  }
}
