/**
 * Random worlds of plans, run by the kernel and by the reference interpreter: the same records. In between the
 * kernel's world is put away in a snapshot and restored, and at the end its journal is replayed.
 */

import { expect, it } from "vitest";
import type { Manifest } from "../../host/air/manifest.ts";
import type { ReceiptStatus } from "../../host/effects/receipt.ts";
import type { Frame } from "../../host/journal/frame.ts";
import { fieldsOf, fieldValue, type JournalRecord } from "../../host/journal/record.ts";
import { MemoryCells } from "../../host/kernel/cells.ts";
import type { Ingress } from "../../host/kernel/ingress.ts";
import { decodeSnapshot } from "../../host/kernel/snapshot.ts";
import type { Definitions } from "../../host/kernel/state.ts";
import { World } from "../../host/kernel/world.ts";
import { replay } from "../../host/replay/core/replay.ts";
import { makeDefinitions } from "../../host/runtime/definitions.ts";
import { toHex } from "../../host/values/bytes.ts";
import { type Cbor, encodeCbor } from "../../host/values/cbor.ts";
import { NULL, record, text, type Value } from "../../host/values/value.ts";
import { createModuleHost } from "../../host/wasm/host.ts";
import { IDS, Rng, randomWorld } from "../plan/random-plans.ts";
import { Reference, type SaidReceipt, type SaidRecord } from "../plan/reference.ts";
import { runsOf, seedOf } from "../values/support.ts";
import { entryOf, GENESIS } from "./bare.ts";
import { planWorld, receiptOf } from "./planned.ts";

const SEED = seedOf("plan model");
const RUNS = runsOf(5_000, 300);
const BASE = planWorld({ plans: [] });
const MODULES = createModuleHost(() => undefined);

it(`gives the reference's records in ${RUNS} random worlds of plans`, { timeout: 300_000 }, async () => {
  const seen = new Map<string, number>();
  for (let run = 0; run < RUNS; run++) {
    const tried = new Trial(SEED + run);
    tried.run();
    if (run % 10 === 0) await tried.replay();
    for (const { records } of tried.frames) {
      for (const each of records) for (const word of wordsOf(each)) seen.set(word, (seen.get(word) ?? 0) + 1);
    }
  }
  console.log([...seen].map(([word, times]) => `${word} ${times}`).join(", "));
  // A model that never comes to a thing says nothing of it.
  const common = ["ok", "plan.missing_ref", "plan.type_error", "plan.invalid_value", "plan.uncorrelated"];
  for (const each of [...common, "done", "skipped", "tagged", "typed", "loose"]) {
    expect(RUNS < 300 ? 1 : (seen.get(each) ?? 0), each).toBeGreaterThan(0);
  }
});

/** One random world and what happens to it; both are given by the seed. */
class Trial {
  readonly #rng: Rng;
  readonly #seed: number;
  readonly #definitions: Definitions;
  readonly #reference: Reference;
  readonly #cells = new MemoryCells();
  #world: World;
  readonly frames: Frame[] = [];

