import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../values/json.ts";
import { compareKeys } from "../values/key-order.ts";

/**
 * The same JSON with the keys of every object in canonical order, as a recorded node has them. Definitions
 * are parsed from this, so that nothing a world does can depend on the order they were written in: the first
 * arm of a variant, or which field of a record fails first.
 */
export function inCanonicalOrder(object: JsonObject): JsonObject {
  const keys = [...object.keys()];
  let same = keys.every((key, i) => i === 0 || compareKeys(keys[i - 1]!, key) < 0);
  if (!same) keys.sort(compareKeys);
  const items = keys.map((key) => ordered(object.get(key)!));
  same &&= items.every((item, i) => item === object.get(keys[i]!));
  if (same) return object;
  const out = new Map<string, Json>();
  keys.forEach((key, i) => {
    out.set(key, items[i]!);
  });
  return out;
}

/** What is in order already is given back as it is. */
function ordered(json: Json): Json {
  if (isJsonObject(json)) return json.size === 0 ? json : inCanonicalOrder(json);
  if (!isJsonArray(json)) return json;
  const items = json.map(ordered);
  return items.every((item, i) => item === json[i]) ? json : items;
}
