/** Generated tests: they pass as generated, in vitest itself, and fail when the reducer changes. */

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { version } from "../../host/cli/version.ts";
import type { Journal } from "../../host/journal/port.ts";
import { readWhole, type WholeRecording } from "../../host/replay/recording/assemble.ts";
import { capture } from "../../host/replay/recording/capture.ts";
import { runToIdle } from "../../host/testing/clock.ts";
import { generateTest, STEPS_MAX } from "../../host/testing/generate/generate.ts";
import { keptRecordings, readKept } from "../replay/recordings.ts";
import { ROOT } from "../support/cli.ts";
import { openVirtual, send, startWork, testWorld } from "../support/world.ts";

const parent = mkdtempSync(join(tmpdir(), "airloom-testgen-"));
afterAll(() => rmSync(parent, { recursive: true, force: true }));

async function recording(journal: Journal): Promise<WholeRecording> {
  const [id] = await journal.worlds();
  return readWhole(capture(journal, id!, { embedModules: true, engine: "airloom test", sign: null }));
}

/** A run of one of the retry worlds: some work, its timers, and an event behind them. */
async function retryRun(name: string, payload = "resize photo 7"): Promise<WholeRecording> {
  const world = await testWorld({ name });
  const { engine, clock, journal } = await openVirtual(world);
  await startWork(engine, { payload });
  await runToIdle(engine, clock);
  await send(engine, "demo/WorkOk@1", { req_id: "req-1" });
  return recording(journal);
}

const WORLDS = join(ROOT, "air/worlds");

/** A folder with these tests in it, where `airloom` and `vitest` are found as after an install. */
function suite(name: string, tests: Readonly<Record<string, string>>): string {
  const folder = join(parent, name);
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  symlinkSync(ROOT, join(folder, "node_modules/airloom"), "junction");
  symlinkSync(join(ROOT, "node_modules/vitest"), join(folder, "node_modules/vitest"), "junction");
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  for (const [file, text] of Object.entries(tests)) writeFileSync(join(folder, file), text);
  return folder;
}

/** Runs vitest as a user does, in a process of its own. */
function vitest(folder: string): { readonly exitCode: number | null; readonly output: string } {
  const bin = join(ROOT, "node_modules/vitest/vitest.mjs");
  const env = {
    ...process.env,
    NO_COLOR: "1",
    VITEST: undefined,
    VITEST_WORKER_ID: undefined,
    NODE_ENV: undefined,
  };
  const args = [bin, "run", "--root", folder, "--testTimeout", "120000"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", env });
  return { exitCode: status, output: stdout + stderr };
}

function pathFrom(folder: string, world: string): string {
  return `${relative(folder, world).split(sep).join("/")}/`;
}

function generate(
  whole: WholeRecording,
  options: Partial<Parameters<typeof generateTest>[1]> = {},
): Promise<string> {
  return generateTest(whole, {
    name: "retry.airj",
    folder: "../world/",
    findModule: async () => null,
    framesMax: Number.MAX_SAFE_INTEGER,
    ...options,
  });
}

describe("a generated test", () => {
  it("is the same text each time, tells what was sent, and expects what followed", async () => {
    const whole = await retryRun("retry-backoff");
    const text = await generate(whole);
    expect(await generate(whole)).toBe(text);
    await expect(text).toMatchFileSnapshot("generated/retry-backoff.txt");
  });

  it("keeps long values above the test", async () => {
    const text = await generate(await retryRun("retry-backoff", "ab".repeat(300)));
    expect(text).toContain('const text1 = "ab".repeat(300);');
    expect(text.split("\n").filter((line) => line.length > 140)).toEqual([]);
  });

  it("takes the first frames only, where it is told to", async () => {
    const whole = await retryRun("retry-backoff");
    const text = await generate(whole, { framesMax: 2 });
    expect(text).toContain('test("StartWork"');
    expect(text).not.toContain("WorkOk");
  });
});

describe("no test is generated", () => {
  it("of more steps than a person reads", async () => {
    const { engine, journal } = await openVirtual(await testWorld());
    await Promise.all(
      Array.from({ length: STEPS_MAX + 1 }, (_, i) => send(engine, "demo/WorkOk@1", { req_id: `${i}` })),
    );
    const whole = await recording(journal);
    await expect(generate(whole)).rejects.toMatchObject({
      code: "testgen.too_long",
      fields: { steps: STEPS_MAX + 1 },
    });
    expect(await generate(whole, { framesMax: STEPS_MAX + 1 })).toContain("WorkOk");
  });

  it("of a change of definitions, and the frame is named", async () => {
    const { engine, clock, journal } = await openVirtual(await testWorld());
    await startWork(engine, { max_attempts: 1 });
    await engine.close();
    const changed = await testWorld({ edit: (_, text) => text.replace("the service is down", "it is down") });
    await openVirtual(changed, { journal, clock, upgrade: true });
    const whole = await recording(journal);
    await expect(generate(whole)).rejects.toMatchObject({
      code: "testgen.unsupported",
      fields: { frame: 2n },
    });
    expect(await generate(whole, { framesMax: 2 })).toContain("StartWork");
  });
});

describe("run by vitest", () => {
  it("passes as generated, for every recording that tests can tell of", async () => {
    const folder = join(parent, "passing");
    const tests: Record<string, string> = {};
    const untold: string[] = [];
    for (const kept of keptRecordings().filter((each) => each.version === version)) {
      const whole = await readKept(kept);
      const world = join(WORLDS, kept.world);
      try {
        tests[`${kept.world}.${Object.keys(tests).length}.test.ts`] = await generate(whole, {
          name: kept.name,
          folder: pathFrom(folder, world),
        });
      } catch (error) {
        if ((error as { code?: unknown }).code !== "testgen.unsupported") throw error;
        untold.push(kept.world);
      }
    }
    const count = Object.keys(tests).length;
    expect(count).toBeGreaterThanOrEqual(3);
    console.log(`${count} recordings as tests; no test can tell of ${untold.join(", ") || "none"}`);
    const { exitCode, output } = vitest(suite("passing", tests));
    expect(output).toContain(`${count} passed`);
    expect(exitCode).toBe(0);
  }, 300_000);

  it("fails when the reducer changes, and says where", async () => {
    const folder = join(parent, "failing");
    const [world, reducer] = [join(folder, "air/worlds/retry-backoff"), "assembly/reducers/retry-backoff"];
    cpSync(join(WORLDS, "retry-backoff"), world, {
      recursive: true,
      filter: (path) => !path.includes(`${sep}.airloom`),
    });
    cpSync(join(ROOT, reducer), join(folder, reducer), { recursive: true });
    const source = join(folder, reducer, "reducer.ts");
    const text = readFileSync(source, "utf8");
    const changed = text.replace("s.attempt = 1;", "s.attempt = 2;");
    expect(changed).not.toBe(text);
    writeFileSync(source, changed);
    const test = await generate(await retryRun("retry-backoff"), { folder: pathFrom(folder, world) });
    const { exitCode, output } = vitest(suite("failing", { "retry.test.ts": test }));
    expect(exitCode).toBe(1);
    expect(output).toContain("the state of demo/RetrySM@1 differs");
    expect(output).toContain("/attempt");
  }, 300_000);
});
