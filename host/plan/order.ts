/** Sets and maps that expressions build. */

import { isKey, naturalMap, naturalSet } from "../values/natural.ts";
import type { Value } from "../values/value.ts";
import { PlanError } from "./errors.ts";

/** Sorted, each element once. Throws `PlanError` for elements that have no order. */
export function orderSet(items: readonly Value[]): readonly Value[] {
  items.forEach(checkKey);
  return naturalSet(items);
}

/** Sorted by key; of equal keys the last entry stays. Throws `PlanError` for keys that have no order. */
export function orderMap(
  entries: readonly (readonly [Value, Value])[],
): readonly (readonly [Value, Value])[] {
  for (const [key] of entries) checkKey(key);
  return naturalMap(entries);
}

function checkKey(value: Value): void {
  if (!isKey(value)) {
    throw new PlanError("plan.type_error", `a ${value.kind} cannot be a set element or a map key in a plan`);
  }
}
