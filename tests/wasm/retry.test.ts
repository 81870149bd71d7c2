/** The retry reducer as the real wasm, by every rule of its world. */

import { beforeAll, describe, expect, test } from "vitest";
import type { EmittedEvent, StepOutput } from "../../host/kernel/ports.ts";
import { type Cbor, canon, decodeCbor } from "../../host/values/cbor.ts";
import { createModuleHost } from "../../host/wasm/host.ts";
import { type Compiled, compiledReducer } from "../support/modules.ts";

const NS_PER_MS = 1_000_000n;
const U64_MAX = 0xffff_ffff_ffff_ffffn;
/** Some time of day, ns since the Unix epoch. */
const T = 1_790_000_000_000_000_000n;

type Fields = Readonly<Record<string, Cbor>>;
const record = (fields: Fields) => new Map(Object.entries(fields));

const start = (fields: Fields = {}) => {
  const all = { req_id: "r1", payload: "p", max_attempts: 3, base_delay_ms: 10, now_ns: T, ...fields };
  return ["Start", record(all)] as const;
};
const ok = (reqId = "r1") => ["Ok", record({ req_id: reqId })] as const;
const err = (fields: Fields = {}) =>
  ["Err", record({ req_id: "r1", transient: true, message: "busy", ...fields })] as const;
const timer = (key: string | null = "r1") => {
  const fired = record({
    intent_hash: `sha256:${"0".repeat(64)}`,
    reducer: "demo/RetrySM@1",
    effect_kind: "timer.set",
    adapter_id: "timer",
    status: "ok",
    requested: record({ deliver_at_ns: T, key }),
    receipt: record({ delivered_at_ns: T, key }),
    cost_cents: null,
    signature: new Uint8Array(64),
  });
  return ["Timer", fired] as const;
};

type Event = readonly [arm: string, value: Cbor];

/** What one event led to, decoded. */
interface Step {
  readonly state: Fields;
  readonly events: readonly Fields[];
  readonly timers: readonly Fields[];
}

/** Delivers events one after another to one cell and gives what each led to. */
function deliverAll(module: Compiled, events: readonly Event[]): Step[] {
  const host = createModuleHost(() => module.wasm);
  let state: Uint8Array | null = null;
  return events.map(([arm, value]) => {
    const input = { state, schema: "demo/RetryEvent@1", key: null, context: null };
    const wrapped = record({ $tag: arm, $value: value });
    const result = host.step(module.hash, { ...input, value: canon(wrapped) });
    if (!result.ok) throw new Error(`${result.fault.code}: ${result.fault.message}`);
    state = result.output.state;
    return decodeStep(result.output);
  });
}

function decodeStep({ state, events, effects }: StepOutput): Step {
  const timers = effects.map(({ kind, params, slot }) => {
    expect([kind, slot]).toEqual(["timer.set", null]);
    return fieldsOf(params);
  });
  return { state: fieldsOf(state!), events: events.map(requested), timers };
}

function requested({ schema, value, key }: EmittedEvent): Fields {
  expect([schema, key]).toEqual(["demo/WorkRequested@1", null]);
  return fieldsOf(value);
}

/** Reads a record, which must be canonical. */
function fieldsOf(bytes: Uint8Array): Fields {
  return Object.fromEntries(decodeCbor(bytes) as ReadonlyMap<string, Cbor>);
}

const WORK = { req_id: "r1", payload: "p" };

let retry: Compiled;
let recovers: Compiled;

beforeAll(async () => {
  retry = await compiledReducer("retry-backoff");
  recovers = await compiledReducer("retry-backoff-recovers");
});

const run = (...events: Event[]) => deliverAll(retry, events);
const last = (...events: Event[]) => run(...events).at(-1)!;

describe("StartWork", () => {
  test("makes the first attempt, keeping what it was given", () => {
    expect(last(start())).toEqual({
      state: {
        pc: "Waiting",
        attempt: 1n,
        max_attempts: 3n,
        base_delay_ms: 10n,
        anchor_ns: T,
        payload: "p",
        req_id: "r1",
      },
      events: [WORK],
      timers: [],
    });
  });

  test("counts zero attempts and a zero delay as one", () => {
    const { state } = last(start({ max_attempts: 0, base_delay_ms: 0 }));
    expect(state).toMatchObject({ max_attempts: 1n, base_delay_ms: 1n });
    expect(last(start({ max_attempts: 0 }), err()).state.pc).toBe("Failed");
    const [, failed] = run(start({ base_delay_ms: 0 }), err());
    expect(failed!.timers).toEqual([{ key: "r1", deliver_at_ns: T + NS_PER_MS }]);
  });

  test.each(["r2", "r1"])("for %s is ignored while work is waiting", (reqId) => {
    const [first, second] = run(start(), start({ req_id: reqId, payload: "q", now_ns: 1 }));
    expect(second).toEqual({ state: first!.state, events: [], timers: [] });
  });

  test.each([
    ["Done", ok()],
    ["Failed", err({ transient: false })],
  ])("starts anew after %s", (pc, end) => {
    const [, ended, again] = run(start(), end, start({ req_id: "r2", payload: "q", now_ns: T + 5n }));
    expect(ended!.state.pc).toBe(pc);
    expect(again!.state).toMatchObject({ pc: "Waiting", attempt: 1n, req_id: "r2", anchor_ns: T + 5n });
    expect(again!.events).toEqual([{ req_id: "r2", payload: "q" }]);
  });
});

