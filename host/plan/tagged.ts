/**
 * The evaluator's tagged form of a value: `{"Nat": 5}`, `{"Record": {...}}`, text `"Unit"`. AIR's `hash`
 * operator hashes it (not the typed value), and so does the hash of a plan's environment. A receipt may come
 * in it, and snapshots keep values so.
 */

import { compareBytes } from "../values/bytes.ts";
import { CborReader, CborWriter, hasSelfDescribe, MAJOR } from "../values/cbor.ts";
import { AirloomError } from "../values/errors.ts";
import { compareKeys } from "../values/key-order.ts";
import { NESTING_MAX } from "../values/limits.ts";
import { integerFits, isIntegerKind, isTextKind, textFits } from "../values/scalars.ts";
import { NULL, UNIT, type Value } from "../values/value.ts";
import { PlanError } from "./errors.ts";
import { orderMap } from "./order.ts";

const TAGS = {
  bool: "Bool",
  int: "Int",
  nat: "Nat",
  time: "TimeNs",
  duration: "DurationNs",
  dec128: "Dec128",
  text: "Text",
  hash: "Hash",
  uuid: "Uuid",
  bytes: "Bytes",
  list: "List",
  set: "Set",
  map: "Map",
  record: "Record",
} as const;

const KINDS: ReadonlyMap<string, keyof typeof TAGS> = new Map(
  Object.entries(TAGS).map(([kind, tag]) => [tag, kind as keyof typeof TAGS]),
);

/** Canonical bytes without the self-describe tag. */
export function taggedBytes(value: Value): Uint8Array {
  const writer = new CborWriter(128);
  writeTagged(writer, value);
  return writer.finish();
}

/** Writes the tagged form behind what the writer holds. */
export function writeTagged(writer: CborWriter, value: Value): void {
  if (value.kind === "unit" || value.kind === "null") {
    writer.text(value.kind === "unit" ? "Unit" : "Null");
    return;
  }
  writer.head(MAJOR.map, 1);
  writer.text(TAGS[value.kind]);
  switch (value.kind) {
    case "list":
    case "set":
      writer.head(MAJOR.list, value.items.length);
      for (const item of value.items) writeTagged(writer, item);
      break;
    case "map":
      writeEntries(
        writer,
        value.entries.map(([k, v]) => [taggedBytes(k), v]),
      );
      break;
    case "record":
      writeFields(writer, value.fields);
      break;
    default:
      writer.item(value.value);
  }
}

/** Names are ordered as texts: encoding them first would be most of what a small record costs. */
function writeFields(writer: CborWriter, fields: ReadonlyMap<string, Value>): void {
  writer.head(MAJOR.map, fields.size);
  for (const name of [...fields.keys()].sort(compareKeys)) {
    writer.text(name);
    writeTagged(writer, fields.get(name)!);
  }
}

function writeEntries(writer: CborWriter, entries: readonly (readonly [Uint8Array, Value])[]): void {
  const sorted = [...entries].sort((a, b) => compareBytes(a[0], b[0]));
  writer.head(MAJOR.map, sorted.length);
  for (const [key, value] of sorted) {
    writer.raw(key);
    writeTagged(writer, value);
  }
}

/**
 * The value these bytes are the tagged form of, or null when they are not exactly one. Takes any CBOR, a
 * self-describe tag before it, fields and map entries in any order; the items of a set stay as they stand.
 */
export function readTagged(bytes: Uint8Array): Value | null {
  const reader = new CborReader(bytes, "lenient", hasSelfDescribe(bytes) ? 3 : 0);
  try {
    const value = valueAt(reader, 0);
    return reader.done ? value : null;
  } catch (error) {
    const expected =
      error instanceof PlanError || (error instanceof AirloomError && error.kind === "corrupt");
    if (expected) return null;
    throw error;
  }
}

function valueAt(reader: CborReader, depth: number): Value {
  if (depth > NESTING_MAX) reader.fail(`nested deeper than ${NESTING_MAX}`);
  const at = reader.pos;
  const { major, argument } = reader.head();
  if (major === MAJOR.text) {
    reader.pos = at;
    const word = reader.item();
    return word === "Unit" ? UNIT : word === "Null" ? NULL : reader.fail("a text that is no value");
  }
  if (major !== MAJOR.map || argument !== 1n) reader.fail("no tagged value");
  const tag = reader.item();
  const kind = typeof tag === "string" ? KINDS.get(tag) : undefined;
  switch (kind) {
    case "list":
    case "set":
      return { kind, items: times(reader, MAJOR.list, () => valueAt(reader, depth + 1)) };
    case "map": {
      const entry = () => [valueAt(reader, depth + 1), valueAt(reader, depth + 1)] as const;
      return { kind, entries: orderMap(times(reader, MAJOR.map, entry)) };
    }
    case "record": {
      const field = () => [reader.item(), valueAt(reader, depth + 1)] as const;
      const fields = new Map<string, Value>();
      for (const [name, value] of times(reader, MAJOR.map, field)) {
        if (typeof name !== "string") return reader.fail("a field whose name is no text");
        fields.set(name, value);
      }
      return { kind, fields };
    }
    case undefined:
      return reader.fail("no tagged value");
    default:
      return scalarAt(reader, kind);
  }
}

function times<T>(reader: CborReader, wanted: number, read: () => T): T[] {
  const { major, argument } = reader.head();
  if (major !== wanted || argument < 0n) reader.fail("a collection of another form");
  const out: T[] = [];
  for (let i = 0n; i < argument; i++) out.push(read());
  return out;
}

function scalarAt(reader: CborReader, kind: Exclude<keyof typeof TAGS, "list" | "set" | "map" | "record">) {
  const item = reader.item();
  if (kind === "bool" && typeof item === "boolean") return { kind, value: item };
  if (kind === "bytes" && item instanceof Uint8Array) return { kind, value: item.slice() };
  if (isIntegerKind(kind) && typeof item === "bigint" && integerFits(kind, item))
    return { kind, value: item };
  if (isTextKind(kind) && typeof item === "string" && textFits(kind, item)) return { kind, value: item };
  return reader.fail(`no ${kind}`);
}
