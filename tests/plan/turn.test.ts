import { describe, expect, it } from "vitest";
import type { Edge, Expr, ExprOrValue, PlanDefinition, Step } from "../../host/air/definitions.ts";
import type { Plan } from "../../host/air/manifest.ts";
import type { TurnPorts } from "../../host/plan/emission.ts";
import { environmentHash, startInstance } from "../../host/plan/instance.ts";
import { runTurn, type Turn } from "../../host/plan/turn.ts";
import { ZERO_HASH } from "../../host/values/hash.ts";
import { compileSchemas, type Schema } from "../../host/values/schema.ts";
import type { Type } from "../../host/values/type.ts";
import { record, text, UNIT, type Value } from "../../host/values/value.ts";

const TYPES = new Map<string, Type>([
  ["t/In@1", { kind: "record", fields: new Map([["n", { kind: "nat" }]]) }],
  ["t/Out@1", { kind: "record", fields: new Map([["n", { kind: "int" }]]) }],
  ["t/Said@1", { kind: "record", fields: new Map([["what", { kind: "text" }]]) }],
]);
const SCHEMAS: ReadonlyMap<string, Schema> = compileSchemas(TYPES);

const PORTS: TurnPorts = {
  schemas: SCHEMAS,
  effects: new Map(),
  grants: new Map(),
  emit: () => ({ ok: true, intentHash: ZERO_HASH }),
};

const started = (of: Plan, n: number, correlation: Value | null = null) =>
  startInstance(0n, of, ZERO_HASH, record([["n", nat(n)]]), correlation);

const nat = (value: number): Value => ({ kind: "nat", value: BigInt(value) });
const expr = (value: Expr): ExprOrValue => ({ kind: "expr", expr: value });
const literal = (value: Value): ExprOrValue => ({ kind: "literal", value });
const input: Expr = { kind: "ref", ref: { root: "input", path: ["n"] }, text: "@plan.input.n" };
const below = (limit: number): Expr => ({
  kind: "op",
  op: "lt",
  args: [input, { kind: "const", value: nat(limit) }],
});
const missing: Expr = { kind: "ref", ref: { root: "var", name: "gone" }, text: "@var:gone" };

const say = (id: string, what = id): Step => ({
  op: "raise_event",
  id,
  event: "t/Said@1",
  value: literal(record([["what", text(what)]])),
});
const assign = (id: string, value: ExprOrValue): Step => ({ op: "assign", id, expr: value, bindAs: id });
const end = (id: string, result: ExprOrValue | null = null): Step => ({ op: "end", id, result });
const edge = (from: string, to: string, when: Expr | null = null): Edge => ({ from, to, when });

function plan(steps: readonly Step[], edges: readonly Edge[] = [], output: string | null = null): Plan {
  const definition: PlanDefinition = {
    kind: "defplan",
    name: "t/Plan@1",
    input: "t/In@1",
    output,
    locals: new Map(),
    steps,
    edges,
    requiredCaps: [],
    allowedEffects: [],
    invariants: [],
  };
  const found = (name: string | null) => (name === null ? null : SCHEMAS.get(name)!);
  return { definition, hash: ZERO_HASH, input: found("t/In@1")!, output: found(output) };
}

/** Turns until the plan has ended. */
function run(of: Plan, n = 1): readonly Turn[] {
  let instance = started(of, n);
  const turns: Turn[] = [];
  for (let i = 0; i < 20; i++) {
    const turn = runTurn(instance, PORTS);
    turns.push(turn);
    if (turn.end !== null) return turns;
    instance = turn.instance;
  }
  throw new Error("the plan does not end");
}

const raisedBy = (turns: readonly Turn[]) => turns.map((turn) => turn.raised.map(({ step }) => step));
const settledBy = (turns: readonly Turn[]) =>
  turns.flatMap((turn) => turn.settled.map(([id, outcome]) => `${id} ${outcome}`));

