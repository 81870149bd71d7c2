/** What each scalar type holds: ranges and grammars, the same for every form a value comes in. */

import type { Faults } from "./faults.ts";
import { isHash } from "./hash.ts";
import { plain, quote } from "./quote.ts";
import type { PrimitiveKind } from "./type.ts";
import { isWellFormed } from "./utf8.ts";
import { NULL, type Value } from "./value.ts";

export type IntegerKind = "int" | "nat" | "time" | "duration";
export type TextKind = "text" | "dec128" | "hash" | "uuid";

const U64_MAX = 0xffffffffffffffffn;
const I64_MIN = -0x8000000000000000n;
const I64_MAX = 0x7fffffffffffffffn;

const UUID = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/;
/** AIR's DecimalString. */
const DECIMAL = /^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$/;

/** What a message says was expected. */
export const EXPECTED: { readonly [Kind in PrimitiveKind]: string } = {
  bool: "true or false",
  int: "an integer from -2^63 to 2^63-1",
  nat: "an integer from 0 to 2^64-1",
  time: "nanoseconds since the epoch, an integer from 0 to 2^64-1",
  duration: "nanoseconds, an integer from -2^63 to 2^63-1",
  dec128: "a decimal number as text",
  bytes: "bytes",
  text: "text",
  hash: "sha256: and 64 lower-case hex digits",
  uuid: "a uuid (8-4-4-4-12 hex digits)",
  unit: "null",
};

export function isIntegerKind(kind: string): kind is IntegerKind {
  return kind === "int" || kind === "nat" || kind === "time" || kind === "duration";
}

export function isTextKind(kind: string): kind is TextKind {
  return kind === "text" || kind === "dec128" || kind === "hash" || kind === "uuid";
}

export function integerFits(kind: IntegerKind, value: bigint): boolean {
  return kind === "nat" || kind === "time"
    ? value >= 0n && value <= U64_MAX
    : value >= I64_MIN && value <= I64_MAX;
}

export function textFits(kind: TextKind, value: string): boolean {
  switch (kind) {
    case "text":
      return isWellFormed(value);
    case "dec128":
      return DECIMAL.test(value);
    case "hash":
      return isHash(value);
    case "uuid":
      return UUID.test(value);
  }
}

/** The integer as a value of this kind; a fault when it is out of range. */
export function integerValue(kind: IntegerKind, value: bigint, pointer: string, faults: Faults): Value {
  if (!integerFits(kind, value)) {
    const found = plain(value.toString());
    faults.add("value.out_of_range", pointer, `expected ${EXPECTED[kind]}, found ${found}`, {
      expected: EXPECTED[kind],
      found,
    });
  }
  return { kind, value };
}

/** The text as a value of this kind; a fault when its grammar is another. */
export function textValue(kind: TextKind, value: string, pointer: string, faults: Faults): Value {
  if (textFits(kind, value)) return { kind, value };
  const expected = kind === "text" ? "text without lone surrogates" : EXPECTED[kind];
  const found = quote(value);
  faults.add("value.malformed", pointer, `expected ${expected}, found ${found}`, { expected, found });
  return NULL;
}
