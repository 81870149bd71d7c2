/**
 * What each step, guard and condition of a plan fails with: every error of an expression wherever an expression may
 * stand, and the errors that belong to one op. Each row names its section of docs/air.md. The codes are those of the
 * source, no more and no fewer.
 */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Manifest } from "../../host/air/manifest.ts";
import type { Frame } from "../../host/journal/frame.ts";
import { ROOT, readText } from "../architecture/source.ts";
import { codeIn, headingsOf, sectionOf, tableAfter } from "../docs/page.ts";
import { endsIn, ofKind, type Planned, planned, planWorld } from "./planned.ts";
import { answered, assign, chain, edge, emit, end, hear, input, op, say, variable } from "./steps.ts";

async function world(plan: object, more: object = {}): Promise<Planned> {
  return planned(planWorld({ plans: [plan], ...more }));
}

const OVER = op("concat", { text: "x".repeat(140_000) }, { text: "x".repeat(140_000) });

/** Expressions that fail, and why. */
const FAILING: readonly (readonly [section: string, code: string, expr: object])[] = [
  ["Expressions", "plan.missing_ref", variable("off")],
  ["Expressions", "plan.missing_ref", { ref: "@step:off" }],
  ["Expressions", "plan.missing_field", op("get", variable("map"), { text: "gone" })],
  ["Expressions", "plan.type_error", { ref: "@plan.input.n.x" }],
  ["Expressions", "plan.type_error", { set: [{ list: [input("n")] }] }],
  ["Operators", "plan.missing_field", op("get", { list: [input("n")] }, { nat: 1 })],
  ["Operators", "plan.type_error", op("not", input("n"))],
  ["Operators", "plan.invalid_arity", op("not", input("n"), input("n"))],
  ["Operators", "plan.divide_by_zero", op("div", input("n"), { nat: 0 })],
  ["Operators", "plan.numeric_overflow", op("add", input("n"), { nat: "18446744073709551615" })],
  ["Limits", "plan.too_large", OVER],
];

/** Before the step at hand: `map` is bound, and `off` is a step that was skipped. */
const BEFORE = [assign("map", { record: { n: input("n") } }), assign("off", { nat: 1 })];
const SKIPPED = edge("map", "off", { bool: false });
const after = (step: { readonly id: string }, more: object = {}) => ({
  steps: [...BEFORE, step],
  edges: [SKIPPED, edge("map", step.id)],
  ...more,
});

/** Where an expression may stand: the plan around it, and the step that fails; null for none. */
const PLACES: readonly (readonly [place: string, plan: (expr: object) => object, step: string | null])[] = [
  ["assign", (expr) => after(assign("v", expr)), "v"],
  ["raise_event", (expr) => after(say("s", { value: expr })), "s"],
  ["emit_effect, its params", (expr) => after(emit("e", { params: expr })), "e"],
  ["emit_effect, its key", (expr) => after(emit("e", { idempotency_key: expr })), "e"],
  ["await_event, its where", (expr) => after(hear("w", op("eq", expr, { nat: 1 }))), "w"],
  ["end", (expr) => after(end("end", expr), { output: "t/Out@1" }), "end"],
  [
    "a guard",
    (expr) => ({
      steps: [...BEFORE, end()],
      edges: [SKIPPED, edge("map", "end", op("eq", expr, { nat: 1 }))],
    }),
    null,
  ],
  [
    "an invariant",
    (expr) => ({ steps: BEFORE, edges: [SKIPPED], invariants: [op("eq", expr, { nat: 1 })] }),
    "map",
  ],
];
/** A definition that says so itself is refused before it runs: a step that cannot be known there. */
const REFUSED: ReadonlySet<string> = new Set(["an invariant: @step:off"]);

const GENERAL = PLACES.flatMap(([place, plan, step]) =>
  FAILING.filter(([, , expr]) => !REFUSED.has(`${place}: ${(expr as { ref?: string }).ref}`)).map(
    ([section, code, expr]) => [section, place, `${code} at ${step ?? "-"}`, plan(expr)] as const,
  ),
);

/** Section, op, how it ends, the plan, what else the world has. */
type Row = readonly [section: string, op: string, ends: string, plan: object, more?: object];

