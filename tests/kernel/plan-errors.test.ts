/** What each step of a plan fails with; each row names its section of docs/air.md. */

import { describe, expect, it } from "vitest";
import { endsIn, ofKind, type Planned, planned, planWorld } from "./planned.ts";
import { answered, assign, chain, edge, emit, end, hear, input, op, say, variable } from "./steps.ts";

async function world(plan: object, more: object = {}): Promise<Planned> {
  return planned(planWorld({ plans: [plan], ...more }));
}

const OVER = op("concat", { text: "x".repeat(140_000) }, { text: "x".repeat(140_000) });

/** What the steps are, what is done with the world, and how the plan ends. */
const ERRORS: readonly (readonly [section: string, op: string, code: string, plan: object, more?: object])[] =
  [
    ["Expressions", "assign", "plan.missing_ref at v", { steps: [assign("v", variable("gone"))] }],
    ["Expressions", "assign", "plan.missing_ref at v", { steps: [assign("v", { ref: "@step:v" })] }],
    ["Expressions", "assign", "plan.missing_field at v", { steps: [assign("v", input("gone"))] }],
    ["Expressions", "assign", "plan.type_error at v", { steps: [assign("v", { ref: "@plan.input.n.x" })] }],
    ["Operators", "assign", "plan.type_error at v", { steps: [assign("v", op("not", input("n")))] }],
    [
      "Operators",
      "assign",
      "plan.invalid_arity at v",
      { steps: [assign("v", op("not", input("n"), input("n")))] },
    ],
    [
      "Operators",
      "assign",
      "plan.divide_by_zero at v",
      { steps: [assign("v", op("div", input("n"), { nat: 0 }))] },
    ],
    [
      "Operators",
      "assign",
      "plan.numeric_overflow at v",
      { steps: [assign("v", op("add", input("n"), { nat: "18446744073709551615" }))] },
    ],
    ["Operators", "assign", "plan.too_large at v", { steps: [assign("v", OVER)] }],
    [
      "The end",
      "assign",
      "plan.too_large at v",
      {
        steps: [
          assign("v", {
            list: [0, 1, 2].map(() => ({ text: "x".repeat(100_000) })).concat([input("id") as never]),
          }),
        ],
      },
    ],
    [
      "Expressions",
      "raise_event",
      "plan.missing_ref at s",
      { steps: [say("s", { value: variable("gone") })] },
    ],
    [
      "Slots",
      "raise_event",
      "plan.invalid_value at s",
      { steps: [say("s", { value: { record: { id: input("n"), n: input("n") } } })] },
    ],
    [
      "Triggers and correlation",
      "raise_event",
      "plan.route_refused at s",
      { steps: [say("s", { event: "t/Heard@1" })] },
      {
        triggers: [
          { event: "t/Go@1", plan: "t/P@1" },
          { event: "t/Heard@1", plan: "t/P@1" },
        ],
      },
    ],
    [
      "Slots",
      "emit_effect",
      "plan.invalid_value at e",
      { steps: [emit("e", { params: { record: { text: input("n"), n: input("n") } } })] },
    ],
    [
      "Expressions",
      "emit_effect",
      "plan.missing_ref at e",
      { steps: [emit("e", { params: variable("gone") })] },
    ],
    [
      "Effects",
      "emit_effect",
      "idempotency.invalid at e",
      { steps: [emit("e", { idempotency_key: input("id") })] },
    ],
    [
      "Capabilities and policy",
      "emit_effect",
      "policy.denied at e",
      { steps: [emit("e")] },
      { deny: ["t.echo"] },
    ],
    [
      "Capabilities and policy",
      "emit_effect",
      "capability.denied at e",
      { steps: [emit("e")] },
      { expiryNs: "1" },
    ],
    [
      "Expressions",
      "await_receipt",
      "plan.missing_ref at w",
      {
        steps: [emit("e"), assign("v", { nat: 1 }), answered("w", "e")],
        edges: [edge("v", "e", { bool: false }), edge("v", "w")],
      },
    ],
    [
      "Waiting",
      "await_event",
      "plan.uncorrelated at w",
      {
        steps: [assign("correlation_id", input("id")), hear("w", null)],
        edges: chain("correlation_id", "w"),
      },
    ],
    ["The end", "end", "plan.result_mismatch at end", { steps: [end()], output: "t/Out@1" }],
    ["Slots", "end", "plan.invalid_value at end", { steps: [end("end", input("id"))], output: "t/Out@1" }],
    [
      "Expressions",
      "end",
      "plan.missing_ref at end",
      { steps: [end("end", variable("gone"))], output: "t/Out@1" },
    ],
    [
      "Readiness",
      "a guard",
      "plan.type_error at -",
      { steps: [assign("v", { nat: 1 }), end()], edges: [edge("v", "end", input("n"))] },
    ],
    [
      "The end",
      "an invariant",
      "plan.invariant_violation at w",
      {
        steps: [assign("v", { nat: 1 }), assign("w", { nat: 2 }, "v")],
        edges: chain("v", "w"),
        invariants: [op("lt", variable("v"), { nat: 2 })],
      },
    ],
    [
      "The end",
      "an invariant",
      "plan.missing_ref at v",
      {
        steps: [assign("v", { nat: 1 }), assign("w", { nat: 2 })],
        invariants: [op("lt", variable("w"), { nat: 3 })],
      },
    ],
  ];

describe("a plan's end", () => {
  it.each(
    ERRORS.map(([section, what, ended, plan, more]) => [section, what, ended, plan, more ?? {}] as const),
  )("%s: %s fails with %s, and nothing of the turn applies", async (_section, _op, ended, plan, more) => {
    const w = await world(plan, more);
    const frame = w.go();
    expect(endsIn(frame)).toEqual([ended]);
    const last = ofKind(frame, "plan_turn").at(-1)!;
    expect(last.steps).toEqual([]);
    expect(ofKind(frame, "effect_intent")).toEqual([]);
    expect(ofKind(frame, "domain_event")).toHaveLength(1);
    expect(w.world.state.instances.size).toBe(0);
    expect(await w.replay()).toMatchObject({ verdict: "identical" });
  });

  it("is ok where its invariants hold after each step", async () => {
    const w = await world({
      steps: [assign("v", { nat: 1 }), assign("w", { nat: 1 }, "v")],
      edges: chain("v", "w"),
      invariants: [op("lt", variable("v"), { nat: 2 })],
    });
    expect(endsIn(w.go())).toEqual(["ok"]);
  });
});
