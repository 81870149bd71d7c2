/** What one delivery led to, and what a test may say about it. */

import type { Manifest, Reducer } from "../air/manifest.ts";
import type { RecordOf } from "../journal/record.ts";
import { equalBytes } from "../values/bytes.ts";
import { hasSelfDescribe, SELF_DESCRIBE } from "../values/cbor.ts";
import { toNative } from "../values/native.ts";
import {
  checkEffects,
  checkEvents,
  checkFault,
  checkNothing,
  checkState,
  type FoundEffect,
  type FoundEvent,
} from "./checks.ts";
import type { DeliveryOutput } from "./delivery.ts";
import { raise } from "./failure.ts";
import { nativeEventKey } from "./keys.ts";
import type {
  DomainEvent,
  EventOf,
  ExpectedEffects,
  Fault,
  ReducerName,
  RequestedEffect,
  StateOf,
  WorldTypes,
} from "./types.ts";

/** An effect as the module asked for it. */
export interface EmittedEffect extends RequestedEffect {
  /** Capability slot; null is the one named `default`. */
  readonly slot: string | null;
  /** 32 bytes; null where the author gave none. */
  readonly idempotencyKey: Uint8Array | null;
}

/** Given to those who check: the outcome as a test reads it, and the schemas it is of. */
export interface OutcomeParts {
  readonly manifest: Manifest;
  readonly reducer: Reducer;
  readonly before: Uint8Array | null;
  readonly delivered: DeliveryOutput;
}

export class ReducerOutcome<W extends WorldTypes, N extends ReducerName<W>> {
  /** State of the cell afterwards, null when there is none; what it was before where the delivery faulted. */
  readonly state: StateOf<W, N> | null;
  /** Whether its bytes are others than before. */
  readonly stateChanged: boolean;
  /** Events it emitted, in order; none where it faulted. */
  readonly events: readonly DomainEvent<W>[];
  /** Effects it asked for that passed the gate, in order; none where it faulted. */
  readonly effects: readonly EmittedEffect[];
  /** Bytes of the note it attached; null for none. */
  readonly annotation: Uint8Array | null;
  /** Why it did not apply; null where it did. */
  readonly fault: Fault | null;
  /** Instructions it executed, as the world's fuel schedule counts them. */
  readonly fuel: bigint;
  /** What the engine said about a trap; differs between engines and is never journaled. */
  readonly notes: readonly string[];
  readonly #parts: OutcomeParts;
  readonly #next: (event: EventOf<W, N>) => ReducerOutcome<W, N>;

  constructor(parts: OutcomeParts, next: (event: EventOf<W, N>) => ReducerOutcome<W, N>) {
    const { manifest, reducer, before, delivered } = parts;
    const { frame, state, output, notes } = delivered;
    const delivery = frame.records.find((record) => record.kind === "delivery") as RecordOf<"delivery">;
    const applied = delivery.outcome === "ok";
    this.#parts = parts;
    this.#next = next;
    this.state = state === null ? null : (nativeState(reducer, state) as StateOf<W, N>);
    this.stateChanged = !isSameState(before, state);
    this.events = frame.records.flatMap((record) =>
      record.kind === "domain_event" && record.cause !== null ? [eventOf(manifest, record)] : [],
    ) as readonly unknown[] as readonly DomainEvent<W>[];
    this.effects = applied ? (output?.effects ?? []).map((effect) => effectOf(manifest, effect)) : [];
    this.annotation = delivery.annotation;
    this.fault = faultOf(delivery);
    this.fuel = delivery.fuel;
    this.notes = notes;
  }

  /** Delivers another event to the same cell, as it is now. */
  when(event: EventOf<W, N>): ReducerOutcome<W, N> {
    return this.#next(event);
  }

  /** The whole state is this one; null for a cell that is not there. */
  thenState(expected: StateOf<W, N> | null): this {
    return this.#check(checkState(this.#what, this.#parts.reducer.state, expected, this));
  }

  /** The state has these fields; the others may be anything. */
  thenStateHas(expected: Partial<StateOf<W, N>>): this {
    return this.#check(checkState(this.#what, this.#parts.reducer.state, expected, this, "some"));
  }

  /** It emitted these events, in this order, and no others. */
  thenEvents(...expected: readonly DomainEvent<W>[]): this {
    return this.#check(checkEvents(this.#parts.manifest, expected as readonly FoundEvent[], this));
  }

  /** It asked for these effects, in this order, and no others. */
  thenEffects<const Kinds extends readonly string[]>(...expected: ExpectedEffects<Kinds>): this {
    return this.#check(checkEffects(this.#parts.manifest, expected as readonly FoundEffect[], this));
  }

  /** The delivery was applied, and changed no state, emitted no event and asked for no effect. */
  thenNothingHappened(): this {
    return this.#check(checkNothing(this));
  }

  /** It faulted with this code; `message` is a part of the fault's, or a pattern. */
  thenFault(code: string, message?: string | RegExp): this {
    return this.#check(checkFault(code, message, this.fault === null ? [] : [this.fault]));
  }

  get #what(): string {
    return `the state of ${this.#parts.reducer.module.name}`;
  }

  #check(found: string | null): this {
    raise(found);
    return this;
  }
}

export function nativeState(reducer: Reducer, bytes: Uint8Array): unknown {
  return toNative(reducer.state, reducer.state.decode(bytes));
}

export function eventOf(manifest: Manifest, record: RecordOf<"domain_event">): FoundEvent {
  const { schema: name, value, key } = record;
  const schema = manifest.schemas.get(name)!;
  return {
    schema: name,
    value: toNative(schema, schema.decode(value)),
    key: nativeEventKey(manifest, name, key),
  };
}

/** Params in the form of the kind's schema; a fault's effects never get here. */
function effectOf(manifest: Manifest, emitted: NonNullable<DeliveryOutput["output"]>["effects"][number]) {
  const { kind, slot, idempotencyKey } = emitted;
  const schema = manifest.effects.get(kind)!.params;
  const params = toNative(schema, schema.decode(schema.normalize(emitted.params)));
  return { kind, params, slot, idempotencyKey };
}

export function faultOf(delivery: RecordOf<"delivery">): Fault | null {
  const { faultCode, faultMessage, faultFile, faultLine, faultColumn } = delivery;
  if (faultCode === null) return null;
  return {
    code: faultCode,
    message: faultMessage ?? "",
    file: faultFile,
    line: faultLine === null ? null : Number(faultLine),
    column: faultColumn === null ? null : Number(faultColumn),
  };
}

/** A state is stored with the self-describe tag or without, as the module returned it. */
function isSameState(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b;
  return equalBytes(withoutTag(a), withoutTag(b));
}

function withoutTag(state: Uint8Array): Uint8Array {
  return hasSelfDescribe(state) ? state.subarray(SELF_DESCRIBE.length) : state;
}
