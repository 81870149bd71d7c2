/**
 * Given-when-then for a whole world: the real kernel and runtime, the real wasm, a journal in memory, a clock that
 * moves when the test moves it, and receipts that the test scripts.
 *
 * An act begins with `when`, `advance` and their like; `untilIdle` and `answer` go on with it. What is said with
 * `then...` is about the act, but for states, which are as they are now.
 */

import type { Manifest } from "../air/manifest.ts";
import type { Frame } from "../journal/frame.ts";
import type { Engine } from "../runtime/engine.ts";
import type { IntentId } from "../values/brand.ts";
import { fromNative } from "../values/native.ts";
import {
  checkEffects,
  checkEvents,
  checkFault,
  checkNothing,
  checkState,
  type FoundEffect,
} from "./checks.ts";
import { advanceWorld, type VirtualClock } from "./clock.ts";
import { raise, reading, TestFailure } from "./failure.ts";
import {
  type CellFault,
  cellTexts,
  type EndedPlan,
  eventsIn,
  faultsIn,
  type Intent,
  intentsIn,
  type OpenFault,
  openFaultsIn,
  placeOfFault,
  plansEndedIn,
  plansStartedIn,
} from "./history.ts";
import { correlationValue, keyBytesOf, keyedTarget, nativeKey, reducerNamed, schemaNamed } from "./keys.ts";
import { nativeState } from "./outcome.ts";
import {
  type Duration,
  durationNs,
  type OpenEffect,
  openEffect,
  type Script,
  type ScriptedAdapter,
  type ScriptedReceipt,
} from "./scripted.ts";
import type {
  AnyWorld,
  DomainEvent,
  ExpectedEffects,
  KeyOf,
  ReducerName,
  SchemaName,
  StateOf,
  WorldTypes,
} from "./types.ts";

/** A world that always finds something to do: how often `untilIdle` lets time jump before it gives up. */
const JUMPS_MAX = 10_000;

export interface SendOptions {
  /** Of the cell, for events that do not hold it; of the reducer's key type. */
  readonly key?: unknown;
  /** The same id sent twice is accepted once. */
  readonly ingressId?: string;
}

export interface StartOptions {
  /** The instance's `@var:correlation_id`. */
  readonly correlation?: string | bigint | Uint8Array;
}

/** What `testWorld` (open.ts) puts together. */
export interface TestWorldParts {
  readonly engine: Engine;
  readonly clock: VirtualClock;
  readonly adapter: ScriptedAdapter;
  readonly scripts: Map<string, Script>;
  /** What scripts threw. */
  readonly errors: unknown[];
  /** Null when the journal replays to the same records, else where it does not. */
  readonly replay: () => Promise<string | null>;
}

export class TestWorld<W extends WorldTypes = AnyWorld> {
  readonly #parts: TestWorldParts;
  readonly #frames: Frame[] = [];
  #actBegins = 0;
  #cellsBefore = "";

