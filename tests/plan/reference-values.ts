/** Expressions for the reference interpreter: the forms and operators that the random plans are made of. */

import type { Expr } from "../../host/air/definitions.ts";
import { UNIT, type Value, variant } from "../../host/values/value.ts";

/** How a plan ends that fails. */
export class Failure extends Error {
  readonly code: string;
  readonly step: string | null;
  constructor(code: string, step: string | null = null) {
    super(code);
    this.code = code;
    this.step = step;
  }
}

const U64 = 2n ** 64n - 1n;
const I64 = 2n ** 63n - 1n;

export class Reader {
  readonly #input: Value;
  readonly #variables: ReadonlyMap<string, Value>;
  readonly #steps: ReadonlyMap<string, Value>;
  readonly #event: Value | undefined;

  constructor(
    input: Value,
    variables: ReadonlyMap<string, Value>,
    steps: ReadonlyMap<string, Value>,
    event?: Value,
  ) {
    this.#input = input;
    this.#variables = variables;
    this.#steps = steps;
    this.#event = event;
  }

  truth(expr: Expr): boolean {
    const value = this.value(expr);
    if (value.kind !== "bool") throw new Failure("plan.type_error");
    return value.value;
  }

  value(expr: Expr): Value {
    switch (expr.kind) {
      case "const":
        return expr.value;
      case "ref":
        return this.#reference(expr);
      case "op":
        return operate(
          expr.op,
          expr.args.map((arg) => this.value(arg)),
        );
      case "record":
        return {
          kind: "record",
          fields: new Map([...expr.fields].map(([name, e]) => [name, this.value(e)])),
        };
      case "list":
        return { kind: "list", items: expr.items.map((item) => this.value(item)) };
      case "variant":
        return variant(expr.tag, expr.value === null ? UNIT : this.value(expr.value));
      default:
        throw new Error(`the model has no ${expr.kind}`);
    }
  }

  #reference({ ref }: Extract<Expr, { kind: "ref" }>): Value {
    if (ref.root === "var") return found(this.#variables.get(ref.name), "plan.missing_ref");
    const start =
      ref.root === "input" ? this.#input : ref.root === "event" ? this.#event : this.#steps.get(ref.step);
    let value = found(start, "plan.missing_ref");
    for (const name of ref.path) {
      if (value.kind !== "record") throw new Failure("plan.type_error");
      value = found(value.fields.get(name), "plan.missing_field");
    }
    return value;
  }
}

function found(value: Value | undefined, code: string): Value {
  if (value === undefined) throw new Failure(code);
  return value;
}

function bool(value: boolean): Value {
  return { kind: "bool", value };
}

function operate(op: string, args: readonly Value[]): Value {
  const [a, b] = args as [Value, Value];
  switch (op) {
    case "eq":
      return bool(sameValue(a, b));
    case "ne":
      return bool(!sameValue(a, b));
    case "lt":
      return bool(isBefore(a, b));
    case "gt":
      return bool(isBefore(b, a));
    case "not":
      return bool(!truth(a));
    case "and":
      return bool(args.map(truth).every((each) => each));
    case "or":
      return bool(args.map(truth).some((each) => each));
    case "add":
      return ranged(bothNat(a, b) ? "nat" : "int", number(a) + number(b));
    case "mul":
      return ranged(bothNat(a, b) ? "nat" : "int", number(a) * number(b));
    case "sub": {
      const difference = number(a) - number(b);
      return ranged(bothNat(a, b) && difference >= 0n ? "nat" : "int", difference);
    }
    case "div":
      if (number(b) === 0n) throw new Failure("plan.divide_by_zero");
      return ranged(bothNat(a, b) ? "nat" : "int", number(a) / number(b));
    case "len":
      if (a.kind === "text") return { kind: "nat", value: BigInt([...a.value].length) };
      if (a.kind === "record") return { kind: "nat", value: BigInt(a.fields.size) };
      throw new Failure("plan.type_error");
    case "concat":
      if (a.kind !== "text" || b.kind !== "text") throw new Failure("plan.type_error");
      return { kind: "text", value: `${a.value}${b.value}` };
    case "get":
      if (a.kind !== "record" || b.kind !== "text") throw new Failure("plan.type_error");
      return found(a.fields.get(b.value), "plan.missing_field");
    case "has":
      if (a.kind !== "record" || b.kind !== "text") throw new Failure("plan.type_error");
      return bool(a.fields.has(b.value));
    default:
      throw new Error(`the model has no ${op}`);
  }
}

function truth(value: Value): boolean {
  if (value.kind !== "bool") throw new Failure("plan.type_error");
  return value.value;
}

/** Texts of the model are ASCII, so that their units are their bytes. */
function isBefore(a: Value, b: Value): boolean {
  if (a.kind === "text" && b.kind === "text") return a.value < b.value;
  return number(a) < number(b);
}

function number(value: Value): bigint {
  if (value.kind !== "nat" && value.kind !== "int") throw new Failure("plan.type_error");
  return value.value;
}

function bothNat(a: Value, b: Value): boolean {
  return a.kind === "nat" && b.kind === "nat";
}

function ranged(kind: "nat" | "int", value: bigint): Value {
  const fits = kind === "nat" ? value >= 0n && value <= U64 : value >= -I64 - 1n && value <= I64;
  if (!fits) throw new Failure("plan.numeric_overflow");
  return { kind, value };
}

/** By kind and structure; fields in any order. */
export function sameValue(a: Value, b: Value): boolean {
  return shown(a) === shown(b);
}

function shown(value: Value): string {
  switch (value.kind) {
    case "unit":
    case "null":
      return value.kind;
    case "list":
    case "set":
      return `${value.kind}[${value.items.map(shown).join()}]`;
    case "map":
      return `map[${value.entries.map(([k, v]) => `${shown(k)}:${shown(v)}`).join()}]`;
    case "record":
      return `{${[...value.fields]
        .map(([name, field]) => `${JSON.stringify(name)}:${shown(field)}`)
        .sort((x, y) => (x < y ? -1 : 1))
        .join()}}`;
    default:
      return `${value.kind} ${JSON.stringify(String(value.value))}`;
  }
}