describe("a plan's turn", () => {
  it("raises the events of all ready steps in file order, then ends with nothing left to do", () => {
    const turns = run(plan([say("b"), say("a")]));
    expect(raisedBy(turns)).toEqual([["b", "a"]]);
    expect(turns.at(-1)!.end).toEqual({ status: "ok", result: null });
    expect(turns[0]!.raised[0]!.value).toEqual(
      SCHEMAS.get("t/Said@1")!.encode(record([["what", text("b")]])),
    );
  });

  it("ends where it raised an event and goes on in the next turn", () => {
    const turns = run(plan([say("a"), say("b")], [edge("a", "b")]));
    expect(raisedBy(turns)).toEqual([["a"], ["b"]]);
  });

  it("looks for ready steps again after an assign", () => {
    const turns = run(plan([say("last"), assign("v", literal(nat(1))), say("first")], [edge("v", "last")]));
    expect(settledBy(turns)).toEqual(["v done", "last done", "first done"]);
    expect(raisedBy(turns)).toEqual([["last", "first"]]);
  });

  it("takes the guarded branch and skips the other, with all that only it leads to", () => {
    const steps = [assign("check", expr(input)), say("low"), say("after-low"), say("high"), say("join")];
    const edges = [
      edge("check", "low", below(2)),
      edge("low", "after-low"),
      edge("check", "high", { kind: "op", op: "not", args: [below(2)] }),
      edge("after-low", "join"),
      edge("high", "join"),
    ];
    expect(raisedBy(run(plan(steps, edges), 1)).flat()).toEqual(["low", "after-low", "join"]);
    const high = run(plan(steps, edges), 2);
    expect(raisedBy(high).flat()).toEqual(["high", "join"]);
    expect(settledBy(high)).toContain("low skipped");
    expect(settledBy(high)).toContain("after-low skipped");
  });

  it("ends with every step skipped when no guard holds", () => {
    const turns = run(plan([assign("v", literal(UNIT)), say("never")], [edge("v", "never", below(0))]));
    expect(settledBy(turns)).toEqual(["v done", "never skipped"]);
    expect(turns.at(-1)!.end).toMatchObject({ status: "ok" });
  });

  it("ends at once at an end step, whatever else could run", () => {
    const turns = run(plan([end("stop"), say("late")]));
    expect(raisedBy(turns).flat()).toEqual([]);
    expect(turns[0]!.end).toEqual({ status: "ok", result: null });
  });

  it("gives a result by the output's schema, a nat where it says int", () => {
    const turns = run(
      plan([end("stop", expr({ kind: "record", fields: new Map([["n", input]]) }))], [], "t/Out@1"),
      7,
    );
    const expected = SCHEMAS.get("t/Out@1")!.encode(record([["n", { kind: "int", value: 7n }]]));
    expect(turns[0]!.end).toEqual({ status: "ok", result: expected });
  });

  it.each([
    [
      "a reference that is not bound",
      [say("a"), assign("v", expr(missing))],
      [],
      null,
      "plan.missing_ref",
      "v",
    ],
    [
      "a raised value of another type",
      [{ ...say("a"), value: literal(record([["what", nat(1)]])) }],
      [],
      null,
      "plan.invalid_value",
      "a",
    ],
    [
      "a guard that is no bool",
      [assign("v", literal(UNIT)), say("a")],
      [edge("v", "a", input)],
      null,
      "plan.type_error",
      null,
    ],
    ["a result nobody declared", [end("stop", literal(nat(1)))], [], null, "plan.result_mismatch", "stop"],
    ["no result where one is declared", [end("stop")], [], "t/Out@1", "plan.result_mismatch", "stop"],
    [
      "steps in a circle, which no manifest has",
      [say("a"), say("b")],
      [edge("a", "b"), edge("b", "a")],
      null,
      "plan.stalled",
      null,
    ],
  ] as [string, Step[], Edge[], string | null, string, string | null][])(
    "fails as a whole on %s: no event of the turn is raised",
    (_name, steps, edges, output, code, step) => {
      const turn = run(plan(steps, edges, output)).at(-1)!;
      expect(turn.end).toMatchObject({ status: "error", code, step });
      expect(turn.raised).toEqual([]);
      expect(turn.settled).toEqual([]);
    },
  );

  it("has an environment hash that tells what the instance knows", () => {
    const of = plan([assign("v", expr(input)), say("a"), say("b")], [edge("v", "a"), edge("a", "b")]);
    const first = (n: number) => environmentHash(runTurn(started(of, n), PORTS).instance);
    expect(first(1)).toBe(first(1));
    expect(first(1)).not.toBe(first(2));
  });

  it("knows its correlation id as a variable", () => {
    const correlated: Expr = {
      kind: "ref",
      ref: { root: "var", name: "correlation_id" },
      text: "@var:correlation_id",
    };
    const of = plan([
      {
        op: "raise_event",
        id: "a",
        event: "t/Said@1",
        value: expr({ kind: "record", fields: new Map([["what", correlated]]) }),
      },
    ]);
    const turn = runTurn(started(of, 1, text("req-1")), PORTS);
    expect(turn.raised[0]!.value).toEqual(SCHEMAS.get("t/Said@1")!.encode(record([["what", text("req-1")]])));
  });
});
