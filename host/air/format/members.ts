/**
 * In which order the members of AIR's JSON are written: what it is, what it is called, what people say about
 * it, then its fields in the order docs/air.md and the JSON Schemas give them. Only the order changes: every
 * member is kept, and one that is unknown here stays behind the known ones.
 */

import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../../values/json.ts";
import type { DefinitionKind } from "../definitions.ts";

/** How the members of one place are ordered, and what stands inside of them. */
type Rule =
  | { readonly kind: "object"; readonly members: ReadonlyMap<string, Rule> }
  | { readonly kind: "items" | "values"; readonly of: Rule }
  /** Names an author chose, types, expressions and values: they keep their order. */
  | { readonly kind: "free" };

const FREE: Rule = { kind: "free" };

/** Members for people, behind what identifies an object. */
const NOTES = ["description", "$comment"] as const;

type Member = string | readonly [string, Rule];

function object(lead: readonly string[], members: readonly Member[]): Rule {
  const all: Member[] = [...lead, ...NOTES, ...members];
  return {
    kind: "object",
    members: new Map(all.map((each) => (typeof each === "string" ? [each, FREE] : each))),
  };
}

function items(of: Rule): Rule {
  return { kind: "items", of };
}

function values(of: Rule): Rule {
  return { kind: "values", of };
}

function definition(...members: readonly Member[]): Rule {
  return object(["$schema", "$kind", "name"], members);
}

const BIND = object([], ["effect_id_as", "as", "status_as"]);

/** One table for all operations: no two of them use a field in another order. */
const STEP = object(
  ["id", "op"],
  [
    "event",
    "kind",
    "for",
    "where",
    "value",
    "params",
    "cap",
    "expr",
    "idempotency_key",
    "result",
    ["bind", BIND],
  ],
);

const STEP_ABI = object(
  [],
  ["state", "event", "context", "annotations", "effects_emitted", ["cap_slots", FREE]],
);

const ABI = object(
  [],
  [
    ["reducer", STEP_ABI],
    ["workflow", STEP_ABI],
    ["pure", object([], ["input", "output", "context"])],
  ],
);

const CONDITION = object([], ["effect_kind", "cap_name", "cap_type", "origin_kind", "origin_name"]);

const REFS = items(object(["name"], ["hash"]));

const SECRET = object(
  ["name"],
  [
    "hash",
    "alias",
    "version",
    "binding_id",
    "expected_digest",
    ["policy", object([], ["allowed_caps", "allowed_plans"])],
  ],
);

const ROUTES = items(object(["event"], ["reducer", "module", "key_field"]));

const MANIFEST = object(
  ["$schema", "$kind"],
  [
    "air_version",
    ["schemas", REFS],
    ["modules", REFS],
    ["plans", REFS],
    ["effects", REFS],
    ["caps", REFS],
    ["policies", REFS],
    ["secrets", items(SECRET)],
    [
      "defaults",
      object([], ["policy", ["cap_grants", items(object(["name"], ["cap", "params", "expiry_ns"]))]]),
    ],
    ["module_bindings", values(object([], [["slots", FREE]]))],
    [
      "routing",
      object(
        [],
        [
          ["events", ROUTES],
          ["subscriptions", ROUTES],
          ["inboxes", items(object(["source"], ["reducer", "workflow"]))],
        ],
      ),
    ],
    ["triggers", items(object(["event", "plan"], ["correlate_by"]))],
  ],
);

const HTTP = object(
  [],
  [
    "timeout_ms",
    "in_flight_max",
    ["retry", object([], ["max_attempts", "min_wait_ms", "max_wait_ms", "base", "jitter_percent"])],
    ["credentials", values(values(object([], ["prefix", "secret"])))],
  ],
);

const SETTINGS = object(
  ["$schema"],
  [
    [
      "modules",
      values(object([], ["source", "state", "floats", "fuel_max", "stack_bytes_max", "memory_pages_max"])),
    ],
    "limits_profile",
    "fuel_schedule",
    "compat",
    ["receipt_keys", values(object([], ["effect_kinds", "keys"]))],
    ["adapters", object([], [["http", HTTP]])],
  ],
);

const RULES: ReadonlyMap<DefinitionKind, Rule> = new Map<DefinitionKind, Rule>([
  ["defschema", definition("type")],
  ["defmodule", definition("module_kind", "wasm_hash", "key_schema", ["abi", ABI])],
  [
    "defplan",
    definition(
      "input",
      "output",
      "locals",
      ["steps", items(STEP)],
      ["edges", items(object(["from", "to"], ["when"]))],
      "required_caps",
      "allowed_effects",
      "invariants",
    ),
  ],
  ["defeffect", definition("kind", "params_schema", "receipt_schema", "cap_type", "origin_scope")],
  ["defcap", definition("cap_type", "schema", ["enforcer", object([], ["module"])])],
  ["defpolicy", definition(["rules", items(object([], [["when", CONDITION], "decision"]))])],
  ["defsecret", definition("binding_id", "expected_digest", "allowed_caps", "allowed_plans")],
  ["manifest", MANIFEST],
]);

/** The definition with its members in order. JSON that is no definition keeps the order it has. */
export function orderDefinition(json: Json): Json {
  const kind = isJsonObject(json) ? json.get("$kind") : undefined;
  return order(json, RULES.get(kind as DefinitionKind) ?? FREE);
}

/** The same for what `world.json` holds. */
export function orderSettings(json: Json): Json {
  return order(json, SETTINGS);
}

function order(json: Json, rule: Rule): Json {
  if (isJsonArray(json)) return json.map((item) => order(item, rule.kind === "items" ? rule.of : FREE));
  if (!isJsonObject(json)) return json;
  switch (rule.kind) {
    case "object":
      return orderMembers(json, rule.members);
    case "values":
      return new Map([...json].map(([name, value]) => [name, order(value, rule.of)]));
    default:
      return orderFree(json);
  }
}

function orderMembers(json: JsonObject, members: ReadonlyMap<string, Rule>): JsonObject {
  const out = new Map<string, Json>();
  for (const [name, rule] of members) {
    const value = json.get(name);
    if (value !== undefined) out.set(name, order(value, rule));
  }
  for (const [name, value] of json) if (!members.has(name)) out.set(name, order(value, FREE));
  return out;
}

/** Objects of two members whose order says nothing, and reads better one way. */
const PAIRS: readonly (readonly [string, string])[] = [
  ["op", "args"],
  ["tag", "value"],
  ["$tag", "$value"],
  ["key", "value"],
  ["alias", "version"],
];

function orderFree(json: JsonObject): JsonObject {
  const own = json.size - (json.has("$comment") ? 1 : 0);
  const pair = own === 2 ? PAIRS.find(([a, b]) => json.has(a) && json.has(b)) : undefined;
  const names = pair === undefined ? [...json.keys()] : json.has("$comment") ? ["$comment", ...pair] : pair;
  return new Map(names.map((name) => [name, order(json.get(name)!, FREE)]));
}
