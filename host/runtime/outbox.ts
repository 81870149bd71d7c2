/** What leaves a world: the intents of a frame that is durable, each handed to the adapter of its kind. */

import type { Adapter } from "../adapters/port.ts";
import type { OpenIntent } from "../effects/intent.ts";
import { outgoingKey } from "../effects/key.ts";
import type { Receipt } from "../effects/receipt.ts";
import type { Definitions } from "../kernel/state.ts";
import type { IntentId, WorldId } from "../values/brand.ts";
import { isAnsweredOutside } from "./receipts.ts";

export class Outbox {
  readonly #worldId: WorldId;
  /** By effect kind. */
  readonly #adapters = new Map<string, Adapter>();
  readonly #started: readonly Adapter[];

  constructor(worldId: WorldId, adapters: readonly Adapter[]) {
    this.#worldId = worldId;
    for (const adapter of adapters) {
      for (const kind of adapter.effectKinds) this.#adapters.set(kind, adapter);
    }
    this.#started = [...new Set(this.#adapters.values())];
  }

  /** Starts an effect. A receipt comes back for one that nobody here or outside does. */
  start(intent: OpenIntent, { manifest, settings }: Definitions): Receipt | null {
    const adapter = this.#adapters.get(intent.kind);
    if (adapter === undefined) return isAnsweredOutside(settings, intent.kind) ? null : NO_ADAPTER;
    adapter.start(intent, {
      effect: manifest.effects.get(intent.kind) ?? null,
      grant: manifest.grants.get(intent.capName) ?? null,
      secrets: manifest.secrets,
      key: () => outgoingKey(this.#worldId, intent),
    });
    return null;
  }

  /** Tells every adapter that an intent has its receipt. */
  settled(id: IntentId): void {
    for (const adapter of this.#started) adapter.settled(id);
  }

  stop(): void {
    for (const adapter of this.#started) adapter.stop();
  }
}

const NO_ADAPTER: Receipt = {
  adapterId: "adapter.missing",
  status: "error",
  payload: new Uint8Array(0),
  costCents: null,
  signature: new Uint8Array(64),
  tries: 0n,
};
