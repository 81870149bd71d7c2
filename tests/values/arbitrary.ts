/** Random types, and random values of a type in the form `decode` gives. */

import fc from "fast-check";
import { toHex } from "../../host/values/bytes.ts";
import type { Type } from "../../host/values/type.ts";
import { NULL, record, UNIT, type Value, variant } from "../../host/values/value.ts";

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
  9007199254740993n,
  I64_MAX,
];

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.string({ unit: "grapheme", maxLength: 30 }),
  fc.constantFrom(
    "",
    "\u0000",
    "é",
    "\ufeff",
    "\ud7ff",
    "\ue000",
    "\u{10000}",
    "\u{10ffff}",
    "x".repeat(256),
  ),
);

const name = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom("a", "b", "aa", "count", "tag", "value", "record", "text", "null"),
  },
  fc.constantFrom(
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "$tag",
    "$value",
    "",
    "a.b",
    "~/",
  ),
  text,
);

function members(
  of: fc.Arbitrary<Type>,
  minLength: number,
  maxLength: number,
): fc.Arbitrary<Map<string, Type>> {
  return fc
    .uniqueArray(fc.tuple(name, of), { minLength, maxLength, selector: ([key]) => key })
    .map((entries) => new Map(entries));
}

const primitive = fc.constantFrom(
  "bool",
  "int",
  "nat",
  "dec128",
  "bytes",
  "text",
  "time",
  "duration",
  "hash",
  "uuid",
  "unit",
);
const key = fc.constantFrom("int", "nat", "text", "uuid", "hash").map((kind): Type => ({ kind }));
const leaf = primitive.map((kind): Type => ({ kind }));

export function types(depth = 3): fc.Arbitrary<Type> {
  if (depth === 0) return leaf;
  const inner = types(depth - 1);
  return fc.oneof(
    { weight: 2, arbitrary: leaf },
    { weight: 3, arbitrary: members(inner, 0, 5).map((fields): Type => ({ kind: "record", fields })) },
    { weight: 2, arbitrary: members(inner, 1, 4).map((arms): Type => ({ kind: "variant", arms })) },
    fc
      .tuple(fc.constantFrom("list" as const, "set" as const, "option" as const), inner)
      .map(([kind, item]): Type => ({ kind, item })),
    fc.tuple(key, inner).map(([k, value]): Type => ({ kind: "map", key: k, value })),
  );
}

const natural = fc.oneof(fc.constantFrom(...EDGES, U64_MAX), fc.bigInt({ min: 0n, max: U64_MAX }));
const signed = fc.oneof(
  fc.constantFrom(...EDGES, ...EDGES.map((edge) => -1n - edge)),
  fc.bigInt({ min: -1n - I64_MAX, max: I64_MAX }),
);
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => `sha256:${toHex(bytes)}`);
const uuid = fc.tuple(fc.uuid(), fc.boolean()).map(([value, upper]) => (upper ? value.toUpperCase() : value));
const decimal = fc.stringMatching(/^[+-]?[0-9]{1,20}(\.[0-9]{1,9})?([eE][+-]?[0-9]{1,3})?$/);

/** Elements in any order and repeated: what encoding sorts. */
export function values(type: Type): fc.Arbitrary<Value> {
  switch (type.kind) {
    case "bool":
      return fc.boolean().map((value): Value => ({ kind: "bool", value }));
    case "int":
    case "duration":
      return signed.map(numeric(type.kind));
    case "nat":
    case "time":
      return natural.map(numeric(type.kind));
    case "bytes":
      return fc.uint8Array({ maxLength: 30 }).map((value): Value => ({ kind: "bytes", value }));
    case "text":
      return text.map((value): Value => ({ kind: "text", value }));
    case "dec128":
      return decimal.map((value): Value => ({ kind: "dec128", value }));
    case "hash":
      return hash.map((value): Value => ({ kind: "hash", value }));
    case "uuid":
      return uuid.map((value): Value => ({ kind: "uuid", value }));
    case "unit":
      return fc.constant(UNIT);
    case "option":
      return fc.oneof(fc.constant(NULL), values(type.item));
    case "list":
      return fc.array(values(type.item), { maxLength: 5 }).map((items): Value => ({ kind: "list", items }));
    case "set":
      return fc.array(values(type.item), { maxLength: 5 }).map((items): Value => ({ kind: "set", items }));
    case "map":
      return fc
        .array(fc.tuple(values(type.key), values(type.value)), { maxLength: 4 })
        .map((entries): Value => ({ kind: "map", entries }));
    case "record":
      return fc
        .tuple(
          ...[...type.fields].map(([field, inner]) => values(inner).map((value) => [field, value] as const)),
        )
        .map((fields) => record(fields));
    case "variant":
      return fc.oneof(...[...type.arms].flatMap(([tag, arm]) => armValues(tag, arm)));
    case "ref":
      throw new Error("random types have no references");
  }
}

function numeric(kind: "int" | "nat" | "time" | "duration"): (value: bigint) => Value {
  return (value) => ({ kind, value });
}

function armValues(tag: string, arm: Type): fc.Arbitrary<Value>[] {
  const withPayload = values(arm).map((payload) => variant(tag, payload));
  return arm.kind === "unit" ? [withPayload, fc.constant(variant(tag, undefined))] : [withPayload];
}

export const typedValues: fc.Arbitrary<{ type: Type; value: Value }> = types().chain((type) =>
  values(type).map((value) => ({ type, value })),
);
