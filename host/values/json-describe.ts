import { isJsonArray, type Json, JsonNumber } from "./json.ts";
import { plain, quote } from "./quote.ts";

/** A piece of JSON as a message names it: short, on one line, fit for a terminal. */
export function describeJson(json: Json): string {
  if (json === null) return "null";
  if (typeof json === "boolean") return String(json);
  if (typeof json === "string") return `the text ${quote(json)}`;
  if (json instanceof JsonNumber) return `the number ${plain(json.raw)}`;
  if (isJsonArray(json)) return `an array of ${json.length}`;
  const keys = [...json.keys()].slice(0, 3).map((key) => quote(key, 24));
  if (keys.length === 0) return "an empty object";
  return `an object with ${keys.join(", ")}${json.size > keys.length ? " and more" : ""}`;
}
