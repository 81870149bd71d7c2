/** The operators of AIR expressions (docs/air.md, "Operators"). Each takes evaluated arguments. */

import type { Operator } from "../air/definitions.ts";
import { compareBytes, equalBytes, utf8 } from "../values/bytes.ts";
import { withSelfDescribe } from "../values/cbor.ts";
import { hashOf } from "../values/hash.ts";
import type { Value } from "../values/value.ts";
import { PlanError } from "./errors.ts";
import { checkSize } from "./size.ts";
import { taggedBytes } from "./tagged.ts";

type Arguments = readonly Value[];

const U64_MAX = 0xffffffffffffffffn;
const I64_MAX = 0x7fffffffffffffffn;
const I64_MIN = -0x8000000000000000n;

/** Throws `PlanError`. */
export function applyOperator(op: Operator, args: Arguments): Value {
  const { min, max, apply } = OPERATIONS[op];
  if (args.length < min || args.length > max) {
    const wanted = min === max ? `${min}` : `at least ${min}`;
    throw new PlanError("plan.invalid_arity", `'${op}' takes ${wanted} arguments, found ${args.length}`);
  }
  return apply(args, op);
}

/** Structural and kind-sensitive: int 1 is not nat 1, text is not hash. */
export function equalValues(a: Value, b: Value): boolean {
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case "unit":
    case "null":
      return true;
    case "bytes":
      return equalBytes(a.value, (b as typeof a).value);
    case "list":
    case "set": {
      const items = (b as typeof a).items;
      return a.items.length === items.length && a.items.every((item, i) => equalValues(item, items[i]!));
    }
    case "map": {
      const entries = (b as typeof a).entries;
      return (
        a.entries.length === entries.length &&
        a.entries.every(([k, v], i) => equalValues(k, entries[i]![0]) && equalValues(v, entries[i]![1]))
      );
    }
    case "record": {
      const fields = (b as typeof a).fields;
      return (
        a.fields.size === fields.size &&
        [...a.fields].every(([name, value]) => {
          const other = fields.get(name);
          return other !== undefined && equalValues(value, other);
        })
      );
    }
    default:
      return a.value === (b as typeof a).value;
  }
}

interface Operation {
  readonly min: number;
  readonly max: number;
  readonly apply: (args: Arguments, op: Operator) => Value;
}

const fixed = (count: number, apply: Operation["apply"]): Operation => ({ min: count, max: count, apply });
const bool = (value: boolean): Value => ({ kind: "bool", value });
const nat = (value: bigint): Value => ({ kind: "nat", value });

function mistyped(op: Operator, args: Arguments): PlanError {
  const kinds = args.map((argument) => argument.kind).join(", ");
  return new PlanError("plan.type_error", `'${op}' does not take (${kinds})`);
}

const OPERATIONS: { readonly [O in Operator]: Operation } = {
  len: fixed(1, (args, op) => nat(BigInt(sizeOf(args[0]!) ?? fail(op, args)))),
  get: fixed(2, get),
  has: fixed(2, (args, op) => bool(has(args[0]!, args[1]!) ?? fail(op, args))),
  eq: fixed(2, ([a, b]) => bool(equalValues(a!, b!))),
  ne: fixed(2, ([a, b]) => bool(!equalValues(a!, b!))),
  lt: fixed(2, (args, op) => bool(compare(args, op) < 0)),
  le: fixed(2, (args, op) => bool(compare(args, op) <= 0)),
  gt: fixed(2, (args, op) => bool(compare(args, op) > 0)),
  ge: fixed(2, (args, op) => bool(compare(args, op) >= 0)),
  and: { min: 2, max: Number.POSITIVE_INFINITY, apply: (args, op) => bool(bools(args, op).every((b) => b)) },
  or: { min: 2, max: Number.POSITIVE_INFINITY, apply: (args, op) => bool(bools(args, op).some((b) => b)) },
  not: fixed(1, (args, op) => bool(!bools(args, op)[0])),
  concat: fixed(2, (args, op) => {
    const [a, b] = texts(args, op);
    const joined: Value = { kind: "text", value: a + b };
    checkSize(joined);
    return joined;
  }),
  hash: fixed(1, ([a]) => {
    checkSize(a!);
    return { kind: "hash", value: hashOf(withSelfDescribe(taggedBytes(a!))) };
  }),
  hash_bytes: fixed(1, (args, op) => {
    const [a] = args;
    return a!.kind === "bytes" ? { kind: "hash", value: hashOf(a!.value) } : fail(op, args);
  }),
  add: fixed(2, (args, op) => arithmetic(args, op, (a, b) => a + b)),
  mul: fixed(2, (args, op) => arithmetic(args, op, (a, b) => a * b)),
  sub: fixed(2, subtract),
  div: fixed(2, (args, op) => divide(args, op, (a, b) => a / b)),
  mod: fixed(2, (args, op) => divide(args, op, (a, b) => a % b)),
  starts_with: fixed(2, (args, op) => {
    const [a, b] = texts(args, op);
    return bool(a.startsWith(b));
  }),
  ends_with: fixed(2, (args, op) => {
    const [a, b] = texts(args, op);
    return bool(a.endsWith(b));
  }),
  contains: fixed(2, (args, op) => bool(contains(args[0]!, args[1]!) ?? fail(op, args))),
};

