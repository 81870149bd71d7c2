/** Type expressions: from authored JSON, and to the tree that is hashed in definition nodes. */

import type { Cbor } from "./cbor.ts";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import { describeJson } from "./json-describe.ts";
import { NESTING_MAX } from "./limits.ts";
import { isName } from "./names.ts";
import { nearest } from "./nearest.ts";
import { child } from "./pointer.ts";
import { quote } from "./quote.ts";
import { MAP_KEYS, PRIMITIVES, type PrimitiveKind, type Type } from "./type.ts";
import { isWellFormed } from "./utf8.ts";

/** What is wrong with a type expression, and where. */
export interface TypeFault {
  readonly code: string;
  readonly pointer: string;
  readonly message: string;
  readonly expected?: string;
  readonly found?: string;
  readonly hint?: string;
}

export type Report = (fault: TypeFault) => void;

const COMPOSITES = ["record", "variant", "list", "set", "map", "option", "ref"] as const;
/** Of several in one object the first in this order counts, as AIR has it. */
const CONSTRUCTORS: readonly string[] = [...PRIMITIVES, ...COMPOSITES];

/**
 * The type an expression stands for. Other keys beside the constructor (a `$comment`) are not looked at.
 * Every fault is reported with its pointer; the answer is undefined when there was one. Codes:
 * `type.shape`, `type.unknown`, `type.map_key`, `type.ref`, `type.name`, `type.no_arms`, `type.too_deep`.
 */
export function parseType(json: Json, pointer: string, report: Report): Type | undefined {
  return new TypeReader(report).type(json, pointer, 0);
}

/** What other languages call them. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ["string", "text"],
  ["str", "text"],
  ["boolean", "bool"],
  ["integer", "int"],
  ["i64", "int"],
  ["u64", "nat"],
  ["uint", "nat"],
  ["decimal", "dec128"],
  ["array", "list"],
  ["object", "record"],
  ["struct", "record"],
  ["enum", "variant"],
  ["union", "variant"],
  ["nullable", "option"],
  ["optional", "option"],
  ["timestamp", "time"],
  ["datetime", "time"],
  ["binary", "bytes"],
  ["$ref", "ref"],
]);

/** How a type is written of which only the name is there. */
function spelling(json: Json): string | undefined {
  if (typeof json !== "string") return undefined;
  if (isName(json)) return `write {"ref": "${json}"}`;
  const word = ELSEWHERE.get(json) ?? json;
  return PRIMITIVES.some((each) => each === word) ? `write {"${word}": {}}` : undefined;
}

