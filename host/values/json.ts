/**
 * JSON as it was written: numbers keep their digits, objects are Maps (so `__proto__` is a field like any
 * other), and nothing is rounded.
 */

/** A JSON number by its digits; `JSON.parse` would round it above 2^53. */
export class JsonNumber {
  readonly raw: string;
  constructor(raw: string) {
    this.raw = raw;
  }
}

export type Json = null | boolean | string | JsonNumber | readonly Json[] | JsonObject;
export type JsonObject = ReadonlyMap<string, Json>;

export function isJsonObject(json: Json): json is JsonObject {
  return json instanceof Map;
}

export function isJsonArray(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}

/** Largest integer every JSON reader keeps exactly. */
const SAFE_MAX = 9007199254740991n;

/** An integer as a JSON number where every reader keeps it exactly, else as its decimal text. */
export function jsonInteger(value: bigint): Json {
  return value <= SAFE_MAX && value >= -SAFE_MAX ? new JsonNumber(value.toString()) : value.toString();
}

/** Converts what `JSON.parse` or a program made; refuses nothing but cycles (by stack) and functions. */
export function jsonFrom(value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "bigint" || typeof value === "number") return new JsonNumber(String(value));
  if (value instanceof JsonNumber) return value;
  if (Array.isArray(value)) return value.map(jsonFrom);
  if (value instanceof Map) return new Map([...value].map(([k, v]) => [String(k), jsonFrom(v)]));
  const out = new Map<string, Json>();
  for (const key of Object.keys(value as object))
    out.set(key, jsonFrom((value as Record<string, unknown>)[key]));
  return out;
}

/** Writes JSON text; `indent` 0 is one line. Object keys keep their order. */
export function stringifyJson(json: Json, indent = 0): string {
  return write(json, indent, "");
}

function write(json: Json, indent: number, margin: string): string {
  if (json === null) return "null";
  if (typeof json === "boolean") return json ? "true" : "false";
  if (typeof json === "string") return JSON.stringify(json);
  if (json instanceof JsonNumber) return json.raw;
  const inner = margin + " ".repeat(indent);
  const [open, close, items] = isJsonArray(json)
    ? ["[", "]", json.map((item) => write(item, indent, inner))]
    : [
        "{",
        "}",
        [...json].map(([k, v]) => `${JSON.stringify(k)}:${indent > 0 ? " " : ""}${write(v, indent, inner)}`),
      ];
  if (items.length === 0) return open + close;
  if (indent === 0) return open + items.join(",") + close;
  return `${open}\n${inner}${items.join(`,\n${inner}`)}\n${margin}${close}`;
}
