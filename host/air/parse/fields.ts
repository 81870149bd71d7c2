/**
 * The fields of JSON whose shape was checked. The checks are repeated, cheaply: recorded definitions come
 * from a store, and what is not a definition there must not get further.
 */

import { AirloomError } from "../../values/errors.ts";
import { isJsonArray, isJsonObject, type Json, JsonNumber, type JsonObject } from "../../values/json.ts";
import { child } from "../../values/pointer.ts";

/** Every getter throws `definition.invalid` (kind `corrupt`) for a field of another shape. */
export class Fields {
  readonly json: JsonObject;
  readonly pointer: string;

  constructor(json: Json | undefined, pointer: string) {
    if (json === undefined || !isJsonObject(json)) throw invalid(pointer, "an object");
    this.json = json;
    this.pointer = pointer;
  }

  /** Pointer to a field. */
  at(name: string): string {
    return child(this.pointer, name);
  }

  text(name: string): string {
    const value = this.json.get(name);
    if (typeof value !== "string") throw invalid(this.at(name), "a text");
    return value;
  }

  /** Null when absent. */
  optionalText(name: string): string | null {
    return this.json.has(name) ? this.text(name) : null;
  }

  oneOf<Word extends string>(name: string, words: readonly Word[]): Word {
    const value = this.text(name);
    const word = words.find((each) => each === value);
    if (word === undefined) throw invalid(this.at(name), `one of ${words.join(", ")}`);
    return word;
  }

  /** Null when absent. */
  optionalInteger(name: string): bigint | null {
    const value = this.json.get(name);
    if (value === undefined) return null;
    const digits = value instanceof JsonNumber ? value.raw : value;
    if (typeof digits !== "string" || !/^-?[0-9]{1,40}$/.test(digits))
      throw invalid(this.at(name), "an integer");
    return BigInt(digits);
  }

  value(name: string): Json {
    const value = this.json.get(name);
    if (value === undefined) throw invalid(this.at(name), "a value");
    return value;
  }

  fields(name: string): Fields {
    return new Fields(this.json.get(name), this.at(name));
  }

  /** Null when absent. */
  optionalFields(name: string): Fields | null {
    return this.json.has(name) ? this.fields(name) : null;
  }

  /** The items of a list with their pointers; none when it is absent. */
  items(name: string): readonly (readonly [Json, string])[] {
    const value = this.json.get(name);
    if (value === undefined) return [];
    if (!isJsonArray(value)) throw invalid(this.at(name), "an array");
    return value.map((item, i) => [item, child(this.at(name), i)]);
  }

  /** A list of texts; empty when absent. */
  texts(name: string): readonly string[] {
    return this.items(name).map(([item, pointer]) => {
      if (typeof item !== "string") throw invalid(pointer, "a text");
      return item;
    });
  }

  /** An object of texts; empty when absent. */
  textMap(name: string): ReadonlyMap<string, string> {
    const fields = this.optionalFields(name);
    if (fields === null) return new Map();
    return new Map([...fields.json.keys()].map((key) => [key, fields.text(key)]));
  }
}

function invalid(pointer: string, expected: string): AirloomError {
  return new AirloomError("corrupt", "definition.invalid", `a definition has no ${expected} at ${pointer}`, {
    fields: { pointer, expected },
  });
}
