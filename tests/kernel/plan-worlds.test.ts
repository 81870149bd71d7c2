/** Plans in a world that changes, is put away, or is asked to start one by hand. */

import { describe, expect, it } from "vitest";
import type { Manifest } from "../../host/air/manifest.ts";
import type { Frame } from "../../host/journal/frame.ts";
import { decodeSnapshot } from "../../host/kernel/snapshot.ts";
import { World } from "../../host/kernel/world.ts";
import { taggedBytes } from "../../host/plan/tagged.ts";
import { replay } from "../../host/replay/core/replay.ts";
import type { Hash } from "../../host/values/brand.ts";
import { encodeCbor } from "../../host/values/cbor.ts";
import { record, text, type Value } from "../../host/values/value.ts";
import { openVirtual, recordsOf, replayJournal, type TestWorld } from "../support/world.ts";
import { entryOf } from "./bare.ts";
import {
  endsIn,
  ofKind,
  type Planned,
  type PlanWorldParts,
  planned,
  planWorld,
  settledIn,
} from "./planned.ts";

const own = { op: "eq", args: [{ ref: "@event.id" }, { ref: "@plan.input.id" }] };
const emit = {
  id: "ask",
  op: "emit_effect",
  kind: "t.echo",
  params: { record: { text: { ref: "@plan.input.id" }, n: { ref: "@plan.input.n" } } },
  cap: "g",
  bind: { effect_id_as: "h" },
};
const answered = { id: "wait", op: "await_receipt", for: { ref: "@var:h" }, bind: { as: "answer" } };
const hear = { id: "hear", op: "await_event", event: "t/Heard@1", where: own, bind: { as: "event" } };
const done = (value: bigint | number) => ({ id: "end", op: "end", result: { n: Number(value) } });
const plan = (result: number) => ({
  output: "t/Out@1",
  steps: [emit, answered, hear, done(result)],
  edges: [
    { from: "ask", to: "wait" },
    { from: "wait", to: "hear" },
    { from: "hear", to: "end" },
  ],
});
const n = (value: number): Value => record([["n", { kind: "nat", value: BigInt(value) }]]);

const resultsIn = (frame: Frame, manifest: Manifest) =>
  ofKind(frame, "plan_result").map(({ schema, value }) => {
    const found = manifest.schemas.get(schema)!.decode(value);
    return found.kind === "record" ? (found.fields.get("n") as { value: bigint }).value : null;
  });

describe("a plan started by hand", () => {
  const started = (w: Planned, name: string, input: Uint8Array, correlation: Value | null = null) =>
    w.enter({
      kind: "plan",
      plan: name,
      input,
      correlation: correlation === null ? null : taggedBytes(correlation),
    });
  const input = (id: string) =>
    encodeCbor(
      new Map<string, string | bigint>([
        ["n", 2n],
        ["id", id],
      ]),
    );

  it("runs as a triggered one does, with the correlation id it is given", async () => {
    const where = { op: "eq", args: [{ ref: "@event.id" }, { ref: "@var:correlation_id" }] };
    const parts: PlanWorldParts = { plans: [{ steps: [{ ...hear, where }] }], triggers: [] };
    const w = await planned(planWorld(parts));
    const outcome = started(w, "t/P@1", input("a"), text("me"));
    if (outcome.kind !== "frame") throw new Error(outcome.kind);
    expect(outcome.frame.records.map(({ kind, cause }) => [kind, cause])).toEqual([
      ["plan_start", null],
      ["plan_started", 0],
      ["plan_turn", 1],
    ]);
    expect(endsIn(w.hear(1, "a"))).toEqual([]);
    expect(endsIn(w.hear(1, "me"))).toEqual(["ok"]);
    expect(await w.replay()).toMatchObject({ verdict: "identical" });
  });

  it.each([
    ["there is not", "t/Q@1", input("a"), "plan.unknown"],
    ["whose input it is not", "t/P@1", encodeCbor(new Map([["id", "a"]])), "plan.invalid_input"],
    ["whose input is no CBOR", "t/P@1", Uint8Array.of(0xff), "plan.invalid_input"],
    ["with too large an input", "t/P@1", new Uint8Array(300_000), "event.too_large"],
  ])("%s is refused, and nothing has happened", async (_what, name, bytes, code) => {
    const w = await planned(planWorld({ plans: [{ steps: [hear] }] }));
    const { head } = w.world.state;
    expect(() => started(w, name, bytes)).toThrow(expect.objectContaining({ kind: "request", code }));
    expect(w.world.state.head).toBe(head);
  });

  it("is a request of the runtime, accepted once under its id", async () => {
    const { engine, journal } = await openVirtual(planWorld({ plans: [{ steps: [hear] }], triggers: [] }));
    const start = { plan: "t/P@1", input: () => input("a"), ingressId: "one" };
    expect(await engine.startPlan(start)).toEqual({ frame: 1n, duplicate: false });
    expect(await engine.startPlan(start)).toEqual({ frame: 1n, duplicate: true });
    const other = engine.startPlan({ ...start, input: () => input("b") });
    await expect(other).rejects.toMatchObject({ code: "ingress.conflict" });
    const gone = engine.startPlan({ plan: "t/Q@1", input: () => input("b") });
    await expect(gone).rejects.toMatchObject({ code: "plan.unknown" });
    expect((await recordsOf(journal)).map(({ kind }) => kind)).toEqual([
      "genesis",
      "plan_start",
      "plan_started",
      "plan_turn",
    ]);
    expect(await replayJournal(journal)).toMatchObject({ verdict: "identical" });
  });
});

