import { describe, expect, it } from "vitest";
import type { Expr, Operator } from "../../host/air/definitions.ts";
import { PlanError } from "../../host/plan/errors.ts";
import { evaluate, type Scope } from "../../host/plan/expr.ts";
import { hashOf } from "../../host/values/hash.ts";
import { NULL, record, UNIT, type Value, variant } from "../../host/values/value.ts";

const nat = (value: bigint | number): Value => ({ kind: "nat", value: BigInt(value) });
const int = (value: bigint | number): Value => ({ kind: "int", value: BigInt(value) });
const text = (value: string): Value => ({ kind: "text", value });
const bool = (value: boolean): Value => ({ kind: "bool", value });
const bytes = (...values: number[]): Value => ({ kind: "bytes", value: Uint8Array.from(values) });
const time = (value: number): Value => ({ kind: "time", value: BigInt(value) });
const list = (...items: Value[]): Value => ({ kind: "list", items });
const set = (...items: Value[]): Value => ({ kind: "set", items });
const map = (...entries: [Value, Value][]): Value => ({ kind: "map", entries });
const hash: Value = { kind: "hash", value: hashOf(Uint8Array.of(1)) };
const row = record([
  ["a", nat(1)],
  ["b", text("x")],
]);

const SCOPE: Scope = { input: row, variables: new Map(), steps: new Map() };
const U64 = 18446744073709551615n;
const I64 = 9223372036854775807n;

function apply(op: Operator, args: readonly Value[]): Value {
  return evaluate({ kind: "op", op, args: args.map((value): Expr => ({ kind: "const", value })) }, SCOPE);
}

/** Operator, arguments, and what comes out: a value or an error's code. docs/air.md, "Operators". */
const TABLE: readonly [Operator, readonly Value[], Value | string][] = [
  ["len", [list(nat(1), nat(2))], nat(2)],
  ["len", [set(nat(1))], nat(1)],
  ["len", [map([text("k"), nat(1)])], nat(1)],
  ["len", [row], nat(2)],
  ["len", [text("a𝄞é")], nat(3)],
  ["len", [bytes(1, 2, 3)], nat(3)],
  ["len", [nat(1)], "plan.type_error"],
  ["len", [], "plan.invalid_arity"],
  ["get", [row, text("b")], text("x")],
  ["get", [row, text("c")], "plan.missing_field"],
  ["get", [map([nat(1), text("one")]), nat(1)], text("one")],
  ["get", [map([nat(1), text("one")]), int(1)], "plan.missing_field"],
  ["get", [list(nat(7)), nat(0)], nat(7)],
  ["get", [list(nat(7)), int(0)], nat(7)],
  ["get", [list(nat(7)), int(-1)], "plan.missing_field"],
  ["get", [list(nat(7)), nat(U64)], "plan.missing_field"],
  ["get", [text("x"), nat(0)], "plan.type_error"],
  ["has", [row, text("a")], bool(true)],
  ["has", [row, text("z")], bool(false)],
  ["has", [set(nat(1)), nat(1)], bool(true)],
  ["has", [list(nat(1)), int(1)], bool(false)],
  ["has", [row, nat(1)], "plan.type_error"],
  ["eq", [nat(1), nat(1)], bool(true)],
  ["eq", [nat(1), int(1)], bool(false)],
  ["eq", [text("x"), hash], bool(false)],
  ["eq", [UNIT, NULL], bool(false)],
  ["eq", [bytes(1), bytes(1)], bool(true)],
  [
    "eq",
    [
      row,
      record([
        ["b", text("x")],
        ["a", nat(1)],
      ]),
    ],
    bool(true),
  ],
  ["eq", [list(nat(1)), set(nat(1))], bool(false)],
  ["ne", [map([nat(1), nat(2)]), map([nat(1), nat(3)])], bool(true)],
  ["lt", [nat(1), int(2)], bool(true)],
  ["le", [time(2), nat(2)], bool(true)],
  ["gt", [text("é"), text("z")], bool(true)],
  ["ge", [int(-1), nat(0)], bool(false)],
  ["lt", [text("a"), nat(1)], "plan.type_error"],
  [
    "lt",
    [
      { kind: "dec128", value: "1" },
      { kind: "dec128", value: "2" },
    ],
    "plan.type_error",
  ],
  ["and", [bool(true), bool(false), bool(true)], bool(false)],
  ["and", [bool(false), nat(1)], "plan.type_error"],
  ["and", [bool(true)], "plan.invalid_arity"],
  ["or", [bool(false), bool(true)], bool(true)],
  ["not", [bool(false)], bool(true)],
  ["not", [nat(0)], "plan.type_error"],
  ["concat", [text("a"), text("b")], text("ab")],
  ["concat", [text("a"), bytes(1)], "plan.type_error"],
  ["hash_bytes", [bytes(1)], hash],
  ["hash_bytes", [text("a")], "plan.type_error"],
  ["add", [nat(U64), nat(0)], nat(U64)],
  ["add", [nat(U64), nat(1)], "plan.numeric_overflow"],
  ["add", [nat(1), int(-2)], int(-1)],
  ["add", [int(I64), int(1)], "plan.numeric_overflow"],
  ["add", [time(1), nat(1)], "plan.type_error"],
  ["mul", [nat(3), int(-2)], int(-6)],
  ["sub", [nat(3), nat(2)], nat(1)],
  ["sub", [nat(2), nat(3)], int(-1)],
  ["sub", [nat(0), nat(U64)], "plan.numeric_overflow"],
  ["div", [nat(7), nat(2)], nat(3)],
  ["div", [int(-7), nat(2)], int(-3)],
  ["div", [nat(1), nat(0)], "plan.divide_by_zero"],
  ["div", [int(-I64 - 1n), int(-1)], "plan.numeric_overflow"],
  ["mod", [int(-7), int(2)], int(-1)],
  ["mod", [nat(7), nat(4)], nat(3)],
  ["mod", [nat(7), nat(0)], "plan.divide_by_zero"],
  ["starts_with", [text("abc"), text("ab")], bool(true)],
  ["ends_with", [text("abc"), text("ab")], bool(false)],
  ["starts_with", [text("abc"), nat(1)], "plan.type_error"],
  ["contains", [text("abc"), text("b")], bool(true)],
  ["contains", [bytes(1, 2, 3), bytes(2, 3)], bool(true)],
  ["contains", [bytes(1, 2, 3), bytes(3, 2)], bool(false)],
  ["contains", [list(nat(1)), nat(1)], bool(true)],
  ["contains", [row, text("a")], "plan.type_error"],
];

