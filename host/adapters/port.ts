/** An adapter does the effects of some kinds. It is started only for intents whose frame is durable. */

import type { SecretDefinition } from "../air/definitions.ts";
import type { Effect, Grant } from "../air/manifest.ts";
import type { OpenIntent } from "../effects/intent.ts";
import type { Receipt } from "../effects/receipt.ts";
import type { Stamp } from "../journal/frame.ts";
import type { Hash, IntentId } from "../values/brand.ts";

export interface Adapter {
  readonly effectKinds: readonly string[];
  /** At least once for an intent; twice after a restart. Must not throw for what the intent says. */
  start(intent: OpenIntent, dispatch: Dispatch): void;
  /** The intent is settled; whatever is left of it may be dropped. */
  settled(id: IntentId): void;
  /** No more receipts after this. */
  stop(): void;
}

/** What goes with an intent when it is started: the definitions then in force. */
export interface Dispatch {
  /** Null where the definitions no longer have the effect, or the grant. */
  readonly effect: Effect | null;
  readonly grant: Grant | null;
  /** By name, `ALIAS@VERSION`. */
  readonly secrets: ReadonlyMap<string, SecretDefinition>;
  /** 64 hex digits: the same whenever this intent is started, another for every other intent. */
  readonly key: () => string;
}

/** Hands a receipt in; made when its stamp is known, so that it can say when it was delivered. */
export type Settle = (id: IntentId, receipt: (stamp: Stamp) => Receipt) => void;

/** Bytes by their hash, kept with the world. */
export interface Blobs {
  /** Null when there are none. */
  get(hash: Hash): Promise<Uint8Array | null>;
  /** Durable once it resolves. */
  put(bytes: Uint8Array): Promise<Hash>;
}

/** Tells that an adapter threw, where it should have answered. The originator gets an `error` receipt. */
export type OnAdapterError = (intent: OpenIntent, error: unknown) => void;

/** The signature of a receipt made in this process: none. */
export const NO_SIGNATURE: Uint8Array = new Uint8Array(64);
