/** What a replay says of a journal: of a whole one, and of one whose frames are not what they were. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Entry, FrameBuilder, headAfter, openFrame } from "../../host/journal/frame.ts";
import type { Journal } from "../../host/journal/port.ts";
import type { JournalRecord } from "../../host/journal/record.ts";
import type { ModuleHost } from "../../host/kernel/ports.ts";
import { entryOf } from "../../host/replay/core/feed.ts";
import { runToIdle } from "../../host/testing/clock.ts";
import { toHex } from "../../host/values/bytes.ts";
import { airloom, airloomHere, copyWorld, jsonLines, startWork as startWorkLine } from "../support/cli.ts";
import {
  frameBytes,
  framesOf,
  openVirtual,
  replayJournal,
  startWork,
  type TestWorld,
  testWorld,
} from "../support/world.ts";

let world: TestWorld;
let journal: Journal;
let frames: readonly Uint8Array[];

beforeAll(async () => {
  world = await testWorld();
  const opened = await openVirtual(world);
  await startWork(opened.engine);
  await runToIdle(opened.engine, opened.clock);
  journal = opened.journal;
  frames = await frameBytes(journal);
});

const order = (...numbers: number[]): Uint8Array[] => numbers.map((n) => frames[n]!);

/** The journal with one more frame behind it, chained and whole. */
function withFrame(record: JournalRecord, change: Partial<Entry> = {}): Uint8Array[] {
  const last = openFrame(frames.at(-1)!);
  const builder = new FrameBuilder();
  builder.add(record);
  return [...frames, builder.seal(headAfter(last), { ...entryOf(last), ...change }).bytes];
}

const corruptAt = (frame: number) => ({
  kind: "corrupt",
  code: "journal.corrupt",
  fields: { frame: BigInt(frame), record: 0 },
});

describe("a whole journal", () => {
  it("is replayed identically, and the counts and the digest are its own", async () => {
    const recorded = await framesOf(journal);
    const report = await replayJournal(journal);
    expect(report).toMatchObject({ verdict: "identical", divergence: null, frames: 4, deliveries: 6 });
    expect(report.records).toBe(recorded.flatMap((frame) => frame.records).length);
    expect(report.digest).toBe(toHex(recorded.at(-1)!.digest));
    expect(report.manifests).toEqual({
      recorded: [world.definitions.manifest.hash],
      used: [world.definitions.manifest.hash],
    });
  });

  it("is replayed again and again by the same engine", async () => {
    for (let i = 0; i < 3; i++) expect(await replayJournal(journal)).toMatchObject({ verdict: "identical" });
  });

  it("diverges where the engine counts other fuel, and against other definitions only the fuel differs", async () => {
    const costly: (modules: ModuleHost) => ModuleHost = (modules) => ({
      ...modules,
      step: (hash, input) => ({ ...modules.step(hash, input), fuel: 7n }),
    });
    const recorded = await replayJournal(journal, { wrap: costly });
    expect(recorded).toMatchObject({ verdict: "diverged" });
    expect(recorded.divergence).toMatchObject({
      frame: 1n,
      record: 1,
      kind: "delivery",
      field: "fuel",
      recorded: expect.stringMatching(/^[1-9]\d{2,}$/),
      replayed: "7",
    });
    const against = await replayJournal(journal, { wrap: costly, against: world });
    expect(against).toMatchObject({ verdict: "fuel_only", divergence: null, frames: 4 });
  });
});

