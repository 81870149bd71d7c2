/**
 * What a validator found, in our words: one fault a place and cause, with what was expected, what was found
 * and the nearest name.
 */

import { isJsonArray, isJsonObject, type Json, JsonNumber, type JsonObject } from "../../values/json.ts";
import { describeJson } from "../../values/json-describe.ts";
import { nearest } from "../../values/nearest.ts";
import { child } from "../../values/pointer.ts";
import { quote } from "../../values/quote.ts";
import { isError } from "../codes.ts";
import { LATER_WORDS, laterWord } from "../later.ts";
import type { Fault, Report } from "../source.ts";
import { exampleOf, HASH_FIELD, typeHint } from "./examples.ts";

/** An error as the validators leave it; ajv describes the fields. */
export interface ShapeError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** The schema the keyword stands in. */
  readonly parentSchema: ParentSchema;
  readonly propertyName?: string;
}

interface ParentSchema {
  readonly title?: string;
  readonly type?: string | readonly string[];
  readonly properties?: object;
  /** AIR reads what breaks this rule of ours all the same. */
  readonly airAdvice?: boolean;
}

/**
 * Reports each fault once; true when all of it is advice. `json` is what was checked, `unknownField` the code
 * for fields that are not known.
 */
export function explain(
  json: Json,
  errors: readonly ShapeError[],
  unknownField: string,
  report: Report,
): boolean {
  const explainer = new Explainer(json, errors, unknownField);
  const told = new Set<string>();
  let readable = true;
  for (const error of errors) {
    const fault = explainer.faultOf(error);
    if (fault === null) continue;
    const key = `${fault.code} ${fault.pointer} ${fault.code === "shape.missing_field" ? fault.expected : ""}`;
    if (told.has(key)) continue;
    told.add(key);
    readable &&= !isError(fault.code);
    report(fault);
  }
  return readable;
}

class Explainer {
  readonly #json: Json;
  readonly #unknownField: string;
  /** Pointer -> the fields that are missing there. */
  readonly #missing = new Map<string, Set<string>>();

  constructor(json: Json, errors: readonly ShapeError[], unknownField: string) {
    this.#json = json;
    this.#unknownField = unknownField;
    for (const { keyword, instancePath, params } of errors) {
      if (keyword !== "required") continue;
      const names = this.#missing.get(instancePath) ?? new Set();
      this.#missing.set(instancePath, names.add(params.missingProperty as string));
    }
  }

  faultOf(error: ShapeError): Fault | null {
    const pointer = error.instancePath;
    const found = at(this.#json, pointer);
    if (error.propertyName !== undefined) return badKey(pointer, error.propertyName, error);
    switch (error.keyword) {
      case "required":
        return this.#missingField(pointer, found, error);
      case "additionalProperties":
        return this.#unknown(pointer, found, error);
      case "type":
        return withHint(wrong("shape.type", pointer, expectedOf(error), found), typeHint(pointer, found));
      case "enum":
      case "const":
      case "minimum":
      case "maximum":
        return notAllowed(pointer, error, found);
      case "pattern":
        return withHint(
          wrong(grammarCode(error), pointer, expectedOf(error), found),
          HASH_FIELD.test(pointer) ? "leave it out: it is filled in" : undefined,
        );
      case "minItems":
      case "minProperties":
      case "maxProperties":
        return wrong("shape.size", pointer, sizeExpected(error), found);
      case "not":
        return wrong("shape.size", pointer, "one of the two spellings", found);
      default:
        // `if` and the like only repeat that something inside did not hold.
        return null;
    }
  }

  /** Of a misspelt field the misspelling is shown. */
  #missingField(pointer: string, found: Json | undefined, error: ShapeError): Fault {
    const name = error.params.missingProperty as string;
    const names = fieldsOf(error);
    const keys = isJsonObject(found ?? null) ? [...(found as JsonObject).keys()] : [];
    const present = keys.filter((key) => !key.startsWith("$"));
    const meant = present.find((key) => !names.includes(key) && meantBy(key, found, names) === name);
    const example = exampleOf(pointer, name);
    return {
      code: "shape.missing_field",
      pointer: meant === undefined ? pointer : child(pointer, meant),
      ...(meant === undefined ? {} : { part: "key" }),
      message: `the field ${name} is missing`,
      expected: name,
      ...(example === undefined ? {} : { hint: `write ${example}` }),
      ...(meant === undefined ? {} : { found: quote(meant), hint: `did you mean ${name}?` }),
    };
  }

