/**
 * The example worlds, opened for tests: definitions as committed, modules compiled from their sources, the engine's
 * own adapters, and a clock that moves when told. Two runs that are told the same leave the same bytes.
 */

import { expect } from "vitest";
import type { Settings } from "../../host/air/settings.ts";
import type { Journal } from "../../host/journal/port.ts";
import type { JournalRecord, RecordKind, RecordOf } from "../../host/journal/record.ts";
import type { Definitions } from "../../host/kernel/state.ts";
import { makeDefinitions } from "../../host/runtime/definitions.ts";
import type { Engine } from "../../host/runtime/engine.ts";
import type { OpenOptions } from "../../host/runtime/open.ts";
import { encodeJson, keyBytes } from "../../host/runtime/scenario.ts";
import { advanceWorld, type VirtualClock } from "../../host/testing/clock.ts";
import type { FrameSeq, Hash } from "../../host/values/brand.ts";
import { EMPTY } from "../../host/values/bytes.ts";
import { jsonFrom, stringifyJson } from "../../host/values/json.ts";
import type { Schema } from "../../host/values/schema.ts";
import {
  openVirtual,
  recordsOf,
  recordsOfKind,
  replayJournal,
  type TestWorldOptions,
  testWorld,
  valueJson,
} from "../support/world.ts";

export interface ExampleOptions
  extends Pick<TestWorldOptions, "edit">,
    Partial<Omit<OpenOptions, "journal" | "definitions" | "findModule" | "clock" | "onAdapterError">> {
  /** A new one in memory unless given; one that holds the world already opens it again. */
  readonly journal?: Journal;
  /** To go on with, where a world is opened again. */
  readonly clock?: VirtualClock;
  /** In place of what `world.json` says. */
  readonly settings?: Partial<Settings>;
}

export interface Example {
  readonly engine: Engine;
  readonly clock: VirtualClock;
  readonly journal: Journal;
  readonly definitions: Definitions;
  /** What adapters threw. */
  readonly errors: readonly unknown[];
  /** Sends an event given as plain JSON; `id` makes it idempotent. */
  send(schema: string, value: unknown, options?: SendOptions): ReturnType<Engine["send"]>;
  /** The durable state of a cell as plain JSON, null for one that is not there. */
  state(reducer: string, key?: string | number): Promise<unknown>;
  /** Events of one schema so far, in order, as plain JSON. */
  events(schema: string): Promise<unknown[]>;
  /** Records so far, in order. */
  records(): Promise<JournalRecord[]>;
  recordsOfKind<K extends RecordKind>(kind: K): Promise<RecordOf<K>[]>;
  /** A value of the journal as plain JSON. */
  json(schema: string, bytes: Uint8Array): unknown;
  /**
   * Runs until nothing is pending and no intent is open. Time goes on only while the world waits for nothing but
   * timers: a request that is to run out of time, or waits before it is tried again, needs `advance`.
   */
  idle(): Promise<void>;
  /** Resolves once so many receipts were taken since the world was opened. */
  untilReceipts(count: number): Promise<void>;
  /** Moves time on by so many ns; what falls due on the way happens, in order. */
  advance(byNs: bigint): Promise<void>;
  /** Does what was handed in, and closes the world; its journal stays open. */
  close(): Promise<void>;
  /** Replays the journal as it is, without adapters and without any blob they left, and expects the very same. */
  replays(): Promise<void>;
}

export interface SendOptions {
  readonly id?: string;
  /** For an event that carries its cell's key. */
  readonly key?: string | number;
}

