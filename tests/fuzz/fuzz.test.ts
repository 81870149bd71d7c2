/**
 * A short run of `scripts/fuzz.mjs` over the sources. AIRLOOM_SEED repeats a run, AIRLOOM_RUNS makes it longer;
 * a failure names the case, which the script tries alone.
 */

import { describe, expect, it } from "vitest";
import * as load from "../../host/air/load.ts";
import * as directory from "../../host/build/directory.ts";
import * as frame from "../../host/journal/frame.ts";
import * as record from "../../host/journal/record.ts";
import * as bytes from "../../host/values/bytes.ts";
import * as cbor from "../../host/values/cbor.ts";
import * as errors from "../../host/values/errors.ts";
import * as hash from "../../host/values/hash.ts";
import * as json from "../../host/values/json.ts";
import * as schema from "../../host/values/schema.ts";
import * as typeJson from "../../host/values/type-json.ts";
import * as zero from "../../host/values/zero.ts";
import { FuzzFailure, type FuzzModules, fuzz, TARGET_NAMES } from "../../scripts/lib/fuzz.mjs";
import { inputOf, Random } from "../../scripts/lib/fuzz-inputs.mjs";
import { runsOf, seedOf } from "../values/support.ts";
import { exampleFolders } from "./loading.ts";

const seed = seedOf("fuzz");
const modules: FuzzModules = {
  ...load,
  ...directory,
  ...frame,
  ...record,
  ...bytes,
  ...cbor,
  ...errors,
  ...hash,
  ...json,
  ...schema,
  ...typeJson,
  ...zero,
  worlds: exampleFolders().map(directory.readWorldFolder),
};

/** Loading a world costs ten times what the others do. */
const SHARE: ReadonlyMap<string, number> = new Map([["loader", 0.2]]);

describe("fuzzing", () => {
  it.each(TARGET_NAMES)(
    "%s finds nothing",
    (target) => {
      const cases = Math.ceil(runsOf(20_000) * (SHARE.get(target) ?? 1));
      const [report] = fuzz({ modules, targets: [target], cases, seed });
      console.log(JSON.stringify(report));
      expect(report).toMatchObject({ target, cases });
      if (cases >= 1000) expect(report!.accepted / cases).toBeGreaterThan(0.005);
    },
    3_600_000,
  );

  it("counts the operations of a reader and of a walker", () => {
    const reports = fuzz({ modules, targets: ["cbor", "walker"], cases: 500, seed: 1 });
    for (const { operationsPerByte } of reports) expect(operationsPerByte).toBeGreaterThan(0.5);
  });

  it("tells which case failed, so that it can be had alone", () => {
    const broken = {
      ...modules,
      encodeCbor: (value: cbor.Cbor) =>
        typeof value === "boolean" ? Uint8Array.of(0) : cbor.encodeCbor(value),
    };
    const failure = failureOf(() => fuzz({ modules: broken, targets: ["cbor"], cases: 20_000, seed: 5 }));
    expect(failure).toMatchObject({ target: "cbor", seed: 5 });
    const alone = { modules: broken, targets: ["cbor"], cases: 1, seed: 5, from: failure.caseNumber };
    expect(failureOf(() => fuzz(alone)).hex).toBe(failure.hex);
  });

  it("stops at an error that is no refusal, and at more operations than an input is worth", () => {
    const throwing = {
      ...modules,
      decodeCbor: (): never => {
        throw new RangeError("Maximum call stack size exceeded");
      },
    };
    const failure = failureOf(() => fuzz({ modules: throwing, targets: ["cbor"], cases: 10, seed: 5 }));
    expect(failure.cause).toBeInstanceOf(RangeError);
    const slow = {
      ...modules,
      decodeCbor: (input: Uint8Array, reading?: cbor.Reading) => {
        const reader = new cbor.CborReader(new Uint8Array(100_000), reading);
        while (!reader.done) reader.head();
        return cbor.decodeCbor(input, reading);
      },
    };
    const { message } = failureOf(() => fuzz({ modules: slow, targets: ["cbor"], cases: 10, seed: 5 }));
    expect(message).toMatch(/operations for each byte/);
  });

  it("makes the same input of the same seed and case, and of others another", () => {
    const valid = [Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)];
    const input = (from: number, at: number) => bytes.toHex(inputOf(new Random(from, at), valid));
    const inputs = Array.from({ length: 200 }, (_, i) => input(3, i));
    expect(Array.from({ length: 200 }, (_, i) => input(3, i))).toEqual(inputs);
    expect(new Set(inputs).size).toBeGreaterThan(100);
    expect(Array.from({ length: 200 }, (_, i) => input(4, i))).not.toEqual(inputs);
  });
});

function failureOf(action: () => unknown): FuzzFailure {
  try {
    action();
  } catch (error) {
    if (error instanceof FuzzFailure) return error;
    throw error;
  }
  throw new Error("nothing failed");
}
