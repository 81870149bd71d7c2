/**
 * Worlds in which two originators wait for a receipt each, and receipts for them as they come: from an adapter of
 * this process, or from outside.
 */

import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { afterEach, expect } from "vitest";
import type { Adapter, Settle } from "../../host/adapters/port.ts";
import type { Receipt, ReceiptStatus } from "../../host/effects/receipt.ts";
import { createMemoryJournal } from "../../host/journal/memory.ts";
import type { Journal } from "../../host/journal/port.ts";
import type { Adapters } from "../../host/runtime/adapters.ts";
import { makeDefinitions } from "../../host/runtime/definitions.ts";
import type { Engine } from "../../host/runtime/engine.ts";
import { signReceipt } from "../../host/runtime/receipts.ts";
import type { VirtualClock } from "../../host/testing/clock.ts";
import type { IntentId } from "../../host/values/brand.ts";
import { toHex } from "../../host/values/bytes.ts";
import { type Cbor, canon } from "../../host/values/cbor.ts";
import { type PlanWorldParts, planWorld } from "../kernel/planned.ts";
import { keyed } from "../kernel/probe.ts";
import { changedReducer } from "../support/modules.ts";
import { openVirtual, send, startWork, type TestWorld, testWorld, valueJson } from "../support/world.ts";

const closing: Engine[] = [];
afterEach(async () => {
  for (const engine of closing.splice(0)) await engine.close();
});

const PSP = generateKeyPairSync("ed25519");
export const NOBODY = generateKeyPairSync("ed25519");
const KINDS = ["t.echo", "http.request", "timer.set"];

/** A world in which two originators wait for a receipt each: intents 1.0 and 2.0. */
export interface Stage {
  readonly engine: Engine;
  readonly journal: Journal;
  readonly clock: VirtualClock;
  readonly world: TestWorld;
  readonly settle: Settle;
  /** A payload of the effect's receipt schema. */
  readonly payload: Uint8Array;
}

/** With adapters that do nothing unless others are given: those of the engine, and more. */
async function opened(
  world: TestWorld,
  payload: Uint8Array,
  before?: Pick<Stage, "journal" | "clock">,
  real?: Adapters,
): Promise<Stage> {
  const { manifest, settings } = world.definitions;
  const keys = [toHex(new Uint8Array(Buffer.from(PSP.publicKey.export({ format: "jwk" }).x!, "base64url")))];
  const receiptKeys = new Map([["psp", { effectKinds: KINDS, keys }]]);
  let settle: Settle = () => {};
  const { engine, journal, clock } = await openVirtual(
    { ...world, definitions: makeDefinitions(manifest, { ...settings, receiptKeys }) },
    {
      journal: before?.journal ?? createMemoryJournal(),
      ...(before === undefined ? {} : { clock: before.clock, upgrade: true }),
      adapters:
        real ??
        ((given) => {
          settle = given;
          return [HOLDING];
        }),
    },
  );
  closing.push(engine);
  return { engine, journal, clock, world, settle, payload };
}

/** Does nothing: whether and when a receipt comes is the test's. */
const HOLDING: Adapter = { effectKinds: KINDS, start() {}, settled() {}, stop() {} };

/** The same world by other definitions. */
export async function upgraded(stage: Stage, world: TestWorld): Promise<Stage> {
  await stage.engine.close();
  return opened(world, stage.payload, stage);
}

const ECHO = canon(new Map<string, Cbor>([["n", 5n]]).set("maybe", null));
const HTTP = canon(
  new Map<string, Cbor>([
    ["status", 200n],
    ["headers", new Map()],
    ["body_ref", null],
    ["timings", new Map([["start_ns", 1n]]).set("end_ns", 2n)],
    ["adapter_id", "host.http"],
  ]),
);
const TIMER = canon(new Map<string, Cbor>([["delivered_at_ns", 7n]]).set("key", null));

const ECHO_PARAMS = { record: { text: { text: "x" }, n: { int: 1 }, maybe: { null: {} } } };
const httpParams = (url: string) => ({
  record: { method: { text: "GET" }, url: { text: url }, headers: { map: [] }, body_ref: { null: {} } },
});
const ask = (kind: string, url: string) => ({
  id: "ask",
  op: "emit_effect",
  kind,
  cap: kind === "t.echo" ? "g" : "web",
  params: kind === "t.echo" ? ECHO_PARAMS : httpParams(url),
  bind: { effect_id_as: "asked" },
});
const WAIT = { id: "wait", op: "await_receipt", for: { ref: "@var:asked" }, bind: { as: "answer" } };
const none = { null: {} };
const HOSTS = { set: [{ text: "127.0.0.1" }, { text: "api.example" }] };
const WEB: Omit<PlanWorldParts, "plans"> = {
  builtins: ["sys/http.request@1"],
  grants: [
    {
      name: "web",
      cap: "sys/http.out@1",
      params: { record: { hosts: HOSTS, schemes: none, methods: none, ports: none, path_prefixes: none } },
    },
  ],
};

export interface PlanOptions {
  /** Whether they end without waiting. */
  readonly ending?: boolean;
  readonly url?: string;
  readonly adapters?: Adapters;
}

/** Two instances that await a receipt, or have ended without one. */
export async function plans(kind: string, options: PlanOptions = {}): Promise<Stage> {
  const { ending = false, url = "http://api.example/", adapters } = options;
  const steps = ending ? [ask(kind, url), { id: "end", op: "end" }] : [ask(kind, url), WAIT];
  const edges = [{ from: "ask", to: ending ? "end" : "wait" }];
  const world = planWorld({ ...WEB, plans: [{ steps, edges }] });
  const stage = await opened(world, kind === "t.echo" ? ECHO : HTTP, undefined, adapters);
  for (const id of ["a", "b"]) await send(stage.engine, "t/Go@1", { id, n: 1 });
  return twins(stage);
}

