/** Forks: another course from a frame on, compared with the recorded one, and kept as a recording. */

import { beforeAll, describe, expect, it } from "vitest";
import type { Journal } from "../../host/journal/port.ts";
import type { EventIngress } from "../../host/kernel/ingress.ts";
import { type ForkOptions, type ForkReport, fork } from "../../host/replay/fork.ts";
import { capture } from "../../host/replay/recording/capture.ts";
import type { Entry } from "../../host/replay/recording/entry.ts";
import { replayRecording } from "../../host/replay/recording/replay.ts";
import { verifyRecording } from "../../host/replay/recording/verify.ts";
import { encodeJson } from "../../host/runtime/scenario.ts";
import { runToIdle } from "../../host/testing/clock.ts";
import type { IntentId } from "../../host/values/brand.ts";
import { EMPTY, toHex } from "../../host/values/bytes.ts";
import { jsonFrom } from "../../host/values/json.ts";
import { openVirtual, send, startWork, T, type TestWorld, testWorld } from "../support/world.ts";

let world: TestWorld;
let journal: Journal;

beforeAll(async () => {
  world = await testWorld();
  const opened = await openVirtual(world);
  await startWork(opened.engine);
  await runToIdle(opened.engine, opened.clock);
  await send(opened.engine, "demo/WorkOk@1", { req_id: "req-1" });
  journal = opened.journal; // genesis, start, two timers, ok
});

async function* recorded(): AsyncIterable<Entry> {
  const [id] = await journal.worlds();
  yield* capture(journal, id!, { embedModules: true, engine: "airloom test", sign: null });
}

async function forked(
  options: Partial<ForkOptions>,
): Promise<{ entries: readonly Entry[]; report: ForkReport }> {
  const { entries, report } = await fork(recorded, {
    at: 1n,
    events: [],
    insert: false,
    receipts: new Map(),
    against: null,
    findModule: world.findModule,
    engine: "airloom test",
    ...options,
  });
  const found: Entry[] = [];
  for await (const entry of entries) found.push(entry);
  return { entries: found, report: report() };
}

async function* stream(entries: readonly Entry[]): AsyncIterable<Entry> {
  yield* entries;
}

function start(value: Record<string, unknown>): ForkOptions["events"][number] {
  const given = { req_id: "req-1", payload: "p", max_attempts: 3, base_delay_ms: 10, now_ns: T, ...value };
  return ({ definitions }): EventIngress => {
    const schema = definitions.manifest.schemas.get("demo/StartWork@1")!;
    return { kind: "event", schema: schema.name, value: encodeJson(schema, jsonFrom(given)), key: null };
  };
}

