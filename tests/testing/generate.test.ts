/** Generated tests: they pass as generated, in vitest itself, and fail when the reducer changes. */

import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, sep } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modulePath } from "../../host/build/modules.ts";
import { stampedHash, stampHash } from "../../host/build/stamp.ts";
import { version } from "../../host/cli/version.ts";
import type { Journal } from "../../host/journal/port.ts";
import { readWhole, type WholeRecording } from "../../host/replay/recording/assemble.ts";
import { capture } from "../../host/replay/recording/capture.ts";
import { runToIdle } from "../../host/testing/clock.ts";
import { generateTest, STEPS_MAX } from "../../host/testing/generate/generate.ts";
import type { IntentId } from "../../host/values/brand.ts";
import { type Cbor, canon } from "../../host/values/cbor.ts";
import { record, text as textValue, type Value } from "../../host/values/value.ts";
import { planWorld } from "../kernel/planned.ts";
import { keptRecordings, readKept } from "../replay/recordings.ts";
import { ROOT } from "../support/cli.ts";
import { type Compiled, changedReducer, compiledReducer } from "../support/modules.ts";
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

/** Started under this id, and left waiting. */
async function startedBy(correlation: Value): Promise<WholeRecording> {
  const world = planWorld({ plans: [{ steps: [{ id: "end", op: "end" }], edges: [] }] });
  const { engine, journal } = await openVirtual(world);
  const input = world.definitions.manifest.schemas.get("t/Go@1")!;
  const value = input.encode(
    record([
      ["id", textValue("a")],
      ["n", { kind: "nat", value: 1n }],
    ]),
  );
  await engine.startPlan({ plan: "t/P@1", input: () => value, correlation });
  return recording(journal);
}

describe("a plan that was started by hand", () => {
  it.each<[Value, string]>([
    [textValue("order-7"), '{ correlation: "order-7" }'],
    [{ kind: "nat", value: 7n }, "{ correlation: 7n }"],
    [{ kind: "int", value: -7n }, "{ correlation: -7n }"],
    [{ kind: "bytes", value: Uint8Array.of(1, 2) }, '{ correlation: bytes("0102") }'],
  ])("keeps its correlation id %o", async (correlation, written) => {
    const text = await generate(await startedBy(correlation));
    expect(text).toContain(`world.startPlan("t/P@1", { n: 1n, id: "a" }, ${written})`);
  });

  it("is refused where its correlation id is a record", async () => {
    await expect(generate(await startedBy(record([["a", textValue("b")]])))).rejects.toMatchObject({
      code: "testgen.unsupported",
      fields: { frame: 1n },
    });
  });
});

/** Greetings whose timers a draw decides: half of them get one. */
async function chancyRun(): Promise<WholeRecording> {
  const module = await changedReducer("hello-timer", (text) =>
    text.replace("this.effects.timerSet(at", "if (this.random.chance(1, 2)) this.effects.timerSet(at"),
  );
  const { engine, clock, journal } = await openVirtual(await testWorld({ name: "hello-timer", module }));
  for (let i = 0; i < 8; i++) await send(engine, "demo/Greet@1", { name: `n${i}`, delay_ms: 10 });
  await runToIdle(engine, clock);
  return recording(journal);
}

