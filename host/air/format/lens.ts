/** Values of a definition, written in the other lens: the hash of a plan or a manifest does not tell them apart. */

import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../../values/json.ts";
import { sameJson } from "../../values/json-same.ts";
import { compileSchema, type Schema } from "../../values/schema.ts";
import type { Manifest } from "../manifest.ts";
import { tagged } from "../parse/tagged.ts";
import { typeSlot } from "../resolve/slots.ts";

export type Lens = "sugar" | "tagged";

/**
 * The definition with the values in its plan steps written in this lens; `manifest` is the one it belongs to.
 * Left as they are: expressions that read anything, values with a `$comment` inside, and whatever would not
 * be read back as the same value. The parameters of grants are brought to the tagged lens only, which is the
 * one AgentOS reads.
 */
export function inLens(definition: Json, lens: Lens, manifest: Manifest): Json {
  if (!isJsonObject(definition)) return definition;
  switch (definition.get("$kind")) {
    case "defplan":
      return changeItems(definition, "steps", (step) => planStep(step, definition, lens, manifest));
    case "manifest": {
      const defaults = definition.get("defaults") ?? null;
      if (lens === "sugar" || !isJsonObject(defaults)) return definition;
      const changed = changeItems(defaults, "cap_grants", (grant) => grantTagged(grant, manifest));
      return replace(definition, "defaults", changed);
    }
    default:
      return definition;
  }
}

function changeItems(json: JsonObject, name: string, change: (item: JsonObject) => Json): JsonObject {
  const list = json.get(name) ?? null;
  if (!isJsonArray(list)) return json;
  return replace(
    json,
    name,
    list.map((item) => (isJsonObject(item) ? change(item) : item)),
  );
}

function replace(json: JsonObject, name: string, value: Json): JsonObject {
  return new Map([...json].map(([key, old]) => [key, key === name ? value : old]));
}

/** The field of each operation that holds a value, and the schema of that value. */
function planStep(step: JsonObject, plan: JsonObject, lens: Lens, manifest: Manifest): Json {
  const named = (name: Json | undefined): Schema | undefined =>
    typeof name === "string" ? manifest.schemas.get(name) : undefined;
  const change = (field: string, schema: Schema | undefined): Json => {
    const slot = step.get(field);
    return slot === undefined || schema === undefined
      ? step
      : replace(step, field, convert(slot, schema, lens));
  };
  switch (step.get("op")) {
    case "raise_event":
      return change("value", named(step.get("event")));
    case "emit_effect":
      return change("params", manifest.effects.get(String(step.get("kind")))?.params);
    case "assign":
      return change("expr", named(member(plan.get("locals"), member(step.get("bind"), "as"))));
    case "end":
      return change("result", named(plan.get("output")));
    default:
      return step;
  }
}

function member(json: Json | undefined, name: Json | undefined): Json | undefined {
  return json !== undefined && isJsonObject(json) && typeof name === "string" ? json.get(name) : undefined;
}

function convert(slot: Json, schema: Schema, lens: Lens): Json {
  const hashed = mentionsComment(slot) ? null : literal(slot, schema);
  if (hashed === null) return slot;
  const written = lens === "tagged" ? hashed : schema.toSugar(schema.parse(hashed, "tagged"));
  const again = literal(written, schema);
  return again !== null && sameJson(again, hashed) ? written : slot;
}

/** The literal a slot is hashed as; null for an expression, and for what anything is to be said about. */
function literal(json: Json, schema: Schema): Json | null {
  let sound = true;
  const slot = typeSlot({ json, pointer: "" }, schema, () => {
    sound = false;
  });
  return sound && slot?.kind === "literal" ? (slot.tagged ?? null) : null;
}

function mentionsComment(json: Json): boolean {
  if (isJsonArray(json)) return json.some(mentionsComment);
  return isJsonObject(json) && (json.has("$comment") || [...json.values()].some(mentionsComment));
}

/** Tagged parameters are hashed as they were written, so those stay. */
function grantTagged(grant: JsonObject, manifest: Manifest): Json {
  const params = grant.get("params");
  const resolved = manifest.grants.get(String(grant.get("name")));
  if (params === undefined || resolved === undefined || tagged(params) !== undefined) return grant;
  const { cap } = resolved;
  const schema = compileSchema(`parameters of ${cap.name}`, cap.schema, (name) => {
    return manifest.schemas.get(name)?.type;
  });
  if (mentionsComment(params)) return grant;
  return replace(grant, "params", schema.toTagged(schema.parse(params)));
}
