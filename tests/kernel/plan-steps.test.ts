/** What each step of a plan does in a world (docs/air.md, "Plans"). */

import { describe, expect, it } from "vitest";
import { type Cbor, encodeCbor } from "../../host/values/cbor.ts";
import { record } from "../../host/values/value.ts";
import { endsIn, ofKind, type Planned, planned, planWorld, settledIn, shape } from "./planned.ts";
import { answered, assign, chain, edge, emit, end, hear, n, op, own, say, variable } from "./steps.ts";

async function world(plan: object, more: object = {}): Promise<Planned> {
  return planned(planWorld({ plans: [plan], ...more }));
}

describe("emit_effect", () => {
  const plan = {
    output: "t/Out@1",
    steps: [
      emit("ask"),
      answered("wait", "ask", { status_as: "status" }),
      end("end", { record: { n: op("get", variable("wait_value"), { text: "n" }) } }),
    ],
    edges: chain("ask", "wait", "end"),
  };

  it("asks the gate and leaves an intent with its step, and the plan goes on with the receipt", async () => {
    const w = await world(plan);
    const frame = w.go(3);
    const decided = ["cap_decision 2", "policy_decision 2", "effect_intent 2"];
    expect(shape(frame)).toEqual(["domain_event -", "plan_started 0", "plan_turn 1", ...decided]);
    const [intent] = ofKind(frame, "effect_intent");
    const origin = { originKind: "plan", originName: "t/P@1", instance: 0n, step: "ask" };
    expect(intent).toMatchObject({ effectKind: "t.echo", capName: "g", ...origin });
    const answer = w.frame(w.answer(w.intents()[0]!, n(5)));
    expect(shape(answer)).toEqual(["effect_receipt -", "plan_turn 0", "plan_ended 1", "plan_result 1"]);
    expect(ofKind(answer, "effect_receipt")[0]).toMatchObject({ reading: "typed", status: "ok" });
    expect(settledIn(answer)).toEqual(["wait done", "end done"]);
    expect(w.intents()).toEqual([]);
    expect(await w.replay()).toMatchObject({ verdict: "identical" });
  });

  it("brings its parameters to the effect's schema: nat to int, absent options to none", async () => {
    const w = await world(plan);
    const [intent] = ofKind(w.go(3), "effect_intent");
    const { params } = w.world.state.definitions.manifest.effects.get("t.echo")!;
    expect(params.decode(intent!.params)).toEqual(
      record([
        ["n", { kind: "int", value: 3n }],
        ["text", { kind: "text", value: "a" }],
        ["maybe", { kind: "null" }],
      ]),
    );
  });

  it("gives handle, intent hash and parameters to those behind it", async () => {
    const step = (path: string) => ({ ref: `@step:ask.${path}` });
    const w = await world({
      output: "t/Said@1",
      steps: [
        emit("ask"),
        end("end", {
          record: {
            id: op("concat", step("handle"), step("params.text")),
            n: op("len", step("intent_hash")),
          },
        }),
      ],
      edges: chain("ask", "end"),
    });
    const [result] = ofKind(w.go(), "plan_result");
    const { schemas } = w.world.state.definitions.manifest;
    expect(schemas.get("t/Said@1")!.decode(result!.value)).toEqual(
      record([
        ["n", { kind: "nat", value: 32n }],
        ["id", { kind: "text", value: "ask_handlea" }],
      ]),
    );
  });

  it("goes before the other steps that are ready, and two equal ones are two intents", async () => {
    const w = await world({ steps: [say("first"), emit("one"), emit("two")] });
    const frame = w.go();
    expect(settledIn(frame)).toEqual(["one done", "two done", "first done"]);
    const intents = ofKind(frame, "effect_intent");
    expect(intents.map(({ ordinal }) => ordinal)).toEqual([0n, 1n]);
    expect(intents[0]!.intentHash).toBe(intents[1]!.intentHash);
    expect(w.intents().map(({ id }) => id)).toEqual(["1.0", "1.1"]);
  });

  it.each([
    ["a hash", { hash: `sha256:${"ab".repeat(32)}` }],
    ["its text", op("concat", { text: "sha256:" }, { text: "ab".repeat(32) })],
    ["the bytes", { bytes_b64: Buffer.from("ab".repeat(32), "hex").toString("base64") }],
  ])("takes an idempotency key that is %s", async (_what, key) => {
    // Only what stays an expression may be of another kind than hash.
    const steps = [assign("key", key), emit("ask", { idempotency_key: variable("key") })];
    const w = await world({ steps, edges: chain("key", "ask") });
    const [intent] = ofKind(w.go(), "effect_intent");
    expect(Buffer.from(intent!.idempotencyKey).toString("hex")).toBe("ab".repeat(32));
  });

  it("that is refused ends the plan; the decisions stay, those of allowed ones before it too", async () => {
    const steps = [emit("ask"), emit("no", { kind: "t.other" })];
    const w = await world({ steps }, { deny: ["t.other"] });
    const frame = w.go();
    const decided = ["cap_decision 2", "policy_decision 2", "cap_decision 2", "policy_decision 2"];
    expect(shape(frame).slice(2)).toEqual(["plan_turn 1", ...decided, "plan_ended 2"]);
    expect(ofKind(frame, "policy_decision").map(({ decision }) => decision)).toEqual(["allow", "deny"]);
    expect(endsIn(frame)).toEqual(["policy.denied at no"]);
    expect(w.intents()).toEqual([]);
    expect(await w.replay()).toMatchObject({ verdict: "identical" });
  });

  it("under a grant that has expired ends the plan", async () => {
    const w = await world({ steps: [emit("ask")] }, { expiryNs: "1" });
    const frame = w.go();
    expect(shape(frame).slice(2)).toEqual(["plan_turn 1", "cap_decision 2", "plan_ended 2"]);
    expect(ofKind(frame, "cap_decision")[0]).toMatchObject({ decision: "deny", denyCode: "expired" });
    expect(endsIn(frame)).toEqual(["capability.denied at ask"]);
  });
});

