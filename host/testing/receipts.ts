/** Events that bring receipts, for tests of a reducer by itself. */

import type { EffectTypes } from "./types.ts";

/** `sys/TimerFired@1` as codegen writes it. */
export interface TimerFiredEvent {
  readonly status: string;
  readonly receipt: EffectTypes["timer.set"]["receipt"];
  readonly reducer: string;
  readonly requested: EffectTypes["timer.set"]["params"];
  readonly signature: Uint8Array;
  readonly adapter_id: string;
  readonly cost_cents: bigint | null;
  readonly effect_kind: string;
  readonly intent_hash: string;
}

/** The event of a timer that fired when it was due; `given` takes the place of what it would say. */
export function timerFired(
  requested: EffectTypes["timer.set"]["params"],
  given: Partial<TimerFiredEvent> = {},
): TimerFiredEvent {
  return {
    status: "ok",
    receipt: { delivered_at_ns: requested.deliver_at_ns, key: requested.key },
    reducer: "",
    requested,
    signature: new Uint8Array(64),
    adapter_id: "timer.set",
    cost_cents: null,
    effect_kind: "timer.set",
    intent_hash: `sha256:${"0".repeat(64)}`,
    ...given,
  };
}
