/**
 * Admitted modules give one result however often they were called and however the engine compiled them: what
 * an unprotected module does not (`scripts/drift.mjs` shows it). AIRLOOM_RUNS=10000 makes it a million calls.
 */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { hashOf } from "../../../host/values/hash.ts";
import { createModuleHost } from "../../../host/wasm/host.ts";
import { admitted, changes, unprotected } from "../../../scripts/lib/drift.mjs";
import { withFolder } from "../../support/modules.ts";
import { runsOf, seedOf } from "../../values/support.ts";
import {
  FUEL_MAX,
  floatSubject,
  hostOf,
  randomSubjects,
  recursiveSubject,
  retrySubject,
  type Subject,
  wordsOf,
} from "./subjects.ts";

const seed = seedOf("tiers");
const CALLS = Math.min(1_000_000, runsOf(200) * 100);
/** A call to the end of a stack costs as much as hundreds of others. */
const DEEP_SHARE = 100;
const PATIENCE_MS = 3_600_000;

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const DIST = join(ROOT, "dist");
const CHILD = fileURLToPath(new URL("child.mjs", import.meta.url));

describe("in one process, before and after it is compiled anew", () => {
  const subjects: readonly (readonly [name: string, share: number, make: () => Promise<Subject>])[] = [
    ["the retry reducer", 1, retrySubject],
    ["a sum of NaNs", 1, async () => floatSubject()],
    ["an endless recursion", DEEP_SHARE, async () => recursiveSubject()],
  ];

  it.each(subjects)(
    "%s gives one result",
    async (_, share, make) => {
      const subject = await make();
      const host = hostOf(subject);
      for (const given of subject.inputs) {
        const calls = Math.ceil(CALLS / share / subject.inputs.length);
        const found = await changes(calls, () => wordsOf(host, subject, given));
        expect(found.map(({ result }) => result)).toEqual([wordsOf(hostOf(subject), subject, given)]);
      }
      console.log(`${subject.name}: ${Math.ceil(CALLS / share)} calls`);
    },
    PATIENCE_MS,
  );

  it("the demonstration's module does, admitted; as it is, it runs too", async () => {
    const calls = admitted({ createModuleHost, hashOf });
    expect(await changes(2000, calls.nan)).toHaveLength(1);
    expect(await changes(20, calls.deep)).toHaveLength(1);
    const drifting = unprotected();
    expect(drifting.nan()).toMatch(/^0x[7f]ff8/);
    expect(drifting.deep()).toMatch(/^\d+ calls$/);
  });
});

describe("in processes that compile in one way only", () => {
  /** Baseline and then optimised code, as always; one of them only; all of it at once. */
  const TIERS: readonly (readonly string[])[] = [
    [],
    ["--liftoff-only"],
    ["--no-liftoff"],
    ["--no-liftoff", "--no-wasm-lazy-compilation"],
  ];

  it(
    "every module gives the same results",
    async () => {
      if (!existsSync(DIST)) throw new Error("airloom is not built: run `npm test`, which builds it first");
      const subjects = [
        await retrySubject(),
        floatSubject(),
        recursiveSubject(),
        ...randomSubjects(seed, Math.min(500, runsOf(12))),
      ];
      const calls = [CALLS, CALLS, CALLS / DEEP_SHARE].map((count) => Math.ceil(count / 10));
      const jobs = JSON.stringify(subjects.map((subject, i) => jobOf(subject, calls[i] ?? 8)));
      await withFolder({ "jobs.json": jobs }, async (folder) => {
        const results = await Promise.all(TIERS.map((flags) => runChild(flags, join(folder, "jobs.json"))));
        for (const [i, subject] of subjects.entries()) {
          expect(
            results.map((each) => each[i]),
            subject.name,
          ).toEqual(results.map(() => results[0]![i]));
        }
        expect(results[0]).toHaveLength(subjects.length);
      });
    },
    PATIENCE_MS,
  );
});

function jobOf({ wasm, floats, inputs }: Subject, calls: number) {
  const base64 = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString("base64");
  return {
    wasm: base64(wasm),
    floats,
    fuelMax: String(FUEL_MAX),
    inputs: inputs.map(({ state, value }) => ({ state: base64(state), value: base64(value) })),
    calls,
  };
}

async function runChild(flags: readonly string[], jobs: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, CHILD, DIST, jobs]);
  return stdout.trim().split("\n");
}