describe("WorkErr", () => {
  test("three times over ten milliseconds waits 10 ms, then 20 ms, then fails at attempt 3", () => {
    const steps = run(start(), err(), timer(), err(), timer(), err());
    expect(steps.flatMap((step) => step.timers)).toEqual([
      { key: "r1", deliver_at_ns: T + 10n * NS_PER_MS },
      { key: "r1", deliver_at_ns: T + 20n * NS_PER_MS },
    ]);
    expect(steps.flatMap((step) => step.events)).toEqual([WORK, WORK, WORK]);
    expect(steps.at(-1)!.state).toMatchObject({ pc: "Failed", attempt: 3n });
  });

  test("sets a timer and asks for nothing until it fires", () => {
    const [, failed] = run(start(), err());
    expect(failed).toMatchObject({ state: { pc: "Waiting", attempt: 2n }, events: [] });
  });

  test("that is not transient fails at once", () => {
    expect(last(start(), err({ transient: false }))).toMatchObject({
      state: { pc: "Failed", attempt: 1n },
      events: [],
      timers: [],
    });
  });

  test("doubles the delay up to the end of time and stays there", () => {
    const events = Array.from({ length: 69 }, () => [err(), timer()]).flat();
    const steps = run(start({ max_attempts: 70, base_delay_ms: 1 }), ...events, err());
    const due = steps.flatMap((step) => step.timers.map((t) => t.deliver_at_ns));
    const expected = Array.from({ length: 69 }, (_, n) => T + (1n << BigInt(n)) * NS_PER_MS);
    expect(due).toEqual(expected.map((at) => (at > U64_MAX ? U64_MAX : at)));
    expect(due.at(-1)).toBe(U64_MAX);
    expect(steps.at(-1)!.state).toMatchObject({ pc: "Failed", attempt: 70n });
  });

  test.each([
    ["base delay", { base_delay_ms: U64_MAX }],
    ["base delay that doubles past the end", { base_delay_ms: (1n << 63n) + 1n }],
    ["base delay whose nanoseconds do not fit", { base_delay_ms: U64_MAX / NS_PER_MS + 1n }],
    ["anchor", { now_ns: U64_MAX }],
  ])("saturates with a huge %s", (_, fields) => {
    const steps = run(start({ ...fields, max_attempts: U64_MAX }), err(), timer(), err());
    expect(steps.flatMap((step) => step.timers.map((t) => t.deliver_at_ns))).toEqual([U64_MAX, U64_MAX]);
  });

  test("takes the largest delay that still fits as it is", () => {
    const base = (U64_MAX - T) / NS_PER_MS;
    expect(last(start({ base_delay_ms: base }), err()).timers[0]!.deliver_at_ns).toBe(T + base * NS_PER_MS);
  });
});

describe("WorkOk", () => {
  test("makes it Done at once", () => {
    expect(last(start(), ok())).toMatchObject({ state: { pc: "Done", attempt: 1n }, events: [], timers: [] });
    expect(last(start(), err(), timer(), ok()).state).toMatchObject({ pc: "Done", attempt: 2n });
  });
});

describe("a fired timer", () => {
  test("asks for the work again", () => {
    expect(last(start(), err(), timer())).toMatchObject({
      state: { pc: "Waiting", attempt: 2n },
      events: [WORK],
    });
  });
});

describe("what changes nothing", () => {
  test.each<[string, Event[], Event]>([
    ["an error of other work", [start()], err({ req_id: "r2" })],
    ["success of other work", [start()], ok("r2")],
    ["a timer of other work", [start(), err()], timer("r2")],
    ["a timer without a key", [start(), err()], timer(null)],
    ["a timer after Done", [start(), err(), ok()], timer()],
    ["a timer after Failed", [start(), err({ transient: false })], timer()],
    ["an error after Done", [start(), ok()], err()],
    ["success after Failed", [start(), err({ transient: false })], ok()],
  ])("%s", (_, before, event) => {
    const steps = run(...before, event);
    expect(steps.at(-1)).toEqual({ state: steps.at(-2)!.state, events: [], timers: [] });
  });

  test.each<[string, Event]>([
    ["success", ok("")],
    ["an error", err({ req_id: "" })],
    ["a timer", timer("")],
  ])("%s before any work, which leaves the cell idle", (_, event) => {
    expect(last(event)).toEqual({
      state: {
        pc: "Idle",
        attempt: 0n,
        max_attempts: 0n,
        base_delay_ms: 0n,
        anchor_ns: 0n,
        payload: "",
        req_id: "",
      },
      events: [],
      timers: [],
    });
  });
});

test("the recovering reducer also says which attempt it asks for", () => {
  const steps = deliverAll(recovers, [start(), err(), timer(), ok()]);
  expect(steps.flatMap((step) => step.events)).toEqual([
    { ...WORK, attempt: 1n },
    { ...WORK, attempt: 2n },
  ]);
  expect(steps.at(-1)!.state).toMatchObject({ pc: "Done", attempt: 2n });
});

test("the same calls give the same bytes, whatever was called before", () => {
  const host = createModuleHost(() => retry.wasm);
  const value = canon(record({ $tag: "Start", $value: start()[1] }));
  const input = { state: null, schema: "demo/RetryEvent@1", value, key: null, context: null };
  const first = host.step(retry.hash, input);
  for (let i = 0; i < 5; i++) expect(host.step(retry.hash, input)).toEqual(first);
});
