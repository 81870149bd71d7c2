/** Tagged literals read without a type: what they say is kept as it was written. */

import { isJsonArray, isJsonObject, type Json, JsonNumber, type JsonObject } from "../../values/json.ts";
import { parseExpr } from "./expr.ts";

/**
 * The literal as AIR hashes it: known keys only, items in the order they were written, integers as numbers.
 * Undefined for JSON that is no tagged literal throughout.
 */
export function tagged(json: Json): Json | undefined {
  if (!isJsonObject(json)) return undefined;
  if (secretRef(json) !== undefined) return json;
  const [tag] = json.keys();
  if (json.size === 1 && tag === "variant") return arm(json.get(tag)!);
  if (json.has("tag")) return arm(json);
  if (json.size !== 1) return undefined;
  const body = json.get(tag!)!;
  switch (tag) {
    case "record":
      return wrap(tag, isJsonObject(body) ? members(body) : undefined);
    case "list":
    case "set":
      return wrap(tag, isJsonArray(body) ? every(body.map(tagged)) : undefined);
    case "map":
      return wrap(tag, isJsonArray(body) ? every(body.map(entry)) : undefined);
    default:
      return constant(json, tag!, body);
  }
}

export interface SecretRef {
  readonly alias: string;
  readonly version: bigint;
}

/** What JSON refers to that is a reference to a secret: exactly an alias and a version. */
export function secretRef(json: Json): SecretRef | undefined {
  if (!isJsonObject(json) || json.size !== 2) return undefined;
  const alias = json.get("alias");
  const version = json.get("version");
  if (typeof alias !== "string" || !(version instanceof JsonNumber) || !NAT.test(version.raw))
    return undefined;
  return { alias, version: BigInt(version.raw) };
}

const NAT = /^(0|[1-9][0-9]{0,19})$/;

function constant(json: JsonObject, tag: string, body: Json): Json | undefined {
  let sound = true;
  const expr = parseExpr(json, "", () => {
    sound = false;
  });
  if (!sound || expr?.kind !== "const") return undefined;
  const { value } = expr;
  return "value" in value && typeof value.value === "bigint"
    ? new Map([[tag, new JsonNumber(value.value.toString())]])
    : new Map([[tag, body]]);
}

/** AIR reads a payload that is null as none; null as a value is `{"null": {}}`. */
function arm(json: Json): Json | undefined {
  if (!isJsonObject(json)) return undefined;
  const tag = json.get("tag");
  const value = json.get("value");
  if (typeof tag !== "string" || json.size !== (value === undefined ? 1 : 2)) return undefined;
  if (value === undefined || value === null) return new Map([["tag", tag]]);
  const inner = tagged(value);
  return inner === undefined
    ? undefined
    : new Map<string, Json>([
        ["tag", tag],
        ["value", inner],
      ]);
}

function entry(json: Json): Json | undefined {
  if (!isJsonObject(json) || json.size !== 2) return undefined;
  const key = tagged(json.get("key") ?? null);
  const value = tagged(json.get("value") ?? null);
  if (key === undefined || value === undefined) return undefined;
  return new Map<string, Json>([
    ["key", key],
    ["value", value],
  ]);
}

function members(json: JsonObject): Json | undefined {
  const out = new Map<string, Json>();
  for (const [name, body] of json) {
    const inner = tagged(body);
    if (inner === undefined) return undefined;
    out.set(name, inner);
  }
  return out;
}

function every(items: readonly (Json | undefined)[]): Json | undefined {
  return items.every((item) => item !== undefined) ? items : undefined;
}

function wrap(tag: string, body: Json | undefined): Json | undefined {
  return body === undefined ? undefined : new Map([[tag, body]]);
}