function fail(op: Operator, args: Arguments): never {
  throw mistyped(op, args);
}

function sizeOf(value: Value): number | undefined {
  switch (value.kind) {
    case "list":
    case "set":
      return value.items.length;
    case "map":
      return value.entries.length;
    case "record":
      return value.fields.size;
    case "text":
      return [...value.value].length; // code points
    case "bytes":
      return value.value.length;
    default:
      return undefined;
  }
}

function get(args: Arguments, op: Operator): Value {
  const [from, key] = args as [Value, Value];
  let found: Value | undefined;
  if (from.kind === "record" && key.kind === "text") found = from.fields.get(key.value);
  else if (from.kind === "map") found = from.entries.find(([k]) => equalValues(k, key))?.[1];
  else if (from.kind === "list" && (key.kind === "nat" || key.kind === "int")) {
    found = key.value >= 0n ? from.items[Number(key.value)] : undefined;
  } else throw mistyped(op, args);
  if (found === undefined)
    throw new PlanError("plan.missing_field", `'get' finds nothing there in a ${from.kind}`);
  return found;
}

function has(from: Value, key: Value): boolean | undefined {
  switch (from.kind) {
    case "record":
      return key.kind === "text" ? from.fields.has(key.value) : undefined;
    case "map":
      return from.entries.some(([k]) => equalValues(k, key));
    case "set":
    case "list":
      return from.items.some((item) => equalValues(item, key));
    default:
      return undefined;
  }
}

function contains(whole: Value, part: Value): boolean | undefined {
  if (whole.kind === "text") return part.kind === "text" ? whole.value.includes(part.value) : undefined;
  if (whole.kind === "bytes")
    return part.kind === "bytes" ? includesBytes(whole.value, part.value) : undefined;
  return whole.kind === "record" ? undefined : has(whole, part);
}

function includesBytes(whole: Uint8Array, part: Uint8Array): boolean {
  for (let at = 0; at + part.length <= whole.length; at++) {
    if (equalBytes(whole.subarray(at, at + part.length), part)) return true;
  }
  return false;
}

/** int, nat, time and duration compare across kinds; text compares bytewise. */
function compare(args: Arguments, op: Operator): number {
  const [a, b] = args as [Value, Value];
  if (a.kind === "text" && b.kind === "text") return compareBytes(utf8(a.value), utf8(b.value));
  const x = ordered(a);
  const y = ordered(b);
  if (x === undefined || y === undefined) throw mistyped(op, args);
  return x < y ? -1 : x > y ? 1 : 0;
}

function ordered(value: Value): bigint | undefined {
  const { kind } = value;
  return kind === "int" || kind === "nat" || kind === "time" || kind === "duration" ? value.value : undefined;
}

function bools(args: Arguments, op: Operator): boolean[] {
  return args.map((argument) => (argument.kind === "bool" ? argument.value : fail(op, args)));
}

function texts(args: Arguments, op: Operator): [string, string] {
  const [a, b] = args as [Value, Value];
  return a.kind === "text" && b.kind === "text" ? [a.value, b.value] : fail(op, args);
}

function integers(args: Arguments, op: Operator): { a: bigint; b: bigint; natural: boolean } {
  const [a, b] = args as [Value, Value];
  if ((a.kind !== "nat" && a.kind !== "int") || (b.kind !== "nat" && b.kind !== "int"))
    throw mistyped(op, args);
  return { a: a.value, b: b.value, natural: a.kind === "nat" && b.kind === "nat" };
}

function inRange(op: Operator, kind: "nat" | "int", value: bigint): Value {
  const [min, max] = kind === "nat" ? [0n, U64_MAX] : [I64_MIN, I64_MAX];
  if (value < min || value > max)
    throw new PlanError("plan.numeric_overflow", `'${op}' leaves the range of ${kind}`);
  return { kind, value };
}

function arithmetic(args: Arguments, op: Operator, compute: (a: bigint, b: bigint) => bigint): Value {
  const { a, b, natural } = integers(args, op);
  return inRange(op, natural ? "nat" : "int", compute(a, b));
}

/** nat minus nat is a nat as long as it is not negative. */
function subtract(args: Arguments, op: Operator): Value {
  const { a, b, natural } = integers(args, op);
  return inRange(op, natural && a >= b ? "nat" : "int", a - b);
}

/** Truncates toward zero; the remainder has the dividend's sign. */
function divide(args: Arguments, op: Operator, compute: (a: bigint, b: bigint) => bigint): Value {
  const { a, b, natural } = integers(args, op);
  if (b === 0n) throw new PlanError("plan.divide_by_zero", `'${op}' by zero`);
  return inRange(op, natural ? "nat" : "int", compute(a, b));
}
