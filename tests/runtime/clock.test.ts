import { describe, expect, it } from "vitest";
import { type ClockJump, type HostClock, LogicalClock } from "../../host/runtime/clock.ts";

const SECOND = 1_000_000_000n;
const HOUR = 3600n * SECOND;
const T = 1_700_000_000n * SECOND;

/** A host whose wall and monotonic clock are moved apart by hand. */
class Hands implements HostClock {
  wall = T;
  monotonic = 5n;
  wallNs = () => this.wall;
  monotonicNs = () => this.monotonic;
  schedule = () => () => {};
  pass(ns: bigint): void {
    this.wall += ns;
    this.monotonic += ns;
  }
}

function open(lastNs: bigint) {
  const hands = new Hands();
  const jumps: ClockJump[] = [];
  const clock = new LogicalClock(hands, lastNs, (jump) => jumps.push(jump));
  return { hands, jumps, clock };
}

describe("logical time", () => {
  it("is raised to wall time when a world opens, however long it slept", () => {
    expect(open(0n).clock.now()).toBe(T);
    expect(open(T - 24n * HOUR).clock.now()).toBe(T);
  });

  it("goes on from the last frame when the wall clock is behind it", () => {
    const { clock, hands } = open(T + 10n * SECOND);
    expect(clock.now()).toBe(T + 10n * SECOND);
    hands.pass(SECOND);
    expect(clock.now()).toBe(T + 11n * SECOND);
  });

  it("never goes back when the wall clock does", () => {
    const { clock, hands } = open(0n);
    hands.wall -= HOUR;
    hands.monotonic += 7n;
    expect(clock.now()).toBe(T + 7n);
  });

  it("follows a wall clock that is ahead by less than an hour at once", () => {
    const { clock, hands, jumps } = open(0n);
    hands.wall += HOUR - 1n;
    expect(clock.now()).toBe(T + HOUR - 1n);
    expect(jumps).toEqual([]);
  });

  it("reports a larger jump and follows it once both clocks went alike for 60 s", () => {
    const { clock, hands, jumps } = open(0n);
    hands.wall += 2n * HOUR;
    expect(clock.now()).toBe(T);
    expect(jumps).toHaveLength(1);
    hands.pass(59n * SECOND);
    expect(clock.now()).toBe(T + 59n * SECOND);
    hands.pass(SECOND);
    expect(clock.now()).toBe(T + 2n * HOUR + 60n * SECOND);
    expect(jumps).toHaveLength(1);
  });

  it("waits anew when the wall clock jumps again meanwhile", () => {
    const { clock, hands, jumps } = open(0n);
    hands.wall += 2n * HOUR;
    clock.now();
    hands.pass(59n * SECOND);
    hands.wall += 2n * HOUR;
    expect(clock.now()).toBe(T + 59n * SECOND);
    hands.pass(59n * SECOND);
    expect(clock.now()).toBe(T + 118n * SECOND);
    expect(jumps).toHaveLength(2);
    hands.pass(SECOND);
    expect(clock.now()).toBe(T + 4n * HOUR + 119n * SECOND);
  });

  it("forgets the jump when the wall clock comes back", () => {
    const { clock, hands } = open(0n);
    hands.wall += 2n * HOUR;
    clock.now();
    hands.wall -= 2n * HOUR;
    hands.pass(120n * SECOND);
    expect(clock.now()).toBe(T + 120n * SECOND);
  });

  it("saturates at 2^64-1", () => {
    const { clock, hands } = open(2n ** 64n - 10n);
    hands.pass(100n);
    expect(clock.now()).toBe(2n ** 64n - 1n);
  });
});
