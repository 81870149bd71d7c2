/** From the receipt of a reducer's effect to the event the reducer hears. */

import type { Effect, Manifest } from "../air/manifest.ts";
import { AirloomError } from "../values/errors.ts";
import type { Schema } from "../values/schema.ts";
import { record, text, type Value } from "../values/value.ts";
import { zeroValue } from "../values/zero.ts";
import type { OpenIntent } from "./intent.ts";

export type ReceiptStatus = "ok" | "error" | "timeout";

/** What an adapter answered. */
export interface Receipt {
  readonly adapterId: string;
  readonly status: ReceiptStatus;
  /** By the effect's receipt schema; may be empty when the status is not `ok`. */
  readonly payload: Uint8Array;
  readonly costCents: bigint | null;
  /** 64 bytes; zeros for a receipt made in this process. */
  readonly signature: Uint8Array;
  /** How often the adapter tried. */
  readonly tries: bigint;
}

/** Effects a reducer may emit, and the event that brings their receipt (docs/air.md, "Receipts"). */
export const RECEIPT_EVENTS: ReadonlyMap<string, string> = new Map([
  ["timer.set", "sys/TimerFired@1"],
  ["blob.put", "sys/BlobPutResult@1"],
  ["blob.get", "sys/BlobGetResult@1"],
]);

/**
 * The receipt with its payload in canonical form. A failed receipt whose payload cannot be read gets an
 * empty one; a successful one is refused with `receipt.invalid_payload`.
 */
export function normalizeReceipt(effect: Effect, receipt: Receipt): Receipt {
  try {
    return { ...receipt, payload: effect.receipt.normalize(receipt.payload) };
  } catch (error) {
    if (!(error instanceof AirloomError)) throw error;
    if (receipt.status !== "ok") return { ...receipt, payload: new Uint8Array(0) };
    throw new AirloomError(
      "request",
      "receipt.invalid_payload",
      `a receipt of ${effect.definition.effectKind} does not match ${effect.receipt.name}`,
      { diagnostics: error.diagnostics, cause: error },
    );
  }
}

/** The event for the originator: schema and canonical bytes. The receipt must be normalised. */
export function receiptEvent(
  manifest: Manifest,
  intent: OpenIntent,
  receipt: Receipt,
): { readonly schema: Schema; readonly value: Uint8Array } | null {
  const name = RECEIPT_EVENTS.get(intent.kind);
  const schema = name === undefined ? undefined : manifest.schemas.get(name);
  const effect = manifest.effects.get(intent.kind);
  if (schema === undefined || effect === undefined) return null;
  const payload: Value =
    receipt.payload.length === 0 ? zeroValue(effect.receipt.type) : effect.receipt.decode(receipt.payload);
  const event = record([
    ["intent_hash", { kind: "hash", value: intent.hash }],
    ["reducer", text(intent.origin.name)],
    ["effect_kind", text(intent.kind)],
    ["adapter_id", text(receipt.adapterId)],
    ["status", text(receipt.status)],
    ["requested", effect.params.decode(intent.params)],
    ["receipt", payload],
    ["cost_cents", receipt.costCents === null ? { kind: "null" } : { kind: "nat", value: receipt.costCents }],
    ["signature", { kind: "bytes", value: receipt.signature }],
  ]);
  return { schema, value: schema.encode(event) };
}
