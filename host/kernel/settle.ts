/** A receipt meets its intent; the originator hears of it, and nobody else. */

import type { OpenIntent } from "../effects/intent.ts";
import { normalizeReceipt, type Receipt, receiptEvent } from "../effects/receipt.ts";
import { AirloomError } from "../values/errors.ts";
import type { Draft } from "./draft.ts";
import { planStarts, wrap } from "./route.ts";

/**
 * Records the receipt, then the event it becomes, and queues its delivery to the cell that emitted the
 * effect. Triggers see the event as they see any. A delivery that faults later leaves the intent settled.
 */
export function settle(draft: Draft, intent: OpenIntent, answered: Receipt): void {
  const effect = draft.manifest.effects.get(intent.kind);
  if (effect === undefined) {
    throw new AirloomError("request", "receipt.unknown_effect", `the manifest no longer has ${intent.kind}`);
  }
  const receipt = normalizeReceipt(effect, answered);
  const index = draft.add({
    kind: "effect_receipt",
    cause: null,
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
  });
  draft.settleIntent(intent.id);
  const event = receiptEvent(draft.manifest, intent, receipt);
  if (event === null || intent.cell === null) return;
  const key = intent.cell.key.length > 0 ? intent.cell.key : null;
  const { schema, value } = event;
  const starts = planStarts(draft.manifest, schema, value, key);
  const eventIndex = draft.addEvent({ schema: schema.name, value, key, deliveries: [], starts }, index);
  const reducer = draft.manifest.reducers.get(intent.cell.reducer);
  const arm = reducer?.receiptArms.get(schema.name) ?? null;
  draft.queueDelivery({
    kind: "delivery",
    cell: intent.cell,
    arm,
    schema: reducer?.event.name ?? schema.name,
    value: reducer === undefined ? value : wrap(arm, reducer.event, schema, value),
    key,
    event: draft.recordSeq(eventIndex),
    cause: eventIndex,
  });
}
