/** Deliveries that go wrong: nothing of one applies, its record says why, and the world goes on. */

import { describe, expect, it } from "vitest";
import type { JournalRecord } from "../../host/journal/record.ts";
import { runToIdle } from "../../host/testing/clock.ts";
import { utf8 } from "../../host/values/bytes.ts";
import { canon } from "../../host/values/cbor.ts";
import { hashOf } from "../../host/values/hash.ts";
import { LIMITS } from "../../host/values/limits.ts";
import { envelope, op, type TinyReducer, tinyReducer } from "../support/modules.ts";
import {
  frameBytes,
  framesOf,
  type Opened,
  openVirtual,
  recordsOfKind,
  replayJournal,
  stateOf,
  T,
  type TestWorldOptions,
  testWorld,
} from "../support/world.ts";
import { ask, faultOf, probe } from "./probe.ts";

async function openProbe(options: TestWorldOptions = {}): Promise<Opened> {
  return openVirtual(await testWorld({ ...options, module: options.module ?? (await probe()) }));
}

async function lastRecords({ journal }: Opened): Promise<readonly JournalRecord[]> {
  return (await framesOf(journal)).at(-1)!.records;
}

/** The world's frame for an event that the probe does badly, between two it does well. */
async function faulted(payload: string, options: TestWorldOptions = {}) {
  const opened = await openProbe(options);
  await ask(opened.engine, "before");
  const before = stateOf(opened.engine);
  const { frame } = await ask(opened.engine, payload);
  const records = await lastRecords(opened);
  expect(stateOf(opened.engine)).toEqual(before);
  expect(opened.engine.state.intents.size).toBe(0);
  await ask(opened.engine, "after");
  expect(stateOf(opened.engine)).toMatchObject({ payload: "after", attempt: 2 });
  expect(await replayJournal(opened.journal)).toMatchObject({ verdict: "identical" });
  const delivery = records.find((record) => record.kind === "delivery")!;
  return { ...opened, frame, records, delivery, kinds: records.map(({ kind }) => kind) };
}

const ONLY_THE_FAULT = ["domain_event", "delivery"];

describe("a reducer that goes wrong", () => {
  it("by a throw: the delivery says message, file and line, and nothing of it applies", async () => {
    const { delivery, kinds } = await faulted("throw");
    expect(kinds).toEqual(ONLY_THE_FAULT);
    const fault = faultOf(delivery);
    expect(fault).toMatchObject({ outcome: "fault", code: "module.abort", message: "thrown on purpose" });
    expect(fault.file).toBe("reducer.ts");
    expect(Number(fault.line)).toBeGreaterThan(30);
    expect(delivery).toMatchObject({
      state: null,
      stateBlob: null,
      annotation: null,
      arm: "Start",
      cause: 0,
    });
  });

  it("by refusing: its reason, and no place", async () => {
    const { delivery, kinds } = await faulted("fail");
    expect(kinds).toEqual(ONLY_THE_FAULT);
    expect(faultOf(delivery)).toEqual({
      outcome: "fault",
      code: "module.abort",
      message: "the order is closed",
      file: null,
      line: null,
    });
  });

  it.each([
    ["recursion without end", "sink", "module.stack_exceeded"],
    ["a loop without end", "spin", "module.out_of_fuel"],
    ["taking memory without end", "hoard", "module.memory_exceeded"],
  ])("by %s: its limit, which is the same everywhere", async (_, payload, code) => {
    const { delivery, kinds } = await faulted(payload);
    expect(kinds).toEqual(ONLY_THE_FAULT);
    const { message, ...fault } = faultOf(delivery);
    expect(fault).toEqual({ outcome: "fault", code, file: null, line: null });
    expect(message).not.toBe("");
  });

  it("by a trap: no words of the engine are journaled, but the person watching gets them", async () => {
    const opened = await openProbe();
    const notes: string[] = [];
    opened.engine.onFrame((notice) => notes.push(...notice.notes.map(({ text }) => text)));
    await ask(opened.engine, "trap");
    const delivery = (await lastRecords(opened))[1]!;
    expect(delivery).toMatchObject({ kind: "delivery", faultCode: "module.trap", faultMessage: "" });
    expect(notes).toEqual([expect.stringContaining("unreachable")]);
    expect((await faulted("trap")).kinds).toEqual(ONLY_THE_FAULT);
  });

  it.each([
    ["unknown event", "event.unknown_schema"],
    ["invalid event", "value.invalid"],
    ["undeclared effect", "effect.undeclared"],
    ["invalid params", "value.invalid"],
    ["unbound slot", "cap.binding_missing"],
    ["two timers", "effect.too_many"],
  ])("by an %s: %s, and no event, intent or decision of it", async (payload, code) => {
    const { delivery, kinds } = await faulted(payload);
    expect(kinds).toEqual(ONLY_THE_FAULT);
    expect(faultOf(delivery)).toMatchObject({ outcome: "fault", code });
    expect(delivery.faultMessage!.length).toBeGreaterThan(0);
  });

  it("does well with one timer: state, decisions and intent apply", async () => {
    const opened = await openProbe();
    await ask(opened.engine, "timer");
    expect((await lastRecords(opened)).map(({ kind }) => kind)).toEqual([
      "domain_event",
      "delivery",
      "cap_decision",
      "policy_decision",
      "effect_intent",
    ]);
    expect(opened.engine.state.intents.size).toBe(1);
    await runToIdle(opened.engine, opened.clock);
    expect(stateOf(opened.engine)).toMatchObject({ pc: "Fired ok", payload: "timer", attempt: 1 });
  });
});

