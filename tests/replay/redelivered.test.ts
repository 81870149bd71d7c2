/** Redeliveries and dismissals name a fault by its place: runs made of a journal must find it again at another. */

import { beforeAll, describe, expect, it } from "vitest";
import type { Frame } from "../../host/journal/frame.ts";
import type { Journal } from "../../host/journal/port.ts";
import type { RecordKind } from "../../host/journal/record.ts";
import type { EventIngress } from "../../host/kernel/ingress.ts";
import { type ForkReport, fork } from "../../host/replay/fork.ts";
import { readWhole, recordedWorld } from "../../host/replay/recording/assemble.ts";
import { capture } from "../../host/replay/recording/capture.ts";
import type { Entry } from "../../host/replay/recording/entry.ts";
import { replayRecording } from "../../host/replay/recording/replay.ts";
import { parseRedactPath } from "../../host/replay/redact/paths.ts";
import { redact } from "../../host/replay/redact/redact.ts";
import { rederive, type Step, stepsOf } from "../../host/replay/rederive.ts";
import { encodeJson } from "../../host/runtime/scenario.ts";
import { equalBytes, utf8 } from "../../host/values/bytes.ts";
import { jsonFrom } from "../../host/values/json.ts";
import { changedReducer } from "../support/modules.ts";
import { openVirtual, send, startWork, type TestWorld, testWorld } from "../support/world.ts";

const SECRET = "Alice, 17 Elm Street";
/** What the reducer throws at. */
const UNLUCKY = 13;
let world: TestWorld;
let journal: Journal;

