/** What recordings exercise, and what they never do. */

import { describe, expect, it } from "vitest";
import { Coverage, type CoverageReport } from "../../host/replay/coverage.ts";
import { runToIdle } from "../../host/testing/clock.ts";
import { framesOf, openVirtual, startWork, testWorld } from "../support/world.ts";

async function coverageOf(name: string, attempts: number): Promise<CoverageReport> {
  const world = await testWorld({ name });
  const { engine, clock, journal } = await openVirtual(world);
  await startWork(engine, { max_attempts: attempts });
  await runToIdle(engine, clock);
  const coverage = new Coverage();
  coverage.begin();
  for (const frame of await framesOf(journal)) coverage.add(frame, world.definitions.manifest);
  return coverage.report();
}

const covered = ({ items }: CoverageReport, subject: string, owner: string) =>
  Object.fromEntries(
    items
      .filter((item) => item.subject === subject && item.owner === owner)
      .map(({ name, count }) => [name, count]),
  );

describe("coverage", () => {
  it("counts the arms, steps, grants and rules a run exercised, and names the arm it never did", async () => {
    const report = await coverageOf("retry-backoff", 2);
    expect(covered(report, "arm", "demo/RetrySM@1")).toEqual({ Start: 1, Ok: 0, Err: 2, Timer: 1 });
    expect(covered(report, "step", "demo/WorkPlan@1")).toEqual({ fail: 2 });
    expect(covered(report, "grant", "manifest")).toEqual({ "timer_grant allows": 1 });
    expect(covered(report, "rule", "demo/allow-all@1")).toEqual({ "rule 0": 1 });
    expect(report.faults.size).toBe(0);
    expect(report.share).toBeCloseTo(6 / 7);
  });

  it("knows guards by both their outcomes", async () => {
    const report = await coverageOf("retry-backoff-recovers", 3);
    const guards = covered(report, "guard", "demo/WorkPlan@1");
    expect(Object.keys(guards)).toHaveLength(4);
    expect(Object.values(guards).every((count) => count === 1)).toBe(true);
    const failed = await coverageOf("retry-backoff-recovers", 1);
    expect(Object.values(covered(failed, "guard", "demo/WorkPlan@1")).sort()).toEqual([0, 0, 1, 1]);
  });

  it("is whole where there is nothing to exercise", () => {
    expect(new Coverage().report()).toMatchObject({ items: [], share: 1 });
  });
});
