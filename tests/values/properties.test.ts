/**
 * Any value of any type, read and written in every form. A failure prints its seed and the case it shrank to;
 * AIRLOOM_SEED repeats a run, AIRLOOM_RUNS says how many cases each property has.
 */

import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { decodeCbor, encodeCbor, SELF_DESCRIBE, withoutSelfDescribe } from "../../host/values/cbor.ts";
import { type Json, jsonFrom, stringifyJson } from "../../host/values/json.ts";
import { parseType, typeToCbor } from "../../host/values/type-json.ts";
import { oddlyNamed, typedValues, types } from "./arbitrary.ts";
import { cborgBytes, compile, expectBytes } from "./oracle.ts";
import { runsOf, seedOf } from "./support.ts";

// Ten thousand cases each: a machine that is busy with other things takes its time.
vi.setConfig({ testTimeout: 300_000 });

const options = { seed: seedOf("properties"), numRuns: runsOf() };

/** As it comes back from a file. */
function throughText(json: Json, indent = 0): Json {
  return jsonFrom(JSON.parse(stringifyJson(json, indent)));
}

describe("any value of any type", () => {
  it("encodes to bytes the walker accepts and decoding leads back to", () => {
    fc.assert(
      fc.property(typedValues, ({ type, value }) => {
        const schema = compile(type);
        const bytes = schema.encode(value);
        const bare = withoutSelfDescribe(bytes);
        const answers = [
          schema.accepts(bytes),
          schema.accepts(bare),
          schema.check(bytes, SELF_DESCRIBE.length, bytes.length) === bytes.length,
          schema.check(bytes, SELF_DESCRIBE.length, bytes.length - 1) === -1,
          schema.normalize(bytes) === bytes,
        ];
        if (answers.includes(false)) expect(answers).toEqual(answers.map(() => true));
        expectBytes(schema.normalize(bare), bytes);
        expectBytes(schema.encode(schema.decode(bytes)), bytes);
      }),
      options,
    );
  });

  it("has the bytes that cborg gives it", () => {
    fc.assert(
      fc.property(typedValues, ({ type, value }) => {
        const schema = compile(type);
        const bytes = schema.encode(value);
        expectBytes(withoutSelfDescribe(bytes), cborgBytes(schema.decode(bytes)));
      }),
      options,
    );
  });

  it.each([
    ["any names", typedValues],
    ["names like __proto__ and constructor", oddlyNamed],
  ])("goes through sugar, bytes and tagged JSON to the same bytes, under %s", (_names, cases) => {
    fc.assert(
      fc.property(cases, ({ type, value }) => {
        const schema = compile(type);
        const expected = schema.encode(value);
        const fromSugar = schema.parse(throughText(schema.toSugar(value)), "sugar");
        const sugarBytes = schema.encode(fromSugar);
        const tagged = throughText(schema.toTagged(schema.decode(sugarBytes)), 2);
        const bytes = schema.encode(schema.parse(tagged, "tagged"));
        expectBytes(sugarBytes, expected);
        expectBytes(bytes, expected);
        expectBytes(schema.encode(schema.parse(tagged)), expected);
      }),
      options,
    );
  });
});

describe("any type", () => {
  it("is read back from its tree", () => {
    fc.assert(
      fc.property(types, (type) => {
        const tree = encodeCbor(typeToCbor(type));
        const read = parseType(jsonFrom(decodeCbor(tree)), "", (fault) => expect(fault).toBeUndefined());
        expectBytes(encodeCbor(typeToCbor(read!)), tree);
      }),
      options,
    );
  });
});
