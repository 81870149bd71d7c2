/**
 * The values that stand in a plan, in two forms. What the plan computes with is a `Value` in which every
 * variant has its `$value`. What AIR hashes is the literal in the tagged lens, and there a unit arm keeps what
 * was written: `{"tag": "Tick"}` and the sugar `{"Tick": null}` have no payload, `{"tag": "Tick", "value":
 * {"null": {}}}` has one. An event a plan raises carries the payload either way (AgentOS does both).
 */

import { compareBytes, equalBytes, fromBase64 } from "../../values/bytes.ts";
import { encodeCbor } from "../../values/cbor.ts";
import { AirloomError } from "../../values/errors.ts";
import { isJsonArray, isJsonObject, type Json, JsonNumber, type JsonObject } from "../../values/json.ts";
import { forPlans } from "../../values/natural.ts";
import { child } from "../../values/pointer.ts";
import { quote } from "../../values/quote.ts";
import type { Schema } from "../../values/schema.ts";
import type { Type } from "../../values/type.ts";
import { NULL, record, text, type Value, variant } from "../../values/value.ts";
import type { ExprOrValue } from "../definitions.ts";
import { cborFromJson } from "../node-plan.ts";
import { secretRef, tagged } from "../parse/tagged.ts";
import type { Fault } from "../source.ts";

/** A literal of a schema, in either lens. Throws `value.invalid`; `warn` gets what AIR passes over. */
export function typedLiteral(json: Json, schema: Schema, warn: (fault: Fault) => void): ExprOrValue {
  const written = tagged(json);
  if (written !== undefined) {
    const canonical = inOrder(written);
    const value = tried(() => schema.parse(canonical, "tagged"));
    if (value !== undefined) return { kind: "literal", value: forPlans(value), tagged: canonical };
  }
  const faults: Fault[] = [];
  const value = sugarValue(json, schema, (fault) => faults.push(fault));
  for (const fault of faults) warn(fault);
  return { kind: "literal", value: forPlans(value), tagged: inOrder(schema.toTagged(value)) };
}

/** A literal that says its own kinds, where nothing gives it a schema; AIR keeps it as it was written. */
export function untypedLiteral(json: Json): ExprOrValue | undefined {
  const written = tagged(json);
  if (written === undefined) return undefined;
  return { kind: "literal", value: forPlans(valueFrom(written)), tagged: written };
}

/**
 * AIR passes over fields of a sugar record that its schema does not know, so it is tried without them. What
 * is wrong is told of the whole as it was written.
 */
function sugarValue(json: Json, schema: Schema, warn: (fault: Fault) => void): Value {
  const rewritten = new Sugar(warn).rewrite(schema.type, json, "");
  return tried(() => schema.parse(rewritten, "sugar")) ?? schema.parse(json);
}

function tried(parse: () => Value): Value | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof AirloomError && error.code === "value.invalid") return undefined;
    throw error;
  }
}

/** Rewrites sugar to what AIR makes of it: unit arms with null lose it, unknown fields go. */
class Sugar {
  readonly #warn: (fault: Fault) => void;

  constructor(warn: (fault: Fault) => void) {
    this.#warn = warn;
  }

  rewrite(type: Type, json: Json, pointer: string): Json {
    switch (type.kind) {
      case "option":
        return json === null ? json : this.rewrite(type.item, json, pointer);
      case "list":
      case "set":
        if (!isJsonArray(json)) return json;
        return json.map((item, i) => this.rewrite(type.item, item, child(pointer, i)));
      case "map":
        return this.#map(type, json, pointer);
      case "record":
        return isJsonObject(json) ? this.#record(type.fields, json, pointer) : json;
      case "variant":
        return isJsonObject(json) ? this.#variant(type.arms, json, pointer) : json;
      default:
        return json;
    }
  }

