/** Random types, and random values of a type: elements of sets and maps in any order and repeated. */

import type fc from "fast-check";
import { toHex } from "../../host/values/bytes.ts";
import { PRIMITIVES, type Type } from "../../host/values/type.ts";
import { NULL, record, UNIT, type Value, variant } from "../../host/values/value.ts";
import { type Draw, drawn } from "./draw.ts";

/** Names that are something else to JavaScript, to JSON pointers or to our own lenses. */
export const ODD_NAMES: readonly string[] = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "prototype",
  "length",
  "then",
  "$tag",
  "$value",
  "tag",
  "value",
  "variant",
  "option",
  "alias",
  "version",
  "",
  "0",
  "a.b",
  "~/",
];

export interface TypedValue {
  readonly type: Type;
  readonly value: Value;
}

export const types: fc.Arbitrary<Type> = drawn((draw) => drawType(draw, 3));

export const typedValues: fc.Arbitrary<TypedValue> = drawn((draw) => typedValue(draw));

/** Types with no other names than the odd ones. */
export const oddlyNamed: fc.Arbitrary<TypedValue> = drawn((draw) =>
  typedValue(draw, () => draw.pick(ODD_NAMES)),
);

function typedValue(draw: Draw, name?: () => string): TypedValue {
  const type = drawType(draw, 3, name);
  return { type, value: drawValue(draw, type) };
}

/** `depth` is how many composites stand inside one another at most. */
export function drawType(draw: Draw, depth: number, name: () => string = () => drawName(draw)): Type {
  const inner = (): Type => drawType(draw, depth - 1, name);
  switch (depth === 0 ? 0 : draw.below(12)) {
    case 3:
    case 4:
    case 5:
      return { kind: "record", fields: members(name, countOf(draw, 6), inner) };
    case 6:
    case 7:
      return { kind: "variant", arms: members(name, 1 + countOf(draw, 4), inner) };
    case 8:
      return { kind: "list", item: inner() };
    case 9:
      return { kind: "set", item: inner() };
    case 10:
      return { kind: "option", item: inner() };
    case 11:
      return { kind: "map", key: { kind: draw.pick(KEYS) }, value: inner() };
    default:
      return { kind: draw.pick(PRIMITIVES) };
  }
}

export function drawValue(draw: Draw, type: Type): Value {
  switch (type.kind) {
    case "bool":
      return { kind: "bool", value: draw.once(2) };
    case "int":
    case "duration":
      return { kind: type.kind, value: signed(draw) };
    case "nat":
    case "time":
      return { kind: type.kind, value: natural(draw) };
    case "bytes":
      return { kind: "bytes", value: draw.bytes(draw.once(20) ? 300 : 30) };
    case "text":
      return { kind: "text", value: drawText(draw) };
    case "dec128":
      return { kind: "dec128", value: decimal(draw) };
    case "hash":
      return { kind: "hash", value: `sha256:${hexOf(draw, 32)}` };
    case "uuid":
      return { kind: "uuid", value: uuid(draw) };
    case "unit":
      return UNIT;
    case "option":
      return draw.once(2) ? drawValue(draw, type.item) : NULL;
    case "list":
    case "set":
      return { kind: type.kind, items: several(draw, () => drawValue(draw, type.item)) };
    case "map":
      return {
        kind: "map",
        entries: several(draw, () => [drawValue(draw, type.key), drawValue(draw, type.value)] as const),
      };
    case "record":
      return record([...type.fields].map(([name, field]) => [name, drawValue(draw, field)]));
    case "variant": {
      const [tag, arm] = draw.pick([...type.arms]);
      if (arm.kind === "unit" && draw.once(2)) return variant(tag, undefined);
      return variant(tag, drawValue(draw, arm));
    }
    case "ref":
      throw new Error("random types have no references");
  }
}

const KEYS = ["nat", "int", "text", "uuid", "hash"] as const;

/** Now and then so many that a head needs two bytes and a variant looks up its arms. */
function countOf(draw: Draw, usual: number): number {
  return draw.once(40) ? 9 + draw.below(20) : draw.below(usual);
}

function members(name: () => string, count: number, of: () => Type): Map<string, Type> {
  return new Map(Array.from({ length: count }, () => [name(), of()] as const));
}

const COMMON_NAMES = ["a", "b", "aa", "count", "tag", "value", "record", "text", "null"];

function drawName(draw: Draw): string {
  const kind = draw.below(6);
  return kind < 3 ? draw.pick(COMMON_NAMES) : kind === 3 ? draw.pick(ODD_NAMES) : drawText(draw);
}

/** Up to five, some of them there already. */
function several<Item>(draw: Draw, make: () => Item): Item[] {
  const items: Item[] = [];
  for (let left = draw.below(6); left > 0; left--) {
    items.push(items.length > 0 && draw.once(5) ? draw.pick(items) : make());
  }
  return items;
}

const U64_MAX = 0xffffffffffffffffn;
const I64_MAX = 0x7fffffffffffffffn;
const EDGES = [
  0n,
  23n,
  24n,
  255n,
  256n,
  65535n,
  65536n,
  4294967295n,
  4294967296n,
  9007199254740991n,
  9007199254740993n,
  I64_MAX,
];

function natural(draw: Draw): bigint {
  return draw.once(3) ? draw.pick([...EDGES, U64_MAX]) : draw.wide();
}

function signed(draw: Draw): bigint {
  const size = draw.once(3) ? draw.pick(EDGES) : draw.wide() >> 1n;
  return draw.once(2) ? -1n - size : size;
}

function hexOf(draw: Draw, length: number): string {
  const word = (): string => (draw.bits() >>> 0).toString(16).padStart(8, "0");
  return Array.from({ length: length / 4 }, word).join("");
}

function uuid(draw: Draw): string {
  const lower = hexOf(draw, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  return draw.once(3) ? lower.toUpperCase() : lower;
}

function decimal(draw: Draw): string {
  const sign = (): string => draw.pick(["", "-", "+"]);
  const fraction = draw.once(2) ? `.${draw.bits()}` : "";
  const exponent = draw.once(3) ? `${draw.pick(["e", "E"])}${sign()}${draw.below(1000)}` : "";
  return `${sign()}${draw.wide()}${fraction}${exponent}`;
}

const TEXTS = [
  "",
  "\u0000",
  "é",
  "\ufeff",
  "\ud7ff",
  "\ue000",
  "\u{10000}",
  "\u{10ffff}",
  "x".repeat(23),
  "x".repeat(24),
  "x".repeat(255),
  "x".repeat(256),
];

function drawText(draw: Draw): string {
  switch (draw.below(4)) {
    case 0:
      return toHex(draw.bytes(12));
    case 1:
      return draw.pick(TEXTS);
    case 2:
      return points(draw, 30, 0x20, 0x5f);
    default:
      return points(draw, 8, 0, draw.pick([0x100, 0x800, 0x10000, 0x110000]));
  }
}

/** Up to so many code points; surrogates are none. */
function points(draw: Draw, countMax: number, from: number, range: number): string {
  let text = "";
  for (let left = draw.below(countMax + 1); left > 0; left--) {
    const point = from + draw.below(range);
    text += String.fromCodePoint(point >= 0xd800 && point < 0xe000 ? 0x61 : point);
  }
  return text;
}