describe("an operator", () => {
  it.each(TABLE.map((line) => [line[0], line[1].map((value) => value.kind).join(", "), line] as const))(
    "%s of (%s)",
    (_op, _kinds, [op, args, expected]) => {
      if (typeof expected !== "string") return expect(apply(op, args)).toEqual(expected);
      let code = "nothing thrown";
      try {
        apply(op, args);
      } catch (error) {
        if (!(error instanceof PlanError)) throw error;
        code = error.code;
      }
      expect(code).toBe(expected);
    },
  );

  it("hashes the evaluator's tagged form, not the plain value", () => {
    expect(apply("hash", [text("alpha")])).toEqual({
      kind: "hash",
      value: "sha256:ce114120f9206eba6350fe9903c5d1caee956a7f9bff333846dc7333992b4d02",
    });
    const workspace = record([
      ["workspace", text("alpha")],
      ["step", text("emit_resolve")],
    ]);
    expect(apply("hash", [workspace])).toEqual({
      kind: "hash",
      value: "sha256:8b908bed9bbb5426940a814bf6b6d4cc9ce356e212dc9464419e0fdd3a376a4b",
    });
  });
});

describe("an expression", () => {
  const ref = (path: string[], root: "input" | "event" = "input"): Expr => ({
    kind: "ref",
    ref: { root, path },
    text: `@${root}.${path.join(".")}`,
  });
  const codeOf = (expr: Expr, scope: Scope = SCOPE): string => {
    try {
      evaluate(expr, scope);
      return "nothing thrown";
    } catch (error) {
      if (error instanceof PlanError) return error.code;
      throw error;
    }
  };

  it("follows paths through records and maps with text keys", () => {
    const scope: Scope = { ...SCOPE, input: record([["m", map([text("k"), row])]]) };
    expect(evaluate(ref(["m", "k", "a"]), scope)).toEqual(nat(1));
    expect(codeOf(ref(["m", "z"]), scope)).toBe("plan.missing_field");
    expect(codeOf(ref(["m", "k", "a", "b"]), scope)).toBe("plan.type_error");
  });

  it("takes the whole rest of @var: as a name, dots and all", () => {
    const scope: Scope = { ...SCOPE, variables: new Map([["r.status", nat(5)]]) };
    const variable = (name: string): Expr => ({
      kind: "ref",
      ref: { root: "var", name },
      text: `@var:${name}`,
    });
    expect(evaluate(variable("r.status"), scope)).toEqual(nat(5));
    expect(codeOf(variable("r"), scope)).toBe("plan.missing_ref");
  });

  it("knows steps by id and refuses those that have no value", () => {
    const scope: Scope = { ...SCOPE, steps: new Map([["one", row]]) };
    const step = (id: string, path: string[]): Expr => ({
      kind: "ref",
      ref: { root: "step", step: id, path },
      text: id,
    });
    expect(evaluate(step("one", ["b"]), scope)).toEqual(text("x"));
    expect(codeOf(step("two", []), scope)).toBe("plan.missing_ref");
  });

  it("knows @event only where an event is awaited", () => {
    expect(codeOf(ref([], "event"))).toBe("plan.missing_ref");
    expect(evaluate(ref([], "event"), { ...SCOPE, event: row })).toEqual(row);
  });

  it("builds records, lists, variants, and sets and maps in order without repeats", () => {
    const constant = (value: Value): Expr => ({ kind: "const", value });
    expect(evaluate({ kind: "set", items: [text("b"), text("aa"), text("b")].map(constant) }, SCOPE)).toEqual(
      set(text("aa"), text("b")),
    );
    const entries = [
      [nat(2), text("x")],
      [nat(1), text("y")],
      [nat(2), text("z")],
    ] as const;
    expect(
      evaluate({ kind: "map", entries: entries.map(([k, v]) => [constant(k), constant(v)] as const) }, SCOPE),
    ).toEqual(map([nat(1), text("y")], [nat(2), text("z")]));
    expect(evaluate({ kind: "variant", tag: "T", value: null }, SCOPE)).toEqual(variant("T", UNIT));
    expect(codeOf({ kind: "set", items: [constant(row)] })).toBe("plan.type_error");
  });
});
