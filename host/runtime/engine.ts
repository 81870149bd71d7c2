/**
 * A world that runs: it owns clock, entropy, outbox and timers around a kernel that knows none of them.
 *
 * E1 One ingress at a time, in the order they were handed in. E2 A frame is durable before its intents start
 * and before whoever sent it is told. E3 When a frame cannot be made durable the world stops: what memory
 * holds is then ahead of the disk. E4 The same ingress id is accepted once; a second sender is told so.
 */

import type { Adapter } from "../adapters/port.ts";
import { outgoingKey } from "../effects/key.ts";
import type { Receipt } from "../effects/receipt.ts";
import type { Entry, Frame, Stamp } from "../journal/frame.ts";
import type { Commit, IngressEntry, Journal } from "../journal/port.ts";
import type { MemoryCells } from "../kernel/cells.ts";
import type { LiveNote } from "../kernel/draft.ts";
import type { Ingress } from "../kernel/ingress.ts";
import type { Definitions, WorldState } from "../kernel/state.ts";
import type { Outcome, World } from "../kernel/world.ts";
import { taggedBytes } from "../plan/tagged.ts";
import type { Epoch, FrameSeq, IntentId, LogicalTimeNs, WorldId } from "../values/brand.ts";
import { EMPTY, equalBytes, utf8 } from "../values/bytes.ts";
import { type Cbor, encodeCbor } from "../values/cbor.ts";
import { AirloomError, bug } from "../values/errors.ts";
import { sha256 } from "../values/hash.ts";
import { LIMITS } from "../values/limits.ts";
import type { Value } from "../values/value.ts";
import type { LogicalClock } from "./clock.ts";
import type { Entropy } from "./entropy.ts";
import {
  checkAnswer,
  checkReceipt,
  isAnsweredOutside,
  type OutsideReceipt,
  recordedReceipt,
  wasEmitted,
} from "./receipts.ts";
import { trace } from "./trace.ts";

/** How something is asked for. Without an ingress id, asking twice is asking for two. */
export interface Request {
  /** Who asks for it, once for ever. */
  readonly ingressId?: string;
  /** The request as it was made: the same id with another text is a conflict. */
  readonly text?: string;
  /** For the audit; no module sees it. */
  readonly by?: string;
}

/** An event to send. */
export interface Send extends Request {
  readonly schema: string;
  /** CBOR of the schema's type; made when the event is first accepted, with logical time as it is then. */
  readonly value: (nowNs: LogicalTimeNs) => Uint8Array;
  readonly key?: Uint8Array;
}

/** A plan to start by hand. */
export interface StartPlan extends Request {
  readonly plan: string;
  /** CBOR of the plan's input; made as the value of an event is. */
  readonly input: (nowNs: LogicalTimeNs) => Uint8Array;
  /** The instance's `@var:correlation_id`. */
  readonly correlation?: Value;
}

export interface Acknowledgement {
  readonly frame: FrameSeq;
  /** Whether it had been accepted before; then nothing happened now. */
  readonly duplicate: boolean;
}

/** What became of a receipt from outside; `ignored`: its intent had another before. */
export type ReceiptOutcome =
  | { readonly outcome: "settled"; readonly frame: FrameSeq }
  | { readonly outcome: "ignored" };

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

