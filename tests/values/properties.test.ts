/**
 * Random types and values. A failure prints its seed and path; `SEED` repeats a run. The two oracles are
 * cborg, which writes canonical CBOR without knowing our types, and our own reader and writer, which know
 * the types but share no code with the walkers.
 */

import { encode as cborgEncode } from "cborg";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { equalBytes, toHex } from "../../host/values/bytes.ts";
import {
  CborWriter,
  decodeCbor,
  encodeCbor,
  SELF_DESCRIBE,
  withoutSelfDescribe,
} from "../../host/values/cbor.ts";
import { valueFromCbor } from "../../host/values/decode.ts";
import { writeValue } from "../../host/values/encode.ts";
import { AirloomError } from "../../host/values/errors.ts";
import { Faults } from "../../host/values/faults.ts";
import { jsonFrom, stringifyJson } from "../../host/values/json.ts";
import { compileSchema, type Schema, shapeOfSchema } from "../../host/values/schema.ts";
import type { Type } from "../../host/values/type.ts";
import { parseType, typeToCbor } from "../../host/values/type-json.ts";
import type { Value } from "../../host/values/value.ts";
import { typedValues, types } from "./arbitrary.ts";
import { looseCbor } from "./loose.ts";
import { seedOf } from "./support.ts";

const RUNS = 1500;
const seed = seedOf("values");
const options = { seed, numRuns: RUNS };

const compile = (type: Type): Schema => compileSchema("demo/Random@1", type, () => undefined);

describe("any value of any type", () => {
  it("encodes to bytes the walker accepts and decoding leads back to", () => {
    fc.assert(
      fc.property(typedValues, ({ type, value }) => {
        const schema = compile(type);
        const bytes = schema.encode(value);
        expect(schema.accepts(bytes)).toBe(true);
        expect(schema.accepts(withoutSelfDescribe(bytes))).toBe(true);
        expect(schema.check(bytes, SELF_DESCRIBE.length, bytes.length)).toBe(bytes.length);
        expect(schema.check(bytes, SELF_DESCRIBE.length, bytes.length - 1)).toBe(-1);
        expect(toHex(schema.encode(schema.decode(bytes)))).toBe(toHex(bytes));
        expect(schema.normalize(bytes)).toBe(bytes);
        expect(toHex(schema.normalize(withoutSelfDescribe(bytes)))).toBe(toHex(bytes));
      }),
      options,
    );
  });

  it("has the bytes that cborg gives it", () => {
    fc.assert(
      fc.property(typedValues, ({ type, value }) => {
        const schema = compile(type);
        const bytes = schema.encode(value);
        const plain = plainOf(schema.decode(bytes));
        expect(toHex(withoutSelfDescribe(bytes))).toBe(toHex(cborgEncode(plain)));
      }),
      options,
    );
  });

  it("comes back from both JSON lenses, through their text", () => {
    fc.assert(
      fc.property(typedValues, ({ type, value }) => {
        const schema = compile(type);
        const hex = toHex(schema.encode(value));
        const sugar = jsonFrom(JSON.parse(stringifyJson(schema.toSugar(value))));
        const tagged = jsonFrom(JSON.parse(stringifyJson(schema.toTagged(value), 2)));
        expect(toHex(schema.encode(schema.parse(sugar, "sugar")))).toBe(hex);
        expect(toHex(schema.encode(schema.parse(tagged, "tagged")))).toBe(hex);
        expect(toHex(schema.encode(schema.parse(tagged)))).toBe(hex);
      }),
      options,
    );
  });

  it("is normalised from any other order and spelling of its CBOR", () => {
    fc.assert(
      fc.property(typedValues, fc.infiniteStream(fc.nat(5)), ({ type, value }, choices) => {
        const schema = compile(type);
        const bytes = schema.encode(value);
        const loose = looseCbor(type, schema.decode(bytes), () => choices.next().value);
        expect(toHex(schema.normalize(loose))).toBe(toHex(bytes));
      }),
      options,
    );
  });
});

describe("bytes that were changed", () => {
  it("are accepted exactly when reading and writing them gives the same bytes", () => {
    const edits = fc.array(fc.tuple(fc.nat(5), fc.nat(), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 3,
    });
    let accepted = 0;
    let refused = 0;
    fc.assert(
      fc.property(typedValues, edits, ({ type, value }, changes) => {
        const schema = compile(type);
        const bytes = changes.reduce(edit, withoutSelfDescribe(schema.encode(value)));
        const same = reproduces(schema, bytes);
        expect(schema.accepts(bytes)).toBe(same);
        if (same) accepted += 1;
        else refused += 1;
      }),
      { seed, numRuns: 2000 },
    );
    expect(accepted).toBeGreaterThan(50);
    expect(refused).toBeGreaterThan(500);
  });

  it("are accepted exactly so when they are any short bytes at all", () => {
    fc.assert(
      fc.property(types(1), fc.uint8Array({ maxLength: 6 }), (type, bytes) => {
        const schema = compile(type);
        expect(schema.accepts(bytes)).toBe(reproduces(schema, bytes));
      }),
      { seed, numRuns: 2000 },
    );
  });

  it("give the same answer in the middle of other bytes", () => {
    fc.assert(
      fc.property(typedValues, fc.uint8Array({ maxLength: 12 }), fc.nat(), ({ type, value }, after, at) => {
        const schema = compile(type);
        const bytes = withoutSelfDescribe(schema.encode(value));
        const end = 2 + (at % (bytes.length + 1));
        const around = Uint8Array.of(0xff, 0x00, ...bytes, ...after);
        expect(schema.check(around, 2, 2 + bytes.length)).toBe(2 + bytes.length);
        if (end < 2 + bytes.length) expect(schema.check(around, 2, end)).toBe(-1);
      }),
      options,
    );
  });
});

describe("any type", () => {
  it("is read back from its tree", () => {
    fc.assert(
      fc.property(types(), (type) => {
        const tree = typeToCbor(type);
        const json = jsonFrom(decodeCbor(encodeCbor(tree)));
        const read = parseType(json, "", (fault) => expect(fault).toBeUndefined());
        expect(toHex(encodeCbor(typeToCbor(read!)))).toBe(toHex(encodeCbor(tree)));
      }),
      options,
    );
  });
});

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

/** Whether reading as loosely as we can and writing gives these bytes again. */
function reproduces(schema: Schema, bytes: Uint8Array): boolean {
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

function edit(bytes: Uint8Array, [how, where, byte]: [number, number, number]): Uint8Array {
  const at = where % (bytes.length + 1);
  const before = bytes.subarray(0, at);
  const after = bytes.subarray(at);
  switch (how) {
    case 0: // another byte
      return Uint8Array.of(...before, byte, ...after.subarray(1));
    case 1: // one byte more
      return Uint8Array.of(...before, byte, ...after);
    case 2: // one less
      return Uint8Array.of(...before, ...after.subarray(1));
    case 3: // cut off
      return before.slice();
    case 4: // the next number up
      return Uint8Array.of(...before, ...after.subarray(0, 1).map((b) => b + 1), ...after.subarray(1));
    default: // a stretch twice
      return Uint8Array.of(...before, ...after.subarray(0, byte % 8), ...after);
  }
}