/** Opens air/worlds/`name`. The only name it knows the address of is `localhost`. */
export async function openExample(name: string, options: ExampleOptions = {}): Promise<Example> {
  const { edit, settings, ...open } = options;
  const world = await testWorld({ name, ...(edit === undefined ? {} : { edit }) });
  const definitions = makeDefinitions(world.definitions.manifest, {
    ...world.definitions.settings,
    ...settings,
  });
  const errors: unknown[] = [];
  const { engine, clock, journal } = await openVirtual(
    { ...world, definitions },
    { resolveHost: onlyLocalhost, onAdapterError: (_, error) => errors.push(error), ...open },
  );
  let receipts = 0;
  engine.onFrame(({ frame }) => {
    receipts += frame.records.filter(({ kind }) => kind === "effect_receipt").length;
  });
  const { schemas, reducers } = definitions.manifest;
  const json = (schema: string, bytes: Uint8Array) => valueJson(definitions, schema, bytes);
  return {
    engine,
    clock,
    journal,
    definitions,
    errors,
    send: async (schema, value, { id, key } = {}) => {
      const bytes = encodeJson(known(schemas.get(schema), schema), jsonFrom(value));
      return engine.send({
        schema,
        value: () => bytes,
        ...(id === undefined ? {} : { ingressId: id }),
        ...(key === undefined ? {} : { key: keyBytes(jsonFrom(key)) }),
      });
    },
    state: async (reducer, key) => {
      const { state: schema } = known(reducers.get(reducer), reducer);
      const bytes = key === undefined ? EMPTY : keyBytes(jsonFrom(key));
      const head = await journal.head(engine.worldId);
      const last = (head!.nextFrame - 1n) as FrameSeq;
      const state = await journal.readCell(engine.worldId, reducer, bytes, last);
      return state === null ? null : plainJson(schema, state);
    },
    events: async (schema) => {
      const events = await recordsOfKind(journal, "domain_event");
      return events.filter((event) => event.schema === schema).map(({ value }) => json(schema, value));
    },
    records: () => recordsOf(journal),
    recordsOfKind: (kind) => recordsOfKind(journal, kind),
    json,
    idle: () => untilIdle(engine, clock),
    untilReceipts: async (count) => {
      while (receipts < count) await nextFrame(engine);
    },
    advance: (byNs) => advanceWorld(engine, clock, byNs),
    close: () => engine.close(),
    replays: async () => {
      const read: Hash[] = [];
      const report = await replayJournal(noting(journal, read));
      expect(report).toMatchObject({ verdict: "identical", divergence: null });
      expect(read.filter((hash) => !isOfDefinitions(definitions, hash))).toEqual([]);
    },
  };
}

async function untilIdle(engine: Engine, clock: VirtualClock): Promise<void> {
  for (;;) {
    await engine.settled();
    if (engine.isIdle) return;
    const open = [...engine.state.intents.values()];
    if (!open.every(({ kind }) => kind === "timer.set")) await nextFrame(engine);
    else if (!clock.fireNext()) throw new Error("timers are open, and none is set");
  }
}

/** Rejects when the world stops. */
function nextFrame(engine: Engine): Promise<void> {
  return new Promise((resolve, reject) => {
    const off = engine.onFrame(() => {
      off();
      resolve();
    });
    engine.whenIdle().catch(reject);
  });
}

async function onlyLocalhost(host: string): Promise<readonly string[]> {
  if (host === "localhost") return ["127.0.0.1"];
  throw new Error(`tests look up no names, and ${host} is one`);
}

function plainJson(schema: Schema, bytes: Uint8Array): unknown {
  return JSON.parse(stringifyJson(schema.toSugar(schema.decode(bytes))));
}

/** The journal, noting which of its blobs are read. */
function noting(journal: Journal, read: Hash[]): Journal {
  const getBlob: Journal["getBlob"] = async (world, hash) => {
    const bytes = await journal.getBlob(world, hash);
    if (bytes !== null) read.push(hash);
    return bytes;
  };
  return new Proxy(journal, {
    get: (target, name) => {
      if (name === "getBlob") return getBlob;
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

function isOfDefinitions({ manifest, settingsHash }: Definitions, hash: Hash): boolean {
  if (hash === settingsHash || manifest.nodes.has(hash)) return true;
  return [...manifest.modules.values()].some(({ wasmHash }) => wasmHash === hash);
}

function known<T>(found: T | undefined, name: string): T {
  if (found === undefined) throw new Error(`the world has no ${name}`);
  return found;
}
