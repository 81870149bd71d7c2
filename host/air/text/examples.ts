/** How fields are written that are often left out, or written otherwise. */

import type { Json } from "../../values/json.ts";
import { describeJson } from "../../values/json-describe.ts";

/** What a missing field may be, by its name; where one name has several uses, by the end of its pointer. */
const EXAMPLES: ReadonlyMap<string, string> = new Map([
  ["air_version", '"air_version": "1"'],
  ...["schemas", "modules", "plans", "caps", "policies"].map((list): [string, string] => [
    list,
    `"${list}": [] where the world has none`,
  ]),
  ["params", '"params": {"record": {}} for a capability without parameters'],
  ["schema", '"schema": {"record": {}} for a capability without parameters'],
  ["cap_type", '"cap_type": "timer", or another kind of capability'],
  ["abi", '"abi": {"reducer": {"state": NAME, "event": NAME}}, or {"pure": {"input": NAME, "output": NAME}}'],
  ["module_kind", '"module_kind": "reducer", "workflow" or "pure"'],
  ["state", '"state": NAME, the schema of what a cell holds'],
  ["input", '"input": NAME, the schema of what it is given'],
  ["output", '"output": NAME, the schema of what it answers'],
  ["reducer", '"reducer": NAME, the module the events go to'],
  ["rules", '"rules": [{"when": {}, "decision": "allow"}] to allow everything'],
  ["when", '"when": {} for a rule that everything meets'],
  ["decision", '"decision": "allow" or "deny"'],
  ["steps", '"steps": [{"id": "end", "op": "end"}] for a plan that does nothing'],
  ["bind", '"bind": {"as": NAME}, of an emit_effect {"effect_id_as": NAME}'],
  ["type", '"type": {"record": {"id": {"text": {}}}}, or any other type'],
]);

/** How to write a field that is missing from the object at `pointer`. */
export function exampleOf(pointer: string, name: string): string | undefined {
  return pointer === "" || !TOP_ONLY.has(name) ? EXAMPLES.get(name) : undefined;
}

/** Names that mean something else further in. */
const TOP_ONLY: ReadonlySet<string> = new Set([
  "schemas",
  "modules",
  "plans",
  "caps",
  "policies",
  "schema",
  "type",
]);

/** Hashes that a build or a load fills in. */
export const HASH_FIELD = /^\/(wasm_hash|(schemas|modules|plans|effects|caps|policies|secrets)\/\d+\/hash)$/;

const SHORTHANDS: readonly (readonly [RegExp, (shown: string) => string])[] = [
  [/^\/(schemas|modules|plans|effects|caps|policies|secrets)\/\d+$/, (name) => `write {"name": ${name}}`],
  [/^\/module_bindings\/[^/]+$/, (grant) => `write {"slots": {"default": ${grant}}}`],
  [/^\/steps\/\d+\/bind$/, (name) => `write {"as": ${name}}, of an emit_effect {"effect_id_as": ${name}}`],
  [/^\/enforcer$/, (name) => `write {"module": ${name}}`],
];

/** How to write something that was written as something else. */
export function typeHint(pointer: string, found: Json | undefined): string | undefined {
  if (typeof found === "string") {
    const shown = describeJson(found).replace(/^the text /, "");
    return SHORTHANDS.find(([pattern]) => pattern.test(pointer))?.[1](shown);
  }
  return pointer === "/routing" && Array.isArray(found) ? 'write {"events": [...]}' : undefined;
}
