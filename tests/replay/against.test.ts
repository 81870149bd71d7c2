/** A journal replayed against other definitions: what changed is named by record and field, with both values. */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stampHash } from "../../host/build/stamp.ts";
import type { Journal } from "../../host/journal/port.ts";
import { runToIdle } from "../../host/testing/clock.ts";
import {
  airloom,
  airloomHere,
  copyWorld,
  installModule,
  jsonLines,
  startWork as startWorkLine,
} from "../support/cli.ts";
import { type Compiled, changedReducer, compiledReducer } from "../support/modules.ts";
import {
  openVirtual,
  replayJournal,
  startWork,
  T,
  type TestWorldOptions,
  testWorld,
} from "../support/world.ts";

const NAME = "retry-backoff";
const MS = 1_000_000n;

/** Three times as long after each failure instead of twice. */
const tripling = (source: string): string =>
  `${source.replace("policy.wait(s.attempt - 1)", "satMul(policy.wait(0), power(3, s.attempt - 1))")}
function power(factor: u64, exponent: u64): u64 {
  let result: u64 = 1;
  for (let i: u64 = 0; i < exponent; i++) result = satMul(result, factor);
  return result;
}
`;

/** Other bytes, and nothing that any event could tell. */
const guarded = (source: string): string =>
  source.replace(
    "    s.attempt++;",
    `    if (s.attempt == u64.MAX_VALUE) throw new Error("no attempt can be counted any more");\n    s.attempt++;`,
  );

const inFile = (file: string, from: string, to: string) => (path: string, text: string) => {
  if (path !== file) return text;
  expect(text).toContain(from);
  return text.replace(from, to);
};

interface Change {
  readonly what: string;
  readonly reducer?: (source: string) => string;
  readonly edit?: NonNullable<TestWorldOptions["edit"]>;
  /** The first difference. */
  readonly kind: string;
  readonly frame: bigint;
  readonly record: number;
  readonly field: string;
  /** In a world that starts at T with a base delay of 10 ms. */
  readonly recorded: string;
  readonly replayed: string;
}

const CHANGES: readonly Change[] = [
  {
    what: "a factor of 3 where it was 2: the second timer's deadline",
    reducer: tripling,
    kind: "effect_intent",
    frame: 2n,
    record: 11,
    field: "params.deliver_at_ns",
    recorded: `"${T + 20n * MS}"`,
    replayed: `"${T + 30n * MS}"`,
  },
  {
    what: "another message of the plan: the event it raises",
    edit: inFile("plans.air.json", "the service is down", "gone"),
    kind: "domain_event",
    frame: 1n,
    record: 5,
    field: "value.message",
    recorded: `"the service is down"`,
    replayed: `"gone"`,
  },
  {
    what: "a policy that denies: its first decision, not the delivery that it voids",
    edit: inFile("policies.air.json", `"allow"`, `"deny"`),
    kind: "policy_decision",
    frame: 1n,
    record: 9,
    field: "decision",
    recorded: `"allow"`,
    replayed: `"deny"`,
  },
];

let journal: Journal;
let recorded: Compiled;

beforeAll(async () => {
  recorded = await compiledReducer(NAME);
  const opened = await openVirtual(await testWorld());
  await startWork(opened.engine);
  await runToIdle(opened.engine, opened.clock);
  journal = opened.journal;
});

const worldWith = async ({ reducer, edit }: Pick<Change, "reducer" | "edit">) =>
  testWorld({
    ...(reducer === undefined ? {} : { module: await changedReducer(NAME, reducer) }),
    ...(edit === undefined ? {} : { edit }),
  });

describe("a journal replayed against", () => {
  it("its own definitions is identical", async () => {
    expect(await replayJournal(journal, { against: await testWorld() })).toMatchObject({
      verdict: "identical",
      divergence: null,
      frames: 4,
    });
  });

  it.each(CHANGES.map((change) => [change.what, change] as const))("%s", async (_what, change) => {
    const against = await worldWith(change);
    const { verdict, divergence, manifests } = await replayJournal(journal, { against });
    expect(verdict).toBe("diverged");
    const { frame, record, kind, field, recorded, replayed } = change;
    expect(divergence).toMatchObject({ frame, record, kind, field, recorded, replayed, reason: "field" });
    expect(manifests.used[0]).toBe(against.definitions.manifest.hash);
    expect(manifests.used[0]).not.toBe(manifests.recorded[0]);
  });

  it("a rebuilt reducer that behaves alike is identical but for fuel, and the manifest is told", async () => {
    const against = await worldWith({ reducer: guarded });
    const rebuilt = await changedReducer(NAME, guarded);
    expect(rebuilt.hash).not.toBe(recorded.hash);
    const report = await replayJournal(journal, { against });
    expect(["identical", "fuel_only"]).toContain(report.verdict);
    expect(report).toMatchObject({ divergence: null, frames: 4 });
    expect(report.manifests.used).toEqual([against.definitions.manifest.hash]);
    expect(report.manifests.used).not.toEqual(report.manifests.recorded);
  });

  it("definitions that refuse an event says which, and why", async () => {
    const edit = inFile("schemas.air.json", `"req_id": {`, `"priority": { "nat": {} },\n        "req_id": {`);
    const { verdict, divergence } = await replayJournal(journal, { against: await worldWith({ edit }) });
    expect(verdict).toBe("diverged");
    expect(divergence).toMatchObject({ frame: 1n, record: 0, kind: "domain_event", reason: "refused" });
    expect(divergence).toMatchObject({ field: "value.invalid", recorded: "accepted" });
    expect(divergence!.replayed).toContain("priority");
  });

  it("a folder without its module says so", async () => {
    const world = await testWorld();
    const against = { ...world, findModule: async () => null };
    const missing = { kind: "missing", code: "module.missing" };
    await expect(replayJournal(journal, { against })).rejects.toMatchObject(missing);
  });
});

