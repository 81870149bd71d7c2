/** The retry world on a virtual clock: what design and world say happens, record by record. */

import { describe, expect, it } from "vitest";
import { timerParams } from "../../host/adapters/timer/timer.ts";
import type { OpenIntent } from "../../host/effects/intent.ts";
import { runToIdle } from "../../host/testing/clock.ts";
import {
  framesOf,
  type Opened,
  openVirtual,
  recordsOfKind,
  replayJournal,
  send,
  startWork,
  stateOf,
  T,
  testWorld,
  valueJson,
} from "../support/world.ts";

const MS = 1_000_000n;
const U64_MAX = 2n ** 64n - 1n;

async function finished(start: Record<string, unknown> = {}, name = "retry-backoff"): Promise<Opened> {
  const opened = await openVirtual(await testWorld({ name }));
  await startWork(opened.engine, start);
  await runToIdle(opened.engine, opened.clock);
  return opened;
}

async function deadlines({ journal }: Opened): Promise<bigint[]> {
  const intents = await recordsOfKind(journal, "effect_intent");
  return intents.map(({ params }) => timerParams({ params } as OpenIntent).deadlineNs);
}

async function eventsOf({ journal }: Opened, schema: string) {
  return (await recordsOfKind(journal, "domain_event")).filter((record) => record.schema === schema);
}

