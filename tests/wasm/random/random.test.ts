/**
 * Random modules, and changed real ones: admission never crashes, and what it admits runs as it was written,
 * whatever ran before. AIRLOOM_SEED repeats a run, AIRLOOM_RUNS makes it longer; a failure names the case.
 */

import { describe, expect, it } from "vitest";
import { toHex } from "../../../host/values/bytes.ts";
import { AirloomError } from "../../../host/values/errors.ts";
import { type AdmittedModule, admitModule } from "../../../host/wasm/admission.ts";
import { encodeStepInput } from "../../../host/wasm/envelope.ts";
import { runsOf, seedOf } from "../../values/support.ts";
import { retrySubject } from "../tiers/subjects.ts";
import { Chance } from "./chance.ts";
import { randomModule } from "./module.ts";
import { mutated } from "./mutate.ts";
import { compareRuns } from "./run.ts";
import type { Features } from "./types.ts";

const seed = seedOf("random modules");
const FUEL = 2_000_000;
const INPUT_BYTES = 48;
/** However slow the machine. */
const PATIENCE_MS = 3_600_000;

/** Admits, or gives the code of the refusal: nothing else may come of any bytes. */
function tryAdmitting(bytes: Uint8Array, floats: "refuse" | "canonicalize"): AdmittedModule | string {
  try {
    return admitModule(bytes, { floats, memoryPagesMax: 64 });
  } catch (error) {
    if (error instanceof AirloomError && error.kind === "module") return error.code;
    throw error;
  }
}

class Tally {
  readonly #counts = new Map<string, number>();

  add(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  of(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  print(title: string): void {
    console.log(`${title}: ${[...this.#counts].map(([what, count]) => `${count} ${what}`).join(", ")}`);
  }
}

/** Tries cases until one fails; its number and bytes are in the message. */
function tryCases(title: string, share: number, attempt: (caseNumber: number, tally: Tally) => void): Tally {
  const tally = new Tally();
  const cases = Math.ceil(runsOf(250) * share);
  for (let i = 0; i < cases; i++) {
    try {
      attempt(i, tally);
    } catch (error) {
      throw new Error(`${title}, AIRLOOM_SEED=${seed}, case ${i}: ${String(error)}`, { cause: error });
    }
  }
  tally.print(`${title}, ${cases} cases`);
  return tally;
}

function tryRandom(fixed: Partial<Features>, caseNumber: number, tally: Tally): void {
  const { bytes } = randomModule(seed, caseNumber, fixed);
  expect(WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)).toBe(true);
  const admitted = tryAdmitting(bytes, fixed.floats ? "canonicalize" : "refuse");
  if (typeof admitted === "string") {
    tally.add(admitted);
    return;
  }
  const chance = new Chance(seed ^ 0x5eed, caseNumber);
  for (let calls = 3; calls > 0; calls--) {
    const input = Uint8Array.from(chance.bytes(INPUT_BYTES));
    const { wrong, ended } = compareRuns(bytes, admitted, input, FUEL);
    if (wrong !== null) throw new Error(`${wrong}\n${toHex(bytes)}`);
    tally.add(ended);
  }
}

describe("what is admitted runs as it was written", () => {
  it(
    "for modules of integers",
    () => {
      const tally = tryCases("integers", 0.6, (i, t) => tryRandom({}, i, t));
      expect(tally.of("compared") + tally.of("trapped")).toBeGreaterThan(3 * tally.of("fuel"));
    },
    PATIENCE_MS,
  );

  it(
    "for modules with floats whose NaN bits they choose themselves",
    () => {
      tryCases("floats", 0.2, (i, t) => tryRandom({ floats: true, canonical: true }, i, t));
    },
    PATIENCE_MS,
  );

  it(
    "for modules that change tables and drop segments",
    () => {
      tryCases("tables", 0.1, (i, t) => tryRandom({ references: true }, i, t));
    },
    PATIENCE_MS,
  );

  it(
    "for modules without an end, which run out",
    () => {
      tryCases("endless", 0.1, (i, t) => tryRandom({ endless: true }, i, t));
    },
    PATIENCE_MS,
  );
});

/** What decides whether a changed module may be taken: the engine does, and admission may still refuse. */
function tryMutated(original: Uint8Array, input: Uint8Array, caseNumber: number, tally: Tally): void {
  const bytes = mutated(original, new Chance(seed ^ 0x3a17, caseNumber));
  const valid = WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>);
  const admitted = tryAdmitting(bytes, "refuse");
  if (typeof admitted === "string") {
    if (valid) tally.add(admitted);
    else tally.add("invalid");
    return;
  }
  expect(valid, "admitted though the engine refuses it").toBe(true);
  const { wrong, ended } = compareRuns(bytes, admitted, input, FUEL);
  if (wrong !== null) throw new Error(`${wrong}\n${toHex(bytes)}`);
  tally.add(ended);
}

describe("changed modules are refused, or run as they were changed", () => {
  it(
    "for the compiled retry reducer",
    async () => {
      const { wasm, inputs } = await retrySubject();
      const envelopes = inputs.map(encodeStepInput);
      const tally = tryCases("changed reducers", 1, (i, t) =>
        tryMutated(wasm, envelopes[i % envelopes.length]!, i, t),
      );
      expect(tally.of("compared") + tally.of("trapped")).toBeGreaterThan(0);
      expect(tally.of("invalid")).toBeGreaterThan(0);
    },
    PATIENCE_MS,
  );

  it(
    "for modules with every part of the format",
    () => {
      tryCases("changed random modules", 0.5, (i, t) => {
        const { bytes } = randomModule(seed, i, {});
        tryMutated(bytes, new Uint8Array(INPUT_BYTES), i, t);
      });
    },
    PATIENCE_MS,
  );
});