const OWN: readonly Row[] = [
  ["Limits", "assign", "plan.too_large at v", { steps: [assign("v", { list: [0, 1, 2].map(large) })] }],
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
  ["Limits", "emit_effect", "plan.too_large at e", { steps: [emit("e", { params: joined() })] }],
  [
    "Effects",
    "emit_effect",
    "idempotency.invalid at e",
    { steps: [emit("e", { idempotency_key: input("id") })] },
  ],
  [
    "Effects",
    "emit_effect",
    "idempotency.invalid at e",
    {
      steps: [assign("key", { bytes_b64: "AAAA" }), emit("e", { idempotency_key: variable("key") })],
      edges: chain("key", "e"),
    },
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
    "Waiting",
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
  ["Waiting", "await_event", "plan.type_error at w", { steps: [hear("w", input("n"))] }],
  ["The end", "end", "plan.result_mismatch at end", { steps: [end()], output: "t/Out@1" }],
  ["Slots", "end", "plan.invalid_value at end", { steps: [end("end", input("id"))], output: "t/Out@1" }],
  [
    "Readiness",
    "a guard",
    "plan.type_error at -",
    { steps: [assign("v", { nat: 1 }), end()], edges: [edge("v", "end", input("n"))] },
  ],
  [
    "Turns",
    "an invariant",
    "plan.invariant_violation at w",
    {
      steps: [assign("v", { nat: 1 }), assign("w", { nat: 2 }, "v")],
      edges: chain("v", "w"),
      invariants: [op("lt", variable("v"), { nat: 2 })],
    },
  ],
  [
    "Turns",
    "an invariant",
    "plan.type_error at v",
    { steps: [assign("v", { nat: 1 })], invariants: [variable("v")] },
  ],
];

function large(): object {
  return op("concat", { text: "x".repeat(100_000) }, input("id"));
}

/** Each part is within the limit of a value in a plan, and so is the whole; its bytes are not. */
function joined(): object {
  const halves = op("concat", { text: "é".repeat(90_000) }, { text: "é".repeat(90_000) });
  return { record: { text: halves, n: input("n") } };
}

/** What a step needs when its turn comes, and what becomes of that meanwhile. */
const VANISHED: readonly (readonly [
  section: string,
  op: string,
  ends: string,
  step: object,
  now: (manifest: Manifest) => Partial<Manifest>,
])[] = [
  [
    "The end",
    "raise_event",
    "plan.vanished at late",
    say("late"),
    ({ schemas }) => ({ schemas: new Map([...schemas].filter(([name]) => name !== "t/Said@1")) }),
  ],
  ["The end", "emit_effect", "plan.vanished at late", emit("late"), () => ({ effects: new Map() })],
  ["The end", "emit_effect", "plan.vanished at late", emit("late"), () => ({ grants: new Map() })],
  [
    "Effects",
    "emit_effect",
    "cap.type_mismatch at late",
    emit("late"),
    ({ grants }) => {
      const grant = grants.get("g")!;
      return { grants: new Map([["g", { ...grant, cap: { ...grant.cap, capType: "t.other" } }]]) };
    },
  ],
];

/** Nothing of a turn that fails applies; nothing of the plan is left. */
async function expectEnd(w: Planned, frame: Frame, ended: string): Promise<void> {
  expect(endsIn(frame)).toEqual([ended]);
  expect(ofKind(frame, "plan_turn").at(-1)?.steps ?? []).toEqual([]);
  expect(ofKind(frame, "effect_intent")).toEqual([]);
  expect(ofKind(frame, "domain_event")).toHaveLength(1);
  expect(w.world.state.instances.size).toBe(0);
}

describe("a plan's end", () => {
  it.each(
    [...GENERAL, ...OWN].map(
      ([section, what, ended, plan, more]: Row) => [section, what, ended, plan, more ?? {}] as const,
    ),
  )("%s: %s fails with %s, and nothing of the turn applies", async (_section, what, ended, plan, more) => {
    const w = await world(plan, more);
    const frame = w.go();
    const waits = what.startsWith("await_event") && endsIn(frame).length === 0;
    await expectEnd(w, waits ? w.hear(1) : frame, ended);
    expect(await w.replay()).toMatchObject({ verdict: "identical" });
  });

  it.each(VANISHED)("%s: %s fails with %s when what it needs is gone", async (_s, _o, ended, step, now) => {
    const late = { steps: [hear("w", null), step], edges: chain("w", "late") };
    const w = await world(late);
    w.go();
    const { definitions } = w.world.state;
    const manifest = { ...definitions.manifest, ...now(definitions.manifest) };
    w.frame({ kind: "manifest", definitions: { ...definitions, manifest } });
    await expectEnd(w, w.hear(1), ended);
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

describe("the tables", () => {
  const page = readText("docs/air.md");
  const rows = [...GENERAL, ...OWN, ...VANISHED];
  const codes = new Set(rows.map(([, , ended]) => ended.split(" ")[0]!));

  it("name sections that docs/air.md has", () => {
    const headings = headingsOf(page);
    for (const [section] of rows) expect(headings).toContain(section);
  });

  it("have every code that a plan's end can have by its source, and docs/air.md tells of each", () => {
    // Only a circle of steps stalls, which no manifest can have: tests/plan/turn.test.ts.
    expect([...codes, "plan.stalled"].sort()).toEqual(codesInSource());
    const told = codeIn(sectionOf(page, "The end"));
    expect(codesInSource().filter((code) => !told.includes(code))).toEqual([]);
    const listed = tableAfter(page, "| `plan_ended` error code").map(([cell]) => codeIn(cell!)[0]!);
    expect(listed.filter((code) => !codesInSource().includes(code))).toEqual([]);
  });

  it("have every op, and every place of an expression", () => {
    const ops = new Set(rows.map(([, what]) => what.split(",")[0]!));
    expect([...ops].filter((each) => !each.includes(" ")).sort()).toEqual(opsInSource());
  });
});

/** The codes that a plan may end with: those its room throws, and those the gate and the kernel add. */
function codesInSource(): readonly string[] {
  const files = readdirSync(join(ROOT, "host/plan")).map((name) => `host/plan/${name}`);
  const texts = [...files, "host/gate/decide.ts", "host/kernel/advance.ts"].map(readText);
  const code = /"((?:plan|idempotency|capability|policy|cap|secret|effect)\.[a-z_]+)"/g;
  return [...new Set(texts.flatMap((text) => [...text.matchAll(code)].map(([, found]) => found!)))].sort();
}

function opsInSource(): readonly string[] {
  const source = readText("host/plan/turn.ts");
  return [...new Set([...source.matchAll(/case "([a-z_]+)":/g)].map(([, found]) => found!))].sort();
}
