/**
 * The shape of definitions: the JSON Schemas of air/schemas/, checked by what ajv made of them
 * (`generated/validators.ts`), explained by us. Types and expressions inside are left to their parsers.
 */

import { isJsonArray, isJsonObject, type Json, JsonNumber } from "../../values/json.ts";
import { DEFINITION_KINDS, type DefinitionKind } from "../definitions.ts";
import type { Report } from "../source.ts";
import { explain, type ShapeError } from "./explain.ts";
import * as validators from "./generated/validators.ts";

/** What has a JSON Schema of its own. */
export type Shape = DefinitionKind | "settings" | "patch";

/** The files of air/schemas/: what is checked, and what it shares. */
export const SCHEMA_FILES: readonly string[] = ["common", ...DEFINITION_KINDS, "settings", "patch"].map(
  (name) => `${name}.schema.json`,
);

/** Reports everything in which the JSON is not of the shape; false when it cannot be read as one. */
export function checkShape(shape: Shape, json: Json, report: Report): boolean {
  const validate = VALIDATORS[shape];
  // AIR passes over fields it does not know; the settings are ours, and take none.
  const unknownField = shape === "settings" ? "settings.unknown_field" : "shape.unknown_field";
  return validate(toPlain(json)) || explain(json, validate.errors ?? [], unknownField, report);
}

interface Validate {
  (data: unknown): boolean;
  readonly errors?: readonly ShapeError[] | null;
}

const VALIDATORS: { readonly [Name in Shape]: Validate } = validators;

/**
 * The JSON as the validators take it. Objects have no prototype, so that `__proto__` and `constructor` are
 * names like any other; any integer stands for all that JavaScript would round, and every number that is no
 * integer becomes NaN, which is of no type. Ranges are checked where a number is read.
 */
function toPlain(json: Json): unknown {
  if (json instanceof JsonNumber) return plainNumber(json.raw);
  if (isJsonArray(json)) return json.map(toPlain);
  if (!isJsonObject(json)) return json;
  if (json.size === 0) return NOTHING;
  const out = Object.create(null) as Record<string, unknown>;
  json.forEach((value, name) => {
    out[name] = toPlain(value);
  });
  return out;
}

/** The validators change nothing. */
const NOTHING: object = Object.freeze(Object.create(null));

function plainNumber(raw: string): number {
  if (!/^-?[0-9]+$/.test(raw)) return Number.NaN;
  const number = Number(raw);
  return Number.isSafeInteger(number) ? number : Number.MAX_SAFE_INTEGER;
}
