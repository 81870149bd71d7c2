/**
 * Every operator with every kind of value: what the table gives, or `plan.type_error` (docs/air.md,
 * "Operators"). `*` is any kind; the first row that fits counts.
 */

import { describe, expect, it } from "vitest";
import { OPERATORS, type Operator } from "../../host/air/definitions.ts";
import { PlanError } from "../../host/plan/errors.ts";
import { applyOperator, equalValues } from "../../host/plan/operators.ts";
import { hashOf } from "../../host/values/hash.ts";
import { NULL, record, text, UNIT, type Value, variant } from "../../host/values/value.ts";

const nat = (value: number): Value => ({ kind: "nat", value: BigInt(value) });
const int = (value: number): Value => ({ kind: "int", value: BigInt(value) });
const bool = (value: boolean): Value => ({ kind: "bool", value });
const bytes = Uint8Array.of(1, 2);

/** One value of each kind; a variant is a record with a tag. */
const SAMPLES: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["unit", UNIT],
  ["null", NULL],
  ["bool", bool(true)],
  ["int", int(-2)],
  ["nat", nat(1)],
  ["time", { kind: "time", value: 3n }],
  ["duration", { kind: "duration", value: -4n }],
  ["dec128", { kind: "dec128", value: "1.5" }],
  ["text", text("né")],
  ["hash", { kind: "hash", value: hashOf(bytes) }],
  ["uuid", { kind: "uuid", value: "123e4567-e89b-12d3-a456-426614174000" }],
  ["bytes", { kind: "bytes", value: bytes }],
  ["list", { kind: "list", items: [nat(1), text("né"), nat(7)] }],
  ["set", { kind: "set", items: [nat(1), text("né")] }],
  ["map", { kind: "map", entries: [[text("né"), nat(9)]] }],
  [
    "record",
    record([
      ["né", nat(8)],
      ["b", UNIT],
    ]),
  ],
  ["variant", variant("Arm", nat(5))],
]);

type Expected = Value | string | ((args: readonly Value[]) => Value | string);
type Row = readonly [kinds: string, expected: Expected];

const SECTION = "Operators";
const ordering = (compare: (a: bigint, b: bigint) => boolean): readonly Row[] => {
  const numbers = ["int", "nat", "time", "duration"];
  const number = (value: Value) => (value as { value: bigint }).value;
  return [
    ...numbers.flatMap((a) =>
      numbers.map((b): Row => [`${a} ${b}`, ([x, y]) => bool(compare(number(x!), number(y!)))]),
    ),
    ["text text", bool(compare(0n, 0n))],
  ];
};
const holds: Row = ["map *", ([map, key]) => bool(equalValues(key!, text("né")) && map !== undefined)];
const among = (kind: "list" | "set"): Row => [
  `${kind} *`,
  ([whole, part]) =>
    bool((whole as { items: readonly Value[] }).items.some((item) => equalValues(item, part!))),
];
const texts = (compute: (a: string) => Value): readonly Row[] => [["text text", compute("né")]];

const TABLE: { readonly [O in Operator]: readonly Row[] } = {
  len: [
    ["text", nat(2)],
    ["bytes", nat(2)],
    ["list", nat(3)],
    ["set", nat(2)],
    ["map", nat(1)],
    ["record", nat(2)],
    ["variant", nat(2)],
  ],
  get: [
    ["record text", nat(8)],
    ["variant text", "plan.missing_field"],
    ["list nat", text("né")],
    ["list int", "plan.missing_field"],
    ["map text", nat(9)],
    ["map *", "plan.missing_field"],
  ],
  has: [["record text", bool(true)], ["variant text", bool(false)], holds, among("list"), among("set")],
  eq: [["* *", ([a, b]) => bool(a === b)]],
  ne: [["* *", ([a, b]) => bool(a !== b)]],
  lt: ordering((a, b) => a < b),
  le: ordering((a, b) => a <= b),
  gt: ordering((a, b) => a > b),
  ge: ordering((a, b) => a >= b),
  and: [["bool bool", bool(true)]],
  or: [["bool bool", bool(true)]],
  not: [["bool", bool(false)]],
  concat: texts((a) => text(a + a)),
  hash: [["*", ([value]) => applyOperator("hash", [value!])]],
  hash_bytes: [["bytes", { kind: "hash", value: hashOf(bytes) }]],
  add: [
    ["nat nat", nat(2)],
    ["nat int", int(-1)],
    ["int nat", int(-1)],
    ["int int", int(-4)],
  ],
  sub: [
    ["nat nat", nat(0)],
    ["nat int", int(3)],
    ["int nat", int(-3)],
    ["int int", int(0)],
  ],
  mul: [
    ["nat nat", nat(1)],
    ["nat int", int(-2)],
    ["int nat", int(-2)],
    ["int int", int(4)],
  ],
  div: [
    ["nat nat", nat(1)],
    ["nat int", int(0)],
    ["int nat", int(-2)],
    ["int int", int(1)],
  ],
  mod: [
    ["nat nat", nat(0)],
    ["nat int", int(1)],
    ["int nat", int(0)],
    ["int int", int(0)],
  ],
  starts_with: texts(() => bool(true)),
  ends_with: texts(() => bool(true)),
  contains: [["text text", bool(true)], ["bytes bytes", bool(true)], holds, among("list"), among("set")],
};

function outcome(op: Operator, args: readonly Value[]): Value | string {
  try {
    return applyOperator(op, args);
  } catch (error) {
    if (error instanceof PlanError) return error.code;
    throw error;
  }
}

function expectedOf(op: Operator, kinds: readonly string[], args: readonly Value[]): Value | string {
  const row = TABLE[op].find(([pattern]) =>
    pattern.split(" ").every((kind, i) => kind === "*" || kind === kinds[i]),
  );
  if (row === undefined) return "plan.type_error";
  return typeof row[1] === "function" ? row[1](args) : row[1];
}

describe.each(OPERATORS)(`${SECTION}: %s`, (op) => {
  const unary = TABLE[op][0]![0].split(" ").length === 1;
  const kinds = [...SAMPLES.keys()];
  const combinations = unary ? kinds.map((kind) => [kind]) : kinds.flatMap((a) => kinds.map((b) => [a, b]));

  it.each(combinations.map((each) => [each.join(", "), each] as const))("of (%s)", (_name, of) => {
    const args = of.map((kind) => SAMPLES.get(kind)!);
    expect(outcome(op, args)).toEqual(expectedOf(op, of, args));
  });

  it("of no argument, or one more than it takes, is plan.invalid_arity", () => {
    const value = SAMPLES.get("bool")!;
    expect(outcome(op, [])).toBe("plan.invalid_arity");
    if (op === "and" || op === "or") expect(outcome(op, [value])).toBe("plan.invalid_arity");
    else expect(outcome(op, new Array<Value>(unary ? 2 : 3).fill(value))).toBe("plan.invalid_arity");
  });
});

describe(`${SECTION}: the limits of`, () => {
  it("concat and hash is the size of a value in a plan", () => {
    const half = text("x".repeat(140_000));
    expect(outcome("concat", [half, half])).toBe("plan.too_large");
    expect(outcome("concat", [half, text("y")])).toMatchObject({ kind: "text" });
    expect(outcome("hash", [{ kind: "list", items: [half, half] }])).toBe("plan.too_large");
  });
});