describe("await_receipt", () => {
  const parallel = {
    steps: [
      emit("one"),
      emit("two"),
      answered("first", "one", { status_as: "status" }),
      answered("second", "two"),
      say("both", {
        value: { record: { id: variable("status"), n: op("get", variable("first_value"), { text: "n" }) } },
      }),
    ],
    edges: [edge("one", "first"), edge("two", "second"), edge("first", "both"), edge("second", "both")],
  };

  it("joins receipts in whatever order they come, with their status", async () => {
    const w = await world(parallel);
    w.go();
    const [one, two] = w.intents();
    expect(settledIn(w.frame(w.answer(two!, n(2))))).toEqual(["second done"]);
    const joined = w.frame(w.answer(one!, n(1), "timeout"));
    expect(settledIn(joined)).toEqual(["first done", "both done"]);
    const { schemas } = w.world.state.definitions.manifest;
    const said = ofKind(joined, "domain_event")[0]!;
    expect(schemas.get("t/Said@1")!.decode(said.value)).toMatchObject({
      fields: new Map([
        ["n", { kind: "nat", value: 1n }],
        ["id", { kind: "text", value: "timeout" }],
      ]),
    });
    expect(await w.replay()).toMatchObject({ verdict: "identical" });
  });

  it("has its receipt when that came before the step was ready", async () => {
    const w = await world({
      steps: [emit("ask"), hear("later", null), answered("wait", "ask"), end()],
      edges: [edge("ask", "wait"), edge("later", "wait"), edge("wait", "end")],
    });
    w.go();
    expect(settledIn(w.frame(w.answer(w.intents()[0]!, n(1))))).toEqual([]);
    expect(settledIn(w.hear(1))).toEqual(["later done", "wait done", "end done"]);
  });

  const seen = (value: object) => ({
    steps: [emit("ask"), answered("wait", "ask"), assign("out", value)],
    edges: chain("ask", "wait", "out"),
  });
  const cbor = (value: Cbor) => encodeCbor(value);

  it.each([
    [
      "with its kinds",
      "tagged",
      cbor(new Map([["Record", new Map([["n", new Map([["Int", -4n]])]])]])),
      { int: -4 },
    ],
    ["by the effect's receipt schema", "typed", cbor(new Map([["n", 4n]])), { nat: 4 }],
    [
      "loosely, as far as CBOR says",
      "loose",
      cbor(
        new Map<string, Cbor>([
          ["n", -4n],
          ["x", "y"],
        ]),
      ),
      { int: -4 },
    ],
  ] as const)("reads a payload %s", async (_how, reading, payload, expected) => {
    const is = op("eq", op("get", variable("wait_value"), { text: "n" }), expected);
    const w = await world({ ...seen(is), invariants: [] });
    w.go();
    const frame = w.frame(w.answer(w.intents()[0]!, payload));
    expect(ofKind(frame, "effect_receipt")[0]).toMatchObject({ reading });
    const instance = ofKind(frame, "plan_ended");
    expect(instance).toMatchObject([{ status: "ok" }]);
    expect(await w.replay()).toMatchObject({ verdict: "identical" });
  });

  it("reads what is nothing else as bytes", async () => {
    const w = await world(seen(op("len", variable("wait_value"))));
    w.go();
    const frame = w.frame(w.answer(w.intents()[0]!, Uint8Array.of(0xff, 0xff, 0xff), "error"));
    expect(ofKind(frame, "effect_receipt")[0]).toMatchObject({ reading: "loose", status: "error" });
    expect(endsIn(frame)).toEqual(["ok"]);
  });
});

describe("a receipt for a plan", () => {
  const waiting = { steps: [emit("ask"), answered("wait", "ask")], edges: chain("ask", "wait") };

  it("that comes twice, or for an intent there is not, changes nothing", async () => {
    const w = await world(waiting);
    w.go();
    const [intent] = w.intents();
    w.frame(w.answer(intent!, n(1)));
    const { head } = w.world.state;
    expect(w.enter(w.answer(intent!, n(2)))).toEqual({ kind: "ignored" });
    expect(w.enter({ ...w.answer(intent!, n(2)), intent: "7.0" } as never)).toEqual({ kind: "ignored" });
    expect(w.world.state.head).toBe(head);
  });

  it("that has ended is recorded, settles its intent, and nobody hears of it", async () => {
    const w = await world({ steps: [emit("ask"), end()], edges: chain("ask", "end") });
    expect(endsIn(w.go())).toEqual(["ok"]);
    const frame = w.frame(w.answer(w.intents()[0]!, n(1)));
    expect(shape(frame)).toEqual(["effect_receipt -"]);
    expect(w.intents()).toEqual([]);
    expect(await w.replay()).toMatchObject({ verdict: "identical" });
  });
});

