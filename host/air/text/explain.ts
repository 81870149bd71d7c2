/**
 * What ajv found, in our words: one fault a place and cause, with what was expected, what was found and the
 * nearest name. ajv's own sentences never reach a user.
 */

import type { ErrorObject } from "ajv/dist/2020.js";
import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../../values/json.ts";
import { describeJson } from "../../values/json-describe.ts";
import { nearest } from "../../values/nearest.ts";
import { child } from "../../values/pointer.ts";
import { quote } from "../../values/quote.ts";
import type { Fault, Report } from "../source.ts";

/** Reports each fault once. `json` is what was checked. */
export function explain(json: Json, errors: readonly ErrorObject[], report: Report): void {
  const told = new Set<string>();
  for (const error of errors) {
    const fault = faultOf(json, error);
    if (fault === null) continue;
    const key = `${fault.code} ${fault.pointer} ${fault.code === "shape.missing_field" ? fault.expected : ""}`;
    if (told.has(key)) continue;
    told.add(key);
    report(fault);
  }
}

function faultOf(json: Json, error: ErrorObject): Fault | null {
  const pointer = error.instancePath;
  const found = at(json, pointer);
  if (error.propertyName !== undefined) return badKey(pointer, error.propertyName, error);
  switch (error.keyword) {
    case "required":
    case "dependentRequired":
      return missing(pointer, found, error);
    case "additionalProperties":
      return unknown(pointer, found, error);
    case "type":
      return wrong("shape.type", pointer, expectedOf(error), found);
    case "airInteger":
      return wrong("shape.range", pointer, expectedOf(error), found);
    case "enum":
    case "const":
      return notAllowed(pointer, error, found);
    case "pattern":
    case "minLength":
      return wrong("shape.pattern", pointer, expectedOf(error), found);
    case "minItems":
    case "minProperties":
    case "maxProperties":
      return wrong("shape.size", pointer, sizeExpected(error), found);
    case "not":
      return wrong("shape.size", pointer, "one of reducer and module", found);
    default:
      // `if` and the like only repeat that something inside did not hold.
      return null;
  }
}

function missing(pointer: string, found: Json | undefined, error: ErrorObject): Fault | null {
  const name = (error.params as { missingProperty: string }).missingProperty;
  // A field that stands there mistyped is told once, as the unknown field.
  const present = isJsonObject(found ?? null) ? [...(found as JsonObject).keys()] : [];
  const names = fieldsOf(error);
  if (present.some((key) => !names.includes(key) && meantBy(key, found, names) === name)) return null;
  return {
    code: "shape.missing_field",
    pointer,
    message: `the field ${name} is missing`,
    expected: name,
  };
}

function unknown(pointer: string, found: Json | undefined, error: ErrorObject): Fault {
  const name = (error.params as { additionalProperty: string }).additionalProperty;
  const names = fieldsOf(error);
  const meant = meantBy(name, found, names);
  return {
    code: "shape.unknown_field",
    pointer: child(pointer, name),
    part: "key",
    message: `the field ${quote(name)} is not known here`,
    expected: names.length === 0 ? "no fields" : `one of ${names.join(", ")}`,
    found: quote(name),
    ...(meant === undefined ? {} : { hint: `did you mean ${meant}?` }),
  };
}

/** The fields the schema around an error defines, but those for people. */
function fieldsOf(error: ErrorObject): readonly string[] {
  const { properties } = (error.parentSchema ?? {}) as { properties?: object };
  return Object.keys(properties ?? {}).filter((key) => !key.startsWith("$") && key !== "description");
}

/** The known field a misspelt one stands for: one that is not there itself. */
function meantBy(key: string, found: Json | undefined, names: readonly string[]): string | undefined {
  const absent = isJsonObject(found ?? null)
    ? names.filter((name) => !(found as JsonObject).has(name))
    : names;
  return nearest(key, absent);
}

function badKey(pointer: string, name: string, error: ErrorObject): Fault {
  const expected = expectedOf(error);
  return {
    code: "shape.pattern",
    pointer: child(pointer, name),
    part: "key",
    message: `expected ${expected}, found ${quote(name)}`,
    expected,
    found: quote(name),
  };
}

function notAllowed(pointer: string, error: ErrorObject, found: Json | undefined): Fault {
  const allowed =
    error.keyword === "const"
      ? [String((error.params as { allowedValue: unknown }).allowedValue)]
      : (error.params as { allowedValues: unknown[] }).allowedValues.map(String);
  const expected = allowed.length === 1 ? allowed[0]! : `one of ${allowed.join(", ")}`;
  const meant = typeof found === "string" ? nearest(found, allowed) : undefined;
  const hint = meant === undefined ? {} : { hint: `did you mean ${meant}?` };
  return { ...wrong("shape.value", pointer, expected, found), ...hint };
}

function wrong(code: string, pointer: string, expected: string, found: Json | undefined): Fault {
  const shown = found === undefined ? "nothing" : describeJson(found);
  return { code, pointer, message: `expected ${expected}, found ${shown}`, expected, found: shown };
}

/** A schema's title says in a few words what is expected; without one the type does. */
function expectedOf(error: ErrorObject): string {
  const title = titleOf(error.parentSchema);
  if (title !== undefined && /^(a|an) /.test(title)) return title;
  const type = (error.parentSchema as { type?: string | readonly string[] }).type ?? "another value";
  return (typeof type === "string" ? [type] : type).map((each) => TYPES.get(each) ?? each).join(" or ");
}

const TYPES = new Map([
  ["object", "an object"],
  ["array", "an array"],
  ["string", "a text"],
  ["integer", "a whole number"],
  ["boolean", "true or false"],
  ["null", "null"],
]);

function titleOf(schema: unknown): string | undefined {
  const title = (schema as { title?: unknown } | undefined)?.title;
  return typeof title === "string" ? title : undefined;
}

function sizeExpected(error: ErrorObject): string {
  if (error.keyword === "minItems") return "at least one item";
  const title = titleOf(error.parentSchema);
  const what = title !== undefined && /^(a|an) /.test(title) ? `${title}: ` : "";
  return error.keyword === "minProperties" ? `${what}at least one key` : `${what}exactly one key`;
}

/** The JSON a pointer leads to. */
function at(json: Json, pointer: string): Json | undefined {
  let here: Json | undefined = json;
  for (const segment of pointer.split("/").slice(1)) {
    const name = segment.replaceAll("~1", "/").replaceAll("~0", "~");
    if (here === undefined) return undefined;
    here = isJsonArray(here) ? here[Number(name)] : isJsonObject(here) ? here.get(name) : undefined;
  }
  return here;
}
