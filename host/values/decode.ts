/** Reads CBOR items as values of a type, as far as they can be read without guessing. */

import type { Cbor } from "./cbor.ts";
import { extraMember, readArm, readRecord } from "./composites.ts";
import type { Faults } from "./faults.ts";
import { child } from "./pointer.ts";
import { plain, quote } from "./quote.ts";
import { EXPECTED, integerValue, isIntegerKind, isTextKind, textValue } from "./scalars.ts";
import type { MapShape, Shape, VariantShape } from "./shape.ts";
import { NULL, UNIT, type Value } from "./value.ts";

type CborMap = ReadonlyMap<string | bigint, Cbor>;

/**
 * The value an item stands for. Accepted beside the canonical form: record fields, map entries and set
 * elements in any order, missing option fields, an empty map for unit, a variant as `{Tag: value}`. Text is
 * never taken for a bool or for bytes.
 */
export function valueFromCbor(shape: Shape, item: Cbor, pointer: string, faults: Faults): Value {
  switch (shape.kind) {
    case "option":
      return item === null ? NULL : valueFromCbor(shape.item, item, pointer, faults);
    case "list":
    case "set": {
      if (!Array.isArray(item)) return wrong("a list", item, pointer, faults);
      const items = (item as readonly Cbor[]).map((each, i) =>
        valueFromCbor(shape.item, each, child(pointer, i), faults),
      );
      return { kind: shape.kind, items };
    }
    case "map":
      return isMap(item) ? mapValue(shape, item, pointer, faults) : wrong("a map", item, pointer, faults);
    case "record": {
      const fields = isMap(item) ? byText(item, pointer, faults) : undefined;
      if (fields === undefined) return wrong("a record (a map by field name)", item, pointer, faults);
      return readRecord(shape, fields, pointer, faults, valueFromCbor);
    }
    case "variant":
      return variantValue(shape, item, pointer, faults);
    default:
      return scalar(shape.kind, item) ?? checked(shape.kind, item, pointer, faults);
  }
}

/** Scalars without range or grammar. */
function scalar(kind: string, item: Cbor): Value | undefined {
  if (kind === "bool" && typeof item === "boolean") return { kind, value: item };
  if (kind === "bytes" && item instanceof Uint8Array) return { kind, value: item };
  if (kind === "unit" && (item === null || (isMap(item) && item.size === 0))) return UNIT;
  return undefined;
}

function checked(kind: keyof typeof EXPECTED, item: Cbor, pointer: string, faults: Faults): Value {
  if (isIntegerKind(kind) && typeof item === "bigint") return integerValue(kind, item, pointer, faults);
  if (isTextKind(kind) && typeof item === "string") return textValue(kind, item, pointer, faults);
  return wrong(EXPECTED[kind], item, pointer, faults);
}

function mapValue(shape: MapShape, map: CborMap, pointer: string, faults: Faults): Value {
  const entries = [...map].map(([key, value]) => {
    const at = child(pointer, String(key));
    return [
      valueFromCbor(shape.key, key, at, faults),
      valueFromCbor(shape.value, value, at, faults),
    ] as const;
  });
  return { kind: "map", entries };
}

/** `{"$tag": ..., "$value": ...}`, or `{Tag: value}`. */
function variantValue(shape: VariantShape, item: Cbor, pointer: string, faults: Faults): Value {
  const members = isMap(item) ? byText(item, pointer, faults) : undefined;
  if (members === undefined) return wrong(VARIANT, item, pointer, faults);
  if (!members.has("$tag")) {
    const [only] = members;
    if (only === undefined || members.size > 1) return wrong(VARIANT, item, pointer, faults);
    const at = child(pointer, only[0]);
    return readArm(shape, only[0], only[1], { whole: pointer, tag: at, payload: at }, faults, valueFromCbor);
  }
  for (const name of members.keys()) {
    if (name !== "$tag" && name !== "$value") extraMember(name, pointer, '"$tag" and "$value"', faults);
  }
  const tag = members.get("$tag")!;
  const at = { whole: pointer, tag: child(pointer, "$tag"), payload: child(pointer, "$value") };
  if (typeof tag !== "string") return wrong("the arm's name as text", tag, at.tag, faults);
  return readArm(shape, tag, members.get("$value"), at, faults, valueFromCbor);
}

const VARIANT = "a variant (a map of $tag and $value)";

function byText(map: CborMap, pointer: string, faults: Faults): ReadonlyMap<string, Cbor> {
  const members = new Map<string, Cbor>();
  for (const [key, item] of map) {
    if (typeof key === "string") members.set(key, item);
    else wrong("a name as text", key, child(pointer, String(key)), faults);
  }
  return members;
}

function isMap(item: Cbor): item is CborMap {
  return item instanceof Map;
}

function wrong(expected: string, item: Cbor, pointer: string, faults: Faults): Value {
  faults.wrongType(pointer, expected, describe(item));
  return NULL;
}

function describe(item: Cbor): string {
  if (item === null) return "null";
  if (typeof item === "string") return `the text ${quote(item)}`;
  if (item instanceof Uint8Array) return `${item.length} bytes`;
  if (isMap(item)) return `a map of ${item.size}`;
  if (typeof item === "object") return `a list of ${item.length}`;
  return plain(String(item));
}