/** Sets a timer, and may then delete its cell. */
const CLERK = `
import { RetryReducer, StartWork, TimerFired, WorkErr, WorkOk } from "./air";

export class Clerk extends RetryReducer {
  init(): void { this.state.pc = "New"; }
  onStart(event: StartWork): void {
    this.state.pc = "Waiting";
    this.effects.timerSet(event.nowNs + 1_000_000_000, event.reqId);
  }
  onOk(_event: WorkOk): void { this.state = null; }
  onErr(_event: WorkErr): void {}
  onTimer(event: TimerFired): void {
    this.state.pc += " fired " + event.status + " " + event.receipt.deliveredAtNs.toString();
  }
}
`;

/** Two cells, `a` and `b`, that wait for a timer each. */
export async function cells(adapters?: Adapters): Promise<Stage> {
  const stage = await opened(await clerkWorld(), TIMER, undefined, adapters);
  for (const id of ["a", "b"]) await startWork(stage.engine, { req_id: id });
  return twins(stage);
}

export async function clerkWorld(
  change: (path: string, json: never) => unknown = (_, json) => json,
): Promise<TestWorld> {
  const edit = (path: string, text: string): string =>
    JSON.stringify(change(path, JSON.parse(keyed(path, text)) as never));
  return testWorld({ module: await changedReducer("retry-backoff", () => CLERK), edit });
}

function twins(stage: Stage): Stage {
  expect([...stage.engine.state.intents.keys()]).toEqual(["1.0", "2.0"]);
  return stage;
}

type Part = "manifest" | "module" | "schemas" | "world";
type Json = Readonly<Record<string, unknown>>;
interface Schema {
  readonly name: string;
  readonly type: { readonly variant: object };
}
/** Definitions of the clerk's world with some of their files changed. */
const without = (changes: Partial<Record<Part, (json: Json) => unknown>>) => (path: string, json: never) => {
  const change = changes[path.split(/[./]/).find((part) => part in changes) as Part];
  return change === undefined ? json : change(structuredClone(json));
};
const drop = (json: object, ...names: string[]) =>
  Object.fromEntries(Object.entries(json).filter(([name]) => !names.includes(name)));
const emitsNothing = (json: Json) => {
  const { reducer } = json.abi as { readonly reducer: object };
  return { ...json, abi: { reducer: drop(reducer, "effects_emitted", "cap_slots") } };
};

export const reducerGone = async (stage: Stage) =>
  upgraded(
    stage,
    await clerkWorld(
      without({
        manifest: (json) => ({ ...drop(json, "module_bindings", "routing"), modules: [] }),
        world: (json) => ({ ...json, modules: {} }),
      }),
    ),
  );
export const armGone = async (stage: Stage) =>
  upgraded(
    stage,
    await clerkWorld(
      without({
        manifest: (json) => drop(json, "module_bindings"),
        module: emitsNothing,
        schemas: (json) =>
          (json as unknown as readonly Schema[]).map((each) =>
            each.name === "demo/RetryEvent@1"
              ? { ...each, type: { variant: drop(each.type.variant, "Timer") } }
              : each,
          ),
      }),
    ),
  );
export const timersGone = async (stage: Stage) =>
  upgraded(
    stage,
    await clerkWorld(
      without({
        manifest: (json) => ({ ...drop(json, "module_bindings"), effects: [] }),
        module: emitsNothing,
      }),
    ),
  );
export const webGone = (stage: Stage) =>
  upgraded(stage, planWorld({ plans: [{ steps: [{ id: "end", op: "end" }] }] }));

/** What a receipt says; `ok` with the payload of the stage unless told otherwise. */
export interface Said {
  readonly intent?: string;
  readonly status?: ReceiptStatus;
  readonly payload?: Uint8Array;
  /** Who signs it; the adapter's own key unless given. */
  readonly by?: KeyObject;
}

export type Way = "adapter" | "outside";

export async function give(stage: Stage, way: Way, said: Said = {}): Promise<string> {
  const { intent = "1.0", status = "ok", payload = stage.payload, by = PSP.privateKey } = said;
  if (way === "adapter") {
    const before = stage.engine.ignoredReceipts;
    stage.settle(intent as IntentId, () => receiptOf(payload, status));
    await stage.engine.settled();
    if (stage.engine.ignoredReceipts > before) return "ignored";
    return stage.engine.state.intents.has(intent as IntentId) ? "refused" : "taken";
  }
  const key = by.export({ type: "pkcs8", format: "pem" }) as string;
  const receipt = { intent: intent as IntentId, adapter: "psp", status, payload };
  try {
    const { outcome } = await stage.engine.receive(signReceipt(key, stage.engine.worldId, receipt));
    return outcome === "settled" ? "taken" : outcome;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const receiptOf = (payload: Uint8Array, status: ReceiptStatus): Receipt => ({
  adapterId: "test",
  status,
  payload,
  costCents: null,
  signature: new Uint8Array(64),
  tries: 1n,
});

/** The states of the clerk's cells. */
export function pcs(engine: Engine): unknown[] {
  const { definitions } = engine.state;
  return [...engine.cells.existing()].map(
    ({ state }) => (valueJson(definitions, "demo/RetryState@1", state) as { pc: string }).pc,
  );
}