export class Engine {
  readonly #parts: EngineParts;
  /** By effect kind. */
  readonly #adapters = new Map<string, Adapter>();
  #started: readonly Adapter[] = [];
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
  }

  get state(): Readonly<WorldState> {
    return this.#parts.world.state;
  }

  get worldId(): WorldId {
    return this.#parts.worldId;
  }

  /** Cells as of the last durable frame. */
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
    for (const adapter of adapters) {
      for (const kind of adapter.effectKinds) this.#adapters.set(kind, adapter);
    }
    this.#started = [...new Set(this.#adapters.values())];
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
      (stamp) => ({ kind: "event", schema, value: value(stamp.logicalNs), key }),
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
      (stamp) => ({ kind: "plan", plan, input: input(stamp.logicalNs), correlation }),
    );
  }

  /** One request: a frame of its own, or that of the same request before. `digested` says what is asked. */
  #accept(request: Request, digested: () => Cbor, make: (stamp: Stamp) => Ingress): Promise<Acknowledgement> {
    return this.#exclusive(async () => {
      const requestDigest = requestDigestOf(request, digested);
      const before = await this.#findRequest(request, requestDigest);
      if (before !== null) return { frame: before.frame, duplicate: true };
      const sender = { by: request.by ?? null, ingressId: request.ingressId ?? null, requestDigest };
      const frame = await this.#ingress(make, sender);
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
      const { settings, manifest } = this.state.definitions;
      checkReceipt(this.worldId, settings, receipt);
      const intent = this.state.intents.get(receipt.intent);
      if (intent === undefined) return this.#late(receipt.intent);
      const effect = manifest.effects.get(intent.kind);
      if (effect === undefined) {
        const message = `the manifest no longer has ${intent.kind}`;
        throw new AirloomError("request", "receipt.unknown_effect", message);
      }
      checkAnswer(settings, effect, receipt);
      const recorded = recordedReceipt(receipt);
      const frame = await this.#ingress(() => ({ kind: "receipt", intent: intent.id, receipt: recorded }));
      if (frame === null) throw bug("an open intent was not");
      return { outcome: "settled", frame: frame.head.frame };
    });
  }

  /** The answer to a receipt of no open intent: ignored when there was one, else `receipt.unknown`. */
  async #late(id: IntentId): Promise<ReceiptOutcome> {
    const { journal, worldId } = this.#parts;
    if (await wasEmitted(journal, worldId, id)) {
      this.#ignoredReceipts += 1;
      return { outcome: "ignored" };
    }
    throw new AirloomError("request", "receipt.unknown", `the world never had an intent ${id}`);
  }

  /** An adapter whose payload the effect's own schema refuses has failed; the originator hears that it did. */
  async #receive(intent: IntentId, receipt: (stamp: Stamp) => Receipt): Promise<Frame | null> {
    try {
      return await this.#ingress((stamp) => ({ kind: "receipt", intent, receipt: receipt(stamp) }));
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
    for (const adapter of this.#started) adapter.stop();
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

  async #findRequest({ ingressId }: Request, digest: Uint8Array | null): Promise<IngressEntry | null> {
    if (ingressId === undefined || digest === null) return null;
    const before = await this.#parts.journal.findIngress(this.#parts.worldId, ingressId);
    if (before === null || equalBytes(before.requestDigest, digest)) return before;
    const message = `ingress id ${ingressId} was accepted in frame ${before.frame} for another request`;
    throw new AirloomError("request", "ingress.conflict", message, { fields: { frame: before.frame } });
  }

  /** One ingress: stamp, frame, commit, publish. Null when the kernel ignored it. */
  async #ingress(
    make: (stamp: Stamp) => Ingress,
    sender: Omit<Entry, keyof Stamp> = { by: null, ingressId: null, requestDigest: null },
  ): Promise<Frame | null> {
    const { world, clock, entropy } = this.#parts;
    const stamp: Stamp = { ...clock.sample(), entropy: entropy() };
    const outcome = this.#step(world, make(stamp), { ...stamp, ...sender });
    if (outcome.kind === "ignored") return null;
    if (outcome.kind === "missing") throw this.#stop(bug("an engine keeps all cells in memory"));
    await this.#commit(outcome);
    return outcome.frame;
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
      head: this.state.head,
    };
    await this.#append(commit);
    trace("frame.durable", frame.head.frame);
    for (const id of outcome.settled) for (const adapter of this.#started) adapter.settled(id);
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
    for (const adapter of this.#started) adapter.stop();
    this.#rejectWaiters(this.#stopped);
    return this.#stopped;
  }

  #rejectWaiters(error: AirloomError): void {
    for (const waiter of this.#idleWaiters.splice(0)) waiter.reject(error);
  }

  #dispatch(id: IntentId): void {
    const intent = this.state.intents.get(id);
    if (intent === undefined) return;
    const { manifest, settings } = this.state.definitions;
    const adapter = this.#adapters.get(intent.kind);
    if (adapter !== undefined) {
      adapter.start(intent, {
        effect: manifest.effects.get(intent.kind) ?? null,
        grant: manifest.grants.get(intent.capName) ?? null,
        secrets: manifest.secrets,
        key: () => outgoingKey(this.worldId, intent),
      });
      return;
    }
    if (isAnsweredOutside(settings, intent.kind)) return;
    this.settle(id, () => ({
      adapterId: "adapter.missing",
      status: "error",
      payload: new Uint8Array(0),
      costCents: null,
      signature: new Uint8Array(64),
      tries: 0n,
    }));
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

function requestDigestOf({ ingressId, text }: Request, digested: () => Cbor): Uint8Array | null {
  if (ingressId === undefined) return null;
  if (ingressId.length === 0 || ingressId.length > LIMITS.ingressIdMax) {
    const message = `an ingress id has 1 to ${LIMITS.ingressIdMax} characters`;
    throw new AirloomError("request", "ingress.invalid_id", message);
  }
  return sha256(text === undefined ? encodeCbor(digested()) : utf8(text));
}
