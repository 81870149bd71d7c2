import { isJsonArray, isJsonObject, type Json, JsonNumber } from "./json.ts";

/** Whether two pieces of JSON say the same: the order of members is nothing, that of items is. */
export function sameJson(a: Json, b: Json): boolean {
  if (a instanceof JsonNumber) return b instanceof JsonNumber && a.raw === b.raw;
  if (isJsonArray(a)) {
    return isJsonArray(b) && a.length === b.length && a.every((item, i) => sameJson(item, b[i]!));
  }
  if (!isJsonObject(a)) return a === b;
  if (!isJsonObject(b) || a.size !== b.size) return false;
  return [...a].every(([name, value]) => {
    const other = b.get(name);
    return other !== undefined && sameJson(value, other);
  });
}