/** The world's folder with what was changed in it, its module beside it. */
async function changedFolder({ reducer, edit }: Pick<Change, "reducer" | "edit">) {
  const copy = await copyWorld(NAME);
  await installModule(copy.folder, reducer === undefined ? recorded : await changedReducer(NAME, reducer));
  for (const file of ["plans.air.json", "policies.air.json"]) {
    const path = join(copy.folder, file);
    const text = await readFile(path, "utf8");
    await writeFile(path, edit?.(file, text) ?? text);
  }
  return copy;
}

describe("airloom replay --against", () => {
  const folders: { remove(): Promise<void> }[] = [];
  let world: string;
  /** The second timer's deadlines: as recorded, and three times the base delay after the anchor. */
  let deadlines: readonly [string, string];

  beforeAll(async () => {
    const copy = await copyWorld(NAME, startWorkLine({ maxAttempts: 3, baseDelayMs: 10 }));
    folders.push(copy);
    world = copy.folder;
    expect(await airloomHere(["run", world])).toMatchObject({ exitCode: 0, stderr: "" });
    const lines = jsonLines((await airloomHere(["journal", "show", world, "--json"])).stdout);
    const start = lines.find((line) => line.schema === "demo/StartWork@1")!.value as Record<string, string>;
    const anchorNs = BigInt(start.now_ns!);
    deadlines = [`"${anchorNs + 20n * MS}"`, `"${anchorNs + 30n * MS}"`];
  });
  afterAll(async () => {
    for (const folder of folders) await folder.remove();
  });

  const valuesOf = (change: Change): readonly [string, string] =>
    change.field === "params.deliver_at_ns" ? deadlines : [change.recorded, change.replayed];

  it.each(CHANGES.map((change) => [change.what, change] as const))("%s", async (_what, change) => {
    const other = await changedFolder(change);
    folders.push(other);
    const [before, after] = valuesOf(change);
    const json = await airloomHere(["replay", world, "--against", other.folder, "--json"]);
    expect(json).toMatchObject({ exitCode: 1, stderr: "" });
    const [report] = jsonLines(json.stdout);
    expect(report).toMatchObject({
      verdict: "diverged",
      divergence: {
        frame: Number(change.frame),
        record: change.record,
        kind: change.kind,
        reason: "field",
        field: change.field,
        recorded: before,
        replayed: after,
      },
    });
    expect(report!.manifests_used).not.toEqual(report!.manifests_recorded);

    const text = await airloomHere(["replay", world, "--against", other.folder]);
    expect(text).toMatchObject({ exitCode: 1, stderr: "" });
    const place = `frame ${change.frame}, record ${change.record} (${change.kind}`;
    for (const word of ["diverged", place, change.field, before, after]) expect(text.stdout).toContain(word);
  });

  it("a rebuilt reducer that behaves alike: exit 0, in another process too", async () => {
    const other = await changedFolder({ reducer: guarded });
    folders.push(other);
    const args = ["replay", world, "--against", other.folder];
    const [here, there] = [await airloomHere(args), await airloom(args)];
    expect(here).toMatchObject({ exitCode: 0, stderr: "" });
    expect(here.stdout).toMatch(/^replay: identical/);
    expect(here.stdout).toMatch(/replaced by sha256:/);
    expect(there).toEqual(here);
  });

  it("no folder, and one without its module: exit 4", async () => {
    const gone = await airloomHere(["replay", world, "--against", join(world, "gone"), "--json"]);
    expect(gone.exitCode).toBe(4);
    expect(jsonLines(gone.stdout)).toMatchObject([{ type: "error", code: "world.missing" }]);
    const unbuilt = await copyWorld(NAME);
    folders.push(unbuilt);
    const path = join(unbuilt.folder, "module.air.json");
    const other = stampHash(
      await readFile(path, "utf8"),
      "demo/RetrySM@1",
      `sha256:${"1".repeat(64)}` as never,
    );
    await writeFile(path, other);
    const missing = await airloomHere(["replay", world, "--against", unbuilt.folder, "--json"]);
    expect(missing.exitCode).toBe(4);
    expect(jsonLines(missing.stdout)).toMatchObject([{ type: "error", code: "module.missing" }]);
  });
});
