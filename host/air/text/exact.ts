/**
 * The short way from JSON text to values: the engine's own parser, wherever what it read is what stands there.
 * That is known when the value, written out again, is the text but for white space: no number was rounded or
 * spelt otherwise, and no key stands twice. Any other text, sound or not, takes the way that keeps positions.
 */

import { type Json, JsonNumber } from "../../values/json.ts";
import { NESTING_MAX } from "../../values/limits.ts";

/** Undefined when the text has to be read with positions: it may be sound all the same. */
export function parseExact(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (HALF_PAIR.test(text) || bare(JSON.stringify(value)) !== bare(text)) return undefined;
    return converted(value, 0);
  } catch {
    return undefined; // no JSON, or so deep that writing it exhausts the stack
  }
}

/** An escape that may be half of a surrogate pair. */
const HALF_PAIR = /\\u[dD][89a-fA-F]/;
/** The engine puts such keys before the others. */
const INDEX = /^[0-9]/;

function bare(text: string): string {
  return text.replace(/[ \t\r\n]+/g, "");
}

/** Undefined when it nests too deep, or its order was lost. */
function converted(value: unknown, depth: number): Json | undefined {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number") return new JsonNumber(String(value));
  if (depth >= NESTING_MAX) return undefined;
  return Array.isArray(value) ? list(value, depth) : object(value as Record<string, unknown>, depth);
}

function list(values: readonly unknown[], depth: number): Json | undefined {
  const out: Json[] = [];
  for (const value of values) {
    const item = converted(value, depth + 1);
    if (item === undefined) return undefined;
    out.push(item);
  }
  return out;
}

function object(value: Readonly<Record<string, unknown>>, depth: number): Json | undefined {
  const names = Object.keys(value);
  if (names.length === 0) return EMPTY;
  const out = new Map<string, Json>();
  for (const name of names) {
    const item = converted(value[name], depth + 1);
    if (item === undefined || INDEX.test(name)) return undefined;
    out.set(name, item);
  }
  return out;
}

/** Half the objects of a definition are `{}`: `{"text": {}}`. Nobody changes JSON. */
const EMPTY: Json = new Map();
