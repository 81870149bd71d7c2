/**
 * One delivery: a reducer is called with an event, and what it answers applies whole or not at all.
 *
 * Order: call, read the output, check the state, normalise and route every event, gate the effects, commit.
 * Whatever fails becomes the fault of the `delivery` record; of a refused effect the decisions stay.
 */

import type { Effect, Grant, Reducer } from "../air/manifest.ts";
import { DEFAULT_MODULE_LIMITS } from "../air/settings.ts";
import { RECEIPT_EVENTS } from "../effects/receipt.ts";
import type { GateDecision } from "../gate/decide.ts";
import type { Origin } from "../journal/origin.ts";
import type { RecordOf } from "../journal/record.ts";
import { AirloomError } from "../values/errors.ts";
import { hashOf } from "../values/hash.ts";
import { LIMITS } from "../values/limits.ts";
import { callContext } from "./context.ts";
import type { Draft, LiveNote } from "./draft.ts";
import { addDecisions, askGate, type GatedEffect } from "./gate.ts";
import { type PreparedEvent, prepareEvent } from "./normalize.ts";
import type { EmittedEffect, ModuleHost, StepOutput, TraceFrame } from "./ports.ts";
import type { DeliveryTask } from "./state.ts";

/** Why a delivery did not apply. */
export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
}

const RECEIPT_SCHEMAS: ReadonlySet<string> = new Set(RECEIPT_EVENTS.values());

/** An effect that was asked for, and what the gate says of it. */
interface AskedEffect extends GatedEffect {
  readonly idempotencyKey: Uint8Array | null;
  readonly decision: GateDecision;
}

/** What a call leads to; with a fault, only its decisions. */
interface Answer {
  readonly fault: Fault | null;
  readonly state: Uint8Array | null;
  readonly annotation: Uint8Array | null;
  readonly events: readonly PreparedEvent[];
  readonly effects: readonly AskedEffect[];
  readonly fuel: bigint;
  /** What the engine said. */
  readonly note: Omit<LiveNote, "record"> | null;
}

/**
 * `state` is the cell's, null where it does not exist. Throws `AirloomError` of kind `host` when the engine failed:
 * then nothing happened.
 */
export function deliver(
  draft: Draft,
  task: DeliveryTask,
  state: Uint8Array | null,
  modules: ModuleHost,
): void {
  const reducer = draft.manifest.reducers.get(task.cell.reducer);
  const gone = whatIsGone(task, reducer);
  const answer = gone === null ? call(draft, task, state, reducer!, modules) : vanished(gone);
  const index = draft.add(deliveryRecord(draft, task, reducer, answer));
  if (answer.note !== null) draft.notes.push({ record: index, ...answer.note });
  for (const asked of answer.effects) addDecisions(draft, index, task.cell, asked, asked.decision);
  if (answer.fault !== null) return;
  draft.writeCell(task.cell, answer.state);
  for (const asked of answer.effects) draft.openIntent({ ...asked, cell: task.cell, step: null }, index);
  for (const event of answer.events) draft.addEvent(event, index);
}

function originOf(reducer: Reducer): Origin {
  return {
    kind: reducer.module.moduleKind === "workflow" ? "workflow" : "reducer",
    name: reducer.module.name,
  };
}

/** Why nobody can take the event, or null. A receipt comes under its own schema where no arm refers to that. */
function whatIsGone({ cell, schema }: DeliveryTask, reducer: Reducer | undefined): string | null {
  if (reducer === undefined) return cell.reducer;
  return RECEIPT_SCHEMAS.has(schema) && schema !== reducer.event.name
    ? `an arm for ${schema} in ${reducer.event.name}`
    : null;
}

function vanished(what: string): Answer {
  const message = `the manifest no longer has ${what}`;
  return faulted({ code: "reducer.vanished", message, file: null, line: null, column: null }, 0n);
}

function faulted(
  fault: Fault,
  fuel: bigint,
  effects: readonly AskedEffect[] = [],
  live?: string,
  trace: readonly TraceFrame[] = [],
): Answer {
  const note = live === undefined ? null : { text: live, trace };
  return { fault, state: null, annotation: null, events: [], effects, fuel, note };
}

function call(
  draft: Draft,
  task: DeliveryTask,
  state: Uint8Array | null,
  reducer: Reducer,
  modules: ModuleHost,
): Answer {
  const draw = draft.drawOf(task.cell);
  const context = reducer.wantsContext
    ? callContext(reducer, task, draft.entry, draft.manifest.hash, draw)
    : null;
  const { schema, value, key } = task;
  const limits = draft.definitions.settings.modules.get(reducer.module.name)?.limits ?? DEFAULT_MODULE_LIMITS;
  const result = modules.step(reducer.module.wasmHash, { state, schema, value, key, context, limits });
  draft.spend(result.fuel);
  if (!result.ok) {
    const { live, trace, ...fault } = result.fault;
    return faulted(fault, result.fuel, [], live, trace);
  }
  return accept(draft, reducer, result.output, result.fuel, modules);
}