/** genesis, ok, two starts that fault, an ok, a redelivery of the first (faults), dismissals of it and the second. */
beforeAll(async () => {
  const module = await changedReducer("retry-backoff", (source) =>
    source.replace(
      /(onStart\(\w+: StartWork\): void \{)/,
      "$1\n    if (event.maxAttempts == 13) unreachable();",
    ),
  );
  world = await testWorld({ module });
  const { engine, journal: made } = await openVirtual(world);
  await send(engine, "demo/WorkOk@1", { req_id: "a" });
  for (const id of ["b", "c"]) {
    await startWork(engine, { req_id: id, payload: SECRET, max_attempts: UNLUCKY });
  }
  await send(engine, "demo/WorkOk@1", { req_id: "d" });
  await engine.redeliver({ fault: { frame: 2n, record: 1 } });
  await engine.dismiss({ fault: { frame: 5n, record: 1 }, reason: `${SECRET} moved` });
  await engine.dismiss({ fault: { frame: 3n, record: 1 } });
  journal = made;
});

async function* recorded(): AsyncIterable<Entry> {
  const [id] = await journal.worlds();
  yield* capture(journal, id!, { embedModules: true, engine: "airloom test", sign: null });
}

async function collected(entries: AsyncIterable<Entry>): Promise<readonly Entry[]> {
  const found: Entry[] = [];
  for await (const entry of entries) found.push(entry);
  return found;
}

async function replayed(entries: readonly Entry[]) {
  async function* again(): AsyncIterable<Entry> {
    yield* entries;
  }
  return replayRecording(again(), { against: null, findModule: world.findModule });
}

const framesIn = (entries: readonly Entry[]): Frame[] =>
  entries.flatMap((entry) => (entry.kind === "frame" ? [entry.frame] : []));
const kinds = (frames: readonly Frame[]): RecordKind[] => frames.map(({ records }) => records[0]!.kind);

/** For each redelivery and dismissal: whether the record it names says a fault. */
function namesFaults(frames: readonly Frame[]): boolean[] {
  const records = new Map<bigint, Frame["records"][number]>();
  for (const { head, records: each } of frames) {
    for (const [i, record] of each.entries()) records.set(head.firstRecord + BigInt(i), record);
  }
  return [...records.values()].flatMap((record) => {
    if (record.kind !== "redeliver" && record.kind !== "dismiss") return [];
    const named = records.get(record.kind === "redeliver" ? record.delivery : record.fault);
    return [named?.kind === "delivery" && named.outcome === "fault"];
  });
}

describe("a run made again", () => {
  async function made(keep: (step: Step) => boolean): Promise<Frame[]> {
    const whole = await readWhole(recorded());
    const { definitions, modules } = recordedWorld(whole, world.findModule);
    const steps = await stepsOf(whole.frames, definitions);
    return [...rederive(steps.filter(keep), modules)].map(({ frame }) => frame);
  }

  it("of everything is the same, byte for byte", async () => {
    const { frames } = await readWhole(recorded());
    const again = await made(() => true);
    expect(again.every((frame, i) => equalBytes(frame.bytes, frames[i]!.bytes))).toBe(true);
    expect(again).toHaveLength(frames.length);
  });

  it("without an event before finds the faults at their new places", async () => {
    const frames = await made(({ frame }) => frame.head.frame !== 1n);
    expect(kinds(frames)).toEqual([
      "genesis",
      "domain_event",
      "domain_event",
      "domain_event",
      "redeliver",
      "dismiss",
      "dismiss",
    ]);
    expect(namesFaults(frames)).toEqual([true, true, true]);
  });

  it("without the fault leaves out what was done about it, and about its redelivery", async () => {
    const frames = await made(({ frame }) => frame.head.frame !== 2n);
    expect(kinds(frames)).toEqual(["genesis", "domain_event", "domain_event", "domain_event", "dismiss"]);
    expect(namesFaults(frames)).toEqual([true]);
  });
});

describe("a fork", () => {
  const event = (id: string) => (): EventIngress => {
    const schema = "demo/WorkOk@1";
    const value = encodeJson(world.definitions.manifest.schemas.get(schema)!, jsonFrom({ req_id: id }));
    return { kind: "event", schema, value, key: null };
  };

  async function forked(insert: boolean, at: bigint): Promise<{ frames: Frame[]; report: ForkReport }> {
    const { entries, report } = await fork(recorded, {
      at,
      events: [event("new")],
      insert,
      receipts: new Map(),
      against: null,
      findModule: world.findModule,
      engine: "airloom test",
    });
    const found = await collected(entries);
    expect(await replayed(found)).toMatchObject({ verdict: "identical" });
    return { frames: framesIn(found), report: report() };
  }

  it("with an event more takes redeliveries and dismissals to the faults, and sees no other difference", async () => {
    const { frames, report } = await forked(true, 1n);
    expect(report.leftOut).toEqual([]);
    expect(report.differences.map(({ left }) => left)).toEqual([null]);
    expect(namesFaults(frames)).toEqual([true, true, true]);
  });

  it("in which a fault never was leaves out what was done about it, and says so", async () => {
    const { frames, report } = await forked(false, 2n);
    expect(report.leftOut).toMatchObject([
      { frame: 5n, reason: "fault_gone" },
      { frame: 6n, reason: "fault_gone" },
    ]);
    expect(namesFaults(frames)).toEqual([true]);
  });
});

describe("a redaction", () => {
  it("replaces what is carried again, and the reason of a dismissal", async () => {
    const { entries, changed } = await redact(recorded, {
      paths: [parseRedactPath("demo/StartWork@1/payload")],
      salt: utf8("salt of sixteen bytes"),
      findModule: world.findModule,
      engine: "airloom test",
    });
    const found = await collected(entries);
    const frames = framesIn(found);
    expect(frames.some(({ bytes }) => Buffer.from(bytes).includes(SECRET))).toBe(false);
    expect(changed).toEqual(expect.arrayContaining(["2/value.payload", "5/value", "6/reason"]));
    expect(namesFaults(frames)).toEqual([true, true, true]);
    expect(await replayed(found)).toMatchObject({ verdict: "identical" });
  });
});