describe("a fork", () => {
  it("without a change is the recording, frame by frame", async () => {
    const { entries, report } = await forked({ at: 2n });
    expect(report).toMatchObject({ differing: 0, leftOut: [], assumed: [], open: [] });
    const frames = (all: readonly Entry[]) =>
      all.flatMap((e) => (e.kind === "frame" ? [toHex(e.frame.bytes)] : []));
    const before: Entry[] = [];
    for await (const entry of recorded()) before.push(entry);
    expect(frames(entries)).toEqual(frames(before));
  });

  it("with another event says which fields follow from it, and leaves out receipts nobody waits for", async () => {
    const { report } = await forked({ events: [start({ max_attempts: 2 })] });
    const [first, second, third] = report.differences;
    expect(first).toMatchObject({ left: 1n, right: 1n });
    expect(first!.records[0]).toMatchObject({
      title: "domain_event demo/StartWork@1",
      fields: [{ field: "value.max_attempts", recorded: "3", replayed: "2" }],
    });
    expect(second).toMatchObject({ left: 2n, right: 2n });
    const fields = second!.records.flatMap(({ title, fields: all }) =>
      all.map((each) => [title, each.field]),
    );
    expect(fields).toContainEqual(["delivery of demo/RetrySM@1", "state.max_attempts"]);
    expect(third).toMatchObject({ left: 3n, right: null });
    expect(report.leftOut).toMatchObject([{ frame: 3n, reason: "intent_gone" }]);
    expect(report.frames).toEqual({ recorded: 5, forked: 4 });
  });

  it("with a shorter delay gives recorded receipts to intents that ask otherwise, and says so", async () => {
    const { report } = await forked({ events: [start({ base_delay_ms: 5 })] });
    expect(report.leftOut).toEqual([]);
    expect(report.assumed).toEqual([
      { frame: 2n, intent: "1.0" },
      { frame: 3n, intent: "2.0" },
    ]);
  });

  it("with an event more counts frames on, and pairs those behind it", async () => {
    const { report, entries } = await forked({ at: 2n, insert: true, events: [start({ req_id: "req-2" })] });
    expect(report.differences[0]).toMatchObject({ left: null, right: 2n });
    expect(report.frames).toEqual({ recorded: 5, forked: 6 });
    expect(await verifyRecording(entries)).toMatchObject({ frames: 6n });
  });

  it("goes on from the end, where the frame is one behind the last", async () => {
    const { report } = await forked({ at: 5n, events: [start({ req_id: "req-9" })] });
    expect(report.differences).toMatchObject([{ left: null, right: 5n }]);
    expect(report.open).toMatchObject([{ kind: "timer.set" }]);
  });

  it("with another receipt answers the intent so, and one nobody answered is answered at the end", async () => {
    const timeout = {
      adapterId: "fork",
      status: "timeout",
      payload: EMPTY,
      costCents: null,
      signature: new Uint8Array(64),
      tries: 1n,
    } as const;
    const { report } = await forked({ at: 2n, receipts: new Map([["1.0" as IntentId, () => timeout]]) });
    const [first] = report.differences;
    expect(first!.records[0]).toMatchObject({ title: "effect_receipt timer.set" });
    expect(first!.records[0]!.fields.map(({ field }) => field)).toContain("status");
    const events = [start({ req_id: "req-9" })];
    const later = await forked({ at: 5n, events, receipts: new Map([["5.0" as IntentId, () => timeout]]) });
    expect(later.report.frames.forked).toBe(7);
  });

  it("runs other definitions from its frame on", async () => {
    const against = await testWorld({ edit: (_, text) => text.replace("the service is down", "it is down") });
    const { report, entries } = await forked({ at: 2n, against: against.definitions });
    expect(report.differences[0]).toMatchObject({ left: null, title: "manifest" });
    const fields = report.differences.flatMap(({ records }) => records.flatMap((each) => each.fields));
    expect(fields).toContainEqual({
      field: "value.message",
      recorded: '"the service is down"',
      replayed: '"it is down"',
    });
    expect(
      await replayRecording(stream(entries), { against: null, findModule: async () => null }),
    ).toMatchObject({
      verdict: "identical",
    });
  });

  it("reads each side by its own schemas, where definitions give a schema another type", async () => {
    const against = await testWorld({ name: "retry-backoff-recovers" });
    const { report } = await forked({ at: 2n, against: against.definitions, findModule: against.findModule });
    const fields = report.differences.flatMap(({ records }) => records.flatMap((each) => each.fields));
    expect(fields.length).toBeGreaterThan(0);
    expect(fields.filter(({ recorded }) => recorded.startsWith('"0x'))).toEqual([]);
    expect(fields).toContainEqual({ field: "value.attempt", recorded: "nothing", replayed: "2" });
  });

  it("is a recording that is proven, replays, and says what it was made from", async () => {
    const { entries } = await forked({ at: 1n, events: [start({ max_attempts: 2 })] });
    const before = await verifyRecording(recorded());
    const verified = await verifyRecording(entries);
    expect(toHex(verified.header.fork!.root)).toBe(before.root);
    expect(verified.header.fork!.frame).toBe(1n);
    expect(
      await replayRecording(stream(entries), { against: null, findModule: async () => null }),
    ).toMatchObject({
      verdict: "identical",
    });
  });
});

describe("a fork is refused", () => {
  it.each([0n, 6n])("at frame %s, where no frame can be another", async (at) => {
    await expect(forked({ at })).rejects.toMatchObject({ code: "fork.no_frame", fields: { frame: at } });
  });

  it("with an event that the world does not take", async () => {
    const bad = (): EventIngress => ({ kind: "event", schema: "demo/Nothing@1", value: EMPTY, key: null });
    await expect(forked({ events: [bad] })).rejects.toMatchObject({
      code: "fork.refused",
      fields: { reason: "event.unknown_schema" },
    });
  });

  it("with a receipt for an intent that never was", async () => {
    const receipts: ForkOptions["receipts"] = new Map([
      [
        "9.0" as IntentId,
        () => {
          throw new Error("never asked");
        },
      ],
    ]);
    await expect(forked({ receipts })).rejects.toMatchObject({
      code: "fork.no_intent",
      fields: { intent: "9.0" },
    });
  });
});
