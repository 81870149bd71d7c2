/**
 * Writes host/air/text/generated/validators.ts: the JSON Schemas of air/schemas/ as plain functions, made by
 * ajv, so that no start compiles a schema. `--print` writes them to stdout instead; a test compares the two.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import standalone from "ajv/dist/standalone/index.js";

const SCHEMAS = new URL("../air/schemas/", import.meta.url);
const TARGET = fileURLToPath(new URL("../host/air/text/generated/validators.ts", import.meta.url));

/** What a file can be checked against; the rest of air/schemas/ is parts of these. */
const SHAPES = [
  "defschema",
  "defmodule",
  "defplan",
  "defeffect",
  "defcap",
  "defpolicy",
  "defsecret",
  "manifest",
  "settings",
  "patch",
];

/** Parts that may be anything: for people, or parsed by host/, which describes better what is wrong in them. */
const ANYTHING = [
  "common.schema.json#/$defs/Comment",
  "common.schema.json#/$defs/Description",
  "common.schema.json#/$defs/SchemaUri",
  "common.schema.json#/$defs/Type",
  "common.schema.json#/$defs/Expr",
  "common.schema.json#/$defs/ExprOrValue",
  "#/$defs/Node",
];

/** Keywords that refuse nothing here: for people, for tools, or checked where the number is read. */
const DROPPED = new Set(["$schema", "description", "$comment", "airInteger"]);

const HEADER = `// @ts-nocheck: ajv's code, which has no types; host/air/text/shape.ts gives it one.
/** Written by scripts/generate-validators.mjs from air/schemas/: change those, and run it. */
`;

/** How ajv notes an error. */
const ADD_ERROR =
  /const (err\d+) = \{(.*?)\};if\(vErrors === null\)\{vErrors = \[\1\];\}else \{vErrors\.push\(\1\);\}errors\+\+;/g;

const COMMON = read("common");

const text = `${HEADER}${generate()}`;
if (process.argv.includes("--print")) process.stdout.write(text);
else writeFileSync(TARGET, text);

function generate() {
  // The class for draft 7 does not follow which properties were looked at; none of our schemas asks.
  const ajv = new Ajv({
    strict: true,
    // `if` names a field that the schema around it defines.
    strictRequired: false,
    allowUnionTypes: true,
    allErrors: true,
    verbose: true,
    messages: false,
    meta: false,
    validateSchema: false,
    inlineRefs: false,
    code: { source: true, esm: true, optimize: 2 },
  });
  ajv.addKeyword("airAdvice");
  for (const name of ["common", ...SHAPES]) ajv.addSchema(structural(read(name)));
  const names = Object.fromEntries(SHAPES.map((name) => [name, `${name}.schema.json`]));
  const code = standalone.default(ajv, names);
  if (/\brequire\(|\bimport\b/.test(code)) throw new Error("the validators need something at run time");
  return lean(code);
}

function read(name) {
  return JSON.parse(readFileSync(new URL(`${name}.schema.json`, SCHEMAS), "utf8"));
}

function structural(schema) {
  if (Array.isArray(schema)) return schema.map(structural);
  if (typeof schema !== "object" || schema === null) return schema;
  if (ANYTHING.includes(schema.$ref)) return true;
  const entries = Object.entries(schema).filter(([key]) => !DROPPED.has(key));
  return Object.fromEntries(entries.map(([key, value]) => [key, part(key, value)]));
}

function part(key, value) {
  if (key === "properties") return members(value);
  // In place, so that an error says which name is meant.
  if (key === "propertyNames")
    return structural(value.$ref ? COMMON.$defs[value.$ref.split("/").at(-1)] : value);
  return structural(value);
}

/** The names of properties are no keywords, whatever they are. */
function members(properties) {
  const described = Object.entries(properties).map(([name, each]) => {
    const words = Object.keys(each).every((key) => key === "title" || DROPPED.has(key));
    return [name, words ? true : structural(each)];
  });
  return Object.fromEntries(described);
}

/** Half of the code: errors without what nobody reads, and a function a line. */
function lean(code) {
  return code
    .replace('"use strict";', "")
    .replace(ADD_ERROR, (_match, _name, fields) => `(vErrors ??= []).push({${reported(fields)}});errors++;`)
    .replace(/;(?=export |const (?:schema|pattern)\d|function )/g, ";\n")
    .replace(/\}(?=export |const (?:schema|pattern)\d|function )/g, "}\n")
    .concat("\n");
}

function reported(fields) {
  return fields
    .replace(/schemaPath:"[^"]*",/, "")
    .replace(/,schema:.*?,parentSchema:/, ",parentSchema:")
    .replace(/,data(:\w+)?$/, "");
}
