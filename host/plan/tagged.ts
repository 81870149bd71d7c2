/**
 * The evaluator's tagged form of a value: `{"Nat": 5}`, `{"Record": {...}}`, text `"Unit"`. AIR's `hash`
 * operator hashes it (not the typed value), and a plan's environment is hashed and kept in it.
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
  if (value.kind === "unit") return encodeCbor("Unit");
  if (value.kind === "null") return encodeCbor("Null");
  const writer = new CborWriter(64);
  writer.head(MAJOR.map, 1);
  writer.text(TAGS[value.kind]);
  switch (value.kind) {
    case "list":
    case "set":
      writer.head(MAJOR.list, value.items.length);
      for (const item of value.items) writer.raw(taggedBytes(item));
      break;
    case "map":
      writeSorted(
        writer,
        value.entries.map(([k, v]) => [taggedBytes(k), taggedBytes(v)]),
      );
      break;
    case "record":
      writeSorted(
        writer,
        [...value.fields].map(([name, field]) => [encodeCbor(name), taggedBytes(field)]),
      );
      break;
    default:
      writer.item(value.value);
  }
  return writer.finish();
}

function writeSorted(writer: CborWriter, entries: [Uint8Array, Uint8Array][]): void {
  entries.sort((a, b) => compareBytes(a[0], b[0]));
  writer.head(MAJOR.map, entries.length);
  for (const [key, value] of entries) {
    writer.raw(key);
    writer.raw(value);
  }
}