  constructor(parts: TestWorldParts) {
    this.#parts = parts;
    parts.engine.onFrame(({ frame }) => this.#frames.push(frame));
  }

  /** Logical time, ns since the Unix epoch. */
  get nowNs(): bigint {
    return this.#parts.clock.wallNs();
  }

  /** Every frame but genesis, as journaled. */
  get frames(): readonly Frame[] {
    return this.#frames;
  }

  /** Events of the act that reducers and plans emitted. */
  get events(): readonly DomainEvent<W>[] {
    return eventsIn(this.#act, this.#manifest) as readonly unknown[] as readonly DomainEvent<W>[];
  }

  /** Effects of the act that passed the gate. */
  get intents(): readonly Intent[] {
    return intentsIn(this.#act, this.#manifest);
  }

  /** Intents that wait for a receipt, whenever they were emitted. */
  get openIntents(): readonly OpenEffect[] {
    const { intents } = this.#parts.engine.state;
    return [...intents.values()].map((intent) => openEffect(this.#manifest, intent));
  }

  /** Faults of the act. */
  get faults(): readonly CellFault[] {
    return faultsIn(this.#act, this.#manifest);
  }

  /** Faults that were neither redelivered nor dismissed, whenever they came; oldest first. */
  get openFaults(): readonly OpenFault[] {
    return openFaultsIn(this.#frames);
  }

  /** Plans that ended in the act. */
  get plansEnded(): readonly EndedPlan[] {
    return plansEndedIn(this.#act, this.#manifest);
  }

  /** The state of a cell; null when it does not exist. `key` only for a keyed reducer. */
  state<N extends ReducerName<W>>(name: N, key?: KeyOf<W, N>): StateOf<W, N> | null {
    const reducer = reducerNamed(this.#manifest, name);
    const found = this.#parts.engine.cells.read({ reducer: name, key: keyBytesOf(reducer, key) });
    return found === null || found === "missing" ? null : (nativeState(reducer, found) as StateOf<W, N>);
  }

  /** Names of the world's reducers. */
  get reducers(): readonly ReducerName<W>[] {
    return [...this.#manifest.reducers.keys()] as ReducerName<W>[];
  }

  /** All cells of a reducer, in the order they were first met. */
  cells<N extends ReducerName<W>>(name: N): readonly { key: KeyOf<W, N>; state: StateOf<W, N> }[] {
    const reducer = reducerNamed(this.#manifest, name);
    return [...this.#parts.engine.cells.existing()]
      .filter(({ cell }) => cell.reducer === name)
      .map(({ cell, state }) => ({
        key: nativeKey(reducer, cell.key) as KeyOf<W, N>,
        state: nativeState(reducer, state) as StateOf<W, N>,
      }));
  }

  /** Answers intents of this kind from now on, in place of what answered them before. */
  onEffect<const K extends string>(kind: K, script: Script<K>): void {
    if (!this.#manifest.effects.has(kind)) {
      const known = [...this.#manifest.effects.keys()].join(", ") || "none";
      throw new TestFailure(`the world has no effect ${kind}; it has ${known}`);
    }
    this.#parts.scripts.set(kind, script as Script);
  }

  /** An event of the past: sent like `when`, but it begins no act. */
  async given<S extends SchemaName<W>>(
    schema: S,
    value: W["schemas"][S],
    options: SendOptions = {},
  ): Promise<void> {
    await this.#send(schema, value, options);
  }

  /**
   * Sends an event and lets the world do everything that needs no time. Throws `TestFailure` for a value that is
   * not of its schema, `AirloomError` for an event that the world refuses.
   */
  async when<S extends SchemaName<W>>(
    schema: S,
    value: W["schemas"][S],
    options: SendOptions = {},
  ): Promise<void> {
    this.#beginAct();
    await this.#send(schema, value, options);
  }

  /** Starts a plan by hand; an act like `when`. Throws `AirloomError` for an input that is not the plan's. */
  async startPlan(plan: string, input: unknown, { correlation }: StartOptions = {}): Promise<void> {
    this.#beginAct();
    const schema = this.#manifest.plans.get(plan)?.input;
    if (schema === undefined) throw new TestFailure(`the world has no plan ${plan}`);
    const bytes = reading(`the input of ${plan}`, () => schema.encode(fromNative(schema, input)));
    await this.#parts.engine.startPlan({
      plan,
      input: () => bytes,
      ...(correlation === undefined ? {} : { correlation: correlationValue(correlation) }),
    });
    await this.#settled();
  }

  /**
   * Carries the event of a faulted delivery to its cell again; an act like `when`. Throws `AirloomError` for a
   * fault that is no delivery's, or is open no more.
   */
  async redeliver(fault: { readonly id: string }): Promise<void> {
    this.#beginAct();
    await this.#parts.engine.redeliver({ fault: placeOfFault(fault) });
    await this.#settled();
  }

  /** Notes that somebody has seen a fault; an act like `when`. Throws as `redeliver` does. */
  async dismiss(fault: { readonly id: string }, reason?: string): Promise<void> {
    this.#beginAct();
    await this.#parts.engine.dismiss({
      fault: placeOfFault(fault),
      ...(reason === undefined ? {} : { reason }),
    });
    await this.#settled();
  }

  /** Moves virtual time on; what falls due happens on the way, in order. */
  async advance(by: Duration): Promise<void> {
    this.#beginAct();
    await advanceWorld(this.#parts.engine, this.#parts.clock, durationNs(by));
    this.#throwScriptErrors();
  }

  /**
   * Lets time jump from one thing due to the next until nothing is left to do. Throws `TestFailure` when intents
   * stay open that nothing will answer, or when it does not end.
   */
  async untilIdle(): Promise<void> {
    const { engine, clock } = this.#parts;
    for (let jumps = 0; ; jumps++) {
      await this.#settled();
      if (engine.isIdle) return;
      if (jumps >= JUMPS_MAX) {
        throw new TestFailure(`the world is still at work after time jumped ${JUMPS_MAX} times`);
      }
      if (!clock.fireNext()) throw new TestFailure(unanswered(this.openIntents));
    }
  }

  /** Hands in the receipt of an open intent. Throws `TestFailure` for an id that is not open. */
  async answer<const K extends string>(
    intent: { id: string; kind: K },
    receipt: ScriptedReceipt<K>,
  ): Promise<void> {
    const open = this.#parts.engine.state.intents.get(intent.id as IntentId);
    if (open === undefined) throw new TestFailure(`no intent ${intent.id} is open`);
    this.#parts.adapter.answer(open, receipt as ScriptedReceipt);
    await this.#settled();
  }

  /** The whole state of a cell is this one; null for a cell that is not there. */
  thenState<N extends ReducerName<W>>(name: N, expected: StateOf<W, N> | null, key?: KeyOf<W, N>): this {
    return this.#check(this.#checkState(name, expected, "all", key));
  }

  /** The state of a cell has these fields; the others may be anything. */
  thenStateHas<N extends ReducerName<W>>(name: N, expected: Partial<StateOf<W, N>>, key?: KeyOf<W, N>): this {
    return this.#check(this.#checkState(name, expected, "some", key));
  }

  /** Reducers and plans emitted these events in the act, in this order, and no others. */
  thenEvents(...expected: readonly DomainEvent<W>[]): this {
    return this.#check(
      checkEvents(this.#manifest, expected as readonly DomainEvent<AnyWorld>[], this.#happened),
    );
  }

  /** These effects passed the gate in the act, in this order, and no others. */
  thenEffects<const Kinds extends readonly string[]>(...expected: ExpectedEffects<Kinds>): this {
    return this.#check(checkEffects(this.#manifest, expected as readonly FoundEffect[], this.#happened));
  }

  /** No state changed in the act, nothing was emitted, no plan began, nothing faulted. */
  thenNothingHappened(): this {
    return this.#check(checkNothing(this.#happened));
  }

  /** A delivery of the act faulted with this code; `message` is a part of the fault's, or a pattern. */
  thenFault(code: string, message?: string | RegExp): this {
    return this.#check(checkFault(code, message, this.faults));
  }

  /** The journal, fed to a fresh world, gives the same records, states and digests. */
  async thenReplaysIdentically(): Promise<this> {
    return this.#check(await this.#parts.replay());
  }

  /** Ends the world: nothing can be sent any more. A test that forgets it leaves nothing behind. */
  close(): Promise<void> {
    return this.#parts.engine.close();
  }

  get #manifest(): Manifest {
    return this.#parts.engine.state.definitions.manifest;
  }

  get #act(): readonly Frame[] {
    return this.#frames.slice(this.#actBegins);
  }

  get #happened() {
    return {
      stateChanged: this.#cellTexts !== this.#cellsBefore,
      events: this.events,
      effects: this.intents,
      fault: this.faults[0] ?? null,
      plans: plansStartedIn(this.#act),
    };
  }

  get #cellTexts(): string {
    return cellTexts(this.#parts.engine.cells.existing());
  }

  #checkState<N extends ReducerName<W>>(
    name: N,
    expected: unknown,
    fields: "all" | "some",
    key?: KeyOf<W, N>,
  ): string | null {
    const schema = reducerNamed(this.#manifest, name).state;
    const fault = this.faults.find(({ reducer }) => reducer === name) ?? null;
    return checkState(
      `the state of ${name}`,
      schema,
      expected,
      { state: this.state(name, key), fault },
      fields,
    );
  }

  #beginAct(): void {
    this.#actBegins = this.#frames.length;
    this.#cellsBefore = this.#cellTexts;
  }

  async #send(schema: SchemaName<W>, native: unknown, { key, ingressId }: SendOptions): Promise<void> {
    const manifest = this.#manifest;
    const found = schemaNamed(manifest, schema);
    const value = reading(`the event ${schema}`, () => found.encode(fromNative(found, native)));
    await this.#parts.engine.send({
      schema,
      value: () => value,
      ...(key === undefined ? {} : { key: this.#keyOf(manifest, schema, key) }),
      ...(ingressId === undefined ? {} : { ingressId }),
    });
    await this.#settled();
  }

  #keyOf(manifest: Manifest, schema: string, key: unknown): Uint8Array {
    const target = keyedTarget(manifest, schema);
    if (target !== undefined) return keyBytesOf(target, key);
    throw new TestFailure(`${schema} goes to no keyed reducer: send it without a key`);
  }

  async #settled(): Promise<void> {
    await this.#parts.engine.settled();
    this.#throwScriptErrors();
  }

  #throwScriptErrors(): void {
    const [first] = this.#parts.errors.splice(0);
    if (first !== undefined) throw first;
  }

  #check(found: string | null): this {
    raise(found);
    return this;
  }
}

function unanswered(open: readonly OpenEffect[]): string {
  const list = open.map(({ id, kind, origin }) => `  ${kind} ${id} of ${origin}`);
  return ["nothing answers these intents; use onEffect or answer", ...list].join("\n");
}
