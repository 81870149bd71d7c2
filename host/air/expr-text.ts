/** Expressions and values as a person reads them: `@var:count >= 1 and not @plan.input.dry`. */

import { toBase64 } from "../values/bytes.ts";
import { type Value, variantTag } from "../values/value.ts";
import type { Expr, ExprOrValue, Operator } from "./definitions.ts";

/** Operators that stand between their arguments, and how tightly they hold them. */
const INFIX: ReadonlyMap<Operator, readonly [sign: string, strength: number]> = new Map([
  ["or", ["or", 1]],
  ["and", ["and", 2]],
  ["eq", ["==", 4]],
  ["ne", ["!=", 4]],
  ["lt", ["<", 4]],
  ["le", ["<=", 4]],
  ["gt", [">", 4]],
  ["ge", [">=", 4]],
  ["add", ["+", 5]],
  ["sub", ["-", 5]],
  ["mul", ["*", 6]],
  ["div", ["/", 6]],
  ["mod", ["%", 6]],
]);

const NOT_STRENGTH = 3;

/** For people only: constants do not say of which kind of number they are, so it cannot be read back. */
export function exprText(expr: Expr): string {
  return written(expr, 0);
}

/** An expression, or a value as `valueText` writes it. */
export function slotText(slot: ExprOrValue): string {
  return slot.kind === "expr" ? exprText(slot.expr) : valueText(slot.value);
}

/** `around`: how tightly what stands around it holds. */
function written(expr: Expr, around: number): string {
  switch (expr.kind) {
    case "const":
      return valueText(expr.value);
    case "ref":
      return expr.text;
    case "op":
      return operation(expr.op, expr.args, around);
    case "record":
      return members([...expr.fields].map(([name, field]) => [name, exprText(field)]));
    case "list":
      return `[${expr.items.map(exprText).join(", ")}]`;
    case "set":
      return `{${expr.items.map(exprText).join(", ")}}`;
    case "map":
      return `{${expr.entries.map(([key, value]) => `${exprText(key)} => ${exprText(value)}`).join(", ")}}`;
    case "variant":
      return armText(expr.tag, expr.value === null ? null : exprText(expr.value));
  }
}

function operation(op: Operator, args: readonly Expr[], around: number): string {
  const infix = INFIX.get(op);
  if (infix !== undefined && args.length > 1) {
    const [sign, strength] = infix;
    const text = args.map((arg) => written(arg, strength + 1)).join(` ${sign} `);
    return strength < around ? `(${text})` : text;
  }
  if (op === "not" && args.length === 1) {
    const text = `not ${written(args[0]!, NOT_STRENGTH + 1)}`;
    return NOT_STRENGTH < around ? `(${text})` : text;
  }
  return `${op}(${args.map(exprText).join(", ")})`;
}

/** Texts in quotes, bytes as base64, everything else as it is. */
export function valueText(value: Value): string {
  switch (value.kind) {
    case "unit":
    case "null":
      return "null";
    case "text":
      return JSON.stringify(value.value);
    case "bytes":
      return `base64 ${toBase64(value.value)}`;
    case "list":
      return `[${value.items.map(valueText).join(", ")}]`;
    case "set":
      return `{${value.items.map(valueText).join(", ")}}`;
    case "map":
      return `{${value.entries.map(([key, item]) => `${valueText(key)} => ${valueText(item)}`).join(", ")}}`;
    case "record": {
      const tag = variantTag(value);
      const payload = value.fields.get("$value");
      if (tag !== undefined) return armText(tag, payload === undefined ? null : valueText(payload));
      return members([...value.fields].map(([name, field]) => [name, valueText(field)]));
    }
    default:
      return String(value.value);
  }
}

function armText(tag: string, payload: string | null): string {
  return payload === null || payload === "null" ? tag : `${tag}(${payload})`;
}

function members(all: readonly (readonly [string, string])[]): string {
  if (all.length === 0) return "{}";
  return `{ ${all.map(([name, text]) => `${nameText(name)}: ${text}`).join(", ")} }`;
}

function nameText(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}
