/** What enters a world from outside: the only input of the kernel. */

import type { Receipt } from "../effects/receipt.ts";
import type { Cell } from "../journal/record.ts";
import type { IntentId, RecordSeq } from "../values/brand.ts";
import type { Definitions, Genesis } from "./state.ts";

export type Ingress =
  | { readonly kind: "genesis"; readonly genesis: Genesis; readonly definitions: Definitions }
  /** New definitions; only when nothing is pending. */
  | { readonly kind: "manifest"; readonly definitions: Definitions }
  | EventIngress
  | { readonly kind: "receipt"; readonly intent: IntentId; readonly receipt: Receipt }
  | PlanIngress
  | RedeliverIngress
  | DismissIngress
  /** Goes on with work that a frame limit left over. */
  | { readonly kind: "continue" }
  | { readonly kind: "snapshot" };

export interface EventIngress {
  readonly kind: "event";
  readonly schema: string;
  /** CBOR of the schema's type; normalised on entry. */
  readonly value: Uint8Array;
  readonly key: Uint8Array | null;
}

/** A plan that is started by hand. */
export interface PlanIngress {
  readonly kind: "plan";
  readonly plan: string;
  /** CBOR of the plan's input; normalised on entry. */
  readonly input: Uint8Array;
  /** The correlation id in the tagged form of values (`host/plan/tagged.ts`), or null for none. */
  readonly correlation: Uint8Array | null;
}

/** The event of a delivery that faulted, for the cell it was meant for and nobody else. */
export interface RedeliverIngress {
  readonly kind: "redeliver";
  /** The delivery that faulted. */
  readonly delivery: RecordSeq;
  readonly cell: Cell;
  readonly schema: string;
  /** CBOR of the schema's type, as it was recorded; normalised on entry. */
  readonly value: Uint8Array;
}

/** Somebody has seen a fault; it is no longer open. */
export interface DismissIngress {
  readonly kind: "dismiss";
  /** The `delivery` or `plan_ended` that says the fault. */
  readonly fault: RecordSeq;
  readonly cell: Cell | null;
  readonly reason: string | null;
}
