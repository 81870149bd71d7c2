import { compareBytes } from "../values/bytes.ts";
import { encodeCbor } from "../values/cbor.ts";
import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../values/json.ts";

/**
 * The same JSON with the keys of every object in canonical order, as a recorded node has them. Definitions
 * are parsed from this, so that nothing a world does can depend on the order they were written in: the first
 * arm of a variant, or which field of a record fails first.
 */
export function inCanonicalOrder(object: JsonObject): JsonObject {
  const entries = [...object].map(([key, value]) => ({ key, bytes: encodeCbor(key), value }));
  entries.sort((a, b) => compareBytes(a.bytes, b.bytes));
  return new Map(entries.map(({ key, value }) => [key, ordered(value)]));
}

function ordered(json: Json): Json {
  if (isJsonObject(json)) return inCanonicalOrder(json);
  return isJsonArray(json) ? json.map(ordered) : json;
}