/** Everything that may still refuse a module's output. */
function accept(
  draft: Draft,
  reducer: Reducer,
  output: StepOutput,
  fuel: bigint,
  modules: ModuleHost,
): Answer {
  const effects: AskedEffect[] = [];
  try {
    checkState(draft, reducer, output.state);
    const { manifest } = draft;
    const events = output.events.map((event) => prepareEvent(manifest, event.schema, event.value, event.key));
    checkEffectCount(reducer, output.effects.length);
    for (const emitted of output.effects) {
      const asked = gate(draft, reducer, emitted, modules);
      effects.push(asked);
      const { refusal } = asked.decision;
      if (refusal !== null) throw new AirloomError("denied", refusal.code, refusal.message);
    }
    return {
      fault: null,
      state: output.state,
      annotation: output.annotation,
      events,
      effects,
      fuel,
      note: null,
    };
  } catch (error) {
    if (!(error instanceof AirloomError) || error.kind === "bug" || error.kind === "host") throw error;
    const message = (error.diagnostics[0]?.message ?? error.message).slice(0, LIMITS.faultTextMax);
    return faulted({ code: error.code, message, file: null, line: null, column: null }, fuel, effects);
  }
}

function checkState(draft: Draft, reducer: Reducer, state: Uint8Array | null): void {
  if (state === null) return;
  const { name } = reducer.module;
  if (state.length > LIMITS.stateBytesMax) {
    throw new AirloomError("module", "state.too_large", `${name} returned a state of ${state.length} bytes`);
  }
  if (draft.definitions.settings.modules.get(name)?.state === "opaque") return;
  if (!reducer.state.accepts(state)) {
    const message = `${name} returned a state that is no canonical ${reducer.state.name}`;
    throw new AirloomError("module", "state.invalid", message);
  }
}

function checkEffectCount(reducer: Reducer, count: number): void {
  const workflow = reducer.module.moduleKind === "workflow";
  const max = workflow ? LIMITS.workflowEffectsMax : LIMITS.reducerEffectsMax;
  if (count <= max) return;
  const message = `${reducer.module.name} emitted ${count} effects, a ${reducer.module.moduleKind} may emit ${max}`;
  throw new AirloomError("module", "effect.too_many", message);
}

function gate(draft: Draft, reducer: Reducer, emitted: EmittedEffect, modules: ModuleHost): AskedEffect {
  const { manifest } = draft;
  const { name, reducer: abi } = reducer.module;
  const effect = manifest.effects.get(emitted.kind);
  if (effect === undefined || !(abi?.effectsEmitted.includes(emitted.kind) ?? false)) {
    throw new AirloomError(
      "module",
      "effect.undeclared",
      `${name} does not declare the effect ${emitted.kind}`,
    );
  }
  if (effect.definition.originScope === "plan") {
    throw new AirloomError("denied", "effect.wrong_origin", `only plans may emit ${emitted.kind}`);
  }
  if (emitted.idempotencyKey !== null && emitted.idempotencyKey.length !== 32) {
    const found = `${emitted.idempotencyKey.length} bytes`;
    throw new AirloomError(
      "module",
      "idempotency.invalid",
      `an idempotency key has 32 bytes, found ${found}`,
    );
  }
  const grant = grantFor(draft, reducer, effect, emitted.slot ?? "default");
  const params = effect.params.normalize(emitted.params);
  const request: GatedEffect = { effect, grant, params, origin: originOf(reducer) };
  const decision = askGate(draft, request, modules);
  return { ...request, idempotencyKey: emitted.idempotencyKey, decision };
}

/** The slot's grant; an unbound `default` slot takes the only grant of the effect's type. */
function grantFor(draft: Draft, reducer: Reducer, effect: Effect, slot: string): Grant {
  const { capType, effectKind } = effect.definition;
  const bound = reducer.bindings.get(slot);
  const fitting = [...draft.manifest.grants.values()].filter((grant) => grant.cap.capType === capType);
  const grant = bound ?? (slot === "default" && fitting.length === 1 ? fitting[0] : undefined);
  const name = reducer.module.name;
  if (grant === undefined) {
    const message = `${name} emits ${effectKind} through slot '${slot}', which no grant is bound to`;
    throw new AirloomError("denied", "cap.binding_missing", message);
  }
  if (grant.cap.capType !== capType) {
    const message = `slot '${slot}' of ${name} is bound to '${grant.name}' of type ${grant.cap.capType}, not ${capType}`;
    throw new AirloomError("denied", "cap.type_mismatch", message);
  }
  return grant;
}

function deliveryRecord(
  draft: Draft,
  task: DeliveryTask,
  reducer: Reducer | undefined,
  answer: Answer,
): RecordOf<"delivery"> {
  const { fault, state } = answer;
  const inline = state !== null && state.length <= LIMITS.inlineStateBytesMax;
  if (state !== null && !inline) draft.blobs.push(state);
  return {
    kind: "delivery",
    cause: task.cause ?? 0,
    cell: task.cell,
    event: task.event,
    arm: task.arm,
    moduleHash: reducer?.module.wasmHash ?? hashOf(new Uint8Array(0)),
    outcome: fault === null ? "ok" : "fault",
    state: inline ? state : null,
    stateBlob: state === null || inline ? null : hashOf(state),
    annotation: answer.annotation,
    faultCode: fault?.code ?? null,
    faultMessage: fault?.message ?? null,
    faultFile: fault?.file ?? null,
    faultLine: fault === null || fault.line === null ? null : BigInt(fault.line),
    faultColumn: fault === null || fault.column === null ? null : BigInt(fault.column),
    fuel: answer.fuel,
  };
}
