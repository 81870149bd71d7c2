/** The order of sets and maps inside plans: by kind, then naturally; text bytewise (not length first). */

import { compareBytes, utf8 } from "../values/bytes.ts";
import type { Value } from "../values/value.ts";
import { PlanError } from "./errors.ts";

const KEY_KINDS: readonly string[] = ["int", "nat", "text", "hash", "uuid"];

function compareKeys(a: Value, b: Value): number {
  if (a.kind !== b.kind) return KEY_KINDS.indexOf(a.kind) - KEY_KINDS.indexOf(b.kind);
  if ((a.kind === "int" || a.kind === "nat") && (b.kind === "int" || b.kind === "nat")) {
    return a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
  }
  return compareBytes(utf8((a as { value: string }).value), utf8((b as { value: string }).value));
}

function checkKey(value: Value): void {
  if (!KEY_KINDS.includes(value.kind)) {
    throw new PlanError("plan.type_error", `a ${value.kind} cannot be a set element or a map key in a plan`);
  }
}

/** Sorted, each element once. Throws `PlanError` for elements that have no order. */
export function orderSet(items: readonly Value[]): readonly Value[] {
  items.forEach(checkKey);
  const sorted = [...items].sort(compareKeys);
  return sorted.filter((item, i) => i === 0 || compareKeys(sorted[i - 1]!, item) !== 0);
}

/** Sorted by key; of equal keys the last entry stays. Throws `PlanError` for keys that have no order. */
export function orderMap(
  entries: readonly (readonly [Value, Value])[],
): readonly (readonly [Value, Value])[] {
  for (const [key] of entries) checkKey(key);
  const sorted = entries.map((entry, i) => ({ entry, i }));
  sorted.sort((a, b) => compareKeys(a.entry[0], b.entry[0]) || a.i - b.i);
  return sorted
    .filter(({ entry }, i) => i + 1 === sorted.length || compareKeys(entry[0], sorted[i + 1]!.entry[0]) !== 0)
    .map(({ entry }) => entry);
}