  constructor(seed: number) {
    this.#seed = seed;
    this.#rng = new Rng(seed);
    const manifest = randomWorld(this.#rng, BASE.definitions.manifest);
    this.#definitions = makeDefinitions(manifest, BASE.definitions.settings);
    this.#reference = new Reference(manifest);
    const ports = { modules: MODULES, cells: this.#cells };
    const { world, outcome } = World.create(ports, GENESIS, this.#definitions, entryOf(0n));
    if (outcome.kind === "frame") this.frames.push(outcome.frame);
    this.#world = world;
  }

  run(): void {
    const actions = 4 + this.#rng.below(16);
    for (let i = 0; i < actions; i++) this.#act(this.#rng.below(100));
  }

  async replay(): Promise<void> {
    const report = await replay({
      frames: this.frames.map(({ bytes }) => bytes),
      modules: MODULES,
      definitions: async () => this.#definitions,
      mode: "recorded",
      head: this.#world.state.head,
    });
    expect(report, this.#hint).toMatchObject({ verdict: "identical", frames: this.frames.length });
  }

  get #hint(): string {
    return `AIRLOOM_SEED=${this.#seed} AIRLOOM_RUNS=1, frame ${this.frames.length - 1}`;
  }

  #act(choice: number): void {
    const intents = [...this.#world.state.intents.keys()];
    if (choice < 6) this.#restore();
    else if (choice < 45 && intents.length > 0) {
      const intent = this.#rng.pick(intents);
      const { payload, ...said } = randomReceipt(this.#rng, this.#definitions.manifest);
      const receipt = receiptOf(payload, said.status as ReceiptStatus);
      const frame = this.#enter({ kind: "receipt", intent, receipt });
      this.#compare(frame, this.#reference.receipt(intent, { payload, ...said }));
    } else {
      const [schema, value] = randomEvent(this.#rng, this.#definitions.manifest);
      const frame = this.#enter({ kind: "event", schema, value, key: null });
      this.#compare(frame, this.#reference.event(schema, value));
    }
  }

  #enter(ingress: Ingress): Frame {
    const outcome = this.#world.step(ingress, entryOf(this.#world.state.head.nextFrame));
    if (outcome.kind !== "frame") throw new Error(`no frame: ${outcome.kind}`);
    this.frames.push(outcome.frame);
    return outcome.frame;
  }

  /** Puts the world away and takes it out again. */
  #restore(): void {
    const before = this.#world;
    const outcome = before.step({ kind: "snapshot" }, entryOf(before.state.head.nextFrame));
    if (outcome.kind !== "frame") throw new Error(`no frame: ${outcome.kind}`);
    this.frames.push(outcome.frame);
    this.#reference.alone();
    const ports = { modules: MODULES, cells: this.#cells };
    const snapshot = decodeSnapshot(outcome.blobs[0]!);
    this.#world = World.restore(ports, snapshot, this.#definitions, outcome.frame);
    expect(this.#world.state, this.#hint).toEqual(before.state);
  }

  #compare(frame: Frame, said: readonly SaidRecord[]): void {
    const [found, expected] = [frame.records.map(shown), said.map(shownSaid)];
    if (found.join("\n") !== expected.join("\n")) expect(found, this.#hint).toEqual(expected);
  }
}

/** What the reference does not say: words for people, and a form that is the kernel's own. */
const UNSAID = new Set(["errorMessage", "environmentHash"]);

function shown(record: JournalRecord): string {
  const fields = fieldsOf(record.kind)
    .filter(({ key }) => !UNSAID.has(key))
    .map(({ key }) => `${key}=${show(fieldValue(record, key))}`);
  return [`${record.kind} <- ${record.cause}`, ...fields].join(" ");
}

function shownSaid(said: SaidRecord): string {
  const fields = fieldsOf(said.kind)
    .filter(({ key }) => !UNSAID.has(key))
    .map(({ key }) => `${key}=${show(said[key])}`);
  return [`${said.kind} <- ${said.cause}`, ...fields].join(" ");
}

function show(value: unknown): string {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return `[${value.map(show).join(" ")}]`;
  return String(value);
}

function wordsOf(record: JournalRecord): readonly string[] {
  if (record.kind === "plan_ended") return [record.errorCode ?? "ok"];
  if (record.kind === "plan_turn") return record.steps.map(([, outcome]) => outcome);
  return record.kind === "effect_receipt" ? [record.reading ?? "none"] : [];
}

function randomEvent(rng: Rng, { schemas }: Manifest): [string, Uint8Array] {
  const name = rng.percent(35) ? "t/Go@1" : rng.percent(85) ? "t/Heard@1" : "t/Said@1";
  const maybe = rng.percent(50) ? nat(rng.below(4)) : NULL;
  const fields: [string, Value][] = [
    ["id", text(rng.pick(IDS))],
    ["n", nat(rng.below(7))],
    ...(name === "t/Heard@1" ? ([["maybe", maybe]] as [string, Value][]) : []),
  ];
  return [name, schemas.get(name)!.encode(record(fields))];
}

const nat = (value: number): Value => ({ kind: "nat", value: BigInt(value) });

/** A receipt in one of the forms it may come in, and what a plan is to see of it. */
function randomReceipt(rng: Rng, { effects }: Manifest): SaidReceipt {
  const status = rng.percent(75) ? "ok" : rng.pick(["error", "timeout"]);
  const n = rng.below(7);
  switch (rng.below(6)) {
    case 0: {
      const value = record([["n", { kind: "int", value: BigInt(n) }]]);
      const payload = encodeCbor(new Map([["Record", new Map([["n", new Map([["Int", BigInt(n)]])]])]]));
      return { status, value, payload, reading: "tagged" };
    }
    case 1: {
      const value = record([
        ["z", nat(n)],
        ["n", text("what")],
      ]);
      const loose = new Map<string, Cbor>([
        ["z", BigInt(n)],
        ["n", "what"],
      ]);
      return { status, value, payload: encodeCbor(loose), reading: "loose" };
    }
    case 2: {
      const payload = rng.percent(50) ? new Uint8Array(0) : Uint8Array.of(0xff, n);
      return { status, value: { kind: "bytes", value: payload }, payload, reading: "loose" };
    }
    default: {
      const value = record([
        ["n", nat(n)],
        ["maybe", rng.percent(50) ? NULL : text("m")],
      ]);
      return { status, value, payload: effects.get("t.echo")!.receipt.encode(value), reading: "typed" };
    }
  }
}