/** A world that changes its definitions half way. */
class Changing {
  readonly #worlds: readonly TestWorld[];
  readonly planned: Planned;

  constructor(worlds: readonly TestWorld[], w: Planned) {
    this.#worlds = worlds;
    this.planned = w;
  }

  static async of(...parts: PlanWorldParts[]): Promise<Changing> {
    const worlds = parts.map(planWorld);
    return new Changing(worlds, await planned(worlds[0]!));
  }

  change(to: number): void {
    this.planned.frame({ kind: "manifest", definitions: this.#worlds[to]!.definitions });
  }

  manifest(of: number): Manifest {
    return this.#worlds[of]!.definitions.manifest;
  }

  async replay() {
    const found = (hash: Hash) =>
      this.#worlds.find(({ definitions }) => definitions.manifest.hash === hash)!.definitions;
    return replay({
      frames: this.planned.frames.map(({ bytes }) => bytes),
      modules: this.planned.modules,
      definitions: async (manifest) => found(manifest),
      mode: "recorded",
      head: this.planned.world.state.head,
    });
  }
}

describe("a plan under way when the definitions change", () => {
  it("ends by the plan it began with, and new instances by the new one", async () => {
    const world = await Changing.of({ plans: [plan(1)] }, { plans: [plan(2)] });
    const w = world.planned;
    w.go(1, "a");
    world.change(1);
    w.go(1, "b");
    const [first, second] = w.intents();
    expect(settledIn(w.frame(w.answer(first!, n(1))))).toEqual(["wait done"]);
    w.frame(w.answer(second!, n(1)));
    expect(resultsIn(w.hear(1, "a"), world.manifest(0))).toEqual([1n]);
    expect(resultsIn(w.hear(1, "b"), world.manifest(1))).toEqual([2n]);
    expect(await world.replay()).toMatchObject({ verdict: "identical" });
  });

  it("still ends when the plan is gone, and starts no more", async () => {
    const world = await Changing.of({ plans: [plan(1)] }, { plans: [] });
    const w = world.planned;
    w.go();
    world.change(1);
    w.frame(w.answer(w.intents()[0]!, n(1)));
    expect(resultsIn(w.hear(1), world.manifest(0))).toEqual([1n]);
    expect(w.go().records.map(({ kind }) => kind)).toEqual(["domain_event"]);
    expect(await world.replay()).toMatchObject({ verdict: "identical" });
  });

  it("ends with plan.vanished where a step needs what is gone", async () => {
    const late = {
      steps: [hear, emit],
      edges: [{ from: "hear", to: "ask" }],
    };
    const gone = { kind: "manifest" } as const;
    const world = await Changing.of({ plans: [late] }, { plans: [] });
    const w = world.planned;
    w.go();
    const { definitions } = w.world.state;
    const without = { ...definitions, manifest: { ...definitions.manifest, grants: new Map() } };
    w.frame({ ...gone, definitions: without });
    expect(endsIn(w.hear(1))).toEqual(["plan.vanished at ask"]);
  });
});

describe("a snapshot of a world with plans under way", () => {
  const bytesOf = (outcome: ReturnType<World["step"]>) => {
    if (outcome.kind !== "frame") throw new Error(outcome.kind);
    return { frame: outcome.frame, blob: outcome.blobs[0]! };
  };

  it("restores what they wait for, each with the plan it began with", async () => {
    const world = await Changing.of({ plans: [plan(1)] }, { plans: [plan(2)] });
    const w = world.planned;
    w.go(1, "a");
    w.frame(w.answer(w.intents()[0]!, n(1)));
    world.change(1);
    w.go(1, "b");
    const { frame, blob } = bytesOf(w.enter({ kind: "snapshot" }));
    const snapshot = decodeSnapshot(blob);
    const [old, now] = [world.manifest(0), world.manifest(1)];
    expect([...snapshot.planManifests]).toEqual([old.hash, now.hash]);
    const ports = { modules: w.modules, cells: w.cells };
    const { definitions } = w.world.state;
    const again = World.restore(ports, snapshot, definitions, frame, new Map([[old.hash, old]]));
    expect(again.state).toEqual(w.world.state);
    const next = entryOf(w.world.state.head.nextFrame);
    const heard = w.event("t/Heard@1", { id: "a", n: 1, maybe: null });
    const [one, other] = [w.world.step(heard, next), again.step(heard, next)].map(bytesOf);
    expect(other!.frame.bytes).toEqual(one!.frame.bytes);
    expect(resultsIn(other!.frame, old)).toEqual([1n]);
    const corrupt = expect.objectContaining({ kind: "corrupt", code: "snapshot.corrupt" });
    expect(() => World.restore(ports, snapshot, definitions, frame)).toThrow(corrupt);
  });

  it("holds pending work", async () => {
    const w = await planned(planWorld({ plans: [{ steps: [hear] }] }));
    for (let i = 0; i < 1100; i++) w.go();
    w.hear(1);
    expect(w.world.isBusy).toBe(true);
    const { frame, blob } = bytesOf(w.enter({ kind: "snapshot" }));
    const ports = { modules: w.modules, cells: w.cells };
    const again = World.restore(ports, decodeSnapshot(blob), w.world.state.definitions, frame);
    expect(again.state).toEqual(w.world.state);
    const next = entryOf(w.world.state.head.nextFrame);
    const [one, other] = [w.world, again].map((each) => bytesOf(each.step({ kind: "continue" }, next)));
    expect(other!.frame.bytes).toEqual(one!.frame.bytes);
    expect(endsIn(other!.frame)).toHaveLength(1100 - 1024);
  });
});

describe("replay against other definitions", () => {
  const against = async (recorded: PlanWorldParts, other: PlanWorldParts) => {
    const w = await planned(planWorld(recorded));
    w.go();
    const [intent] = w.intents();
    if (intent !== undefined) w.frame(w.answer(intent, n(1)));
    const { definitions } = planWorld(other);
    return replay({
      frames: w.frames.map(({ bytes }) => bytes),
      modules: w.modules,
      definitions: async () => definitions,
      mode: "against",
      head: null,
    });
  };
  const asking = (params: object = emit.params) => ({
    plans: [{ steps: [{ ...emit, params }, answered], edges: [{ from: "ask", to: "wait" }] }],
  });

  it("takes a plan of another hash that does the same for the same", async () => {
    const renamed = {
      plans: [{ ...asking().plans[0]!, steps: [emit, { ...answered, bind: { as: "other" } }] }],
    };
    expect(await against(asking(), renamed)).toMatchObject({ verdict: "identical" });
  });

  it("names the part of an effect's parameters that differs", async () => {
    const other = asking({ record: { text: { ref: "@plan.input.id" }, n: { int: 9 } } });
    expect((await against(asking(), other)).divergence).toMatchObject({
      kind: "effect_intent",
      field: "params.n",
      recorded: "1",
      replayed: "9",
    });
  });

  it("names the decision where a policy refuses what was allowed, and the other way round", async () => {
    const decision = { kind: "policy_decision", frame: 1n };
    expect((await against(asking(), { ...asking(), deny: ["t.echo"] })).divergence).toMatchObject({
      ...decision,
      field: "decision",
    });
    expect((await against({ ...asking(), deny: ["t.echo"] }, asking())).divergence).toMatchObject(decision);
  });
});