describe("the retry world", () => {
  it("tries three times at T + 10 ms and T + 20 ms, then fails", async () => {
    const opened = await finished({ max_attempts: 3, base_delay_ms: 10, now_ns: T });
    expect(await deadlines(opened)).toEqual([T + 10n * MS, T + 20n * MS]);
    expect(await eventsOf(opened, "demo/WorkRequested@1")).toHaveLength(3);
    expect(stateOf(opened.engine)).toEqual({
      pc: "Failed",
      attempt: 3,
      max_attempts: 3,
      base_delay_ms: 10,
      anchor_ns: T.toString(),
      payload: "p",
      req_id: "req-1",
    });
    expect(await replayJournal(opened.journal)).toMatchObject({ verdict: "identical", frames: 4 });
  });

  it("sets 69 timers for 70 attempts, whose delays saturate, and fails", async () => {
    const opened = await finished({ max_attempts: 70, base_delay_ms: 1, now_ns: T });
    const found = await deadlines(opened);
    const expected = Array.from({ length: 69 }, (_, i) => {
      const deadline = T + 2n ** BigInt(i) * MS;
      return deadline > U64_MAX ? U64_MAX : deadline;
    });
    expect(found).toEqual(expected);
    expect(await recordsOfKind(opened.journal, "effect_receipt")).toHaveLength(69);
    expect(stateOf(opened.engine)).toMatchObject({ pc: "Failed", attempt: 70 });
    expect(await replayJournal(opened.journal)).toMatchObject({ verdict: "identical" });
  });

  it.each(["max_attempts", "base_delay_ms"])("counts zero %s as one", async (field) => {
    const opened = await finished({ max_attempts: 2, [field]: 0 });
    expect(stateOf(opened.engine)).toMatchObject({ pc: "Failed", [field]: 1 });
  });

  it("keys a timer by its request and answers it once, where it came from", async () => {
    const opened = await finished();
    const [intent] = await recordsOfKind(opened.journal, "effect_intent");
    const { effects } = opened.engine.state.definitions.manifest;
    const params = effects.get("timer.set")!.params;
    expect(params.toSugar(params.decode(intent!.params))).toEqual(
      new Map(Object.entries({ deliver_at_ns: (T + 10n * MS).toString(), key: "req-1" })),
    );
    const receipts = await recordsOfKind(opened.journal, "effect_receipt");
    expect(receipts.map((r) => [r.intentFrame, r.intentOrdinal, r.status, r.adapterId])).toEqual([
      [1n, 0n, "ok", "timer.set"],
      [2n, 0n, "ok", "timer.set"],
    ]);
    const [fired] = await eventsOf(opened, "sys/TimerFired@1");
    expect(valueJson(opened.engine.state.definitions, "sys/TimerFired@1", fired!.value)).toMatchObject({
      reducer: "demo/RetrySM@1",
      effect_kind: "timer.set",
      requested: { key: "req-1" },
      receipt: { delivered_at_ns: (T + 10n * MS).toString(), key: "req-1" },
      cost_cents: 0,
    });
  });

  it("is done at once on WorkOk, and a timer that fires later changes nothing", async () => {
    const opened = await openVirtual(await testWorld());
    await startWork(opened.engine);
    await send(opened.engine, "demo/WorkOk@1", { req_id: "req-1" });
    expect(stateOf(opened.engine)).toMatchObject({ pc: "Done", attempt: 2 });
    await runToIdle(opened.engine, opened.clock);
    expect(stateOf(opened.engine)).toMatchObject({ pc: "Done", attempt: 2 });
    expect(await eventsOf(opened, "demo/WorkRequested@1")).toHaveLength(1);
    expect(await recordsOfKind(opened.journal, "effect_receipt")).toHaveLength(1);
  });

  it("fails at once on an error that is not transient", async () => {
    const opened = await openVirtual(await testWorld());
    await startWork(opened.engine);
    await send(opened.engine, "demo/WorkErr@1", { req_id: "req-1", transient: false, message: "no" });
    expect(stateOf(opened.engine)).toMatchObject({ pc: "Failed" });
  });

  it("ignores what concerns another request while it waits, and starts anew when it is over", async () => {
    const opened = await openVirtual(await testWorld());
    await startWork(opened.engine);
    const before = stateOf(opened.engine);
    await startWork(opened.engine, { req_id: "req-2" });
    await send(opened.engine, "demo/WorkOk@1", { req_id: "req-2" });
    await send(opened.engine, "demo/WorkErr@1", { req_id: "req-2", transient: false, message: "no" });
    expect(stateOf(opened.engine)).toEqual(before);
    await runToIdle(opened.engine, opened.clock);
    expect(stateOf(opened.engine)).toMatchObject({ pc: "Failed", req_id: "req-1" });
    await startWork(opened.engine, { req_id: "req-2" });
    expect(stateOf(opened.engine)).toMatchObject({ pc: "Waiting", req_id: "req-2" });
  });

  it("leaves the records of a first attempt in the order things happened", async () => {
    const opened = await openVirtual(await testWorld());
    await startWork(opened.engine);
    const frame = (await framesOf(opened.journal))[1]!;
    expect(frame.records.map(({ kind, cause }) => [kind, cause])).toEqual([
      ["domain_event", null], // StartWork
      ["delivery", 0],
      ["domain_event", 1], // WorkRequested
      ["plan_started", 2],
      ["plan_turn", 3],
      ["domain_event", 4], // WorkErr
      ["plan_ended", 4],
      ["delivery", 5],
      ["cap_decision", 7],
      ["policy_decision", 7],
      ["effect_intent", 7],
    ]);
  });

  it("ends with the same state in the workflow spelling", async () => {
    const [reducer, workflow] = [await finished(), await finished({}, "retry-backoff-workflow")];
    expect(stateOf(workflow.engine)).toEqual(stateOf(reducer.engine));
    const [intent] = await recordsOfKind(workflow.journal, "effect_intent");
    expect(intent!.originKind).toBe("workflow");
    expect(await replayJournal(workflow.journal)).toMatchObject({ verdict: "identical" });
  });

  it("recovers at attempt 2 where the plan's guards let it", async () => {
    const opened = await finished({}, "retry-backoff-recovers");
    expect(stateOf(opened.engine)).toMatchObject({ pc: "Done", attempt: 2 });
    expect(await deadlines(opened)).toEqual([T + 10n * MS]);
    const turns = await recordsOfKind(opened.journal, "plan_turn");
    expect(turns.flatMap(({ steps }) => steps).filter(([, outcome]) => outcome === "skipped")).toHaveLength(
      2,
    );
    expect(await replayJournal(opened.journal)).toMatchObject({ verdict: "identical" });
  });

  it("gives the same bytes on the same clock, entropy and events", async () => {
    const digest = async () => (await framesOf((await finished()).journal)).at(-1)!.digest;
    expect(await digest()).toEqual(await digest());
  });
});
