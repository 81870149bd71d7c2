/** Random plans of up to 40 steps: guards, effects, waits, and now and then a mistake that ends them. */

import type {
  Edge,
  Expr,
  ExprOrValue,
  Operator,
  PlanDefinition,
  PolicyDefinition,
  Step,
} from "../../host/air/definitions.ts";
import type { Manifest, Plan, Trigger } from "../../host/air/manifest.ts";
import { hashOf } from "../../host/values/hash.ts";
import { NULL, record, text, type Value } from "../../host/values/value.ts";

/** Numbers below 2^32 from a seed. */
export class Rng {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  }

  /** True in this many cases of a hundred. */
  percent(chance: number): boolean {
    return this.below(100) < chance;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }
}

export const IDS = ["a", "b", "c"];

const nat = (value: number): Value => ({ kind: "nat", value: BigInt(value) });
const constant = (value: Value): Expr => ({ kind: "const", value });
const op = (name: Operator, ...args: Expr[]): Expr => ({ kind: "op", op: name, args });
const variable = (name: string): Expr => ({ kind: "ref", ref: { root: "var", name }, text: `@var:${name}` });
const input = (field: string): Expr => ({
  kind: "ref",
  ref: { root: "input", path: [field] },
  text: `@plan.input.${field}`,
});
const event = (...path: string[]): Expr => ({
  kind: "ref",
  ref: { root: "event", path },
  text: `@event.${path.join(".")}`,
});
const stepValue = (step: string, ...path: string[]): Expr => ({
  kind: "ref",
  ref: { root: "step", step, path },
  text: `@step:${step}.${path.join(".")}`,
});
const fields = (entries: Readonly<Record<string, Expr>>): Expr => ({
  kind: "record",
  fields: new Map(Object.entries(entries)),
});
const slot = (expr: Expr): ExprOrValue => ({ kind: "expr", expr });

/** What a step's expressions may look at: what the steps right before it bind. */
interface Seen {
  readonly numbers: readonly Expr[];
  readonly texts: readonly Expr[];
  readonly records: readonly Expr[];
}

/** One or two plans over the base's schemas and effects: `t/Go@1` starts the first, `t/Said@1` the second. */
export function randomWorld(rng: Rng, base: Manifest): Manifest {
  const plans = new Map<string, Plan>();
  const triggers = new Map<string, readonly Trigger[]>();
  const count = rng.percent(35) ? 2 : 1;
  for (let i = 0; i < count; i++) {
    const starts = i === 0 ? "t/Go@1" : "t/Said@1";
    const definition = randomPlan(rng, i);
    const { name } = definition;
    const plan: Plan = {
      definition,
      hash: hashOf(new TextEncoder().encode(name)),
      input: base.schemas.get(starts)!,
      output: definition.output === null ? null : base.schemas.get(definition.output)!,
    };
    plans.set(name, plan);
    triggers.set(starts, [{ plan, correlateBy: rng.percent(40) ? ["id"] : null }]);
  }
  const deny = rng.percent(20);
  const policy: PolicyDefinition = {
    kind: "defpolicy",
    name: "t/policy@1",
    rules: [
      { when: { effectKind: "t.other" }, decision: deny ? "deny" : "allow" },
      { when: {}, decision: "allow" },
    ],
  };
  return { ...base, plans, triggers, policy };
}

