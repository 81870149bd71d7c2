/** Faults that somebody takes care of: an event carried again, or a fault that was seen. */

import { describe, expect, it } from "vitest";
import { createMemoryJournal } from "../../host/journal/memory.ts";
import type { FrameSeq } from "../../host/values/brand.ts";
import { LIMITS } from "../../host/values/limits.ts";
import { appending } from "../runtime/journals.ts";
import {
  frameBytes,
  framesOf,
  type Opened,
  openVirtual,
  recordsOfKind,
  replayJournal,
  stateOf,
  testWorld,
} from "../support/world.ts";
import { ask, probe } from "./probe.ts";

const FAULT = { frame: 1n as FrameSeq, record: 1 };

/** The probe's world after a delivery of `payload` that faulted, in frame 1, record 1. */
async function faulted(payload = "throw"): Promise<Opened> {
  const world = await testWorld({ module: await probe() });
  const opened = await openVirtual(world);
  await ask(opened.engine, payload);
  const [delivery] = await recordsOfKind(opened.journal, "delivery");
  expect(delivery).toMatchObject({ outcome: "fault" });
  return opened;
}

describe("redelivering", () => {
  it("carries the event to the cell that faulted, with nothing else, under the entropy of now", async () => {
    const { engine, journal } = await faulted();
    const [event] = await recordsOfKind(journal, "domain_event");
    const { frame } = await engine.redeliver({ fault: FAULT });
    const records = (await framesOf(journal)).at(-1)!.records;
    expect(records.map(({ kind }) => kind)).toEqual(["redeliver", "delivery"]);
    const faultSeq = (await framesOf(journal))[1]!.head.firstRecord + 1n;
    expect(records[0]).toMatchObject({
      cell: { reducer: "demo/RetrySM@1" },
      delivery: faultSeq,
      schema: event!.schema,
      value: event!.value,
    });
    const head = (await framesOf(journal))[Number(frame)]!.head;
    expect(records[1]).toMatchObject({ cause: 0, event: head.firstRecord, outcome: "fault" });
    expect(await replayJournal(journal)).toMatchObject({ verdict: "identical" });
  });

  it("applies once the cause is mended: the journal replays, and the fault is closed", async () => {
    const { engine, journal } = await faulted();
    await engine.close();
    const mended = await testWorld();
    const again = await openVirtual(mended, { journal, upgrade: true });
    await again.engine.redeliver({ fault: FAULT, by: "ada" });
    expect(stateOf(again.engine)).toMatchObject({ payload: "throw" });
    const last = (await framesOf(journal)).at(-1)!;
    expect(last.head.by).toBe("ada");
    expect(last.records[1]).toMatchObject({ kind: "delivery", outcome: "ok" });
    expect(await replayJournal(journal)).toMatchObject({ verdict: "identical" });
    await expect(again.engine.redeliver({ fault: FAULT })).rejects.toMatchObject({
      kind: "request",
      code: "fault.closed",
      fields: { what: "redelivered", frame: last.head.frame },
    });
  });

  it("that faults again leaves the new delivery as the fault; the first is closed", async () => {
    const { engine } = await faulted();
    const { frame } = await engine.redeliver({ fault: FAULT });
    await expect(engine.redeliver({ fault: FAULT })).rejects.toMatchObject({ code: "fault.closed" });
    await expect(engine.redeliver({ fault: { frame, record: 1 } })).resolves.toMatchObject({
      duplicate: false,
    });
  });

  it("is accepted once under an ingress id, and the id conflicts with another fault", async () => {
    const { engine, journal } = await faulted();
    await ask(engine, "throw");
    const first = await engine.redeliver({ fault: FAULT, ingressId: "again" });
    const frames = await frameBytes(journal);
    expect(await engine.redeliver({ fault: FAULT, ingressId: "again" })).toEqual({
      frame: first.frame,
      duplicate: true,
    });
    const other = { fault: { frame: 2n, record: 1 }, ingressId: "again" };
    await expect(engine.redeliver(other)).rejects.toMatchObject({ code: "ingress.conflict" });
    expect(await frameBytes(journal)).toEqual(frames);
  });

  it.each([
    ["a record that is not there", { frame: 9n, record: 0 }],
    ["a record beyond its frame", { frame: 1n, record: 9 }],
    ["an event", { frame: 1n, record: 0 }],
    ["a delivery that applied", { frame: 2n, record: 1 }],
  ])("%s is refused, and nothing has happened", async (_, fault) => {
    const { engine, journal } = await faulted();
    await ask(engine, "well");
    const frames = await frameBytes(journal);
    await expect(engine.redeliver({ fault })).rejects.toMatchObject({
      kind: "request",
      code: "fault.unknown",
    });
    await expect(engine.dismiss({ fault })).rejects.toMatchObject({ kind: "request", code: "fault.unknown" });
    expect(await frameBytes(journal)).toEqual(frames);
  });

  it("to a reducer that is gone is refused", async () => {
    const { engine, journal } = await faulted();
    await engine.close();
    const edit = (_path: string, text: string): string => text.replaceAll("demo/RetrySM@1", "demo/OtherSM@1");
    const renamed = await testWorld({ edit, module: await probe() });
    const other = await openVirtual(renamed, { journal, upgrade: true });
    await expect(other.engine.redeliver({ fault: FAULT })).rejects.toMatchObject({
      kind: "request",
      code: "fault.no_route",
    });
  });

  it.each([
    ["before its frame is written leaves the fault open", false],
    ["after its frame is written leaves it closed", true],
  ])("that dies %s", async (_, written) => {
    const inner = createMemoryJournal();
    const world = await testWorld({ module: await probe() });
    let fails = false;
    const journal = appending(inner, async (commit) => {
      if (!fails) return inner.append(commit);
      if (written) await inner.append(commit);
      throw new Error("the process dies here");
    });
    const { engine } = await openVirtual(world, { journal });
    await ask(engine, "throw");
    fails = true;
    await expect(engine.redeliver({ fault: FAULT })).rejects.toMatchObject({ kind: "bug" });
    await engine.close();
    const again = await openVirtual(world, { journal: inner });
    const redelivered = again.engine.redeliver({ fault: FAULT });
    if (written) await expect(redelivered).rejects.toMatchObject({ code: "fault.closed" });
    else await expect(redelivered).resolves.toMatchObject({ duplicate: false });
    expect(await recordsOfKind(inner, "redeliver")).toHaveLength(1);
    expect(await replayJournal(inner)).toMatchObject({ verdict: "identical" });
  });

  it("that was tampered with does not replay", async () => {
    const { engine, journal } = await faulted();
    await engine.redeliver({ fault: FAULT });
    const frames = await frameBytes(journal);
    const last = frames.at(-1)!;
    const at = Buffer.from(last).lastIndexOf(Buffer.from("throw"));
    last.set(Buffer.from("panic"), at);
    await expect(replayJournal(journal, { frames })).rejects.toMatchObject({ kind: "corrupt" });
  });
});

