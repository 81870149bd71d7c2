/** An adapter that does what a test says: receipts by effect kind, at once or on virtual time. */

import { type Adapter, NO_SIGNATURE, type Settle } from "../adapters/port.ts";
import { TimerAdapter } from "../adapters/timer/timer.ts";
import type { Manifest } from "../air/manifest.ts";
import type { OpenIntent } from "../effects/intent.ts";
import type { Receipt, ReceiptStatus } from "../effects/receipt.ts";
import type { IntentId, LogicalTimeNs } from "../values/brand.ts";
import { EMPTY } from "../values/bytes.ts";
import { fromNative, toNative } from "../values/native.ts";
import type { VirtualClock } from "./clock.ts";
import { reading, TestFailure } from "./failure.ts";
import type { ParamsOf, ReceiptOf } from "./types.ts";

/** An intent on its way out, as a script is asked to answer it. */
export interface OpenEffect<K extends string = string> {
  /** Which emission it is: `<frame>.<ordinal>`. */
  readonly id: string;
  readonly kind: K;
  readonly params: ParamsOf<K>;
  /** Grant it passed the gate with. */
  readonly cap: string;
  /** 32 bytes; zeros where its author gave none. */
  readonly idempotencyKey: Uint8Array;
  /** The reducer or plan that asked. */
  readonly origin: string;
}

export interface ScriptedReceipt<K extends string = string> {
  /** `ok` unless given. */
  readonly status?: ReceiptStatus;
  /** Of the effect's receipt schema; a receipt that is not `ok` may have none. */
  readonly payload?: ReceiptOf<K>;
  readonly costCents?: bigint;
  /** Virtual time until it arrives; at once unless given. */
  readonly afterMs?: number;
}

/** Answers an intent; null leaves it open. Called once for each, in the order they were emitted. */
export type Script<K extends string = string> = (effect: OpenEffect<K>) => ScriptedReceipt<K> | null;

const NS_PER_MS = 1_000_000n;

export class ScriptedAdapter implements Adapter {
  readonly effectKinds: readonly string[];
  readonly #manifest: Manifest;
  readonly #clock: VirtualClock;
  readonly #settle: Settle;
  /** Timers run on virtual time where no script answers them. */
  readonly #timer: TimerAdapter;
  readonly #scripts: ReadonlyMap<string, Script>;
  readonly #onError: (error: unknown) => void;
  #stopped = false;

  constructor(parts: {
    readonly manifest: Manifest;
    readonly clock: VirtualClock;
    readonly settle: Settle;
    /** Read at each intent: scripts may come and go. */
    readonly scripts: ReadonlyMap<string, Script>;
    /** Told what a script threw, and what is wrong with a receipt. */
    readonly onError: (error: unknown) => void;
  }) {
    const { manifest, clock, settle } = parts;
    this.#manifest = manifest;
    this.#clock = clock;
    this.#settle = settle;
    this.#scripts = parts.scripts;
    this.#onError = parts.onError;
    this.effectKinds = [...manifest.effects.keys()];
    const timerClock = {
      now: () => clock.wallNs() as LogicalTimeNs,
      schedule: (delayMs: number, callback: () => void) => clock.schedule(delayMs, callback),
    };
    this.#timer = new TimerAdapter(timerClock, settle);
  }

  start(intent: OpenIntent): void {
    const script = this.#scripts.get(intent.kind);
    if (script === undefined) {
      if (this.#timer.effectKinds.includes(intent.kind)) this.#timer.start(intent);
      return; // open until the test answers it
    }
    try {
      const receipt = script(openEffect(this.#manifest, intent));
      if (receipt !== null) this.answer(intent, receipt);
    } catch (error) {
      this.#onError(error);
    }
  }

  /** Throws `TestFailure` for a payload that is not of the effect's receipt schema. */
  answer(intent: OpenIntent, scripted: ScriptedReceipt): void {
    const receipt = this.#receiptOf(intent, scripted);
    const deliver = (): void => {
      if (!this.#stopped) this.#settle(intent.id, () => receipt);
    };
    const { afterMs = 0 } = scripted;
    if (afterMs === 0) deliver();
    else this.#clock.schedule(afterMs, deliver);
  }

  settled(id: IntentId): void {
    this.#timer.settled(id);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer.stop();
  }

  #receiptOf({ kind, id }: OpenIntent, scripted: ScriptedReceipt): Receipt {
    const { status = "ok", payload, costCents } = scripted;
    const schema = this.#manifest.effects.get(kind)!.receipt;
    if (payload === undefined && status === "ok") {
      throw new TestFailure(
        `a receipt of ${kind} that is ok has a payload of ${schema.name}; give one to ${id}`,
      );
    }
    const bytes =
      payload === undefined
        ? EMPTY
        : reading(`the receipt of ${kind} ${id}`, () => schema.encode(fromNative(schema, payload)));
    return {
      adapterId: "scripted",
      status,
      payload: bytes,
      costCents: costCents ?? null,
      signature: NO_SIGNATURE,
      tries: 1n,
    };
  }
}

/** An intent as a test reads it. */
export function openEffect(manifest: Manifest, intent: OpenIntent): OpenEffect {
  const { id, kind, capName: cap, idempotencyKey, origin } = intent;
  const schema = manifest.effects.get(kind)!.params;
  return {
    id,
    kind,
    params: toNative(schema, schema.decode(intent.params)),
    cap,
    idempotencyKey,
    origin: origin.name,
  };
}

/** Whole and fractions of milliseconds and seconds as ns. Throws `TestFailure` for what goes back. */
export function durationNs({ ns = 0n, ms = 0, s = 0 }: Duration): bigint {
  const whole = (value: number, unit: bigint): bigint => BigInt(Math.round(value * Number(unit)));
  const total = ns + whole(ms, NS_PER_MS) + whole(s, 1000n * NS_PER_MS);
  if (total >= 0n) return total;
  throw new TestFailure(`time moves forward only, not by ${total} ns`);
}

/** The sum of its parts. */
export interface Duration {
  readonly ns?: bigint;
  readonly ms?: number;
  readonly s?: number;
}