describe("in another process, working directory, time zone and locale", () => {
  let copy: Awaited<ReturnType<typeof copyWorld>>;

  beforeAll(async () => {
    copy = await copyWorld("retry-backoff", startWorkLine({ maxAttempts: 3, baseDelayMs: 5 }));
    expect(await airloomHere(["run", copy.folder])).toMatchObject({ exitCode: 0, stderr: "" });
  });
  afterAll(() => copy.remove());

  it("a journal has the same digest", async () => {
    const [here] = jsonLines((await airloomHere(["replay", copy.folder, "--json"])).stdout);
    expect(here).toMatchObject({ verdict: "identical", frames: 4 });
    const shown = jsonLines((await airloomHere(["journal", "show", copy.folder, "--json"])).stdout);
    const last = shown.filter((line) => line.type === "frame").at(-1);
    expect(here!.digest).toBe(last!.digest);

    const env = { TZ: "Asia/Kathmandu", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" };
    const elsewhere = await airloom(["replay", "../retry-backoff", "--json"], { cwd: copy.folder, env });
    expect(elsewhere).toMatchObject({ exitCode: 0, stderr: "" });
    expect(jsonLines(elsewhere.stdout)).toEqual([here]);
  });

  it("another journal has another", async () => {
    const other = await copyWorld("retry-backoff", startWorkLine({ maxAttempts: 3, baseDelayMs: 5 }));
    try {
      await airloomHere(["run", other.folder]);
      const digests = await Promise.all(
        [copy, other].map(async ({ folder }) => {
          const [report] = jsonLines((await airloomHere(["replay", folder, "--json"])).stdout);
          expect(report).toMatchObject({ verdict: "identical", frames: 4 });
          return report!.digest;
        }),
      );
      expect(digests[0]).not.toBe(digests[1]); // another world id, another time, other entropy
    } finally {
      await other.remove();
    }
  });
});

describe("frames that are not where they were", () => {
  it.each([
    ["the first is missing", [1, 2, 3], 0],
    ["one between is missing", [0, 1, 3], 2],
    ["one is repeated", [0, 1, 1, 2, 3], 2],
    ["two are swapped", [0, 2, 1, 3], 1],
    ["the last is cut off", [0, 1, 2], 3],
    ["all are cut off", [], 0],
    ["only genesis is left", [0], 1],
  ])("are named when %s", async (_what, numbers, frame) => {
    const replayed = replayJournal(journal, { frames: order(...numbers) });
    await expect(replayed).rejects.toMatchObject(corruptAt(frame));
  });

  it("are missed only at the end, and only when nobody says where that is", async () => {
    const report = await replayJournal(journal, { frames: order(0, 1, 2), head: null });
    expect(report).toMatchObject({ verdict: "identical", frames: 3 });
  });

  it("are more than the store says", async () => {
    const head = headAfter(openFrame(frames[2]!));
    await expect(replayJournal(journal, { head })).rejects.toMatchObject({ kind: "corrupt" });
  });

  it("end in other bytes than the store says", async () => {
    const head = { ...(await journal.head((await journal.worlds())[0]!))!, digest: new Uint8Array(32) };
    const { verdict, divergence } = await replayJournal(journal, { head });
    expect(verdict).toBe("diverged");
    expect(divergence).toMatchObject({ frame: 3n, record: 0, reason: "chain", field: "digest" });
  });
});

describe("frames that no engine wrote", () => {
  const record = (kind: "continue" | "genesis"): JournalRecord =>
    kind === "continue"
      ? { kind, cause: null, cell: null }
      : (openFrame(frames[0]!).records[0] as Extract<JournalRecord, { kind: "genesis" }>);

  it("are refused where nothing was pending", async () => {
    const report = await replayJournal(journal, { frames: withFrame(record("continue")), head: null });
    expect(report.divergence).toMatchObject({
      frame: 4n,
      reason: "refused",
      field: "continue.nothing_pending",
    });
  });

  it("are corrupt when they begin a world again", async () => {
    const frames = withFrame(record("genesis"));
    await expect(replayJournal(journal, { frames, head: null })).rejects.toMatchObject(corruptAt(4));
  });

  it("are corrupt when logical time goes back", async () => {
    const before = openFrame(frames[2]!).head.logicalNs;
    const event = openFrame(frames[1]!).records[0]!;
    const later = await replayJournal(journal, { frames: withFrame(event), head: null });
    expect(later.divergence).toMatchObject({ frame: 4n, reason: "extra" });
    const back = withFrame(event, { logicalNs: before });
    await expect(replayJournal(journal, { frames: back, head: null })).rejects.toMatchObject(corruptAt(4));
  });

  it("are named where their records lead to themselves, and do not hold the replay", async () => {
    const last = openFrame(frames.at(-1)!);
    const builder = new FrameBuilder();
    for (const [i, each] of last.records.entries()) {
      builder.add(each.cause === null ? each : { ...each, cause: i });
    }
    const forged = builder.seal(headAfter(openFrame(frames.at(-2)!)), entryOf(last)).bytes;
    const report = await replayJournal(journal, { frames: [...frames.slice(0, -1), forged], head: null });
    expect(report.divergence).toMatchObject({ reason: "field", field: "cause", frame: last.head.frame });
  });

  it("are corrupt when they hold no record or begin with a derived one", async () => {
    const { entropy, ...last } = openFrame(frames.at(-1)!).head;
    const empty = new FrameBuilder().seal(headAfter(openFrame(frames.at(-1)!)), { ...last, entropy }).bytes;
    const withEmpty = replayJournal(journal, { frames: [...frames, empty], head: null });
    await expect(withEmpty).rejects.toMatchObject(corruptAt(4));
    const delivery = openFrame(frames[1]!).records[1]!;
    const derived = replayJournal(journal, { frames: withFrame(delivery), head: null });
    await expect(derived).rejects.toMatchObject(corruptAt(4));
  });
});
