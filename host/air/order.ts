import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../values/json.ts";
import { compareKeys } from "../values/key-order.ts";

/**
 * The same JSON with the keys of every object in canonical order, as a recorded node has them. Definitions
 * are parsed from this, so that nothing a world does can depend on the order they were written in: the first
 * arm of a variant, or which field of a record fails first.
 */
export function inCanonicalOrder(object: JsonObject): JsonObject {
  if (object.size === 0) return object;
  const keys = [...object.keys()];
  let same = keys.every((key, i) => i === 0 || compareKeys(keys[i - 1]!, key) < 0);
  if (!same) keys.sort(compareKeys);
  const out = new Map<string, Json>();
  for (const key of keys) {
    const value = object.get(key)!;
    const item = ordered(value);
    same &&= item === value;
    out.set(key, item);
  }
  return same ? object : out;
}

function ordered(json: Json): Json {
  if (isJsonObject(json)) return inCanonicalOrder(json);
  return isJsonArray(json) ? json.map(ordered) : json;
}
