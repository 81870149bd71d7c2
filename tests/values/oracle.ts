/**
 * What random values are compared with: cborg, which writes canonical CBOR without knowing our types, and
 * our own reader and writer, which know the types but share no code with the walkers.
 */

import { encode as cborgEncode } from "cborg";
import { expect } from "vitest";
import { equalBytes, toHex } from "../../host/values/bytes.ts";
import { CborWriter, decodeCbor, withoutSelfDescribe } from "../../host/values/cbor.ts";
import { valueFromCbor } from "../../host/values/decode.ts";
import { writeValue } from "../../host/values/encode.ts";
import { AirloomError } from "../../host/values/errors.ts";
import { Faults } from "../../host/values/faults.ts";
import { compileSchema, type Schema, shapeOfSchema } from "../../host/values/schema.ts";
import type { Type } from "../../host/values/type.ts";
import type { Value } from "../../host/values/value.ts";

export function compile(type: Type): Schema {
  return compileSchema("demo/Random@1", type, () => undefined);
}

/** The canonical bytes cborg writes. */
export function cborgBytes(value: Value): Uint8Array {
  return cborgEncode(plainOf(value));
}

/** `expect` costs more than most cases: it is asked only where they differ. */
export function expectBytes(actual: Uint8Array | undefined, expected: Uint8Array): void {
  if (actual !== undefined && equalBytes(actual, expected)) return;
  expect(actual && toHex(actual)).toBe(toHex(expected));
}

/** Whether reading as loosely as we can and writing gives these bytes again. */
export function reproduces(schema: Schema, bytes: Uint8Array): boolean {
  const faults = new Faults();
  const writer = new CborWriter();
  try {
    const shape = shapeOfSchema(schema);
    const value = valueFromCbor(shape, decodeCbor(bytes, "lenient"), "", faults);
    if (faults.count > 0) return false;
    writeValue(shape, value, writer);
  } catch (error) {
    if (error instanceof AirloomError && error.code === "cbor.invalid") return false;
    throw error;
  }
  // `accepts` lets a self-describe tag stand in front.
  return equalBytes(writer.finish(), withoutSelfDescribe(bytes));
}

/** As a JavaScript value that cborg writes. */
function plainOf(value: Value): unknown {
  switch (value.kind) {
    case "unit":
    case "null":
      return null;
    case "list":
    case "set":
      return value.items.map(plainOf);
    case "map":
      return new Map(value.entries.map(([key, item]) => [plainOf(key), plainOf(item)]));
    case "record":
      return new Map([...value.fields].map(([name, field]) => [name, plainOf(field)]));
    default:
      return value.value;
  }
}
