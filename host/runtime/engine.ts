/**
 * A world that runs: it owns clock, entropy, outbox and timers around a kernel that knows none of them.
 *
 * E1 One ingress at a time, in the order they were handed in. E2 A frame is durable before its intents start
 * and before whoever sent it is told. E3 When a frame cannot be made durable the world stops: what memory
 * holds is then ahead of the disk. E4 The same ingress id is accepted once; a second sender is told so.
 */

import type { Adapter } from "../adapters/port.ts";
import type { Receipt } from "../effects/receipt.ts";
import type { Entry, Frame, Stamp } from "../journal/frame.ts";
import type { Commit, Journal, SnapshotEntry } from "../journal/port.ts";
import type { MemoryCells } from "../kernel/cells.ts";
import type { LiveNote } from "../kernel/draft.ts";
import type { Ingress } from "../kernel/ingress.ts";
import type { Definitions, WorldState } from "../kernel/state.ts";
import type { Outcome, World } from "../kernel/world.ts";
import { taggedBytes } from "../plan/tagged.ts";
import type { Epoch, IntentId, LogicalTimeNs, WorldId } from "../values/brand.ts";
import { EMPTY } from "../values/bytes.ts";
import type { Cbor } from "../values/cbor.ts";
import { AirloomError, bug } from "../values/errors.ts";
import { loadCells } from "./cells.ts";
import type { LogicalClock } from "./clock.ts";
import type { Entropy } from "./entropy.ts";
import { asking, type Dismiss, dismissal, type Redeliver, redelivery } from "./faults.ts";
import { Outbox } from "./outbox.ts";
import { admitReceipt, bounded, type OutsideReceipt, type ReceiptOutcome } from "./receipts.ts";
import {
  type Acknowledgement,
  type Request,
  requestBefore,
  requestDigestOf,
  type Send,
  type StartPlan,
} from "./requests.ts";
import { trace } from "./trace.ts";

/** A durable frame, as told to listeners. */
export interface FrameNotice {
  readonly frame: Frame;
  /** What the engine said about records of it; never journaled. */
  readonly notes: readonly LiveNote[];
}

export interface EngineParts {
  readonly worldId: WorldId;
  readonly world: World;
  readonly cells: MemoryCells;
  readonly journal: Journal;
  readonly epoch: Epoch;
  readonly clock: LogicalClock;
  readonly entropy: Entropy;
}

/** Makes an ingress once its stamp is known. */
type MakeIngress = (stamp: Stamp) => Ingress;

