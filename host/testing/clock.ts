/** A host clock that moves only when told. */

import type { HostClock } from "../runtime/clock.ts";
import type { Engine } from "../runtime/engine.ts";

interface Scheduled {
  readonly dueNs: bigint;
  readonly order: number;
  readonly callback: () => void;
}

const NS_PER_MS = 1_000_000n;

export class VirtualClock implements HostClock {
  readonly #scheduled = new Set<Scheduled>();
  #nowNs: bigint;
  #order = 0;

  /** `startNs`: wall time to begin with, ns since the Unix epoch. */
  constructor(startNs: bigint) {
    this.#nowNs = startNs;
  }

  wallNs(): bigint {
    return this.#nowNs;
  }

  monotonicNs(): bigint {
    return this.#nowNs;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const scheduled = { dueNs: this.#nowNs + BigInt(delayMs) * NS_PER_MS, order: this.#order++, callback };
    this.#scheduled.add(scheduled);
    return () => this.#scheduled.delete(scheduled);
  }

  /** Moves on by so many ns, firing on the way what falls due, in order. */
  advance(byNs: bigint): void {
    const end = this.#nowNs + byNs;
    for (let next = this.#next(); next !== undefined && next.dueNs <= end; next = this.#next())
      this.#fire(next);
    this.#nowNs = end;
  }

  /** Moves to what falls due next and fires it; false when nothing is scheduled. */
  fireNext(): boolean {
    const next = this.#next();
    if (next === undefined) return false;
    this.#fire(next);
    return true;
  }

  /** When the next thing falls due, ns since the Unix epoch; null when nothing is scheduled. */
  get nextDueNs(): bigint | null {
    return this.#next()?.dueNs ?? null;
  }

  #next(): Scheduled | undefined {
    let first: Scheduled | undefined;
    for (const item of this.#scheduled) {
      const earlier = first === undefined || item.dueNs < first.dueNs;
      if (earlier || (item.dueNs === first?.dueNs && item.order < first.order)) first = item;
    }
    return first;
  }

  #fire(item: Scheduled): void {
    this.#scheduled.delete(item);
    if (item.dueNs > this.#nowNs) this.#nowNs = item.dueNs;
    item.callback();
  }
}

/**
 * Moves on by so many ns like `VirtualClock.advance`, and lets the world do what each instant asks of it before
 * time goes on: a timer that a fired one sets still fires in time.
 */
export async function advanceWorld(engine: Engine, clock: VirtualClock, byNs: bigint): Promise<void> {
  const end = clock.wallNs() + byNs;
  await engine.settled();
  for (let due = clock.nextDueNs; due !== null && due <= end; due = clock.nextDueNs) {
    clock.fireNext();
    await engine.settled();
  }
  clock.advance(end - clock.wallNs());
}

/** Runs a world on a virtual clock until nothing is pending, open or scheduled. */
export async function runToIdle(engine: Engine, clock: VirtualClock): Promise<void> {
  for (;;) {
    await engine.settled();
    if (engine.isIdle || !clock.fireNext()) return;
  }
}