describe("a module that answers garbage", () => {
  const garbage: readonly (readonly [string, TinyReducer, string])[] = [
    ["bytes that are no envelope", { output: utf8("garbage") }, "module.output_invalid"],
    ["an envelope without a state", { output: envelope(["domain_events", []]) }, "module.output_invalid"],
    ["an output outside its memory", { address: 1 << 30, length: 8 }, "module.output_invalid"],
    ["an output of more bytes than may be", { length: LIMITS.outputBytesMax + 1 }, "module.output_invalid"],
    ["a negative length", { length: -1 }, "module.output_invalid"],
    ["a trap", { stepCode: [...op.unreachable] }, "module.trap"],
    ["a state of another type", { output: envelope(["state", canon(1n)]) }, "state.invalid"],
    ["a state that is no CBOR", { output: envelope(["state", utf8("x")]) }, "state.invalid"],
    [
      "a state with a field too few",
      { output: envelope(["state", canon(new Map([["pc", "Done"]]))]) },
      "state.invalid",
    ],
  ];

  it.each(garbage)("%s", async (_what, tiny, code) => {
    const wasm = tinyReducer(tiny);
    const opened = await openProbe({ module: { wasm, hash: hashOf(wasm) } });
    for (const payload of ["first", "second"]) {
      await ask(opened.engine, payload);
      const records = await lastRecords(opened);
      expect(records.map(({ kind }) => kind)).toEqual(ONLY_THE_FAULT);
      expect(records[1]).toMatchObject({ outcome: "fault", faultCode: code, state: null, stateBlob: null });
      expect(stateOf(opened.engine)).toBeUndefined();
    }
    expect(await replayJournal(opened.journal)).toMatchObject({ verdict: "identical", frames: 3 });
  });

  it("but null for a state deletes the cell", async () => {
    const opened = await openProbe();
    await ask(opened.engine, "before");
    expect(stateOf(opened.engine)).toBeDefined();
    const wasm = tinyReducer({ output: envelope(["state", null]) });
    const deleting = await testWorld({ module: { wasm, hash: hashOf(wasm) } });
    await opened.engine.close();
    const reopened = await openVirtual(deleting, { journal: opened.journal, upgrade: true });
    await ask(reopened.engine, "delete");
    expect((await lastRecords(reopened))[1]).toMatchObject({ outcome: "ok", state: null, stateBlob: null });
    expect(stateOf(reopened.engine)).toBeUndefined();
    expect(await replayJournal(opened.journal)).toMatchObject({ verdict: "identical" });
  });
});

describe("an effect that the gate refuses", () => {
  it("by policy: the decisions stay, nothing else of the delivery does", async () => {
    const edit = (path: string, text: string) =>
      path === "policies.air.json" ? text.replace(`"allow"`, `"deny"`) : text;
    const { records, delivery, kinds } = await faulted("timer", { edit });
    expect(kinds).toEqual(["domain_event", "delivery", "cap_decision", "policy_decision"]);
    expect(faultOf(delivery)).toMatchObject({ outcome: "fault", code: "policy.denied" });
    expect(records[2]).toMatchObject({ cause: 1, decision: "allow", capName: "timer_grant" });
    expect(records[3]).toMatchObject({
      cause: 1,
      decision: "deny",
      policy: "demo/allow-all@1",
      ruleIndex: 0n,
      originKind: "reducer",
      originName: "demo/RetrySM@1",
    });
  });

  it("by a grant that has expired, from its last moment on", async () => {
    const expiry = T + 1_000_000n;
    const edit = (path: string, text: string) =>
      path === "manifest.air.json" ? text.replace(`"cap":`, `"expiry_ns": ${expiry}, "cap":`) : text;
    const opened = await openProbe({ edit });
    opened.clock.advance(999_999n);
    await ask(opened.engine, "timer", { now_ns: T + 10n ** 12n });
    expect(opened.engine.state.intents.size).toBe(1);
    const before = stateOf(opened.engine);

    opened.clock.advance(1n);
    await ask(opened.engine, "timer");
    const records = await lastRecords(opened);
    expect(records.map(({ kind }) => kind)).toEqual(["domain_event", "delivery", "cap_decision"]);
    expect(records[1]).toMatchObject({ outcome: "fault", faultCode: "capability.denied" });
    expect(records[2]).toMatchObject({ decision: "deny", denyCode: "expired", expiryNs: expiry, cause: 1 });
    expect(stateOf(opened.engine)).toEqual(before);
    expect(opened.engine.state.intents.size).toBe(1);
    expect(await replayJournal(opened.journal)).toMatchObject({ verdict: "identical" });
  });

  it("after another was allowed: both sets of decisions that were taken stay, and no intent", async () => {
    const { records, delivery, kinds } = await faulted("a timer and an unbound one", {
      name: "retry-backoff-workflow",
    });
    expect(faultOf(delivery)).toMatchObject({ outcome: "fault", code: "cap.binding_missing" });
    expect(kinds).toEqual(["domain_event", "delivery", "cap_decision", "policy_decision"]);
    expect(records[3]).toMatchObject({ decision: "allow", originKind: "workflow" });
  });

  it("and both timers of a workflow that may have two start", async () => {
    const opened = await openProbe({ name: "retry-backoff-workflow" });
    await ask(opened.engine, "two timers");
    expect([...opened.engine.state.intents.keys()]).toEqual(["1.0", "1.1"]);
    await runToIdle(opened.engine, opened.clock);
    const receipts = await recordsOfKind(opened.journal, "effect_receipt");
    expect(receipts.map(({ intentOrdinal }) => intentOrdinal)).toEqual([0n, 1n]);
    expect(await replayJournal(opened.journal)).toMatchObject({ verdict: "identical" });
  });
});