export class Engine {
  readonly #parts: EngineParts;
  #outbox: Outbox;
  readonly #listeners = new Set<(notice: FrameNotice) => void>();
  readonly #idleWaiters: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  #tail: Promise<unknown> = Promise.resolve();
  #queued = 0;
  /** Whether pending work goes on by itself: from start to close. */
  #running = false;
  #stopped: AirloomError | null = null;
  #ignoredReceipts = 0;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#outbox = new Outbox(parts.worldId, []);
  }

  get state(): Readonly<WorldState> {
    return this.#parts.world.state;
  }

  get worldId(): WorldId {
    return this.#parts.worldId;
  }

  /** The cells in memory: all of them while they are within the bounds. What is durable is in the journal. */
  get cells(): MemoryCells {
    return this.#parts.cells;
  }

  /** Receipts that were late, doubled or unknown. */
  get ignoredReceipts(): number {
    return this.#ignoredReceipts;
  }

  /** Whether nothing is being done, pending or awaited. */
  get isIdle(): boolean {
    return this.#queued === 0 && !this.#parts.world.isBusy && this.state.intents.size === 0;
  }

  onFrame(listener: (notice: FrameNotice) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes the adapters and starts what is open: to be called once, before anything is sent. */
  start(adapters: readonly Adapter[]): void {
    this.#outbox = new Outbox(this.worldId, adapters);
    this.#running = true;
    trace("opened", this.state.head.nextFrame);
    for (const intent of this.state.intents.values()) this.#dispatch(intent.id);
    this.#continueIfBusy();
    this.#noteIdle();
  }

  /**
   * Sends an event; resolves when its frame is durable. Throws `AirloomError`: kind `request` for an event
   * that is refused (nothing happened), `ingress.conflict` for an id that belongs to another request.
   */
  send(send: Send): Promise<Acknowledgement> {
    const { schema, value } = send;
    const key = send.key ?? null;
    return this.#accept(
      send,
      () => [schema, value(0n as LogicalTimeNs), key],
      () => (stamp) => ({ kind: "event", schema, value: value(stamp.logicalNs), key }),
    );
  }

  /**
   * Starts a plan; resolves when its frame is durable. Throws `AirloomError` (kind `request`) for a plan there
   * is not (`plan.unknown`), an input that is not its own (`plan.invalid_input`) and `ingress.conflict`.
   */
  startPlan(start: StartPlan): Promise<Acknowledgement> {
    const { plan, input } = start;
    const correlation = start.correlation === undefined ? null : taggedBytes(start.correlation);
    return this.#accept(
      start,
      () => [plan, input(0n as LogicalTimeNs), correlation],
      () => (stamp) => ({ kind: "plan", plan, input: input(stamp.logicalNs), correlation }),
    );
  }

  /**
   * Carries the event of a faulted delivery to its cell again. Throws `AirloomError` (kind `request`):
   * `fault.unknown`, `fault.not_a_delivery`, `fault.closed`, `fault.no_route`, `ingress.conflict`.
   */
  redeliver(asked: Redeliver): Promise<Acknowledgement> {
    return this.#accept(
      asked,
      () => asking("redeliver", asked),
      () => redelivery(this.#parts, asked),
    );
  }

  /** Notes that somebody has seen a fault. Throws as `redeliver` does: `fault.unknown`, `fault.closed`. */
  dismiss(asked: Dismiss): Promise<Acknowledgement> {
    return this.#accept(
      asked,
      () => asking("dismiss", asked),
      () => dismissal(this.#parts, asked),
    );
  }

  /**
   * One request: a frame of its own, or that of the same request before. `digested` says what is asked; `prepare`
   * is called once it is known to be new.
   */
  #accept(
    request: Request,
    digested: () => Cbor,
    prepare: () => MakeIngress | Promise<MakeIngress>,
  ): Promise<Acknowledgement> {
    return this.#exclusive(async () => {
      const requestDigest = requestDigestOf(request, digested);
      const before = await requestBefore(this.#parts, request, requestDigest);
      if (before !== null) return { frame: before.frame, duplicate: true };
      const sender = { by: request.by ?? null, ingressId: request.ingressId ?? null, requestDigest };
      const frame = await this.#ingress(await prepare(), sender);
      if (frame === null) throw bug("a request was ignored");
      return { frame: frame.head.frame, duplicate: false };
    });
  }

  /** Hands a receipt in; made when its stamp is known. A receipt nobody waits for is counted, no more. */
  settle(intent: IntentId, receipt: (stamp: Stamp) => Receipt): void {
    const done = this.#exclusive(async () => {
      trace("receipt.received", this.state.head.nextFrame);
      const frame = await this.#receive(intent, receipt);
      if (frame === null) this.#ignoredReceipts += 1;
    });
    done.catch(() => {}); // a world that stopped says so to whoever waits or sends
  }

  /**
   * Takes a receipt from outside; resolves when its frame is durable. One for an intent that is settled already
   * is ignored. Throws `AirloomError`, and nothing has happened: `receipt.malformed`, `receipt.unknown_adapter`,
   * `receipt.forged`, `receipt.unknown`, `receipt.unknown_effect`, `receipt.wrong_kind`,
   * `receipt.invalid_payload`.
   */
  receive(receipt: OutsideReceipt): Promise<ReceiptOutcome> {
    return this.#exclusive(async () => {
      const admitted = await admitReceipt(this.#parts, this.state, receipt);
      if (admitted === null) {
        this.#ignoredReceipts += 1;
        return { outcome: "ignored" };
      }
      const frame = await this.#ingress(() => ({ kind: "receipt", ...admitted }));
      if (frame === null) throw bug("an open intent was not");
      return { outcome: "settled", frame: frame.head.frame };
    });
  }

  /** An adapter whose payload the effect's own schema refuses has failed; the originator hears that it did. */
  async #receive(intent: IntentId, receipt: (stamp: Stamp) => Receipt): Promise<Frame | null> {
    try {
      return await this.#ingress((stamp) => ({ kind: "receipt", intent, receipt: bounded(receipt(stamp)) }));
    } catch (error) {
      if (!(error instanceof AirloomError) || error.code !== "receipt.invalid_payload") throw error;
      return this.#ingress((stamp) => ({
        kind: "receipt",
        intent,
        receipt: { ...receipt(stamp), status: "error", payload: EMPTY },
      }));
    }
  }

  /** Records new definitions, whose blobs are durable already. Throws `manifest.world_busy`. */
  upgrade(definitions: Definitions): Promise<void> {
    return this.#exclusive(async () => {
      await this.#ingress(() => ({ kind: "manifest", definitions }));
    });
  }

  /** Records a snapshot. */
  snapshot(): Promise<void> {
    return this.#exclusive(async () => {
      await this.#ingress(() => ({ kind: "snapshot" }));
    });
  }

  /** Resolves once everything handed in so far is done, whatever intents stay open. */
  async settled(): Promise<void> {
    while (this.#queued > 0) await this.#tail.catch(() => {});
    if (this.#stopped !== null) throw this.#stopped;
  }

  /** Resolves when nothing is pending and no intent is open; rejects when the world stops. */
  whenIdle(): Promise<void> {
    if (this.#stopped !== null) return Promise.reject(this.#stopped);
    if (this.isIdle) return Promise.resolve();
    return new Promise((resolve, reject) => this.#idleWaiters.push({ resolve, reject }));
  }

  /** Stops adapters, then waits for what was handed in. Pending work and open intents stay in the journal. */
  async close(): Promise<void> {
    this.#running = false;
    this.#outbox.stop();
    while (this.#queued > 0) await this.#tail.catch(() => {});
    this.#stopped ??= new AirloomError("request", "world.closed", "the world is closed");
    this.#rejectWaiters(this.#stopped);
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    this.#queued += 1;
    const run = this.#tail.then(async () => {
      try {
        if (this.#stopped !== null) throw this.#stopped;
        return await work();
      } finally {
        this.#queued -= 1;
        this.#continueIfBusy();
        this.#noteIdle();
      }
    });
    this.#tail = run.catch(() => {});
    return run;
  }

  /** One ingress: stamp, frame, commit, publish. Null when the kernel ignored it. */
  async #ingress(
    make: (stamp: Stamp) => Ingress,
    sender: Omit<Entry, keyof Stamp> = { by: null, ingressId: null, requestDigest: null },
  ): Promise<Frame | null> {
    const { world, clock, entropy } = this.#parts;
    const stamp: Stamp = { ...clock.sample(), entropy: entropy() };
    const [ingress, entry] = [make(stamp), { ...stamp, ...sender }];
    let outcome = this.#step(world, ingress, entry);
    while (outcome.kind === "missing") {
      await this.#load(outcome);
      outcome = this.#step(world, ingress, entry);
    }
    if (outcome.kind === "ignored") return null;
    await this.#commit(outcome);
    return outcome.frame;
  }

  /** Brings what the frame at work needs. Nothing is evicted before it is done, so it comes to an end. */
  async #load(missing: Extract<Outcome, { kind: "missing" }>): Promise<void> {
    try {
      await loadCells(this.#parts, this.state.head, missing);
    } catch (error) {
      throw this.#stop(error);
    }
  }

  #step(world: World, ingress: Ingress, entry: Entry): Outcome {
    try {
      return world.step(ingress, entry);
    } catch (error) {
      const stops = !(error instanceof AirloomError) || error.kind === "host" || error.kind === "bug";
      throw stops ? this.#stop(error) : error;
    }
  }

  async #commit(outcome: Extract<Outcome, { kind: "frame" }>): Promise<void> {
    const { frame, cells, blobs } = outcome;
    const { ingressId, requestDigest } = frame.head;
    trace("frame.sealed", frame.head.frame);
    const commit: Commit = {
      world: this.#parts.worldId,
      epoch: this.#parts.epoch,
      expected: frame.head.frame,
      frames: [frame.bytes],
      ingress:
        ingressId === null || requestDigest === null
          ? []
          : [{ id: ingressId, requestDigest, frame: frame.head.frame }],
      cells,
      blobs,
      snapshots: snapshotsOf(frame),
      head: this.state.head,
    };
    await this.#append(commit);
    this.#parts.cells.release(commit.head.nextFrame);
    trace("frame.durable", frame.head.frame);
    for (const id of outcome.settled) this.#outbox.settled(id);
    for (const listener of this.#listeners) listener({ frame, notes: outcome.notes });
    for (const intent of outcome.opened) this.#dispatch(intent.id);
    trace("frame.published", frame.head.frame);
  }

  async #append(commit: Commit): Promise<void> {
    let result: Awaited<ReturnType<Journal["append"]>>;
    try {
      result = await this.#parts.journal.append(commit);
    } catch (error) {
      throw this.#stop(error);
    }
    if (result === "durable") return;
    const message =
      result === "fenced"
        ? "another process took this world over"
        : "it is not known whether the last frame was written; open the world again";
    throw this.#stop(new AirloomError("retry", `store.${result}`, message));
  }

  /** The world is over in this process. */
  #stop(cause: unknown): AirloomError {
    const reason =
      cause instanceof AirloomError ? cause : bug(cause instanceof Error ? cause.message : String(cause));
    this.#stopped ??= reason;
    this.#outbox.stop();
    this.#rejectWaiters(this.#stopped);
    return this.#stopped;
  }

  #rejectWaiters(error: AirloomError): void {
    for (const waiter of this.#idleWaiters.splice(0)) waiter.reject(error);
  }

  #dispatch(id: IntentId): void {
    const intent = this.state.intents.get(id);
    if (intent === undefined) return;
    const unanswered = this.#outbox.start(intent, this.state.definitions);
    if (unanswered !== null) this.settle(id, () => unanswered);
  }

  #continueIfBusy(): void {
    if (!this.#running || this.#queued > 0 || this.#stopped !== null || !this.#parts.world.isBusy) return;
    this.#exclusive(async () => {
      await othersFirst();
      if (this.#running && this.#parts.world.isBusy) await this.#ingress(() => ({ kind: "continue" }));
    }).catch(() => {});
  }

  #noteIdle(): void {
    if (!this.isIdle || this.#stopped !== null) return;
    trace("idle", this.state.head.nextFrame);
    for (const waiter of this.#idleWaiters.splice(0)) waiter.resolve();
  }
}

/** A world that always finds work must not keep timers, signals and senders out of the process. */
function othersFirst(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function snapshotsOf({ head, records }: Frame): readonly SnapshotEntry[] {
  const [first] = records;
  return first?.kind === "snapshot" ? [{ frame: head.frame, hash: first.snapshotHash }] : [];
}
