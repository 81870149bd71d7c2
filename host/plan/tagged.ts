/**
 * The evaluator's tagged form of a value: `{"Nat": 5}`, `{"Record": {...}}`, text `"Unit"`. AIR's `hash`
 * operator hashes it (not the typed value), and so does the hash of a plan's environment.
 */

import { compareBytes } from "../values/bytes.ts";
import { CborWriter, encodeCbor, MAJOR } from "../values/cbor.ts";
import type { Value } from "../values/value.ts";

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
      writeSorted(
        writer,
        value.entries.map(([k, v]) => [taggedBytes(k), v]),
      );
      break;
    case "record":
      writeSorted(
        writer,
        [...value.fields].map(([name, field]) => [encodeCbor(name), field]),
      );
      break;
    default:
      writer.item(value.value);
  }
}

function writeSorted(writer: CborWriter, entries: readonly (readonly [Uint8Array, Value])[]): void {
  const sorted = [...entries].sort((a, b) => compareBytes(a[0], b[0]));
  writer.head(MAJOR.map, sorted.length);
  for (const [key, value] of sorted) {
    writer.raw(key);
    writeTagged(writer, value);
  }
}
