/** Values of a journal as JSON, by the schemas of the definitions in force. */

import { readTagged } from "../../plan/tagged.ts";
import { toHex } from "../../values/bytes.ts";
import { decodeCbor } from "../../values/cbor.ts";
import { AirloomError } from "../../values/errors.ts";
import { type Json, jsonInteger } from "../../values/json.ts";
import { looseJson } from "../../values/loose-json.ts";
import type { Schema } from "../../values/schema.ts";

/** A value in the sugar lens, or its bytes as hex where the schema does not read it. */
export function sugarOrHex(schema: Schema | undefined, bytes: Uint8Array): Json {
  if (schema === undefined) return toHex(bytes);
  try {
    return schema.toSugar(schema.decode(bytes));
  } catch (error) {
    if (error instanceof AirloomError) return toHex(bytes);
    throw error;
  }
}

/** A key as JSON: a text, an integer, or the hex of anything else. */
export function keyJson(key: Uint8Array): Json {
  const value = decodeCbor(key);
  if (typeof value === "string") return value;
  return typeof value === "bigint" ? jsonInteger(value) : toHex(key);
}

/** A value in its tagged form. */
export function taggedJson(bytes: Uint8Array | null): Json {
  const value = bytes === null ? null : readTagged(bytes);
  if (value === null) return null;
  if (value.kind !== "bytes") return looseJson(value);
  // A key that correlates a plan is the bytes of a text or an integer.
  try {
    return keyJson(value.value);
  } catch (error) {
    if (error instanceof AirloomError) return toHex(value.value);
    throw error;
  }
}
