/**
 * Values as plans compute with them. There sets and maps stand in natural order: by kind, numbers by size, text
 * bytewise and not length first as on the wire (docs/air.md, "Operators"). `eq` and `hash` look at that order, so
 * that it may not matter whether an expression built a set or it came from outside.
 */

import { compareBytes, utf8 } from "./bytes.ts";
import { UNIT, type Value, variantTag } from "./value.ts";

type Entry = readonly [Value, Value];

/** What elements and keys are ordered by, in the order of the kinds. */
const KEY_KINDS: readonly string[] = ["int", "nat", "text", "hash", "uuid"];

/** Whether the value can be an element of a set or a key of a map that a plan builds. */
export function isKey(value: Value): boolean {
  return KEY_KINDS.includes(value.kind);
}

/** Sorted, each element once; as they are when some are no keys. */
export function naturalSet(items: readonly Value[]): readonly Value[] {
  if (!items.every(isKey)) return items;
  const sorted = [...items].sort(compareNatural);
  return sorted.filter((item, i) => i === 0 || compareNatural(sorted[i - 1]!, item) !== 0);
}

/** Sorted by key, of equal keys the last entry; as they are when some keys are none. */
export function naturalMap(entries: readonly Entry[]): readonly Entry[] {
  if (!entries.every(([key]) => isKey(key))) return entries;
  const sorted = entries.map((entry, i) => ({ entry, i }));
  sorted.sort((a, b) => compareNatural(a.entry[0], b.entry[0]) || a.i - b.i);
  return sorted
    .filter(
      ({ entry }, i) => i + 1 === sorted.length || compareNatural(entry[0], sorted[i + 1]!.entry[0]) !== 0,
    )
    .map(({ entry }) => entry);
}

/** What enters a plan: sets and maps in natural order, and every variant with its `$value`, unit where it was left out. */
export function forPlans(value: Value): Value {
  switch (value.kind) {
    case "list":
      return { kind: "list", items: value.items.map(forPlans) };
    case "set":
      return { kind: "set", items: naturalSet(value.items.map(forPlans)) };
    case "map":
      return { kind: "map", entries: naturalMap(value.entries.map(([key, item]) => [key, forPlans(item)])) };
    case "record": {
      const fields = new Map([...value.fields].map(([name, field]) => [name, forPlans(field)]));
      if (variantTag(value) !== undefined && !fields.has("$value")) fields.set("$value", UNIT);
      return { kind: "record", fields };
    }
    default:
      return value;
  }
}

/** Of two keys. */
function compareNatural(a: Value, b: Value): number {
  if (a.kind !== b.kind) return KEY_KINDS.indexOf(a.kind) - KEY_KINDS.indexOf(b.kind);
  if ((a.kind === "int" || a.kind === "nat") && (b.kind === "int" || b.kind === "nat")) {
    return a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
  }
  return compareBytes(utf8((a as { value: string }).value), utf8((b as { value: string }).value));
}
