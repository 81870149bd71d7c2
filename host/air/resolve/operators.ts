/** What operators take and give, as far as it can be told before a plan runs. Mistakes end the plan. */

import { quote } from "../../values/quote.ts";
import type { Expr, Operator } from "../definitions.ts";
import type { Report } from "../source.ts";
import { ABSENT, type Kinds, type Known, kindsOf, lookUp, wordsOf } from "./known.ts";

/** An operation with what is known of its arguments. */
interface Operation {
  readonly op: Operator;
  readonly exprs: readonly Expr[];
  readonly args: readonly (Known | undefined)[];
  readonly pointer: string;
  readonly report: Report;
}

const kinds = (...names: readonly string[]): Kinds => new Set(names);

const BOOL: Known = { kind: "bool" };
const NAT: Known = { kind: "nat" };
const TEXT: Known = { kind: "text" };
const HASH: Known = { kind: "hash" };
const INTEGER: Known = { kind: "either", of: [NAT, { kind: "int" }] };

const SIZED = kinds("list", "set", "map", "record", "text", "bytes");
const INTEGERS = kinds("int", "nat");
const ORDERED = kinds("int", "nat", "time", "duration");
const COMPARABLE = kinds(...ORDERED, "text");

/** Fewest and most arguments. */
function arityOf(op: Operator): readonly [number, number] {
  switch (op) {
    case "len":
    case "not":
    case "hash":
    case "hash_bytes":
      return [1, 1];
    case "and":
    case "or":
      return [2, Number.POSITIVE_INFINITY];
    default:
      return [2, 2];
  }
}

/** What an operation gives. Warns of `expr.arity`, `expr.type`, `expr.missing_field` and `expr.never_equal`. */
export function operate(operation: Operation): Known | undefined {
  const { op, args, pointer, report } = operation;
  const [min, max] = arityOf(op);
  if (args.length >= min && args.length <= max) return apply(operation);
  const expected = min === max ? `${min} argument${min === 1 ? "" : "s"}` : `at least ${min} arguments`;
  report({
    code: "expr.arity",
    pointer: `${pointer}/args`,
    message: `${op} takes ${expected}, found ${args.length}: the plan will end with an error`,
    expected,
    found: String(args.length),
  });
  return undefined;
}

function apply(operation: Operation): Known | undefined {
  switch (operation.op) {
    case "len":
      needs(operation, 0, SIZED);
      return NAT;
    case "get":
      return get(operation);
    case "has":
      needs(operation, 0, kinds("record", "map", "set", "list"));
      needsKey(operation);
      return BOOL;
    case "contains":
      needs(operation, 0, kinds("text", "bytes", "list", "set", "map"));
      needsPart(operation);
      return BOOL;
    case "eq":
    case "ne":
      warnOfNeverEqual(operation, operation.args[0], operation.args[1]);
      return BOOL;
    case "lt":
    case "le":
    case "gt":
    case "ge":
      compare(operation);
      return BOOL;
    case "and":
    case "or":
    case "not":
      all(operation, kinds("bool"));
      return BOOL;
    case "starts_with":
    case "ends_with":
      all(operation, kinds("text"));
      return BOOL;
    case "concat":
      all(operation, kinds("text"));
      return TEXT;
    case "hash":
      return HASH;
    case "hash_bytes":
      needs(operation, 0, kinds("bytes"));
      return HASH;
    default:
      all(operation, INTEGERS);
      return arithmetic(operation);
  }
}

function all(operation: Operation, allowed: Kinds): void {
  for (const i of operation.args.keys()) needs(operation, i, allowed);
}

/** Warns when an argument can be of none of the kinds; whether it may be of one. */
function needs({ op, args, pointer, report }: Operation, index: number, allowed: Kinds): boolean {
  const given = kindsOf(args[index]);
  if (given === undefined || meet(given, allowed)) return true;
  const expected = [...allowed].join(", ");
  const found = wordsOf(args[index]);
  report({
    code: "expr.type",
    pointer: `${pointer}/args/${index}`,
    message: `${op} takes ${expected} here, found ${found}: the plan will end with an error`,
    expected: allowed.size === 1 ? expected : `one of ${expected}`,
    found,
  });
  return false;
}

function meet(a: Kinds, b: Kinds): boolean {
  for (const kind of a) if (b.has(kind)) return true;
  return false;
}

/** The only kind it can be of. */
function only(known: Known | undefined): string | undefined {
  const given = kindsOf(known);
  return given?.size === 1 ? [...given][0] : undefined;
}

function get(operation: Operation): Known | undefined {
  if (!needs(operation, 0, kinds("record", "map", "list")) || !needsKey(operation)) return undefined;
  const [from] = operation.args;
  const key = operation.exprs[1]!;
  const name = key.kind === "const" && key.value.kind === "text" ? key.value.value : undefined;
  const kind = only(from);
  if (kind === "list") return from?.kind === "list" ? from.item : undefined;
  if (kind === "map") return from?.kind === "map" ? from.value : undefined;
  if (name === undefined) return undefined;
  const found = lookUp(from, [name]);
  if (found !== ABSENT) return found;
  operation.report({
    code: "expr.missing_field",
    pointer: `${operation.pointer}/args/1`,
    message: `there is no field ${quote(name)} to get: the plan will end with an error`,
    found: quote(name),
  });
  return undefined;
}

/** The second argument of `get` and `has`: what the first is looked into by. */
function needsKey(operation: Operation): boolean {
  const [from, key] = operation.args;
  switch (only(from)) {
    case "record":
      return needs(operation, 1, kinds("text"));
    case "list":
      if (operation.op === "get") return needs(operation, 1, INTEGERS);
      return warnOfNeverEqual(operation, from?.kind === "list" ? from.item : undefined, key);
    case "set":
      return warnOfNeverEqual(operation, from?.kind === "set" ? from.item : undefined, key);
    case "map":
      return warnOfNeverEqual(operation, from?.kind === "map" ? from.key : undefined, key);
    default:
      return true;
  }
}

function needsPart(operation: Operation): void {
  const kind = only(operation.args[0]);
  if (kind === "text" || kind === "bytes") needs(operation, 1, kinds(kind));
  else needsKey(operation);
}

function compare(operation: Operation): void {
  if (!needs(operation, 0, COMPARABLE) || !needs(operation, 1, COMPARABLE)) return;
  const left = kindsOf(operation.args[0]);
  if (left === undefined) return;
  if (!meet(left, ORDERED)) needs(operation, 1, kinds("text"));
  else if (!left.has("text")) needs(operation, 1, ORDERED);
}

/** `eq` never mixes kinds: int 1 is not nat 1, and text is not a hash. */
function warnOfNeverEqual(operation: Operation, left: Known | undefined, right: Known | undefined): boolean {
  const [a, b] = [kindsOf(left), kindsOf(right)];
  if (a === undefined || b === undefined || meet(a, b)) return true;
  const numbers = meet(a, ORDERED) && meet(b, ORDERED);
  operation.report({
    code: "expr.never_equal",
    pointer: operation.pointer,
    message: `${wordsOf(left)} is never equal to ${wordsOf(right)}`,
    expected: wordsOf(left),
    found: wordsOf(right),
    hint: numbers
      ? "write the constant with the other tag, or compare with le and ge, which mix kinds of numbers"
      : "compare values of one kind",
  });
  return true;
}

function arithmetic({ op, args }: Operation): Known | undefined {
  const given = args.map(only);
  if (given.some((kind) => kind === "int")) return { kind: "int" };
  if (!given.every((kind) => kind === "nat")) return INTEGER;
  return op === "sub" ? INTEGER : NAT;
}