describe("await_event", () => {
  it("takes the first event from then on that meets its condition, and every waiter sees it", async () => {
    const plan = { steps: [hear("wait", op("and", own, op("gt", { ref: "@event.n" }, { nat: 2 })))] };
    const w = await world(plan);
    w.hear(9, "a");
    w.go(1, "a");
    w.go(1, "a");
    w.go(1, "b");
    expect(settledIn(w.hear(1, "a"))).toEqual([]);
    const heard = w.hear(3, "a");
    expect(ofKind(heard, "plan_turn").map(({ instance, cause }) => [instance, cause])).toEqual([
      [0n, 0],
      [1n, 0],
    ]);
    expect(endsIn(heard)).toEqual(["ok", "ok"]);
    expect(shape(w.hear(4, "a"))).toEqual(["domain_event -"]);
    expect(endsIn(w.hear(4, "b"))).toEqual(["ok"]);
    expect(await w.replay()).toMatchObject({ verdict: "identical" });
  });

  it("does not take what its own turn raised, and takes what it raises later", async () => {
    const heard = { event: "t/Heard@1" };
    const early = await world({ steps: [say("say", heard), hear("wait", own)] });
    expect(settledIn(early.go())).toEqual(["say done"]);
    const late = await world({
      steps: [emit("ask"), answered("answer", "ask"), say("say", heard), hear("wait", own)],
      edges: chain("ask", "answer", "say"),
    });
    late.go();
    expect(settledIn(late.frame(late.answer(late.intents()[0]!, n(1))))).toEqual([
      "answer done",
      "say done",
      "wait done",
    ]);
  });

  it("ends the walk, and what stands behind it runs once it is answered", async () => {
    const w = await world({ steps: [hear("wait", null), assign("after", { nat: 1 })] });
    expect(settledIn(w.go())).toEqual([]);
    expect(settledIn(w.hear(1))).toEqual(["wait done", "after done"]);
  });

  it.each([
    ["is no bool", { ref: "@event.n" }, "plan.type_error"],
    [
      "looks for a part that is not there",
      op("eq", op("get", { ref: "@event" }, { text: "z" }), { nat: 1 }),
      "plan.missing_field",
    ],
    ["looks into an option that is none", op("eq", { ref: "@event.maybe.x" }, { nat: 1 }), "plan.type_error"],
  ])("whose condition %s ends its own plan at the event, and no other", async (_what, where, code) => {
    const plans = [
      { name: "t/P@1", steps: [hear("wait", where)] },
      { name: "t/Q@1", steps: [hear("wait", own)] },
    ];
    const w = await planned(planWorld({ plans }));
    w.go();
    const frame = w.hear(1, "a");
    expect(shape(frame)).toEqual(["domain_event -", "plan_ended 0", "plan_turn 0", "plan_ended 2"]);
    expect(endsIn(frame)).toEqual([`${code} at wait`, "ok"]);
    expect(w.world.state.instances.size).toBe(0);
    expect(await w.replay()).toMatchObject({ verdict: "identical" });
  });

  it("tells instances apart by their correlation id", async () => {
    const where = op("eq", { ref: "@event.id" }, variable("correlation_id"));
    const triggers = [{ event: "t/Go@1", plan: "t/P@1", correlate_by: "id" }];
    const w = await world({ steps: [hear("wait", where)] }, { triggers });
    w.go(1, "a");
    w.go(1, "b");
    expect(ofKind(w.hear(1, "b"), "plan_turn").map(({ instance }) => instance)).toEqual([1n]);
  });
});

describe("raise_event", () => {
  it("ends the walk's turn: the event is routed, then the plan goes on", async () => {
    const w = await world({ steps: [say("one"), say("two")], edges: chain("one", "two") });
    expect(shape(w.go())).toEqual([
      "domain_event -",
      "plan_started 0",
      "plan_turn 1",
      "domain_event 2",
      "plan_turn 2",
      "domain_event 4",
      "plan_ended 4",
    ]);
  });

  it("leaves what does not fit into one turn to the next", async () => {
    const big = { id: { text: "x".repeat(100_000) }, n: { nat: 1 } };
    const steps = ["one", "two", "three", "four"].map((id) =>
      say(id, { value: { record: { ...big, id: op("concat", big.id, { text: id }) } } }),
    );
    const w = await world({ steps });
    const frame = w.go();
    expect(ofKind(frame, "plan_turn").map(({ steps: settled }) => settled.length)).toEqual([3, 1]);
    expect(endsIn(frame)).toEqual(["ok"]);
  });
});
