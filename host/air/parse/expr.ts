/**
 * Plan expressions: an object with exactly one key that says which form, or an
 * operator with its arguments.
 */

import { fromBase64 } from "../../values/bytes.ts";
import { isJsonArray, isJsonObject, type Json, JsonNumber, type JsonObject } from "../../values/json.ts";
import { describeJson } from "../../values/json-describe.ts";
import { nearest } from "../../values/nearest.ts";
import { child } from "../../values/pointer.ts";
import { quote } from "../../values/quote.ts";
import { EXPECTED, integerFits, isIntegerKind, isTextKind, textFits } from "../../values/scalars.ts";
import type { PrimitiveKind } from "../../values/type.ts";
import { NULL, type Value } from "../../values/value.ts";
import { type Expr, OPERATORS, type Operator } from "../definitions.ts";
import type { Report } from "../source.ts";
import { NOWHERE, parseReference } from "./reference.ts";

/** Tags of constants, and the kind of value each makes. `null` makes the absent option. */
const CONSTANTS: ReadonlyMap<string, PrimitiveKind> = new Map<string, PrimitiveKind>([
  ["null", "unit"],
  ["bool", "bool"],
  ["int", "int"],
  ["nat", "nat"],
  ["dec128", "dec128"],
  ["text", "text"],
  ["bytes_b64", "bytes"],
  ["time_ns", "time"],
  ["duration_ns", "duration"],
  ["hash", "hash"],
  ["uuid", "uuid"],
]);

const FORMS: readonly string[] = [
  "ref",
  "op",
  ...CONSTANTS.keys(),
  "record",
  "list",
  "set",
  "map",
  "variant",
];

/**
 * Reports `expr.form`, `expr.constant` and `expr.operator`, and is null when there was one; warns of
 * `expr.reference`.
 */
export function parseExpr(json: Json, pointer: string, report: Report): Expr | null {
  if (!isJsonObject(json)) return noExpression(json, pointer, report);
  const keys = [...json.keys()].filter((key) => key !== "$comment");
  const form = keys.find((key) => FORMS.includes(key));
  const allowed = form === "op" ? ["op", "args"] : [form];
  if (form === undefined || keys.length !== allowed.length || !keys.every((key) => allowed.includes(key))) {
    return wrongKeys(json, keys, pointer, report);
  }
  const body = json.get(form)!;
  const at = child(pointer, form);
  if (CONSTANTS.has(form)) return constant(form, body, at, report);
  switch (form) {
    case "ref":
      return reference(body, at, report);
    case "op":
      return operation(body, json.get("args")!, pointer, report);
    case "record":
      return record(body, at, report);
    case "map":
      return map(body, at, report);
    case "variant":
      return variant(body, at, report);
    default: {
      const items = expressions(body, at, report);
      return items && { kind: form as "list" | "set", items };
    }
  }
}

/** Whether its value depends on anything but what is written. */
export function isDynamic(expr: Expr): boolean {
  switch (expr.kind) {
    case "const":
      return false;
    case "ref":
    case "op":
      return true;
    case "record":
      return [...expr.fields.values()].some(isDynamic);
    case "list":
    case "set":
      return expr.items.some(isDynamic);
    case "map":
      return expr.entries.some(([key, value]) => isDynamic(key) || isDynamic(value));
    case "variant":
      return expr.value !== null && isDynamic(expr.value);
  }
}

/** Whether an expression stands anywhere inside: then its author did not mean plain data. */
export function mentionsExpression(json: Json): boolean {
  if (isJsonArray(json)) return json.some(mentionsExpression);
  if (!isJsonObject(json)) return false;
  const ref = json.get("ref");
  if (json.size === 1 && typeof ref === "string" && ref.startsWith("@")) return true;
  if (json.size === 2 && json.has("op") && json.has("args")) return true;
  return [...json.values()].some(mentionsExpression);
}

function noExpression(json: Json, pointer: string, report: Report): null {
  const found = describeJson(json);
  const tag = typeof json === "string" ? "text" : json instanceof JsonNumber ? "nat" : null;
  const written = tag === null ? '{"record": {...}}' : `{"${tag}": ...}`;
  report({
    code: "expr.form",
    pointer,
    message: `expected an expression, found ${found}`,
    expected: "an expression",
    found,
    hint: `inside an expression values carry their tag: write ${typeof json === "boolean" ? '{"bool": ...}' : written}`,
  });
  return null;
}

function wrongKeys(json: JsonObject, keys: readonly string[], pointer: string, report: Report): null {
  const unknown = keys.find((key) => !FORMS.includes(key) && key !== "args");
  const meant = unknown === undefined ? undefined : nearest(unknown, FORMS);
  const found = describeJson(json);
  const hint = json.has("tag")
    ? 'a variant inside an expression is {"variant": {"tag": ..., "value": ...}}'
    : meant === undefined
      ? 'a record of expressions is {"record": {...}}'
      : `did you mean ${quote(meant)}?`;
  report({
    code: "expr.form",
    pointer,
    message: `expected an expression, found ${found}`,
    expected: `exactly one of ${FORMS.join(", ")} (op with args)`,
    found,
    hint,
  });
  return null;
}

