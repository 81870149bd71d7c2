/**
 * `timer.set`: fires on the world's logical clock. However many timers there are, one host timer waits for
 * the earliest; it is clamped below 2^31 ms (a longer one would fire at once) and armed again.
 *
 * T1 Timers due at one instant fire in order of (deliver_at_ns, intent id). T2 A timer never fires before
 * its logical time, even where the host's timer does.
 */

import type { OpenIntent } from "../../effects/intent.ts";
import type { IntentId, LogicalTimeNs } from "../../values/brand.ts";
import { CborReader, decodeCbor, encodeCbor, hasSelfDescribe, MAJOR } from "../../values/cbor.ts";
import { bug } from "../../values/errors.ts";
import { type Adapter, NO_SIGNATURE, type Settle } from "../port.ts";
import { Heap } from "./heap.ts";

/** What the adapter needs of a clock. */
export interface TimerClock {
  /** Logical time now. */
  now(): LogicalTimeNs;
  /** Calls back after this many ms of host time; gives what cancels it. */
  schedule(delayMs: number, callback: () => void): () => void;
}

interface Timer {
  readonly id: IntentId;
  readonly deadlineNs: bigint;
  readonly frame: bigint;
  readonly ordinal: number;
  readonly params: Uint8Array;
}

export const TIMER_ADAPTER_ID = "timer.set";
const DELAY_MS_MAX = 0x7fffffff;
const NS_PER_MS = 1_000_000n;

/** When a timer intent is due, and the key its author gave it. */
export function timerParams({ params }: Pick<OpenIntent, "params">): {
  readonly deadlineNs: bigint;
  readonly key: string | null;
} {
  const fields = decodeCbor(params) as ReadonlyMap<string, bigint | string | null>;
  return { deadlineNs: fields.get("deliver_at_ns") as bigint, key: fields.get("key") as string | null };
}

/** The first of these alone, in passing: a world may open with a million timers. */
function deadlineOf(params: Uint8Array): bigint {
  const reader = new CborReader(params, "canonical", hasSelfDescribe(params) ? 3 : 0);
  for (let left = reader.head().argument; left > 0n; left--) {
    const nameLength = Number(reader.head().argument);
    reader.pos += nameLength;
    const { major, argument } = reader.head();
    if (nameLength === "deliver_at_ns".length) return argument;
    if (major === MAJOR.text) reader.pos += Number(argument);
  }
  throw bug("a timer without a deadline");
}

export class TimerAdapter implements Adapter {
  readonly effectKinds = ["timer.set"];
  readonly #clock: TimerClock;
  readonly #settle: Settle;
  readonly #heap = new Heap<Timer>(isBefore);
  readonly #open = new Set<IntentId>();
  #armed: { readonly deadlineNs: bigint; readonly cancel: () => void } | null = null;
  #stopped = false;

  constructor(clock: TimerClock, settle: Settle) {
    this.#clock = clock;
    this.#settle = settle;
  }

  start(intent: OpenIntent): void {
    if (this.#open.has(intent.id)) return;
    const { id, frame, ordinal, params } = intent;
    this.#open.add(id);
    this.#heap.push({ id, deadlineNs: deadlineOf(params), frame, ordinal, params });
    this.#arm();
  }

  settled(id: IntentId): void {
    this.#open.delete(id);
  }

  stop(): void {
    this.#stopped = true;
    this.#armed?.cancel();
    this.#armed = null;
  }

  #arm(): void {
    const next = this.#heap.peek();
    if (next === undefined || this.#stopped || this.#armed?.deadlineNs === next.deadlineNs) return;
    this.#armed?.cancel();
    const waitNs = next.deadlineNs - this.#clock.now();
    const delayMs = waitNs <= 0n ? 0 : Number((waitNs + NS_PER_MS - 1n) / NS_PER_MS);
    const cancel = this.#clock.schedule(Math.min(delayMs, DELAY_MS_MAX), () => {
      this.#armed = null;
      this.#fire();
    });
    this.#armed = { deadlineNs: next.deadlineNs, cancel };
  }

  #fire(): void {
    const now = this.#clock.now();
    for (
      let next = this.#heap.peek();
      next !== undefined && next.deadlineNs <= now;
      next = this.#heap.peek()
    ) {
      this.#heap.pop();
      if (this.#open.has(next.id)) this.#deliver(next);
    }
    this.#arm();
  }

  #deliver({ id, params }: Timer): void {
    const { key } = timerParams({ params });
    this.#settle(id, (stamp) => ({
      adapterId: TIMER_ADAPTER_ID,
      status: "ok",
      payload: encodeCbor(
        new Map<string, bigint | string | null>([
          ["delivered_at_ns", stamp.logicalNs],
          ["key", key],
        ]),
      ),
      costCents: 0n,
      signature: NO_SIGNATURE,
      tries: 1n,
    }));
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  if (a.deadlineNs !== b.deadlineNs) return a.deadlineNs < b.deadlineNs;
  if (a.frame !== b.frame) return a.frame < b.frame;
  return a.ordinal < b.ordinal;
}
