/**
 * AIR reads a null where a field may be absent as the field's absence. Which fields those are is a closed
 * list; elsewhere null is a value, or wrong.
 */

import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../../values/json.ts";
import type { DefinitionKind } from "../definitions.ts";

/** Paths of optional fields; `*` stands for every member or item. */
const OPTIONAL: ReadonlyMap<DefinitionKind, readonly string[]> = new Map<DefinitionKind, readonly string[]>([
  ["defmodule", ["key_schema", "abi/reducer", "abi/pure", "abi/*/context", "abi/*/annotations"]],
  [
    "defplan",
    [
      "output",
      "edges/*/when",
      "steps/*/where",
      "steps/*/result",
      "steps/*/idempotency_key",
      "steps/*/bind/status_as",
    ],
  ],
  [
    "defpolicy",
    ["effect_kind", "cap_name", "cap_type", "origin_kind", "origin_name"].map(
      (word) => `rules/*/when/${word}`,
    ),
  ],
  ["defsecret", ["expected_digest"]],
  [
    "manifest",
    [
      "defaults",
      "defaults/policy",
      "defaults/cap_grants/*/expiry_ns",
      "routing",
      "routing/events/*/key_field",
      "routing/subscriptions/*/key_field",
      "triggers/*/correlate_by",
    ],
  ],
]);

const PATHS: ReadonlyMap<DefinitionKind, readonly (readonly string[])[]> = new Map(
  [...OPTIONAL].map(([kind, paths]) => [kind, paths.map((path) => path.split("/"))]),
);

/** The definition without optional fields that are null; the same object when there are none. */
export function withoutNulls(kind: DefinitionKind, json: JsonObject): JsonObject {
  return (PATHS.get(kind) ?? []).reduce((whole, path) => without(whole, path) as JsonObject, json);
}

function without(json: Json, path: readonly string[]): Json {
  const [segment, ...rest] = path;
  if (isJsonArray(json)) return segment === "*" ? changed(json, (item) => without(item, rest)) : json;
  if (!isJsonObject(json)) return json;
  if (segment === "*") return replaced(json, [...json.keys()], rest);
  if (rest.length > 0) return replaced(json, [segment!], rest);
  if (json.get(segment!) !== null) return json;
  return new Map([...json].filter(([name]) => name !== segment));
}

function replaced(json: JsonObject, names: readonly string[], rest: readonly string[]): JsonObject {
  let out: Map<string, Json> | null = null;
  for (const name of names) {
    const before = json.get(name);
    if (before === undefined) continue;
    const after = without(before, rest);
    if (after !== before) out = (out ?? new Map(json)).set(name, after);
  }
  return out ?? json;
}

function changed(items: readonly Json[], change: (item: Json) => Json): readonly Json[] {
  const out = items.map(change);
  return out.some((item, i) => item !== items[i]) ? out : items;
}
