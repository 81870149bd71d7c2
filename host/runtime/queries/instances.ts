/** Plans as the journal tells of them: which run, which step each waits at, how those that are over ended. */

import type { Step } from "../../air/definitions.ts";
import { exprText } from "../../air/expr-text.ts";
import type { Manifest, Plan } from "../../air/manifest.ts";
import type { Frame } from "../../journal/frame.ts";
import type { JournalRecord, RecordOf } from "../../journal/record.ts";
import type { Json } from "../../values/json.ts";
import type { EndedNote, IntentNote, Moment, PlanNote, Wait } from "./notes.ts";
import { sugarOrHex, taggedJson } from "./typed.ts";

interface Running {
  readonly id: bigint;
  readonly name: string;
  /** Null where the definitions in force then do not have it. */
  readonly plan: Plan | null;
  readonly correlation: Json;
  readonly startedAt: Moment;
  /** When each step was settled. */
  readonly settled: Map<string, Moment>;
}

/** Remembers those that run; those that ended are handed on and forgotten. */
export class Instances {
  readonly #running = new Map<bigint, Running>();
  readonly #onEnded: (note: EndedNote) => void;
  /** An end waits for the result that may follow it. */
  #ended: Omit<EndedNote, "result"> | null = null;

  constructor(onEnded: (note: EndedNote) => void) {
    this.#onEnded = onEnded;
  }

  add(record: JournalRecord, at: Moment, manifest: Manifest): void {
    if (record.kind === "plan_result" && record.instance === this.#ended?.instance) {
      this.#tell(sugarOrHex(manifest.schemas.get(record.schema), record.value));
      return;
    }
    this.#tell(null);
    if (record.kind === "plan_started") this.#start(record, at, manifest);
    else if (record.kind === "plan_turn") this.#turn(record, at);
    else if (record.kind === "plan_ended") this.#end(record, at);
  }

  /** The frame is over: an end that has no result so far has none. */
  seal(): void {
    this.#tell(null);
  }

  /** Those that run, in the order they were started; `open` gives the intents that wait. */
  running(open: Iterable<IntentNote>): readonly PlanNote[] {
    const intents = new Map<string, string>();
    for (const { id, step } of open) if (step !== null) intents.set(`${step.instance} ${step.id}`, id);
    return [...this.#running.values()].map((each) => ({
      instance: each.id,
      plan: each.name,
      correlation: each.correlation,
      startedAt: each.startedAt,
      done: each.settled.size,
      steps: each.plan?.definition.steps.length ?? each.settled.size,
      waits: waitsOf(each, intents),
    }));
  }

  #start(record: RecordOf<"plan_started">, at: Moment, manifest: Manifest): void {
    this.#running.set(record.instance, {
      id: record.instance,
      name: record.plan,
      plan: manifest.plans.get(record.plan) ?? null,
      correlation: taggedJson(record.correlation),
      startedAt: at,
      settled: new Map(),
    });
  }

  #turn({ instance, steps }: RecordOf<"plan_turn">, at: Moment): void {
    const running = this.#running.get(instance);
    for (const [id] of steps) running?.settled.set(id, at);
  }

  #end(record: RecordOf<"plan_ended">, at: Moment): void {
    const { instance, plan, status, errorCode, errorStep, errorMessage } = record;
    const running = this.#running.get(instance);
    this.#running.delete(instance);
    this.#ended = {
      instance,
      plan,
      correlation: running?.correlation ?? null,
      startedAt: running?.startedAt ?? at,
      endedAt: at,
      status,
      error: errorCode === null ? null : { code: errorCode, step: errorStep, message: errorMessage ?? "" },
    };
  }

  #tell(result: Json): void {
    if (this.#ended === null) return;
    this.#onEnded({ ...this.#ended, result });
    this.#ended = null;
  }
}

/**
 * Steps that may run and were not: after a turn only those are left that wait. `intents`: id of the open intent by
 * instance and step that emitted it.
 */
function waitsOf(
  { id, plan, settled, startedAt }: Running,
  intents: ReadonlyMap<string, string>,
): readonly Wait[] {
  if (plan === null) return [];
  const { steps, edges } = plan.definition;
  const waits: Wait[] = [];
  for (const step of steps) {
    if (settled.has(step.id)) continue;
    const before = edges.filter(({ to }) => to === step.id).map(({ from }) => settled.get(from));
    if (before.some((moment) => moment === undefined)) continue;
    const since = before.reduce<Moment>((last, each) => (later(each!, last) ? each! : last), startedAt);
    waits.push(waitOf(step, since, (emitted) => intents.get(`${id} ${emitted}`) ?? null, steps));
  }
  return waits;
}

function waitOf(
  step: Step,
  since: Moment,
  intentOf: (step: string) => string | null,
  steps: readonly Step[],
): Wait {
  if (step.op === "await_event") {
    const where = step.where === null ? null : exprText(step.where);
    return { kind: "event", step: step.id, since, event: step.event, where };
  }
  const emitter = step.op === "await_receipt" ? emitterOf(step, steps) : null;
  const intent = emitter === null ? null : intentOf(emitter);
  return intent === null
    ? { kind: "turn", step: step.id, since }
    : { kind: "receipt", step: step.id, since, intent };
}

/** The step whose effect is awaited: by the variable its handle is bound to, or by its name. */
function emitterOf(
  { for: handle }: Extract<Step, { op: "await_receipt" }>,
  steps: readonly Step[],
): string | null {
  if (handle.kind !== "ref") return null;
  const { ref } = handle;
  if (ref.root === "step") return ref.step;
  if (ref.root !== "var") return null;
  return steps.find((each) => each.op === "emit_effect" && each.bindEffectIdAs === ref.name)?.id ?? null;
}

function later(a: Moment, b: Moment): boolean {
  return a.frame > b.frame || (a.frame === b.frame && a.record > b.record);
}

/** Where a record of a frame stands. */
export function momentOf({ head }: Frame, record: number): Moment {
  return { frame: head.frame, record, atNs: head.logicalNs };
}
