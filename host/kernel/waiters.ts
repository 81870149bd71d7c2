/**
 * Who waits for which event. An event costs what the instances cost that may take it, not what all cost that
 * wait: those whose condition names a value are found by that value.
 */

import { type EventWait, eventKey, eventWaits } from "../plan/waiting.ts";
import type { RecordSeq } from "../values/brand.ts";
import type { Value } from "../values/value.ts";
import type { WorldState } from "./state.ts";

export interface Waiter {
  readonly instance: bigint;
  readonly step: string;
  readonly since: RecordSeq;
}

/** Those that wait for events of one schema. */
interface Shelf {
  /** By what they are, so that each can be taken away again. */
  readonly any: Map<string, Waiter>;
  /** By path, then by the value there. */
  readonly keyed: Map<string, KeyedShelf>;
}

interface KeyedShelf {
  readonly path: readonly string[];
  readonly byValue: Map<string, Map<string, Waiter>>;
}

export class Waiters {
  readonly #waits = new Map<bigint, readonly EventWait[]>();
  readonly #shelves = new Map<string, Shelf>();

  /** Replaces what an instance waits for. */
  set(instance: bigint, waits: readonly EventWait[]): void {
    this.remove(instance);
    if (waits.length === 0) return;
    this.#waits.set(instance, waits);
    for (const wait of waits) {
      const waiter: Waiter = { instance, step: wait.step, since: wait.since };
      this.#bin(wait).set(idOf(instance, wait.step), waiter);
    }
  }

  remove(instance: bigint): void {
    const waits = this.#waits.get(instance);
    if (waits === undefined) return;
    this.#waits.delete(instance);
    for (const wait of waits) this.#drop(wait, idOf(instance, wait.step));
  }

  of(instance: bigint): readonly EventWait[] {
    return this.#waits.get(instance) ?? [];
  }

  /** Those that may take an event of this schema, the oldest first. `read` is called only when there are any. */
  candidates(schema: string, read: () => Value): readonly Waiter[] {
    const shelf = this.#shelves.get(schema);
    if (shelf === undefined) return [];
    const found = [...shelf.any.values()];
    for (const { path, byValue } of shelf.keyed.values()) {
      found.push(...(byValue.get(eventKey(read(), path))?.values() ?? []));
    }
    return found.sort(byAge);
  }

  #bin({ event, key }: EventWait): Map<string, Waiter> {
    const shelf = made(this.#shelves, event, (): Shelf => ({ any: new Map(), keyed: new Map() }));
    if (key === null) return shelf.any;
    const keyed = made(shelf.keyed, key.path.join("."), () => ({ path: key.path, byValue: new Map() }));
    return made(keyed.byValue, key.value, () => new Map<string, Waiter>());
  }

  /** Takes the waiter out, and whatever is empty then: schemas and values come and go. */
  #drop({ event, key }: EventWait, id: string): void {
    const shelf = this.#shelves.get(event)!;
    if (key === null) shelf.any.delete(id);
    else {
      const path = key.path.join(".");
      const keyed = shelf.keyed.get(path)!;
      const bin = keyed.byValue.get(key.value)!;
      bin.delete(id);
      if (bin.size === 0) keyed.byValue.delete(key.value);
      if (keyed.byValue.size === 0) shelf.keyed.delete(path);
    }
    if (shelf.any.size === 0 && shelf.keyed.size === 0) this.#shelves.delete(event);
  }
}

/** Looks at every instance anew: after a restore, and when the schemas have changed. */
export function indexWaiters({
  instances,
  waiters,
  definitions,
}: Pick<WorldState, "instances" | "waiters" | "definitions">): void {
  for (const instance of instances.values()) {
    waiters.set(instance.id, eventWaits(instance, definitions.manifest.schemas));
  }
}

/** A turn begins at most one wait, so records tell them apart; two at one record are those of one instance. */
export function byAge(a: Waiter, b: Waiter): number {
  return a.since < b.since ? -1 : a.since > b.since ? 1 : 0;
}

function idOf(instance: bigint, step: string): string {
  return `${instance} ${step}`;
}

function made<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = make();
  map.set(key, value);
  return value;
}