function randomPlan(rng: Rng, index: number): PlanDefinition {
  const size = 1 + rng.below(rng.percent(30) ? 40 : 12);
  const order = shuffled(rng, size);
  const steps = new Array<Step>(size);
  const edges: Edge[] = [];
  const handles: { readonly step: string; readonly handle: string }[] = [];
  const output = rng.percent(40) ? "t/Out@1" : null;
  /** Steps that no guard can skip. */
  const sure = new Set<string>();
  for (const [position, at] of order.entries()) {
    const id = `s${at}`;
    const before = order.slice(0, position).filter(() => rng.percent(Math.min(60, 250 / (position + 1))));
    const sent = handles.filter(({ step }) => sure.has(step) || rng.percent(10));
    const awaited = rng.percent(25) && sent.length > 0 ? rng.pick(sent) : null;
    const from = new Set(before.map((each) => `s${each}`));
    if (awaited !== null && rng.percent(90)) from.add(awaited.step);
    const looksAt = rng.percent(4) ? from : new Set([...from].filter((each) => sure.has(each)));
    const seen = seenFrom(steps.filter((step) => step !== undefined && looksAt.has(step.id)));
    const guarded = rng.percent(35);
    for (const each of from) {
      edges.push({ from: each, to: id, when: guarded && rng.percent(60) ? condition(rng, seen, 2) : null });
    }
    if (!guarded && [...from].every((each) => sure.has(each))) sure.add(id);
    const step = randomStep(rng, { id, index, seen, awaited: awaited?.handle ?? null, output });
    steps[at] = step;
    if (step.op === "emit_effect") handles.push({ step: id, handle: step.bindEffectIdAs });
  }
  return {
    kind: "defplan",
    name: `t/P${index}@1`,
    input: index === 0 ? "t/Go@1" : "t/Said@1",
    output,
    locals: new Map(),
    steps,
    edges,
    requiredCaps: [],
    allowedEffects: [],
    invariants: rng.percent(25) ? [invariant(rng)] : [],
  };
}