describe("dismissing", () => {
  it("notes the fault, the reason and who saw it, and closes it", async () => {
    const { engine, journal } = await faulted();
    const state = stateOf(engine);
    const { frame } = await engine.dismiss({
      fault: FAULT,
      reason: "the order\u001b[2J was cancelled",
      by: "ada",
    });
    const last = (await framesOf(journal)).at(-1)!;
    expect(last.head).toMatchObject({ frame, by: "ada" });
    expect(last.records).toHaveLength(1);
    const first = (await framesOf(journal))[1]!;
    expect(last.records[0]).toMatchObject({ kind: "dismiss", fault: first.head.firstRecord + 1n });
    expect(last.records[0]).toMatchObject({ cell: { reducer: "demo/RetrySM@1" } });
    const { reason } = last.records[0] as { reason: string };
    expect(reason).not.toContain("\u001b");
    expect(reason).toContain("was cancelled");
    expect(stateOf(engine)).toEqual(state);
    expect(await replayJournal(journal)).toMatchObject({ verdict: "identical" });
    await expect(engine.dismiss({ fault: FAULT })).rejects.toMatchObject({
      code: "fault.closed",
      fields: { what: "dismissed", frame },
    });
    await expect(engine.redeliver({ fault: FAULT })).rejects.toMatchObject({ code: "fault.closed" });
  });

  it("cuts a long reason, and takes none", async () => {
    const { engine, journal } = await faulted();
    await ask(engine, "throw");
    await engine.dismiss({ fault: FAULT, reason: "x".repeat(100_000) });
    await engine.dismiss({ fault: { frame: 2n, record: 1 } });
    const [long, none] = await recordsOfKind(journal, "dismiss");
    expect(long!.reason!.length).toBeLessThanOrEqual(LIMITS.faultTextMax + 10);
    expect(none!.reason).toBeNull();
  });

  it("passes by work that is pending: its frame does nothing else", async () => {
    const { engine, journal } = await faulted();
    await engine.dismiss({ fault: FAULT });
    expect((await framesOf(journal)).at(-1)!.records.map(({ kind }) => kind)).toEqual(["dismiss"]);
  });
});
