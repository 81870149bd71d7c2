/**
 * The shape of definitions: JSON Schemas, checked by ajv, explained by us. The schemas are an argument: this
 * room does not read files.
 */

import { Ajv2020, type ErrorObject, type Options, type ValidateFunction } from "ajv/dist/2020.js";
import { AirloomError } from "../../values/errors.ts";
import { isJsonArray, isJsonObject, type Json, JsonNumber } from "../../values/json.ts";
import { integerFits } from "../../values/scalars.ts";
import { DEFINITION_KINDS, type DefinitionKind } from "../definitions.ts";
import type { Report } from "../source.ts";
import { explain } from "./explain.ts";

/** What has a JSON Schema of its own. */
export type Shape = DefinitionKind | "settings";

/** File names under `air/schemas` to what `JSON.parse` makes of them. */
export type SchemaDocuments = ReadonlyMap<string, unknown>;

export interface ShapeChecker {
  /** Reports everything in which the JSON is not of the shape; true when there is nothing. */
  check(shape: Shape, json: Json, report: Report): boolean;
}

/** The names of the files a checker is made from. */
export const SCHEMA_FILES: readonly string[] = ["common", ...DEFINITION_KINDS, "settings"].map(
  (name) => `${name}.schema.json`,
);

const checkers = new WeakMap<SchemaDocuments, ShapeChecker>();

/**
 * The checker over these JSON Schemas, always the same one. Each schema is compiled when it is first needed.
 * Throws `schemas.missing` (kind `bug`) when one of `SCHEMA_FILES` is not among them.
 */
export function shapeChecker(documents: SchemaDocuments): ShapeChecker {
  const known = checkers.get(documents);
  if (known !== undefined) return known;
  const made = createShapeChecker(documents);
  checkers.set(documents, made);
  return made;
}

function createShapeChecker(documents: SchemaDocuments): ShapeChecker {
  const ajv = new Ajv2020(OPTIONS);
  ajv.addKeyword({
    keyword: "airInteger",
    type: ["integer", "string"],
    schemaType: "string",
    errors: false,
    validate: isInteger,
  });
  for (const file of SCHEMA_FILES) {
    const document = documents.get(file);
    if (document === undefined) {
      throw new AirloomError("bug", "schemas.missing", `the JSON Schema ${file} is not there`, {
        fields: { file },
      });
    }
    ajv.addSchema(document as object);
  }
  return {
    check(shape, json, report) {
      const validate = ajv.getSchema(`${shape}.schema.json`) as ValidateFunction;
      if (validate(toPlain(json)) === true) return true;
      explain(json, validate.errors as ErrorObject[], report);
      return false;
    },
  };
}

const OPTIONS: Options = {
  strict: true,
  // Half the time to compile, which each start pays; the check itself is as fast.
  inlineRefs: false,
  code: { optimize: false },
  // `if` names a field that the schema around it defines.
  strictRequired: false,
  allowUnionTypes: true,
  allErrors: true,
  verbose: true,
  // A test checks the schemas against the meta-schema; compiling that here would cost 150 ms each start.
  meta: false,
  validateSchema: false,
};

/** The keyword for 64-bit integers: a number JavaScript keeps exactly, or decimal text. */
function isInteger(kind: "nat" | "int", data: number | string): boolean {
  // Longer texts are out of every range, and costly to read.
  if (typeof data === "string" && !/^-?[0-9]{1,40}$/.test(data)) return false;
  return integerFits(kind, BigInt(data));
}

/**
 * The JSON as ajv takes it. Objects have no prototype, so that `__proto__` and `constructor` are names like
 * any other; integers JavaScript would round become decimal text; every number that is no integer becomes
 * NaN, which is of no type.
 */
function toPlain(json: Json): unknown {
  if (json instanceof JsonNumber) return plainNumber(json.raw);
  if (isJsonArray(json)) return json.map(toPlain);
  if (!isJsonObject(json)) return json;
  const out = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of json) out[name] = toPlain(value);
  return out;
}

function plainNumber(raw: string): number | string {
  if (!/^-?[0-9]+$/.test(raw)) return Number.NaN;
  const number = Number(raw);
  return Number.isSafeInteger(number) ? number : raw;
}
