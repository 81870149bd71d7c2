/** An adapter does the effects of some kinds. It is started only for intents whose frame is durable. */

import type { OpenIntent } from "../effects/intent.ts";
import type { Receipt } from "../effects/receipt.ts";
import type { Stamp } from "../journal/frame.ts";
import type { IntentId } from "../values/brand.ts";

export interface Adapter {
  readonly effectKinds: readonly string[];
  /** At least once for an intent; twice after a restart. Must not throw for what the intent says. */
  start(intent: OpenIntent): void;
  /** The intent is settled; whatever is left of it may be dropped. */
  settled(id: IntentId): void;
  /** No more receipts after this. */
  stop(): void;
}

/** Hands a receipt in; made when its stamp is known, so that it can say when it was delivered. */
export type Settle = (id: IntentId, receipt: (stamp: Stamp) => Receipt) => void;

/** The signature of a receipt made in this process: none. */
export const NO_SIGNATURE: Uint8Array = new Uint8Array(64);