  #unknown(pointer: string, found: Json | undefined, error: ShapeError): Fault | null {
    const name = error.params.additionalProperty as string;
    const names = fieldsOf(error);
    const meant = meantBy(name, found, names);
    if (meant !== undefined && this.#missing.get(pointer)?.has(meant)) return null;
    return {
      code: this.#unknownField,
      pointer: child(pointer, name),
      part: "key",
      message: `the field ${quote(name)} is not known here`,
      expected: names.length === 0 ? "no fields" : `one of ${names.join(", ")}`,
      found: quote(name),
      ...(meant === undefined ? {} : { hint: `did you mean ${meant}?` }),
    };
  }
}

function grammarCode({ parentSchema }: ShapeError): string {
  return parentSchema.airAdvice === true ? "shape.name" : "shape.pattern";
}

/** The fields the schema around an error defines, but those for people. */
function fieldsOf(error: ShapeError): readonly string[] {
  return Object.keys(error.parentSchema.properties ?? {}).filter(
    (key) => !key.startsWith("$") && key !== "description",
  );
}

/** The known field a misspelt one stands for: one that is not there itself. */
function meantBy(key: string, found: Json | undefined, names: readonly string[]): string | undefined {
  const absent = isJsonObject(found ?? null)
    ? names.filter((name) => !(found as JsonObject).has(name))
    : names;
  return nearest(key, absent);
}

function badKey(pointer: string, name: string, error: ShapeError): Fault {
  const expected = expectedOf(error);
  return {
    code: grammarCode(error),
    pointer: child(pointer, name),
    part: "key",
    message: `expected ${expected}, found ${quote(name)}`,
    expected,
    found: quote(name),
  };
}

function notAllowed(pointer: string, error: ShapeError, found: Json | undefined): Fault {
  if (error.params.limit !== undefined) return wrong("shape.value", pointer, expectedOf(error), found);
  const { allowedValue, allowedValues } = error.params;
  const allowed = ((allowedValues as unknown[] | undefined) ?? [allowedValue]).map(String);
  if (typeof allowedValue === "string" && found instanceof JsonNumber) {
    const text = quote(allowedValue);
    return withHint(wrong("shape.value", pointer, text, found), `write ${text}, in quotes`);
  }
  if (typeof found === "string" && LATER_WORDS.has(found)) return laterWord(pointer, found, allowed);
  const expected = allowed.length === 1 ? allowed[0]! : `one of ${allowed.join(", ")}`;
  const meant = typeof found === "string" ? nearest(found, allowed) : undefined;
  const hint = meant === undefined ? {} : { hint: `did you mean ${meant}?` };
  return { ...wrong("shape.value", pointer, expected, found), ...hint };
}

function withHint(fault: Fault, hint: string | undefined): Fault {
  return hint === undefined ? fault : { ...fault, hint };
}

function wrong(code: string, pointer: string, expected: string, found: Json | undefined): Fault {
  const shown = found === undefined ? "nothing" : describeJson(found);
  return { code, pointer, message: `expected ${expected}, found ${shown}`, expected, found: shown };
}

/** A schema's title says in a few words what is expected; without one the type does. */
function expectedOf({ parentSchema }: ShapeError): string {
  const { title, type = "another value" } = parentSchema;
  if (title !== undefined && ARTICLE.test(title)) return title;
  return (typeof type === "string" ? [type] : type).map((each) => TYPES.get(each) ?? each).join(" or ");
}

const ARTICLE = /^(a|an) /;

const TYPES = new Map([
  ["object", "an object"],
  ["array", "an array"],
  ["string", "a text"],
  ["integer", "a whole number"],
  ["boolean", "true or false"],
  ["null", "null"],
]);

function sizeExpected(error: ShapeError): string {
  if (error.keyword === "minItems") return "at least one item";
  const { title } = error.parentSchema;
  const what = title !== undefined && ARTICLE.test(title) ? `${title}: ` : "";
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