  /** Of pairs with equal keys AIR keeps the first. */
  #map({ key, value }: Extract<Type, { kind: "map" }>, json: Json, pointer: string): Json {
    if (isJsonObject(json)) return this.#members(json, pointer, () => value);
    if (!isJsonArray(json)) return json;
    const seen = new Set<string>();
    return json.flatMap((pair, i) => {
      if (!isJsonArray(pair) || pair.length !== 2) return [pair];
      const name = nameOf(pair[0]!, key);
      if (seen.has(name)) return [];
      seen.add(name);
      return [[pair[0]!, this.rewrite(value, pair[1]!, child(child(pointer, i), 1))]];
    });
  }

  #record(fields: ReadonlyMap<string, Type>, json: JsonObject, pointer: string): Json {
    const known = new Map<string, Json>();
    for (const [name, item] of json) {
      if (fields.has(name)) known.set(name, item);
      else this.#warn(ignoredField(name, fields, child(pointer, name)));
    }
    return this.#members(known, pointer, (name) => fields.get(name)!);
  }

  #variant(arms: ReadonlyMap<string, Type>, json: JsonObject, pointer: string): Json {
    if (json.has("$tag")) {
      const arm = arms.get(String(json.get("$tag")));
      return this.#members(json, pointer, (name) => (name === "$value" ? arm : undefined));
    }
    const [only] = json;
    if (json.size !== 1 || only === undefined) return json;
    const [tag, payload] = only;
    const arm = arms.get(tag);
    if (arm?.kind === "unit" && payload === null) return new Map([["$tag", tag]]);
    return this.#members(json, pointer, () => arm);
  }

  #members(json: JsonObject, pointer: string, typeOf: (name: string) => Type | undefined): JsonObject {
    const entries = [...json].map(([name, item]): readonly [string, Json] => {
      const type = typeOf(name);
      return [name, type === undefined ? item : this.rewrite(type, item, child(pointer, name))];
    });
    return new Map(entries);
  }
}

/** The same for equal keys, however they are written. */
function nameOf(key: Json, { kind }: Type): string {
  const written = key instanceof JsonNumber ? key.raw : String(key);
  return /^(int|nat)$/.test(kind) && /^-?[0-9]{1,40}$/.test(written) ? BigInt(written).toString() : written;
}

function ignoredField(name: string, fields: ReadonlyMap<string, Type>, pointer: string): Fault {
  return {
    code: "plan.ignored_field",
    pointer,
    part: "key",
    message: `${quote(name)} is no field of the record here, and is passed over`,
    expected: fields.size === 0 ? "no fields" : `one of ${[...fields.keys()].slice(0, 8).join(", ")}`,
    found: quote(name),
  };
}

/** Sets sorted and without repeats, map entries sorted; of equal keys the first stays. By bytes of literals. */
function inOrder(json: Json): Json {
  if (isJsonArray(json)) return json.map(inOrder);
  if (!isJsonObject(json)) return json;
  const [tag] = json.keys();
  const body = json.get(tag!);
  if (json.size === 1 && (tag === "set" || tag === "map") && isJsonArray(body!)) {
    const items = body.map(inOrder);
    return new Map([
      [tag, unique(items, (item) => (tag === "set" ? item : (item as JsonObject).get("key")!))],
    ]);
  }
  return new Map([...json].map(([name, item]) => [name, inOrder(item)]));
}

function unique(items: readonly Json[], keyOf: (item: Json) => Json): readonly Json[] {
  const keyed = items.map((item, i) => ({ item, i, key: encodeCbor(cborFromJson(keyOf(item))) }));
  keyed.sort((a, b) => compareBytes(a.key, b.key) || a.i - b.i);
  return keyed.filter(({ key }, i) => i === 0 || !equalBytes(keyed[i - 1]!.key, key)).map(({ item }) => item);
}

/** What a literal of `tagged` stands for. */
function valueFrom(json: Json): Value {
  const object = json as JsonObject;
  const secret = secretRef(object);
  if (secret !== undefined) {
    return record([
      ["alias", text(secret.alias)],
      ["version", { kind: "nat", value: secret.version }],
    ]);
  }
  if (object.has("tag")) {
    const payload = object.get("value");
    return variant(object.get("tag") as string, payload === undefined ? undefined : valueFrom(payload));
  }
  const [[tag, body]] = object as unknown as readonly [readonly [string, Json]];
  switch (tag) {
    case "record":
      return record([...(body as JsonObject)].map(([name, item]) => [name, valueFrom(item)]));
    case "list":
    case "set":
      return { kind: tag, items: (body as readonly Json[]).map(valueFrom) };
    case "map": {
      const entries = body as readonly JsonObject[];
      return {
        kind: "map",
        entries: entries.map((entry) => [valueFrom(entry.get("key")!), valueFrom(entry.get("value")!)]),
      };
    }
    default:
      return scalarOf(tag, body);
  }
}

function scalarOf(tag: string, body: Json): Value {
  switch (tag) {
    case "null":
      return NULL;
    case "bool":
      return { kind: tag, value: body as boolean };
    case "bytes_b64":
      return { kind: "bytes", value: fromBase64(body as string)! };
    case "time_ns":
    case "duration_ns":
      return { kind: tag === "time_ns" ? "time" : "duration", value: BigInt((body as JsonNumber).raw) };
    case "int":
    case "nat":
      return { kind: tag, value: BigInt((body as JsonNumber).raw) };
    default:
      return { kind: tag as "text" | "dec128" | "hash" | "uuid", value: body as string };
  }
}
