/** The determinism matrix (scripts/matrix.mjs, which `npm run verify` runs whole): some of its cases, and what it sees. */

import { describe, expect, it } from "vitest";
import { cases, faultOf, type MatrixResult, runCase } from "../../scripts/lib/matrix.mjs";
import { JOURNALS } from "../support/keep-recording.ts";

const PATIENCE_MS = 300_000;

describe("the determinism matrix", () => {
  it(
    "derives the same in a process that only optimises as in one that does as always",
    async () => {
      const [always, ...others] = cases();
      const optimised = others.find(({ name }) => name === "no pool, optimised only")!;
      const [reference, result] = await Promise.all(
        [always!, optimised].map((each) => runCase(each, { journals: JOURNALS })),
      );
      expect(faultOf(reference!, reference!)).toBeNull();
      expect(faultOf(result!, reference!)).toBeNull();
      expect(reference!.lines!.length).toBeGreaterThan(2);
    },
    PATIENCE_MS,
  );

  it("has every kind of case: compilers, stacks, time zones, locales, folders, pools, Node majors", () => {
    const names = cases()
      .map(({ name }) => name)
      .join("\n");
    for (const kind of [
      /wasm: baseline only/,
      /wasm: optimised only/,
      /stack of 512 KiB/,
      /time zone/,
      /locale/,
    ]) {
      expect(names).toMatch(kind);
    }
    for (const kind of [/working directory/, /no pool/, /Node 2\d/]) expect(names).toMatch(kind);
  });

  it("skips what this engine or machine does not have, and says so", async () => {
    const unknown = { name: "unknown", flags: ["--no-such-thing"] };
    expect(await runCase(unknown, { journals: JOURNALS })).toMatchObject({
      skipped: expect.stringContaining("such"),
    });
  });

  it("sees a digest, a count of fuel, a verdict and a text that are others, and a process that failed", () => {
    const line = { name: "a", verdict: "identical", root: "1", digest: "2", fuel: "3", asItWas: true };
    const resultOf = (change: object): MatrixResult => ({
      name: "case",
      lines: [JSON.stringify({ ...line, ...change })],
    });
    const reference = resultOf({});
    expect(faultOf(resultOf({}), reference)).toBeNull();
    for (const change of [
      { digest: "4" },
      { digest: "2 4" },
      { fuel: "5" },
      { root: "6" },
      { verdict: "state_changed" },
      { asItWas: false },
    ]) {
      expect(faultOf(resultOf(change), reference), JSON.stringify(change)).toContain("a: ");
    }
    expect(faultOf({ name: "case", lines: [] }, reference)).toBe("recordings are missing");
    expect(faultOf({ name: "case", failed: "killed" }, reference)).toBe("killed");
  });
});