describe("no test is generated", () => {
  it("of a run that chance decides, and the frame is named where another world goes its own way", async () => {
    const whole = await chancyRun();
    await expect(generate(whole)).rejects.toMatchObject({
      kind: "request",
      code: "testgen.other_course",
      fields: { frame: expect.any(BigInt) },
    });
    expect(await generate(whole, { framesMax: 9 })).toContain("Greet");
  });

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

/** A reducer that throws at what has 13 attempts. */
const throwing = (): Promise<Compiled> =>
  changedReducer("retry-backoff", (source) =>
    source.replace(
      /(onStart\(\w+: StartWork\): void \{)/,
      "$1\n    if (event.maxAttempts == 13) unreachable();",
    ),
  );

/** Two events that fault; the first is redelivered and faults again; that and the second are dismissed. */
async function operatedRun(): Promise<WholeRecording> {
  const { engine, journal } = await openVirtual(await testWorld({ module: await throwing() }));
  for (const req_id of ["a", "b"]) await startWork(engine, { req_id, max_attempts: 13 });
  await engine.redeliver({ fault: { frame: 1n as never, record: 1 } });
  await engine.dismiss({ fault: { frame: 3n as never, record: 1 }, reason: "never again" });
  await engine.dismiss({ fault: { frame: 2n as never, record: 1 } });
  return recording(journal);
}

/** A timer that fires when the work is done already: later than it was asked for. */
async function lateTimerRun(): Promise<WholeRecording> {
  let fire: (() => void) | null = null;
  const { engine, clock, journal } = await openVirtual(await testWorld(), {
    adapters: (settle) => [
      {
        effectKinds: ["timer.set"],
        start: ({ id }: { readonly id: IntentId }) => {
          fire = () =>
            settle(id, ({ logicalNs }) => ({
              adapterId: "timer",
              status: "ok",
              payload: canon(
                new Map<string, Cbor>([
                  ["delivered_at_ns", logicalNs],
                  ["key", "req-1"],
                ]),
              ),
              costCents: null,
              signature: new Uint8Array(64),
              tries: 1n,
            }));
        },
        settled: () => {},
        stop: () => {},
      },
    ],
  });
  await startWork(engine);
  clock.advance(50_000_000n);
  await send(engine, "demo/WorkOk@1", { req_id: "req-1" });
  fire!();
  await engine.settled();
  return recording(journal);
}

const WORLDS = join(ROOT, "air/worlds");
const notInStore = (path: string): boolean => !path.includes(`${sep}.airloom`);

/**
 * A copy of an example world whose modules are there already, as after a build: all there is to compile was compiled
 * for other tests.
 */
async function builtWorld(name: string, given?: Compiled): Promise<string> {
  const folder = join(parent, "worlds", given === undefined ? name : `${name}-${given.hash.slice(7, 15)}`);
  cpSync(join(WORLDS, name), folder, { recursive: true, filter: notInStore });
  const settingsPath = join(folder, "world.json");
  const settings = JSON.parse(readFileSync(settingsPath, "utf8")) as {
    modules: Record<string, { source?: string }>;
  };
  for (const [module, entry] of Object.entries(settings.modules)) {
    const [home, file] = [basename(dirname(entry.source!)), basename(entry.source!, ".ts")];
    delete entry.source;
    const built = given ?? (await compiledReducer(file === "reducer" ? home : `${home}/${file}`));
    mkdirSync(dirname(modulePath(folder, built.hash)), { recursive: true });
    writeFileSync(modulePath(folder, built.hash), built.wasm);
    for (const each of readdirSync(folder).filter((path) => path.endsWith(".air.json"))) {
      const text = readFileSync(join(folder, each), "utf8");
      if (stampedHash(text, module) === undefined) continue;
      writeFileSync(join(folder, each), stampHash(text, module, built.hash));
    }
  }
  writeFileSync(settingsPath, JSON.stringify(settings));
  return `../worlds/${basename(folder)}/`;
}

/** Of one generated file. */
interface Outcome {
  readonly status: string;
  readonly messages: string;
}

/**
 * Runs vitest as a user does, in a process of its own, in a folder with these tests, where `airloom` and `vitest` are
 * found as after an install. One worker runs all of them: loading the package costs more than the tests.
 */
function runSuite(tests: ReadonlyMap<string, string>): ReadonlyMap<string, Outcome> {
  const folder = join(parent, "suite");
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  symlinkSync(ROOT, join(folder, "node_modules/airloom"), "junction");
  symlinkSync(join(ROOT, "node_modules/vitest"), join(folder, "node_modules/vitest"), "junction");
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  // Behind its link it is a dependency, which vitest loads as it is.
  const settings = { resolve: { preserveSymlinks: true } };
  writeFileSync(join(folder, "vitest.config.js"), `export default ${JSON.stringify(settings)};\n`);
  for (const [name, text] of tests) writeFileSync(join(folder, `${name}.test.ts`), text);
  const bin = join(ROOT, "node_modules/vitest/vitest.mjs");
  const report = join(folder, "report.json");
  const args = [bin, "run", "--root", folder, "--testTimeout", "120000"];
  const quick = ["--no-isolate", "--maxWorkers", "1", "--reporter", "json", "--outputFile", report];
  const env = {
    ...process.env,
    NO_COLOR: "1",
    VITEST: undefined,
    VITEST_WORKER_ID: undefined,
    NODE_ENV: undefined,
  };
  const { stdout, stderr } = spawnSync(process.execPath, [...args, ...quick], { encoding: "utf8", env });
  let text: string;
  try {
    text = readFileSync(report, "utf8");
  } catch {
    throw new Error(`vitest wrote no report:\n${stdout}${stderr}`);
  }
  const { testResults } = JSON.parse(text) as {
    testResults: {
      name: string;
      message: string;
      assertionResults: { status: string; failureMessages: string[] }[];
    }[];
  };
  return new Map(
    testResults.map(({ name, message, assertionResults: [first] }) => [
      basename(name, ".test.ts"),
      {
        status: first?.status ?? "not run",
        messages: [message, ...(first?.failureMessages ?? [])].join("\n"),
      },
    ]),
  );
}

describe("run by vitest, a generated test", () => {
  const tests = new Map<string, string>();
  const untold = new Set<string>();
  let outcomes: ReadonlyMap<string, Outcome>;
  const recordings = keptRecordings().filter((each) => each.version === version);

  beforeAll(async () => {
    for (const kept of recordings) {
      const name = basename(kept.path);
      const folder = await builtWorld(kept.world);
      try {
        tests.set(name, await generate(await readKept(kept), { name: kept.name, folder }));
      } catch (error) {
        if ((error as { code?: unknown }).code !== "testgen.unsupported") throw error;
        untold.add(name);
      }
    }
    const operated = await builtWorld("retry-backoff", await throwing());
    tests.set("operated", await generate(await operatedRun(), { folder: operated }));
    const folder = "../worlds/retry-backoff/";
    tests.set("late timer", await generate(await lateTimerRun(), { folder }));
    const name = "retry-backoff-recovers";
    const longer = await changedReducer(name, (source) => source.replace("s.attempt - 1)", "s.attempt)"));
    const changed = await builtWorld(name, longer);
    tests.set("changed", await generate(await retryRun(name), { folder: changed }));
    outcomes = runSuite(tests);
  }, 300_000);

  it.each(recordings.map(({ path }) => basename(path)))("passes for the recording %s", (name) => {
    if (untold.has(name)) expect(tests.has(name)).toBe(false);
    else expect(outcomes.get(name)).toMatchObject({ status: "passed", messages: "" });
  });

  it("can be made of most recordings", () => {
    expect(untold.size).toBeLessThan(recordings.length / 4);
  });

  it("passes where somebody took care of faults", () => {
    expect(tests.get("operated")).toContain("await world.redeliver(world.openFaults[0]!);");
    expect(tests.get("operated")).toContain('await world.dismiss(world.openFaults[1]!, "never again");');
    expect(outcomes.get("operated")).toMatchObject({ status: "passed", messages: "" });
  });

  it("passes where a timer was late, whose answer it gives itself", () => {
    expect(tests.get("late timer")).toContain('world.onEffect("timer.set", () => null);');
    expect(tests.get("late timer")).toContain('await world.answer(open("timer.set")');
    expect(tests.get("changed")).not.toContain("world.answer(");
    expect(outcomes.get("late timer")).toMatchObject({ status: "passed", messages: "" });
  });

  it("fails when the reducer changes, and says where", () => {
    const { status, messages } = outcomes.get("changed")!;
    expect(status).toBe("failed");
    expect(messages).toContain("timer.set");
    expect(messages).toContain("/deliver_at_ns");
  });
});