describe("a fault among several deliveries of a frame", () => {
  it("voids its own delivery only", async () => {
    const opened = await openProbe();
    // Each delivery emits the event of the next; the third has none left and throws.
    await ask(opened.engine, "again, then throw", { max_attempts: 2 });
    const records = await lastRecords(opened);
    expect(records.map(({ kind, cause }) => [kind, cause])).toEqual([
      ["domain_event", null],
      ["delivery", 0],
      ["domain_event", 1],
      ["delivery", 2],
      ["domain_event", 3],
      ["delivery", 4],
    ]);
    expect(records.filter(({ kind }) => kind === "delivery")).toMatchObject([
      { outcome: "ok" },
      { outcome: "ok" },
      { outcome: "fault", faultCode: "module.abort", faultMessage: "none is left" },
    ]);
    expect(stateOf(opened.engine)).toMatchObject({ attempt: 2 });
    expect(await replayJournal(opened.journal)).toMatchObject({ verdict: "identical" });
  });

  it("leaves a receipt settled whose delivery faults", async () => {
    const opened = await openProbe();
    await ask(opened.engine, "timer");
    const wasm = tinyReducer({ stepCode: [...op.unreachable] });
    await opened.engine.close();
    const trapping = await testWorld({ module: { wasm, hash: hashOf(wasm) } });
    const { journal, clock } = opened;
    const reopened = await openVirtual(trapping, { journal, clock, upgrade: true });
    const before = stateOf(reopened.engine);
    await runToIdle(reopened.engine, clock);
    const records = await lastRecords(reopened);
    expect(records.map(({ kind }) => kind)).toEqual(["effect_receipt", "domain_event", "delivery"]);
    expect(records[2]).toMatchObject({ outcome: "fault", faultCode: "module.trap", arm: "Timer" });
    expect(reopened.engine.state.intents.size).toBe(0);
    expect(stateOf(reopened.engine)).toEqual(before);
    expect(await replayJournal(journal)).toMatchObject({ verdict: "identical" });
  });
});

describe("a machine that fails under a module", () => {
  it("stops the world, journals nothing, and the world goes on once it is opened again", async () => {
    const wasm = tinyReducer({ output: envelope(["state", null], ["ann", utf8("of this test alone")]) });
    const module = { wasm, hash: hashOf(wasm) };
    const opened = await openProbe({ module });
    const frames = await frameBytes(opened.journal);
    const refused = { kind: "host", code: "host.instantiation_failed" };
    const memories = hoard();
    await expect(ask(opened.engine, "first")).rejects.toMatchObject(refused);
    for (const payload of ["first", "second"]) {
      await expect(ask(opened.engine, payload)).rejects.toMatchObject(refused);
    }
    await expect(opened.engine.whenIdle()).rejects.toMatchObject(refused);
    memories.length = 0;
    await opened.engine.close();
    expect(await frameBytes(opened.journal)).toEqual(frames);

    const reopened = await openVirtual(await testWorld({ module }), { journal: opened.journal });
    await ask(reopened.engine, "after");
    expect((await lastRecords(reopened))[1]).toMatchObject({ kind: "delivery", outcome: "ok" });
    expect(await replayJournal(opened.journal)).toMatchObject({ verdict: "identical", frames: 2 });
  });

  /** Address space for memories is bounded: with all of it taken, no module can be instantiated. */
  function hoard(): WebAssembly.Memory[] {
    const memories: WebAssembly.Memory[] = [];
    try {
      for (;;) memories.push(new WebAssembly.Memory({ initial: 1 }));
    } catch {
      return memories;
    }
  }
});
