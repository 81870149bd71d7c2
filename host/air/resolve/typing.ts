/** Types of expressions before a plan runs. What does not fit is warned of: AIR finds it when the plan runs. */

import { child } from "../../values/pointer.ts";
import { quote } from "../../values/quote.ts";
import type { Type } from "../../values/type.ts";
import type { Value } from "../../values/value.ts";
import type { Expr, Reference } from "../definitions.ts";
import type { Report } from "../source.ts";
import { either, Fit, type Known, kindsOf, wordsOf } from "./known.ts";
import { operate } from "./operators.ts";

/** What is known where a reference leads; the scope reports what is wrong with it. */
export type LookUp = (ref: Reference, text: string, pointer: string) => Known | undefined;

/** What is known of an expression. Each part is looked at once, and reported on once. */
export function typeOf(expr: Expr, pointer: string, lookUp: LookUp, report: Report): Known | undefined {
  const of = (part: Expr, at: string) => typeOf(part, at, lookUp, report);
  switch (expr.kind) {
    case "const":
      return constant(expr.value);
    case "ref":
      return lookUp(expr.ref, expr.text, `${pointer}/ref`);
    case "op": {
      const args = expr.args.map((arg, i) => of(arg, `${pointer}/args/${i}`));
      return operate({ op: expr.op, exprs: expr.args, args, pointer, report });
    }
    case "record": {
      const at = `${pointer}/record`;
      return {
        kind: "record",
        fields: new Map([...expr.fields].map(([name, field]) => [name, of(field, child(at, name))])),
      };
    }
    case "list":
    case "set":
      return {
        kind: expr.kind,
        item: either(expr.items.map((item, i) => of(item, `${pointer}/${expr.kind}/${i}`))),
      };
    case "map": {
      const entries = expr.entries.map(([key, value], i) => {
        const at = `${pointer}/map/${i}`;
        return [of(key, `${at}/key`), of(value, `${at}/value`)] as const;
      });
      return {
        kind: "map",
        key: either(entries.map(([key]) => key)),
        value: either(entries.map(([, value]) => value)),
      };
    }
    case "variant": {
      const payload = expr.value === null ? UNIT : of(expr.value, `${pointer}/variant/value`);
      return { kind: "variant", arms: new Map([[expr.tag, payload]]) };
    }
  }
}

const UNIT: Known = { kind: "unit" };

function constant(value: Value): Known | undefined {
  switch (value.kind) {
    case "list":
    case "set":
    case "map":
    case "record":
      return undefined;
    default:
      return { kind: value.kind };
  }
}

/** Warns when a condition cannot be a bool: `expr.condition`. */
export function checkCondition(known: Known | undefined, pointer: string, report: Report): void {
  const kinds = kindsOf(known);
  if (kinds === undefined || kinds.has("bool")) return;
  report({
    code: "expr.condition",
    pointer,
    message: `a condition is a bool, and this is ${wordsOf(known)}: the plan will end with an error`,
    expected: "bool",
    found: wordsOf(known),
  });
}

/** Compares an expression with the type of its place, part by part. */
export class PlaceCheck {
  readonly #fit: Fit;
  readonly #lookUp: LookUp;
  readonly #report: Report;

  /** `loose` as in `Fit`. */
  constructor(loose: boolean, lookUp: LookUp, report: Report) {
    this.#fit = new Fit(loose);
    this.#lookUp = lookUp;
    this.#report = report;
  }

  /** Warns of `expr.value_type` where a part cannot be of its type. */
  check(expr: Expr, type: Type, pointer: string): void {
    if (type.kind === "option") {
      if (expr.kind !== "const" || expr.value.kind !== "null") this.check(expr, type.item, pointer);
    } else if (expr.kind === "record" && type.kind === "record")
      this.#record(expr.fields, type.fields, pointer);
    else if (expr.kind === "variant" && type.kind === "variant") this.#variant(expr, type.arms, pointer);
    else if ((expr.kind === "list" || expr.kind === "set") && expr.kind === type.kind) {
      for (const [i, item] of expr.items.entries())
        this.check(item, type.item, `${pointer}/${expr.kind}/${i}`);
    } else if (expr.kind === "map" && type.kind === "map") {
      for (const [i, [key, value]] of expr.entries.entries()) {
        this.check(key, type.key, `${pointer}/map/${i}/key`);
        this.check(value, type.value, `${pointer}/map/${i}/value`);
      }
    } else this.#whole(expr, type, pointer);
  }

  #whole(expr: Expr, type: Type, pointer: string): void {
    const known = typeOf(expr, pointer, this.#lookUp, () => {});
    if (!this.#fit.fits(known, type)) this.#wrong(pointer, type.kind, wordsOf(known));
  }

  #record(fields: ReadonlyMap<string, Expr>, types: ReadonlyMap<string, Type>, pointer: string): void {
    for (const [name, field] of fields) {
      const type = types.get(name);
      const at = child(`${pointer}/record`, name);
      if (type === undefined) this.#wrong(at, "a field of the type", quote(name));
      else this.check(field, type, at);
    }
    for (const [name, type] of types) {
      if (!fields.has(name) && type.kind !== "option") this.#wrong(pointer, `a field ${quote(name)}`, "none");
    }
  }

  #variant(expr: Extract<Expr, { kind: "variant" }>, arms: ReadonlyMap<string, Type>, pointer: string): void {
    const arm = arms.get(expr.tag);
    const at = `${pointer}/variant`;
    if (arm === undefined) {
      this.#wrong(`${at}/tag`, `one of ${[...arms.keys()].slice(0, 8).join(", ")}`, quote(expr.tag));
    } else if (expr.value !== null) this.check(expr.value, arm, `${at}/value`);
    else if (!this.#fit.fits(UNIT, arm)) this.#wrong(at, `a value for ${quote(expr.tag)}`, "none");
  }

  #wrong(pointer: string, expected: string, found: string): void {
    this.#report({
      code: "expr.value_type",
      pointer,
      message: `expected ${expected}, found ${found}: the plan will end with an error`,
      expected,
      found,
    });
  }
}
