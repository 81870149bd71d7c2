/**
 * A frame being made: the records so far and an overlay over the world's state. Nothing reaches the world
 * before the frame is sealed, so a draft that is dropped has never been.
 *
 * D1 Reads see the overlay first. D2 A delivery begins once its cell is in memory, so a draft can wait for it; what
 * a plan's turn finds missing abandons the draft, and the frame is made again with the same stamp. D3 Queues hand
 * out work in AIR's order: two FIFO queues that alternate while both hold work, plans first.
 */

import { type IntentRequest, intentRecord, type OpenIntent, openIntent } from "../effects/intent.ts";
import { type Entry, type Frame, FrameBuilder, headAfter } from "../journal/frame.ts";
import type { CellWrite } from "../journal/port.ts";
import type { Cell, JournalRecord } from "../journal/record.ts";
import { type Instance, startInstance } from "../plan/instance.ts";
import { taggedBytes } from "../plan/tagged.ts";
import { eventWaits } from "../plan/waiting.ts";
import type { Hash, IntentId, RecordSeq } from "../values/brand.ts";
import { compareBytes, toHex } from "../values/bytes.ts";
import { LIMITS } from "../values/limits.ts";
import type { Value } from "../values/value.ts";
import { cellId, cellNote } from "./cells.ts";
import type { CellLedger } from "./ledger.ts";
import type { PreparedEvent } from "./normalize.ts";
import { offerEvent } from "./offer.ts";
import type { CellCache, CellNote, TraceFrame } from "./ports.ts";
import type { PlanStart } from "./route.ts";
import type { Definitions, DeliveryTask, Pending, Task, TurnTask, WorldState } from "./state.ts";
import { byAge, indexWaiters, type Waiter, Waiters } from "./waiters.ts";

const FRAME_FUEL_MAX = BigInt(LIMITS.frameFuelMax);

/** Thrown when cells must be loaded before the frame can be made. No `Error`: nobody reads its stack, which costs. */
export class MissingCells {
  readonly cells: readonly Cell[];
  /** Reducers whose cells are to be listed. */
  readonly lists: readonly string[];
  constructor(cells: readonly Cell[], lists: readonly string[] = []) {
    this.cells = cells;
    this.lists = lists;
  }
}

/** What the engine said about a record, for the person watching; never journaled. */
export interface LiveNote {
  readonly record: number;
  readonly text: string;
  /** Where in its module it stopped, innermost call first. */
  readonly trace: readonly TraceFrame[];
}

export class Draft {
  readonly entry: Entry;
  readonly #state: WorldState;
  readonly #cache: CellCache;
  readonly #ledger: CellLedger;
  readonly #frame = new FrameBuilder();
  readonly #cells = new Map<string, CellWrite>();
  /** Null for an instance that ended. */
  readonly #instances = new Map<bigint, Instance | null>();
  /** Of the instances that changed. */
  readonly #waiters = new Waiters();
  readonly #opened = new Map<IntentId, OpenIntent>();
  readonly #settled = new Set<IntentId>();
  readonly #deliveries: DeliveryTask[];
  readonly #turns: TurnTask[];
  readonly #turning: Set<bigint>;
  readonly #drawsByCell = new Map<string, number>();
  #planNext: boolean;
  #nextInstance: bigint;
  #tasks = 0;
  #fuel = 0n;
  definitions: Definitions;
  lastSnapshot: Hash | null;
  readonly blobs: Uint8Array[] = [];
  readonly notes: LiveNote[] = [];

  constructor(state: WorldState, entry: Entry, cache: CellCache, ledger: CellLedger) {
    this.#state = state;
    this.entry = entry;
    this.#cache = cache;
    this.#ledger = ledger;
    this.definitions = state.definitions;
    this.lastSnapshot = state.lastSnapshot;
    this.#deliveries = [...state.pending.deliveries];
    this.#turns = [...state.pending.turns];
    this.#turning = new Set(this.#turns.map(({ instance }) => instance));
    this.#planNext = state.pending.planNext;
    this.#nextInstance = state.nextInstance;
  }

  get manifest() {
    return this.definitions.manifest;
  }

  /** Adds a record; its index is what follows from it gives as cause. */
  add(record: JournalRecord): number {
    return this.#frame.add(record);
  }

  get recordCount(): number {
    return this.#frame.records.length;
  }

