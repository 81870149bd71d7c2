import { describe, expect, test } from "vitest";
import type { Expr } from "../../host/air/definitions.ts";
import type { Plan } from "../../host/air/manifest.ts";
import { evaluate } from "../../host/plan/expr.ts";
import { startInstance } from "../../host/plan/instance.ts";
import { hashOf, ZERO_HASH } from "../../host/values/hash.ts";
import { jsonFrom } from "../../host/values/json.ts";
import { text, type Value } from "../../host/values/value.ts";
import { schemaOf } from "../values/support.ts";

const type = {
  record: { names: { set: { text: {} } }, sizes: { map: { key: { text: {} }, value: { nat: {} } } } },
};
const constant = (value: Value): Expr => ({ kind: "const", value });
const input = (field: string): Expr => ({
  kind: "ref",
  ref: { root: "input", path: [field] },
  text: `@plan.input.${field}`,
});
const nat = (value: number): Value => ({ kind: "nat", value: BigInt(value) });

/** In a plan that was started with names `b` and `aa`, which the wire has in that order. */
function evaluated(expr: Expr): Value {
  const value = schemaOf(type).parse(jsonFrom({ names: ["aa", "b"], sizes: { b: 1, aa: 2 } }));
  const { input, variables } = startInstance(0n, {} as Plan, ZERO_HASH, value, value);
  return evaluate(expr, { input, variables, steps: new Map() });
}

describe("a set or map of a plan's input", () => {
  const names: Expr = { kind: "set", items: [constant(text("b")), constant(text("aa"))] };
  const sizes: Expr = {
    kind: "map",
    entries: [
      [constant(text("b")), constant(nat(1))],
      [constant(text("aa")), constant(nat(2))],
    ],
  };

  test.each([
    ["names", names],
    ["sizes", sizes],
  ])("is equal to one that an expression builds: %s", (field, built) => {
    expect(evaluated({ kind: "op", op: "eq", args: [input(field), built] })).toEqual(bool(true));
    expect(evaluated({ kind: "op", op: "ne", args: [input(field), built] })).toEqual(bool(false));
    const hash = (of: Expr): Value => evaluated({ kind: "op", op: "hash", args: [of] });
    expect(hash(input(field))).toEqual(hash(built));
    expect(hash(input(field))).not.toEqual({ kind: "hash", value: hashOf(new Uint8Array(0)) });
  });

  test("is equal to no other", () => {
    const other: Expr = { kind: "set", items: [constant(text("b"))] };
    expect(evaluated({ kind: "op", op: "eq", args: [input("names"), other] })).toEqual(bool(false));
  });
});

function bool(value: boolean): Value {
  return { kind: "bool", value };
}
