/**
 * CBOR items as JSON that reads back to the same item. What JSON has no word for is an object with one key:
 * `$int` (an integer JSON readers would round, as text), `$hex` (bytes), `$map` (a map with other than text
 * keys, or one that looks like any of these).
 */

import { fromHex, toHex } from "../../values/bytes.ts";
import type { Cbor } from "../../values/cbor.ts";
import { isJsonArray, isJsonObject, type Json, JsonNumber, jsonInteger } from "../../values/json.ts";
import { corruptRecording } from "./parse.ts";

const ESCAPES: ReadonlySet<string> = new Set(["$int", "$hex", "$map"]);

export function cborToJson(item: Cbor): Json {
  if (item === null || typeof item === "boolean" || typeof item === "string") return item;
  if (typeof item === "bigint" || typeof item === "number") {
    const json = jsonInteger(BigInt(item));
    return typeof json === "string" ? new Map([["$int", json]]) : json;
  }
  if (item instanceof Uint8Array) return new Map([["$hex", toHex(item)]]);
  if (Array.isArray(item)) return (item as readonly Cbor[]).map(cborToJson);
  const map = item as ReadonlyMap<string | bigint, Cbor>;
  const plain = [...map.keys()].every((key) => typeof key === "string") && !looksEscaped(map);
  const entries = [...map].map(([key, value]) => [key, cborToJson(value)] as const);
  if (plain) return new Map(entries.map(([key, value]) => [String(key), value]));
  return new Map([["$map", entries.map(([key, value]) => [cborToJson(key), value])]]);
}

function looksEscaped(map: ReadonlyMap<unknown, unknown>): boolean {
  return map.size === 1 && ESCAPES.has(String([...map.keys()][0]));
}

/** Throws `recording.corrupt`. */
export function cborFromJson(json: Json): Cbor {
  if (json === null || typeof json === "boolean" || typeof json === "string") return json;
  if (json instanceof JsonNumber) return integerFrom(json.raw);
  if (isJsonArray(json)) return json.map(cborFromJson);
  const [first] = json;
  if (first !== undefined && looksEscaped(json)) return escaped(first[0], first[1]);
  return new Map([...json].map(([key, value]) => [key, cborFromJson(value)]));
}

function escaped(key: string, json: Json): Cbor {
  if (key === "$map" && isJsonArray(json)) {
    return new Map(
      json.map((pair) => {
        const [name, value] = isJsonArray(pair) ? pair : [];
        const read = name === undefined ? null : cborFromJson(name);
        if ((typeof read !== "string" && typeof read !== "bigint") || value === undefined) {
          throw corruptRecording("a map entry of another form");
        }
        return [read, cborFromJson(value)] as const;
      }),
    );
  }
  if (typeof json !== "string") throw corruptRecording(`${key} of something that is no text`);
  return key === "$int" ? integerFrom(json) : bytesFrom(json);
}

export function integerFrom(text: string): bigint {
  if (!/^-?(?:0|[1-9]\d{0,19})$/.test(text)) throw corruptRecording("a number that is no integer");
  return BigInt(text);
}

export function bytesFrom(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes === undefined) throw corruptRecording("bytes that are no hex");
  return bytes;
}

/** An object's member. Throws `recording.corrupt` where there is none. */
export function member(json: Json, name: string): Json {
  const found = isJsonObject(json) ? json.get(name) : undefined;
  if (found === undefined) throw corruptRecording(`no ${name} where one should be`);
  return found;
}
