/** One turn of a plan instance, and the records it leaves. */

import { hashOfIntent } from "../effects/intent.ts";
import type { GateDecision } from "../gate/decide.ts";
import type { Emission, EmitAnswer, TurnPorts } from "../plan/emission.ts";
import { environmentHash, type Instance, withWait } from "../plan/instance.ts";
import { failedTurn, runTurn, type Turn } from "../plan/turn.ts";
import { AirloomError } from "../values/errors.ts";
import type { Draft } from "./draft.ts";
import { addEnd } from "./ended.ts";
import { addDecisions, askGate, type GatedEffect } from "./gate.ts";
import { introspect } from "./introspect.ts";
import { type PreparedEvent, prepareEvent } from "./normalize.ts";
import type { ModuleHost } from "./ports.ts";
import { settle } from "./settle.ts";
import type { TurnTask } from "./state.ts";

/** An effect the plan asked for, and what the gate says of it. */
interface AskedEffect {
  readonly effect: GatedEffect;
  readonly decision: GateDecision;
}

/**
 * Of a turn that fails only the decisions stay. Throws an `AirloomError` of kind `host` when the engine failed
 * while an enforcer ran: then nothing has happened.
 */
export function advance(draft: Draft, task: TurnTask, modules: ModuleHost): void {
  const id = task.instance;
  const before = draft.instance(id);
  // An event may end an instance whose turn is queued already.
  if (before === undefined) return;
  const asked: AskedEffect[] = [];
  const { turn, events } = routed(
    draft,
    before,
    runTurn(
      before,
      portsOf(draft, before, (each) => asked.push(each), modules),
    ),
  );
  const plan = before.plan.definition.name;
  const index = draft.add({
    kind: "plan_turn",
    cause: task.cause ?? 0,
    cell: null,
    instance: id,
    plan,
    steps: turn.settled,
    environmentHash: environmentHash(turn.instance),
  });
  for (const { effect, decision } of asked) addDecisions(draft, index, null, effect, decision);
  // Before the events: an older wait of the instance may take what it raises, a wait of this turn may not.
  if (turn.end === null) draft.setInstance(turn.instance);
  else draft.endInstance(id);
  for (const { step, ...emission } of turn.emitted) {
    const request = { ...emission, origin: originOf(before), cell: null, step: { instance: id, id: step } };
    const opened = draft.openIntent(request, index);
    const receipt = introspect(draft, opened.intent, draft.recordSeq(opened.index));
    if (receipt !== null) settle(draft, opened.intent, receipt, opened.index);
  }
  for (const event of events) draft.addEvent(event, index);
  if (turn.end !== null) addEnd(draft, index, before, turn.end);
  else goOn(draft, id, turn, index);
}

function goOn(draft: Draft, id: bigint, turn: Turn, cause: number): void {
  const instance = draft.instance(id);
  if (instance === undefined) return;
  if (turn.awaits !== null) draft.setInstance(withWait(instance, turn.awaits, draft.recordSeq(cause)));
  if (turn.more) draft.queueTurn(id, cause);
}

function portsOf(
  draft: Draft,
  instance: Instance,
  note: (asked: AskedEffect) => void,
  modules: ModuleHost,
): TurnPorts {
  const { schemas, effects, grants } = draft.manifest;
  const origin = originOf(instance);
  return {
    schemas,
    effects,
    grants,
    emit(emission: Emission): EmitAnswer {
      const effect: GatedEffect = { ...emission, origin };
      const decision = askGate(draft, effect, modules);
      note({ effect, decision });
      if (decision.refusal !== null) return { ok: false, ...decision.refusal };
      return { ok: true, intentHash: hashOfIntent(emission) };
    },
  };
}

function originOf({ plan }: Instance) {
  return { kind: "plan", name: plan.definition.name } as const;
}

/** Routes what the turn raised; one event that cannot go anywhere ends the plan and takes the others along. */
function routed(
  draft: Draft,
  before: Instance,
  turn: Turn,
): { turn: Turn; events: readonly PreparedEvent[] } {
  let step: string | null = null;
  try {
    const events = turn.raised.map((raised) => {
      step = raised.step;
      return prepareEvent(draft.manifest, raised.schema, raised.value, null);
    });
    return { turn, events };
  } catch (error) {
    if (!(error instanceof AirloomError) || error.kind !== "request") throw error;
    const end = { status: "error", code: "plan.route_refused", step, message: error.message } as const;
    return { turn: failedTurn(before, end), events: [] };
  }
}
