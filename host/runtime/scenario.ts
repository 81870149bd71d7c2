/**
 * A scenario: one event a line, sent once for ever. `{"$now": true}` in a value stands for logical time when
 * the line is first accepted.
 */

import type { Manifest } from "../air/manifest.ts";
import { FaultList, type Origin } from "../air/source.ts";
import { parseJsonText } from "../air/text/parse.ts";
import type { LogicalTimeNs, WorldId } from "../values/brand.ts";
import { canon } from "../values/cbor.ts";
import { AirloomError, type Diagnostic } from "../values/errors.ts";
import { hashOf } from "../values/hash.ts";
import { isJsonArray, isJsonObject, type Json, JsonNumber, type JsonObject } from "../values/json.ts";
import { nearest } from "../values/nearest.ts";
import { child } from "../values/pointer.ts";
import { plain } from "../values/quote.ts";
import type { Schema } from "../values/schema.ts";
import type { Send } from "./requests.ts";

/** One event of a scenario or a command line, before its value is made. */
export interface EventText {
  /** Shown in messages. */
  readonly file: string;
  /** From 1 on, in the file. */
  readonly line: number;
  readonly text: string;
}

const MEMBERS = ["schema", "value", "key"];

/** The lines of a scenario that hold something; `#` begins a comment line. */
export function scenarioLines(file: string, text: string): readonly EventText[] {
  return text
    .split(/\r?\n/)
    .map((line, i) => ({ file, line: i + 1, text: line }))
    .filter(({ text: line }) => line.trim() !== "" && !line.trimStart().startsWith("#"));
}

/**
 * The ingress id of a scenario's line: the hash of world id, line number and the line as written. Running
 * the scenario again sends nothing; a changed line is another event.
 */
export function lineIngressId(world: WorldId, { line, text }: EventText): string {
  return hashOf(canon([world, line, text]));
}

/**
 * Reads an event against the manifest. Throws `event.invalid` (kind `request`) with every fault, file, line
 * and pointer.
 */
export function readEvent(manifest: Manifest, source: EventText): Pick<Send, "schema" | "value" | "key"> {
  const place = new Place(source);
  const { json } = place;
  if (!isJsonObject(json))
    throw place.invalid("", "an event is an object", `{"schema": name, "value": value}`);
  for (const name of json.keys()) {
    if (MEMBERS.includes(name)) continue;
    throw place.invalid(child("", name), `an event has no member ${name}`, MEMBERS.join(", "));
  }
  const schema = schemaOf(manifest, place, json);
  const value = json.get("value");
  if (value === undefined) throw place.invalid("/value", "the event has no value", `a ${schema.name}`);
  const encode = (nowNs: LogicalTimeNs): Uint8Array =>
    place.within("/value", () => encodeJson(schema, replaceNow(value, nowNs)));
  encode(0n as LogicalTimeNs); // every fault before anything is sent
  const key = json.get("key");
  return { schema: schema.name, value: encode, ...(key === undefined ? {} : { key: keyBytes(key) }) };
}

function schemaOf(manifest: Manifest, place: Place, json: JsonObject): Schema {
  const name = json.get("schema");
  if (typeof name !== "string")
    throw place.invalid("/schema", "an event names its schema", "a schema's name");
  const schema = manifest.schemas.get(name);
  if (schema !== undefined) return schema;
  const near = nearest(name, manifest.schemas.keys());
  const hint = near === undefined ? "list the schema in the manifest" : `did you mean ${near}?`;
  throw place.invalid(
    "/schema",
    `the world knows no schema ${plain(name)}`,
    "a schema of the manifest",
    hint,
  );
}

/** An event's text, read; faults are placed in its file. */
class Place {
  readonly json: Json;
  readonly #source: EventText;
  readonly #locate: Origin["locate"];

  /** Throws `event.invalid` for text that is no JSON. */
  constructor(source: EventText) {
    this.#source = source;
    const faults = new FaultList();
    const { json, locate } = parseJsonText(source.file, source.text, (origin) => faults.at(origin));
    if (faults.failed || json === null) {
      throw invalid(faults.sorted().map((fault) => ({ ...fault, file: source.file, line: source.line })));
    }
    this.json = json;
    this.#locate = locate;
  }

  invalid(pointer: string, message: string, expected: string, hint?: string): AirloomError {
    const fault = { code: "event.invalid", severity: "error", message, expected } as const;
    return invalid([this.#placed({ ...fault, ...(hint === undefined ? {} : { hint }) }, pointer)]);
  }

  /** Runs what reads the value at `pointer`; its faults get file, line and the whole pointer. */
  within<T>(pointer: string, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof AirloomError) || error.code !== "value.invalid") throw error;
      throw invalid(
        error.diagnostics.map((fault) => this.#placed(fault, `${pointer}${fault.pointer ?? ""}`)),
      );
    }
  }

  #placed(fault: Diagnostic, pointer: string): Diagnostic {
    const { column } = this.#locate(pointer, "value");
    const { file, line } = this.#source;
    return { ...fault, file, line, pointer, ...(column === null ? {} : { column }) };
  }
}

/** Canonical bytes of a value in the sugar or tagged lens. Throws `value.invalid`. */
export function encodeJson(schema: Schema, json: Json): Uint8Array {
  return schema.encode(schema.parse(json, "any"));
}

/** A key as written: a text or an integer. */
export function keyBytes(json: Json): Uint8Array {
  if (typeof json === "string") return canon(json);
  if (json instanceof JsonNumber && /^-?\d+$/.test(json.raw)) return canon(BigInt(json.raw));
  throw new AirloomError("request", "event.invalid_key", "a key is a text or an integer");
}

function invalid(diagnostics: readonly Diagnostic[]): AirloomError {
  const message = `the event cannot be sent: ${diagnostics[0]?.message ?? "it cannot be read"}`;
  return new AirloomError("request", "event.invalid", message, { diagnostics });
}

/** A value with `{"$now": true}` replaced by logical time. */
export function replaceNow(json: Json, nowNs: bigint): Json {
  if (isJsonArray(json)) return json.map((item) => replaceNow(item, nowNs));
  if (!isJsonObject(json)) return json;
  if (json.size === 1 && json.get("$now") === true) return new JsonNumber(nowNs.toString());
  return new Map([...json].map(([name, value]) => [name, replaceNow(value, nowNs)]));
}
