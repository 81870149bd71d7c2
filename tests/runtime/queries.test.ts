/** What queries say of a journal is what the world that wrote it holds, also in the middle of work put off. */

import { describe, expect, it } from "vitest";
import { openFrame } from "../../host/journal/frame.ts";
import type { Journal } from "../../host/journal/port.ts";
import { pendingCount } from "../../host/kernel/state.ts";
import { recordAt, recordBySeq } from "../../host/runtime/queries/places.ts";
import { type Survey, survey, type Told } from "../../host/runtime/queries/survey.ts";
import { traceFrom } from "../../host/runtime/queries/trace.ts";
import { passOver, whyOf } from "../../host/runtime/queries/why.ts";
import type { FrameSeq } from "../../host/values/brand.ts";
import { LIMITS } from "../../host/values/limits.ts";
import { ask, probe } from "../kernel/probe.ts";
import { framesOf, type Opened, openVirtual, send, T, testWorld } from "../support/world.ts";

async function* told({ engine, journal }: Opened, end?: bigint): AsyncIterable<Told> {
  for await (const bytes of journal.read(engine.worldId, 0n as FrameSeq)) {
    const frame = openFrame(bytes);
    if (end !== undefined && frame.head.frame >= end) return;
    yield { frame, definitions: engine.state.definitions };
  }
}

const of = ({ engine, journal }: Opened): { journal: Journal; worldId: Opened["engine"]["worldId"] } => {
  return { journal, worldId: engine.worldId };
};

/** Deliveries that one event asks for, each of which asks for the next: more than a frame makes. */
async function putOff(): Promise<Opened> {
  const opened = await openVirtual(await testWorld({ module: await probe() }));
  await ask(opened.engine, "again", { max_attempts: LIMITS.frameTasksMax + 100 });
  await opened.engine.whenIdle();
  return opened;
}

describe("a survey", () => {
  it("of requests that wait tells the timers and instances that the world holds", async () => {
    const opened = await openVirtual(await testWorld({ name: "approval" }));
    for (const id of ["a", "b", "c"]) {
      await send(opened.engine, "demo/Request@1", { id, what: "x", within_ms: 1000 });
    }
    await send(opened.engine, "demo/Answer@1", { id: "b", choice: { $tag: "Approved" }, by: "Ada" });
    const { state } = opened.engine;
    const found = (await survey(told(opened)))!;
    expect(found.intents.map(({ id }) => id)).toEqual([...state.intents.keys()]);
    expect(found.plans.map(({ instance }) => instance)).toEqual([...state.instances.keys()]);
    for (const { instance, waits } of found.plans) {
      expect(waits.map(({ step }) => step)).toEqual([...state.instances.get(instance)!.waits.keys()]);
    }
    expect(found.intents.map(({ timer }) => timer?.dueNs)).toEqual([1, 2, 3].map(() => T + 1_000_000_000n));
    expect(found).toMatchObject({ faults: [], pending: [], frames: state.head.nextFrame });
    await opened.engine.close();
  });

  it("in the middle of work put off tells the events whose deliveries are to come; at its end, none", async () => {
    const opened = await putOff();
    const half: Survey = (await survey(told(opened, 2n)))!;
    expect(half.pending.length).toBeGreaterThan(0);
    expect(half.pending[0]).toMatchObject({ deliveries: 1, at: { frame: 1n } });
    const whole = (await survey(told(opened)))!;
    expect(whole.pending).toEqual([]);
    expect(pendingCount(opened.engine.state.pending)).toBe(0);
  });

  it("of no frames is none", async () => {
    const opened = await openVirtual(await testWorld());
    expect(await survey(told(opened, 0n))).toBeNull();
  });
});

describe("across a frame that goes on with what was put off", () => {
  it("a trace holds all deliveries, and why leads back to the event", async () => {
    const opened = await putOff();
    const frames = await framesOf(opened.journal);
    const records = frames.flatMap((frame) => frame.records);
    const root = { frame: 1n, record: 0 };
    const trace = (await traceFrom(told(opened), { root, countMax: 1_000_000 }))!;
    // All but genesis and the `continue` record.
    expect(trace).toMatchObject({ count: records.length - 2, beyond: 0 });
    const last = frames.at(-1)!;
    const target = { frame: last.head.frame as bigint, record: last.records.length - 1 };
    const why = (await whyOf(of(opened), await passOver(told(opened), null), target, 1_000_000))!;
    expect(why.cut).toBe(false);
    expect(why.steps.at(-1)!.at).toMatchObject(root);
    const cut = (await whyOf(of(opened), await passOver(told(opened), null), target, 3))!;
    expect(cut).toMatchObject({ cut: true });
    expect(cut.steps).toHaveLength(3);
  });
});

describe("a record", () => {
  it("is found by its place and by its sequence; one that is not there is not", async () => {
    const opened = await putOff();
    const frames = await framesOf(opened.journal);
    for (const { head, records } of frames) {
      for (const index of [0, records.length - 1]) {
        const seq = head.firstRecord + BigInt(index);
        const found = await recordBySeq(of(opened), seq);
        expect(found?.frame.head.frame).toBe(head.frame);
        expect(found?.index).toBe(index);
      }
    }
    const { nextRecord, nextFrame } = opened.engine.state.head;
    expect(await recordBySeq(of(opened), nextRecord)).toBeNull();
    expect(await recordBySeq(of(opened), -1n)).toBeNull();
    expect(await recordAt(of(opened), { frame: nextFrame, record: 0 })).toBeNull();
    expect(await recordAt(of(opened), { frame: 0n, record: 1 })).toBeNull();
  });
});