function constant(tag: string, body: Json, pointer: string, report: Report): Expr | null {
  const kind = CONSTANTS.get(tag)!;
  const value = constantValue(kind, body);
  if (value !== undefined) return { kind: "const", value };
  const expected = kind === "unit" ? "{}" : kind === "bytes" ? "bytes as padded base64" : EXPECTED[kind];
  const found = describeJson(body);
  report({
    code: "expr.constant",
    pointer,
    message: `expected ${expected}, found ${found}`,
    expected,
    found,
  });
  return null;
}

function constantValue(kind: PrimitiveKind, body: Json): Value | undefined {
  if (kind === "unit") return isJsonObject(body) && body.size === 0 ? NULL : undefined;
  if (kind === "bool") return typeof body === "boolean" ? { kind, value: body } : undefined;
  if (isTextKind(kind)) {
    return typeof body === "string" && textFits(kind, body) ? { kind, value: body } : undefined;
  }
  if (isIntegerKind(kind)) {
    const digits = body instanceof JsonNumber ? body.raw : typeof body === "string" ? body : "";
    if (!/^-?[0-9]{1,40}$/.test(digits)) return undefined;
    const value = BigInt(digits);
    return integerFits(kind, value) ? { kind, value } : undefined;
  }
  const value = typeof body === "string" ? fromBase64(body) : undefined;
  return value === undefined ? undefined : { kind: "bytes", value };
}

/** AIR takes any text for a reference, and fails when the plan looks it up. */
function reference(body: Json, pointer: string, report: Report): Expr | null {
  if (typeof body !== "string") return wrongBody("a reference like @plan.input", body, pointer, report);
  const ref = parseReference(body);
  if (ref === undefined) {
    report({
      code: "expr.reference",
      pointer,
      message: `${quote(body)} is no reference: the plan will end with an error`,
      expected: "@plan.input, @var:NAME, @step:ID or @event, with a path behind all but @var",
      found: quote(body),
      ...(parseReference(`@${body}`) === undefined ? {} : { hint: `did you mean ${quote(`@${body}`)}?` }),
    });
  }
  return { kind: "ref", ref: ref ?? NOWHERE, text: body };
}

function operation(op: Json, args: Json, pointer: string, report: Report): Expr | null {
  const operator = OPERATORS.find((each) => each === op);
  if (operator === undefined) {
    const meant = typeof op === "string" ? nearest(op, OPERATORS) : undefined;
    const found = describeJson(op);
    report({
      code: "expr.operator",
      pointer: child(pointer, "op"),
      message: `expected an operator, found ${found}`,
      expected: `one of ${OPERATORS.join(", ")}`,
      found,
      ...(meant === undefined ? {} : { hint: `did you mean ${meant}?` }),
    });
  }
  const items = expressions(args, child(pointer, "args"), report);
  return operator === undefined || items === null
    ? null
    : { kind: "op", op: operator as Operator, args: items };
}

function expressions(json: Json, pointer: string, report: Report): readonly Expr[] | null {
  if (!isJsonArray(json)) return wrongBody("an array of expressions", json, pointer, report);
  const items = json.map((item, i) => parseExpr(item, child(pointer, i), report));
  return items.every((item) => item !== null) ? items : null;
}

function record(json: Json, pointer: string, report: Report): Expr | null {
  if (!isJsonObject(json)) return wrongBody("an object of expressions", json, pointer, report);
  const fields = new Map<string, Expr>();
  for (const [name, body] of json) {
    const expr = parseExpr(body, child(pointer, name), report);
    if (expr !== null) fields.set(name, expr);
  }
  return fields.size === json.size ? { kind: "record", fields } : null;
}

function map(json: Json, pointer: string, report: Report): Expr | null {
  const expected = 'an array of {"key": ..., "value": ...}';
  if (!isJsonArray(json)) return wrongBody(expected, json, pointer, report);
  const entries = json.map((entry, i) => {
    const at = child(pointer, i);
    const [key, value] = isJsonObject(entry) ? [entry.get("key"), entry.get("value")] : [];
    if (key === undefined || value === undefined) return wrongBody(expected, entry, at, report);
    const left = parseExpr(key, child(at, "key"), report);
    const right = parseExpr(value, child(at, "value"), report);
    return left === null || right === null ? null : ([left, right] as const);
  });
  return entries.every((entry) => entry !== null) ? { kind: "map", entries } : null;
}

function variant(json: Json, pointer: string, report: Report): Expr | null {
  const tag = isJsonObject(json) ? json.get("tag") : undefined;
  if (typeof tag !== "string") return wrongBody('{"tag": ..., "value": ...}', json, pointer, report);
  const body = (json as JsonObject).get("value");
  if (body === undefined || body === null) return { kind: "variant", tag, value: null };
  const value = parseExpr(body, child(pointer, "value"), report);
  return value && { kind: "variant", tag, value };
}

function wrongBody(expected: string, json: Json, pointer: string, report: Report): null {
  const found = describeJson(json);
  report({ code: "expr.form", pointer, message: `expected ${expected}, found ${found}`, expected, found });
  return null;
}
