/** A receipt meets its intent; the originator hears of it, and nobody else. */

import type { OpenIntent, PlanStep } from "../effects/intent.ts";
import { normalizeReceipt, type Receipt, receiptEvent } from "../effects/receipt.ts";
import { withAnswer } from "../plan/instance.ts";
import { type Reading, readReceipt } from "../plan/receipt.ts";
import { AirloomError } from "../values/errors.ts";
import type { Draft } from "./draft.ts";
import { planStarts, wrap } from "./route.ts";

/**
 * Records the receipt and settles the intent. A reducer's goes on as an event to the cell that emitted the
 * effect; triggers and waiting plans see that event as they see any. A plan's is kept for the step that awaits
 * it; where the plan has ended nobody hears of it. A delivery that faults later leaves the intent settled.
 * Throws `receipt.unknown_effect` and `receipt.invalid_payload` (kind `request`) for a reducer's.
 */
export function settle(
  draft: Draft,
  intent: OpenIntent,
  answered: Receipt,
  cause: number | null = null,
): void {
  if (intent.step !== null) answerPlan(draft, intent, intent.step, answered, cause);
  else answerReducer(draft, intent, answered);
}

function answerPlan(
  draft: Draft,
  intent: OpenIntent,
  { instance: id, id: step }: PlanStep,
  answered: Receipt,
  cause: number | null,
): void {
  const schema = draft.manifest.effects.get(intent.kind)?.receipt;
  const { value, reading, payload } = readReceipt(answered.payload, schema);
  const index = addReceipt(draft, intent, { ...answered, payload }, reading, cause);
  const instance = draft.instance(id);
  if (instance === undefined) return;
  draft.setInstance(withAnswer(instance, step, { value, status: answered.status }));
  draft.queueTurn(id, index);
}

function answerReducer(draft: Draft, intent: OpenIntent, answered: Receipt): void {
  const effect = draft.manifest.effects.get(intent.kind);
  if (effect === undefined) {
    throw new AirloomError("request", "receipt.unknown_effect", `the manifest no longer has ${intent.kind}`);
  }
  const receipt = normalizeReceipt(effect, answered);
  const index = addReceipt(draft, intent, receipt, null, null);
  const event = receiptEvent(draft.manifest, intent, receipt);
  if (event === null || intent.cell === null) return;
  const key = intent.cell.key.length > 0 ? intent.cell.key : null;
  const { schema, value } = event;
  const starts = planStarts(draft.manifest, schema, value, key);
  const eventIndex = draft.addEvent({ schema: schema.name, value, key, deliveries: [], starts }, index);
  const reducer = draft.manifest.reducers.get(intent.cell.reducer);
  const arm = reducer?.receiptArms.get(schema.name);
  const heard = reducer !== undefined && arm !== undefined;
  draft.queueDelivery({
    kind: "delivery",
    cell: intent.cell,
    arm: arm ?? null,
    // Under its own name where nobody is left to take it: the delivery will be a fault.
    schema: heard ? reducer.event.name : schema.name,
    value: heard ? wrap(arm, reducer.event, schema, value) : value,
    key,
    event: draft.recordSeq(eventIndex),
    cause: eventIndex,
  });
}

function addReceipt(
  draft: Draft,
  intent: OpenIntent,
  receipt: Receipt,
  reading: Reading | null,
  cause: number | null,
): number {
  draft.settleIntent(intent.id);
  return draft.add({
    kind: "effect_receipt",
    cause,
    cell: intent.cell,
    intentFrame: intent.frame,
    intentOrdinal: BigInt(intent.ordinal),
    effectKind: intent.kind,
    adapterId: receipt.adapterId,
    status: receipt.status,
    payload: receipt.payload,
    costCents: receipt.costCents,
    signature: receipt.signature,
    tries: receipt.tries,
    reading,
  });
}
