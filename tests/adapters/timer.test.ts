import { describe, expect, it } from "vitest";
import { Heap } from "../../host/adapters/timer/heap.ts";
import { TimerAdapter, type TimerClock } from "../../host/adapters/timer/timer.ts";
import type { OpenIntent } from "../../host/effects/intent.ts";
import { intentId } from "../../host/effects/intent.ts";
import { VirtualClock } from "../../host/testing/clock.ts";
import type { FrameSeq, IntentId, LogicalTimeNs } from "../../host/values/brand.ts";
import { type Cbor, canon } from "../../host/values/cbor.ts";
import { ZERO_HASH } from "../../host/values/hash.ts";

const START = 1_000_000_000_000n;

function timer(frame: number, ordinal: number, deadlineNs: bigint, key: string | null = null): OpenIntent {
  const params = new Map<string, Cbor>([
    ["deliver_at_ns", deadlineNs],
    ["key", key],
  ]);
  return {
    id: intentId(BigInt(frame) as FrameSeq, ordinal),
    frame: BigInt(frame) as FrameSeq,
    ordinal,
    kind: "timer.set",
    capName: "timer_grant",
    params: canon(params),
    idempotencyKey: new Uint8Array(32),
    origin: { kind: "reducer", name: "demo/R@1" },
    cell: null,
    step: null,
    hash: ZERO_HASH,
  };
}

function setUp() {
  const clock = new VirtualClock(START);
  const delays: number[] = [];
  const timerClock: TimerClock = {
    now: () => clock.wallNs() as LogicalTimeNs,
    schedule(delayMs, callback) {
      delays.push(delayMs);
      return clock.schedule(delayMs, callback);
    },
  };
  const fired: [IntentId, bigint][] = [];
  const adapter = new TimerAdapter(timerClock, (id) => fired.push([id, clock.wallNs()]));
  return { clock, delays, fired, adapter };
}

describe("the timer adapter", () => {
  it("fires timers when they are due, whatever order they were set in", () => {
    const { clock, fired, adapter } = setUp();
    adapter.start(timer(2, 0, START + 30_000_000n));
    adapter.start(timer(1, 0, START + 10_000_000n));
    clock.advance(10_000_000n);
    expect(fired).toEqual([["1.0", START + 10_000_000n]]);
    clock.advance(20_000_000n);
    expect(fired.map(([id]) => id)).toEqual(["1.0", "2.0"]);
  });

  it("fires timers due at one instant in order of intent id, numbers and not text", () => {
    const { clock, fired, adapter } = setUp();
    for (const [frame, ordinal] of [
      [10, 0],
      [9, 1],
      [9, 0],
      [2, 0],
    ] as const)
      adapter.start(timer(frame, ordinal, START));
    clock.advance(0n);
    expect(fired.map(([id]) => id)).toEqual(["2.0", "9.0", "9.1", "10.0"]);
  });

  it("fires a timer of the past at once, never before its time", () => {
    const { clock, fired, adapter } = setUp();
    adapter.start(timer(1, 0, START - 1n));
    adapter.start(timer(2, 0, START + 1n));
    clock.advance(0n);
    expect(fired.map(([id]) => id)).toEqual(["1.0"]);
    clock.advance(1_000_000n);
    expect(fired.map(([id]) => id)).toEqual(["1.0", "2.0"]);
  });

  it("keeps one host timer, for the earliest", () => {
    const { delays, adapter } = setUp();
    for (let i = 0; i < 1000; i++) adapter.start(timer(i, 0, START + BigInt(i + 5) * 1_000_000n));
    expect(delays).toEqual([5]);
    adapter.start(timer(2000, 0, START + 1_000_000n));
    expect(delays).toEqual([5, 1]);
  });

  it("arms again for waits of 2^31 ms and more, which a host timer would fire at once", () => {
    const { clock, delays, fired, adapter } = setUp();
    const wait = 2n ** 31n * 1_000_000n;
    adapter.start(timer(1, 0, START + wait));
    expect(delays).toEqual([2 ** 31 - 1]);
    clock.advance(wait - 1_000_000n);
    expect(fired).toEqual([]);
    clock.advance(1_000_000n);
    expect(fired).toHaveLength(1);
  });

  it("starts an intent once and forgets a settled one", () => {
    const { clock, fired, adapter } = setUp();
    adapter.start(timer(1, 0, START));
    adapter.start(timer(1, 0, START));
    adapter.start(timer(2, 0, START));
    adapter.settled(timer(2, 0, START).id);
    clock.advance(0n);
    expect(fired.map(([id]) => id)).toEqual(["1.0"]);
  });

  it("fires nothing once stopped", () => {
    const { clock, fired, adapter } = setUp();
    adapter.start(timer(1, 0, START));
    adapter.stop();
    clock.advance(1_000_000n);
    expect(fired).toEqual([]);
  });
});

describe("the heap", () => {
  it("gives back in order what was put in at random, and undefined when it is empty", () => {
    let seed = 12345;
    const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648);
    const numbers = Array.from({ length: 500 }, random);
    const heap = new Heap<number>((a, b) => a < b);
    for (const n of numbers) heap.push(n);
    const out = numbers.map(() => heap.pop());
    expect(out).toEqual([...numbers].sort((a, b) => a - b));
    expect(heap.pop()).toBeUndefined();
  });
});