class TypeReader {
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  type(json: Json, pointer: string, depth: number): Type | undefined {
    if (depth > NESTING_MAX) {
      return this.#fault("type.too_deep", pointer, `types are nested deeper than ${NESTING_MAX}`, {
        hint: "move the inner part into a defschema of its own",
      });
    }
    if (!isJsonObject(json)) return this.#shape(pointer, 'an object such as {"text": {}}', json);
    const kind = CONSTRUCTORS.find((name) => json.has(name));
    if (kind === undefined) return this.#unknown(json, pointer);
    const body = json.get(kind)!;
    const at = child(pointer, kind);
    switch (kind) {
      case "record": {
        const fields = this.#members(body, at, "field", depth);
        return fields && { kind, fields };
      }
      case "variant":
        return this.#variant(body, at, depth);
      case "list":
      case "set":
      case "option": {
        const item = this.type(body, at, depth + 1);
        return item && { kind, item };
      }
      case "map":
        return this.#map(body, at, depth);
      case "ref":
        return this.#ref(body, at);
      default:
        if (!isJsonObject(body)) return this.#shape(at, "{}", body);
        return { kind: kind as PrimitiveKind };
    }
  }

  #variant(body: Json, pointer: string, depth: number): Type | undefined {
    const arms = this.#members(body, pointer, "arm", depth);
    if (arms?.size === 0) {
      const message = "a variant without arms has no value";
      return this.#fault("type.no_arms", pointer, message, { expected: "at least one arm", found: "{}" });
    }
    return arms && { kind: "variant", arms };
  }

  #members(json: Json, pointer: string, what: string, depth: number): Map<string, Type> | undefined {
    if (!isJsonObject(json)) return this.#shape(pointer, `an object with a type for each ${what}`, json);
    const members = new Map<string, Type>();
    for (const [name, body] of json) {
      const at = child(pointer, name);
      if (!isWellFormed(name)) {
        this.#fault("type.name", at, `${what} name ${quote(name)} has a lone surrogate`, {
          expected: "a name that is Unicode text",
        });
      }
      const type = this.type(body, at, depth + 1);
      if (type !== undefined && isWellFormed(name)) members.set(name, type);
    }
    return members.size === json.size ? members : undefined;
  }

  #map(body: Json, pointer: string, depth: number): Type | undefined {
    const keyJson = isJsonObject(body) ? body.get("key") : undefined;
    const valueJson = isJsonObject(body) ? body.get("value") : undefined;
    if (keyJson === undefined || valueJson === undefined) {
      const hint = 'write {"map": {"key": {"text": {}}, "value": ...}}';
      return this.#shape(pointer, 'an object with "key" and "value"', body, hint);
    }
    const key = this.type(keyJson, child(pointer, "key"), depth + 1);
    const value = this.type(valueJson, child(pointer, "value"), depth + 1);
    if (key !== undefined && !MAP_KEYS.includes(key.kind)) {
      const message = `a ${key.kind} cannot be the key of a map`;
      return this.#fault("type.map_key", child(pointer, "key"), message, {
        expected: `one of ${MAP_KEYS.join(", ")}, written out`,
        found: key.kind,
      });
    }
    return key && value && { kind: "map", key, value };
  }

  #ref(body: Json, pointer: string): Type | undefined {
    if (typeof body === "string" && isName(body)) return { kind: "ref", name: body };
    const found = typeof body === "string" ? quote(body) : describeJson(body);
    const expected = "the name of a schema, namespace/Name@version";
    return this.#fault("type.ref", pointer, `expected ${expected}, found ${found}`, { expected, found });
  }

  #unknown(json: JsonObject, pointer: string): undefined {
    const [word] = json.keys();
    const found = word === undefined ? "{}" : quote(word);
    const near = word === undefined ? undefined : (ELSEWHERE.get(word) ?? nearest(word, CONSTRUCTORS));
    return this.#fault("type.unknown", pointer, `expected a type, found ${found}`, {
      expected: `one of ${CONSTRUCTORS.join(", ")}`,
      found,
      ...(near === undefined ? {} : { hint: `did you mean ${quote(near)}?` }),
    });
  }

  #shape(pointer: string, expected: string, json: Json, hint = spelling(json)): undefined {
    const found = describeJson(json);
    const context = { expected, found, ...(hint === undefined ? {} : { hint }) };
    return this.#fault("type.shape", pointer, `expected ${expected}, found ${found}`, context);
  }

  #fault(
    code: string,
    pointer: string,
    message: string,
    context: Pick<TypeFault, "expected" | "found" | "hint">,
  ): undefined {
    this.#report({ code, pointer, message, ...context });
    return undefined;
  }
}

/** The tree that stands for a type in a definition's node: `{"map": {"key": ..., "value": ...}}`, `{"nat": {}}`. */
export function typeToCbor(type: Type): Cbor {
  return new Map([[type.kind, body(type)]]);
}

function body(type: Type): Cbor {
  switch (type.kind) {
    case "record":
      return membersToCbor(type.fields);
    case "variant":
      return membersToCbor(type.arms);
    case "list":
    case "set":
    case "option":
      return typeToCbor(type.item);
    case "map":
      return new Map([
        ["key", typeToCbor(type.key)],
        ["value", typeToCbor(type.value)],
      ]);
    case "ref":
      return type.name;
    default:
      return new Map();
  }
}

function membersToCbor(members: ReadonlyMap<string, Type>): Cbor {
  return new Map([...members].map(([name, type]) => [name, typeToCbor(type)]));
}