function shuffled(rng: Rng, size: number): readonly number[] {
  const order = Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const j = rng.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

function invariant(rng: Rng): Expr {
  const choice = rng.below(8);
  if (choice === 0) return op("ne", input("n"), constant(nat(rng.below(7))));
  if (choice === 1) return op("has", variable("v0"), constant(text("n")));
  return op("lt", input("n"), constant(nat(100)));
}

/** What steps bind, for those behind them. */
function seenFrom(steps: readonly Step[]): Seen {
  const numbers: Expr[] = [input("n")];
  const texts: Expr[] = [input("id")];
  const records: Expr[] = [];
  for (const step of steps) {
    switch (step.op) {
      case "assign":
        numbers.push(variable(step.bindAs), stepValue(step.id));
        break;
      case "raise_event":
        numbers.push(stepValue(step.id, "value", "n"));
        texts.push(stepValue(step.id, "schema"), stepValue(step.id, "value", "id"));
        break;
      case "emit_effect":
        texts.push(variable(step.bindEffectIdAs), stepValue(step.id, "handle"));
        numbers.push(stepValue(step.id, "params", "n"));
        break;
      case "await_receipt":
        records.push(variable(step.bindAs), stepValue(step.id));
        if (step.bindStatusAs !== null) texts.push(variable(step.bindStatusAs));
        break;
      case "await_event":
        records.push(variable(step.bindAs));
        numbers.push(stepValue(step.id, "n"));
        texts.push(stepValue(step.id, "id"));
    }
  }
  return { numbers, texts, records };
}

interface Place {
  readonly id: string;
  readonly index: number;
  readonly seen: Seen;
  /** The handle of an effect to wait for. */
  readonly awaited: string | null;
  readonly output: string | null;
}

function randomStep(rng: Rng, { id, index, seen, awaited, output }: Place): Step {
  if (awaited !== null) {
    return {
      op: "await_receipt",
      id,
      for: variable(rng.percent(98) ? awaited : "nobody"),
      bindAs: `r${rng.below(3)}`,
      bindStatusAs: rng.percent(50) ? `st${rng.below(2)}` : null,
    };
  }
  const choice = rng.below(100);
  if (choice < 30) return { op: "assign", id, expr: slot(number(rng, seen, 3)), bindAs: `v${rng.below(4)}` };
  if (choice < 52) return raise(rng, id, index, seen);
  if (choice < 75) return emit(rng, id, seen);
  if (choice < 93) return awaitEvent(rng, id, seen);
  const result = slot(fields({ n: number(rng, seen, 2) }));
  const mistaken = rng.percent(8);
  return { op: "end", id, result: (output !== null) !== mistaken ? result : null };
}

function raise(rng: Rng, id: string, index: number, seen: Seen): Step {
  const name = index === 0 && rng.percent(30) ? "t/Said@1" : "t/Heard@1";
  if (rng.percent(15)) {
    const value = record([
      ["id", text(rng.pick(IDS))],
      ["n", nat(rng.below(7))],
      ...(name === "t/Heard@1" ? ([["maybe", NULL]] as const) : []),
    ]);
    return { op: "raise_event", id, event: name, value: { kind: "literal", value } };
  }
  const maybe = name === "t/Heard@1" && rng.percent(40) ? { maybe: number(rng, seen, 1) } : {};
  const value = fields({ id: word(rng, seen), n: number(rng, seen, 2), ...maybe });
  return { op: "raise_event", id, event: name, value: slot(value) };
}

function emit(rng: Rng, id: string, seen: Seen): Step {
  const maybe = rng.percent(30) ? { maybe: word(rng, seen) } : {};
  const key = rng.below(20);
  return {
    op: "emit_effect",
    id,
    kind: rng.percent(25) ? "t.other" : "t.echo",
    params: slot(fields({ text: word(rng, seen), n: number(rng, seen, 2), ...maybe })),
    cap: "g",
    idempotencyKey:
      key === 0
        ? slot(word(rng, seen))
        : key < 5
          ? { kind: "literal", value: { kind: "hash", value: hashOf(Uint8Array.of(key)) } }
          : null,
    bindEffectIdAs: `h_${id}`,
  };
}

function awaitEvent(rng: Rng, id: string, seen: Seen): Step {
  return {
    op: "await_event",
    id,
    event: rng.percent(85) ? "t/Heard@1" : "t/Said@1",
    where: rng.percent(15) ? null : where(rng, seen),
    bindAs: `e${rng.below(3)}`,
  };
}

/** Most can be looked up by a value; some cannot, some fail on the event. */
function where(rng: Rng, seen: Seen): Expr {
  const own = op("eq", event("id"), rng.percent(70) ? input("id") : word(rng, seen));
  switch (rng.below(9)) {
    case 0:
      return op("eq", number(rng, seen, 1), event("n"));
    case 1:
      return op("gt", event("n"), number(rng, seen, 1));
    case 2:
      return op("and", own, op("ne", event("n"), constant(nat(rng.below(7)))));
    case 3:
      return op("and", op("gt", event("n"), constant(nat(2))), own);
    case 4:
      return rng.percent(20) ? op("eq", event("gone"), constant(nat(1))) : own;
    case 5:
      return op("or", own, op("eq", event("n"), constant(nat(rng.below(7)))));
    case 6:
      return rng.percent(20) ? event("n") : op("not", own);
    default:
      return own;
  }
}

function number(rng: Rng, seen: Seen, depth: number): Expr {
  if (depth === 0 || rng.percent(45)) {
    if (rng.percent(1)) return variable("v3");
    return rng.percent(60) ? rng.pick(seen.numbers) : constant(nat(rng.below(7)));
  }
  const [a, b] = [number(rng, seen, depth - 1), number(rng, seen, depth - 1)];
  switch (rng.below(8)) {
    case 0:
      return op("sub", a, b);
    case 1:
      return rng.percent(30) ? op("div", a, b) : op("div", a, constant(nat(2)));
    case 2:
      return op("mul", a, b);
    case 3:
      return op("len", word(rng, seen));
    case 4:
    case 5:
      return seen.records.length === 0
        ? op("add", a, b)
        : op("get", rng.pick(seen.records), constant(text("n")));
    default:
      return op("add", a, b);
  }
}

function word(rng: Rng, seen: Seen): Expr {
  if (rng.percent(12)) return op("concat", rng.pick(seen.texts), constant(text("x")));
  if (rng.percent(1)) return input("n");
  return rng.percent(70) ? rng.pick(seen.texts) : constant(text(rng.pick(IDS)));
}

function condition(rng: Rng, seen: Seen, depth: number): Expr {
  if (depth > 0 && rng.percent(30)) {
    const [a, b] = [condition(rng, seen, depth - 1), condition(rng, seen, depth - 1)];
    return rng.percent(30) ? op("not", a) : op(rng.pick(["and", "or"] as const), a, b);
  }
  switch (rng.below(6)) {
    case 0:
      return op(rng.pick(["eq", "ne"] as const), word(rng, seen), word(rng, seen));
    case 1:
      return seen.records.length === 0
        ? constant({ kind: "bool", value: rng.percent(60) })
        : op("has", rng.pick(seen.records), constant(text(rng.percent(70) ? "n" : "z")));
    case 2:
      return constant({ kind: "bool", value: rng.percent(60) });
    default:
      return op(rng.pick(["lt", "gt", "eq", "ne"] as const), number(rng, seen, 1), number(rng, seen, 1));
  }
}
