/** A value of a schema as somebody writes it: JSON, in which `{"$now": true}` stands for logical time. */

import { FaultList } from "../air/source.ts";
import { parseJsonText } from "../air/text/parse.ts";
import type { LogicalTimeNs } from "../values/brand.ts";
import { AirloomError, type Diagnostic } from "../values/errors.ts";
import type { Json } from "../values/json.ts";
import type { Schema } from "../values/schema.ts";
import { encodeJson, replaceNow } from "./scenario.ts";

export interface TypedText {
  /** What the text is, in messages: `input`. */
  readonly what: string;
  readonly text: string;
  /** Of the error for text that is no JSON or no value of the schema. */
  readonly code: string;
}

/** The value's canonical bytes, made when time is known. Throws `AirloomError` (kind `request`) with `code` at once. */
export function readTyped(schema: Schema, source: TypedText): (nowNs: LogicalTimeNs) => Uint8Array {
  const json = jsonOf(source);
  const encode = (nowNs: LogicalTimeNs): Uint8Array => {
    try {
      return encodeJson(schema, replaceNow(json, nowNs));
    } catch (error) {
      if (!(error instanceof AirloomError) || error.code !== "value.invalid") throw error;
      throw refused(source, `is no ${schema.name}`, error.diagnostics);
    }
  };
  encode(0n as LogicalTimeNs);
  return encode;
}

function jsonOf(source: TypedText): Json {
  const faults = new FaultList();
  const { json } = parseJsonText(source.what, source.text, (origin) => faults.at(origin));
  if (faults.failed) throw refused(source, "cannot be read", faults.sorted());
  return json;
}

function refused({ what, code }: TypedText, why: string, found: readonly Diagnostic[]): AirloomError {
  const diagnostics = found.map((each) => ({ ...each, file: what }));
  return new AirloomError("request", code, `the ${what} ${why}`, { diagnostics });
}
