/**
 * Values that two manifests give different types: each side is read by its own, and what differs is found in the
 * JSON of both, where one schema cannot read the two.
 */

import type { Manifest } from "../air/manifest.ts";
import { fieldsOf, type JournalRecord } from "../journal/record.ts";
import { isJsonArray, isJsonObject, type Json, stringifyJson } from "../values/json.ts";
import { type FieldDifference, fieldJson } from "./core/diff.ts";

/** The differences with those that show bytes for want of a type put in the types of each side. */
export function retyped(
  differences: readonly FieldDifference[],
  [left, right]: readonly [JournalRecord, JournalRecord],
  manifests: { readonly left: Manifest; readonly right: Manifest },
): readonly FieldDifference[] {
  if (manifests.left === manifests.right) return differences;
  return differences.flatMap((difference) => {
    const field = fieldsOf(left.kind).find(({ name }) => name === difference.field);
    if (field === undefined || !field.type.startsWith("value")) return [difference];
    const [a, b] = [fieldJson(field, left, manifests.left), fieldJson(field, right, manifests.right)];
    const found = [...jsonDifferences(a, b, difference.field)];
    return found.length === 0 ? [difference] : found;
  });
}

function* jsonDifferences(
  a: Json | undefined,
  b: Json | undefined,
  path: string,
): Generator<FieldDifference> {
  if (a !== undefined && b !== undefined) {
    if (isJsonObject(a) && isJsonObject(b)) {
      for (const name of new Set([...a.keys(), ...b.keys()])) {
        yield* jsonDifferences(a.get(name), b.get(name), `${path}.${name}`);
      }
      return;
    }
    if (isJsonArray(a) && isJsonArray(b)) {
      for (let i = 0; i < Math.max(a.length, b.length); i++)
        yield* jsonDifferences(a[i], b[i], `${path}.${i}`);
      return;
    }
  }
  const [recorded, replayed] = [a, b].map((json) => (json === undefined ? "nothing" : stringifyJson(json)));
  if (recorded !== replayed) yield { field: path, recorded: recorded!, replayed: replayed! };
}
