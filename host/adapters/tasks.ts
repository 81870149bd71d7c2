/**
 * An adapter whose every intent is one asynchronous piece of work.
 *
 * A1 An intent that is at work is not begun again. A2 At most `inFlightMax` are at work; the others wait in
 * the order they came. A3 Work that is no longer wanted is aborted, and what it still answers is dropped.
 * A4 Work that throws is answered with an `error` receipt without payload.
 */

import type { OpenIntent } from "../effects/intent.ts";
import type { ReceiptStatus } from "../effects/receipt.ts";
import type { IntentId } from "../values/brand.ts";
import { EMPTY } from "../values/bytes.ts";
import { type Adapter, type Dispatch, NO_SIGNATURE, type OnAdapterError, type Settle } from "./port.ts";

export interface Answer {
  readonly status: ReceiptStatus;
  /** By the effect's receipt schema. */
  readonly payload: Uint8Array;
  readonly costCents?: bigint | null;
  /** How often it was tried; once unless given. */
  readonly tries?: bigint;
}

export interface TaskKind {
  readonly effectKinds: readonly string[];
  /** As receipts name it. */
  readonly adapterId: (intent: OpenIntent) => string;
  readonly inFlightMax: number;
  work(intent: OpenIntent, dispatch: Dispatch, signal: AbortSignal): Promise<Answer>;
}

interface Task {
  readonly intent: OpenIntent;
  readonly dispatch: Dispatch;
  readonly abort: AbortController;
}

export class TaskAdapter implements Adapter {
  readonly effectKinds: readonly string[];
  readonly #kind: TaskKind;
  readonly #settle: Settle;
  readonly #onError: OnAdapterError;
  readonly #atWork = new Map<IntentId, Task>();
  /** In the order they came. */
  readonly #waiting = new Map<IntentId, Task>();
  #stopped = false;

  constructor(kind: TaskKind, settle: Settle, onError: OnAdapterError) {
    this.effectKinds = kind.effectKinds;
    this.#kind = kind;
    this.#settle = settle;
    this.#onError = onError;
  }

  start(intent: OpenIntent, dispatch: Dispatch): void {
    if (this.#stopped || this.#atWork.has(intent.id) || this.#waiting.has(intent.id)) return;
    this.#waiting.set(intent.id, { intent, dispatch, abort: new AbortController() });
    this.#next();
  }

  settled(id: IntentId): void {
    this.#waiting.delete(id);
    const task = this.#atWork.get(id);
    if (task === undefined) return;
    this.#atWork.delete(id);
    task.abort.abort();
    this.#next();
  }

  stop(): void {
    this.#stopped = true;
    this.#waiting.clear();
    for (const { abort } of this.#atWork.values()) abort.abort();
    this.#atWork.clear();
  }

  #next(): void {
    for (const [id, task] of this.#waiting) {
      if (this.#atWork.size >= this.#kind.inFlightMax) return;
      this.#waiting.delete(id);
      this.#atWork.set(id, task);
      void this.#run(task);
    }
  }

  async #run(task: Task): Promise<void> {
    const { intent, dispatch, abort } = task;
    const answer = await this.#answer(intent, dispatch, abort.signal);
    if (this.#atWork.get(intent.id) !== task) return;
    this.#atWork.delete(intent.id);
    const adapterId = this.#kind.adapterId(intent);
    const { status, payload, costCents = null, tries = 1n } = answer;
    this.#settle(intent.id, () => ({
      adapterId,
      status,
      payload,
      costCents,
      signature: NO_SIGNATURE,
      tries,
    }));
    this.#next();
  }

  async #answer(intent: OpenIntent, dispatch: Dispatch, signal: AbortSignal): Promise<Answer> {
    try {
      return await this.#kind.work(intent, dispatch, signal);
    } catch (error) {
      if (!signal.aborted) this.#onError(intent, error);
      return { status: "error", payload: EMPTY };
    }
  }
}