  recordSeq(index: number): RecordSeq {
    return (this.#state.head.nextRecord + BigInt(index)) as RecordSeq;
  }

  /** Records an event and queues what it leads to. */
  addEvent(event: PreparedEvent, cause: number | null): number {
    const { schema, value, key } = event;
    const index = this.add({ kind: "domain_event", cause, cell: null, schema, value, key });
    offerEvent(this, schema, value, index);
    for (const start of event.starts) this.startPlan(start, index);
    for (const delivery of event.deliveries) {
      this.#deliveries.push({
        kind: "delivery",
        cell: { reducer: delivery.reducer, key: delivery.cellKey },
        arm: delivery.arm,
        schema: delivery.schema,
        value: delivery.value,
        key: delivery.cellKey.length > 0 ? delivery.cellKey : null,
        event: this.recordSeq(index),
        cause: index,
      });
    }
    return index;
  }

  /** Records a new instance and queues its first turn. */
  startPlan({ plan, input, correlation }: PlanStart, cause: number): void {
    const instance = startInstance(this.#nextInstance++, plan, this.manifest.hash, input, correlation);
    this.setInstance(instance);
    const started = this.add({
      kind: "plan_started",
      cause,
      cell: null,
      instance: instance.id,
      plan: plan.definition.name,
      planHash: plan.hash,
      correlation: correlation === null ? null : taggedBytes(correlation),
    });
    this.queueTurn(instance.id, started);
  }

  queueDelivery(task: DeliveryTask): void {
    this.#deliveries.push(task);
  }

  /** An instance whose turn is queued already finds all that has come for it in that one. */
  queueTurn(instance: bigint, cause: number): void {
    if (this.#turning.has(instance)) return;
    this.#turning.add(instance);
    this.#turns.push({ kind: "turn", instance, cause });
  }

  /** The next task, or undefined when none is left or the frame is full. */
  nextTask(): Task | undefined {
    if (this.#isFull()) return undefined;
    const both = this.#turns.length > 0 && this.#deliveries.length > 0;
    const task =
      both && !this.#planNext ? this.#deliveries.shift() : (this.#turns.shift() ?? this.#deliveries.shift());
    if (both) this.#planNext = !this.#planNext;
    if (task !== undefined) this.#tasks += 1;
    if (task?.kind === "turn") this.#turning.delete(task.instance);
    return task;
  }

  #isFull(): boolean {
    if (this.#tasks >= LIMITS.frameTasksMax || this.#fuel >= FRAME_FUEL_MAX) return true;
    return this.#frame.sizeBytes >= LIMITS.frameBytesMax;
  }

  /** Notes what a call used: a frame that used too much starts no further task. */
  spend(fuel: bigint): void {
    this.#fuel += fuel;
  }

  instance(id: bigint): Instance | undefined {
    const changed = this.#instances.get(id);
    return changed === undefined ? this.#state.instances.get(id) : (changed ?? undefined);
  }

  setInstance(instance: Instance): void {
    this.#instances.set(instance.id, instance);
    this.#waiters.set(instance.id, eventWaits(instance, this.manifest.schemas));
  }

  endInstance(id: bigint): void {
    this.#instances.set(id, null);
    this.#waiters.remove(id);
  }

  /** Who may take an event of this schema, the oldest wait first; `read` gives the event. */
  waiting(schema: string, read: () => Value): readonly Waiter[] {
    const before = this.#state.waiters
      .candidates(schema, read)
      .filter(({ instance }) => !this.#instances.has(instance));
    const changed = this.#waiters.candidates(schema, read);
    return changed.length === 0 ? before : [...before, ...changed].sort(byAge);
  }

  /** Null for a cell that does not exist, `missing` for one that must be loaded first. */
  findCell(cell: Cell): Uint8Array | null | "missing" {
    const written = this.#cells.get(cellId(cell));
    return written === undefined ? this.#cache.read(cell) : written.state;
  }

  /** Null for a cell that does not exist. Throws `MissingCells`. */
  readCell(cell: Cell): Uint8Array | null {
    const state = this.findCell(cell);
    if (state === "missing") throw new MissingCells(this.missingWith(cell));
    return state;
  }

  /** This cell and those of the deliveries that this frame may still make, as far as they are missing, each once. */
  missingWith(first: Cell): readonly Cell[] {
    const missing = new Map<string, Cell>([[cellId(first), first]]);
    for (const { cell } of this.#deliveries.slice(0, LIMITS.frameTasksMax - this.#tasks)) {
      const id = cellId(cell);
      if (!this.#cells.has(id) && this.#cache.read(cell) === "missing") missing.set(id, cell);
    }
    return [...missing.values()];
  }

  /**
   * The cells of a reducer as they stand, by key bytes; `too_many` when more than `countMax` were there before
   * the frame. Throws `MissingCells`.
   */
  listCells(reducer: string, countMax: number): readonly CellNote[] | "too_many" {
    const before = this.#cache.list(reducer, countMax);
    if (before === "missing") throw new MissingCells([], [reducer]);
    if (before === "too_many") return before;
    const notes = new Map(before.map((note) => [toHex(note.key), note]));
    for (const { reducer: owner, key, state } of this.#cells.values()) {
      if (owner !== reducer) continue;
      if (state === null) notes.delete(toHex(key));
      else notes.set(toHex(key), cellNote(key, state, this.entry.logicalNs));
    }
    return [...notes.values()].sort((a, b) => compareBytes(a.key, b.key));
  }

  writeCell(cell: Cell, state: Uint8Array | null): void {
    const { reducer, key } = cell;
    const frame = this.#state.head.nextFrame;
    this.#cells.set(cellId(cell), { frame, reducer, key, state, activeNs: this.entry.logicalNs });
  }

  /** How often this cell was called in the frame before: the ordinal of its entropy draw. */
  drawOf(cell: Cell): number {
    const id = cellId(cell);
    const draw = this.#drawsByCell.get(id) ?? 0;
    this.#drawsByCell.set(id, draw + 1);
    return draw;
  }

  intent(id: IntentId): OpenIntent | undefined {
    return this.#settled.has(id) ? undefined : (this.#opened.get(id) ?? this.#state.intents.get(id));
  }

  /** Records the intent; gives it, and the index of its record. */
  openIntent(request: IntentRequest, cause: number): { readonly intent: OpenIntent; readonly index: number } {
    const intent = openIntent(request, this.#state.head.nextFrame, this.#opened.size);
    this.#opened.set(intent.id, intent);
    return { intent, index: this.add(intentRecord(intent, cause)) };
  }

  settleIntent(id: IntentId): void {
    this.#settled.add(id);
  }

  /** Seals the frame and merges it into the world: from here on it has happened. */
  seal(): Sealed {
    const state = this.#state;
    const frame = this.#frame.seal(state.head, this.entry);
    const cells = [...this.#cells.values()];
    state.head = headAfter(frame);
    state.lastLogicalNs = this.entry.logicalNs;
    const redefined = state.definitions !== this.definitions;
    state.definitions = this.definitions;
    state.lastSnapshot = this.lastSnapshot;
    state.nextInstance = this.#nextInstance;
    state.pending = this.#leftOver();
    for (const [id, instance] of this.#instances) {
      if (instance === null) state.instances.delete(id);
      else state.instances.set(id, instance);
      state.waiters.set(id, this.#waiters.of(id));
    }
    // Which conditions may be told by a value depends on the schemas' types.
    if (redefined) indexWaiters(state);
    for (const id of this.#settled) state.intents.delete(id);
    const opened = [...this.#opened.values()].filter((intent) => !this.#settled.has(intent.id));
    for (const intent of opened) state.intents.set(intent.id, intent);
    this.#ledger.note(cells, this.#cache);
    this.#cache.apply(cells);
    return { frame, cells, opened, settled: [...this.#settled], blobs: this.blobs, notes: this.notes };
  }

  #leftOver(): Pending {
    return {
      deliveries: this.#deliveries.map((task) => ({ ...task, cause: null })),
      turns: this.#turns.map((task) => ({ ...task, cause: null })),
      planNext: this.#planNext,
    };
  }
}

/** A frame that has happened in memory, and what the store and the runtime must do about it. */
export interface Sealed {
  readonly frame: Frame;
  readonly cells: readonly CellWrite[];
  readonly blobs: readonly Uint8Array[];
  /** Intents to publish once the frame is durable, in order. */
  readonly opened: readonly OpenIntent[];
  readonly settled: readonly IntentId[];
  readonly notes: readonly LiveNote[];
}
