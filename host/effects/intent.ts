import type { Effect, Grant } from "../air/manifest.ts";
import type { Origin } from "../journal/origin.ts";
import type { Cell, RecordOf } from "../journal/record.ts";
import type { FrameSeq, Hash, IntentId } from "../values/brand.ts";
import { intentHash } from "../values/identity.ts";

/** An effect that passed the gate and waits for its receipt. */
export interface OpenIntent {
  readonly id: IntentId;
  readonly frame: FrameSeq;
  /** Position among the intents of its frame, from 0. */
  readonly ordinal: number;
  readonly kind: string;
  readonly capName: string;
  /** Canonical bytes. */
  readonly params: Uint8Array;
  readonly idempotencyKey: Uint8Array;
  readonly origin: Origin;
  /** Where the receipt goes: the cell of a reducer, or the step of a plan's instance. */
  readonly cell: Cell | null;
  readonly step: PlanStep | null;
  /** AIR's intent hash: what the intent says, not which one it is. */
  readonly hash: Hash;
}

/** Which step of which instance emitted an effect. */
export interface PlanStep {
  readonly instance: bigint;
  readonly id: string;
}

/** The key of an intent whose author gave none. */
export const NO_IDEMPOTENCY_KEY: Uint8Array = new Uint8Array(32);

export interface IntentRequest {
  readonly effect: Effect;
  readonly grant: Grant;
  /** Canonical bytes. */
  readonly params: Uint8Array;
  readonly idempotencyKey: Uint8Array | null;
  readonly origin: Origin;
  readonly cell: Cell | null;
  readonly step: PlanStep | null;
}

/** Which emission it is: equal intents emitted twice are two. */
export function intentId(frame: FrameSeq, ordinal: number): IntentId {
  return `${frame}.${ordinal}` as IntentId;
}

export function openIntent(request: IntentRequest, frame: FrameSeq, ordinal: number): OpenIntent {
  const idempotencyKey = request.idempotencyKey ?? NO_IDEMPOTENCY_KEY;
  const kind = request.effect.definition.effectKind;
  return {
    id: intentId(frame, ordinal),
    frame,
    ordinal,
    kind,
    capName: request.grant.name,
    params: request.params,
    idempotencyKey,
    origin: request.origin,
    cell: request.cell,
    step: request.step,
    hash: hashOfIntent(request),
  };
}

/** AIR's intent hash of what is about to be emitted. */
export function hashOfIntent({
  effect,
  grant,
  params,
  idempotencyKey,
}: Pick<IntentRequest, "effect" | "grant" | "params" | "idempotencyKey">): Hash {
  const kind = effect.definition.effectKind;
  return intentHash({
    kind,
    params,
    cap: grant.name,
    idempotencyKey: idempotencyKey ?? NO_IDEMPOTENCY_KEY,
  });
}

export function intentRecord(intent: OpenIntent, cause: number): RecordOf<"effect_intent"> {
  return {
    kind: "effect_intent",
    cause,
    cell: intent.cell,
    ordinal: BigInt(intent.ordinal),
    effectKind: intent.kind,
    capName: intent.capName,
    params: intent.params,
    idempotencyKey: intent.idempotencyKey,
    originKind: intent.origin.kind,
    originName: intent.origin.name,
    instance: intent.step?.instance ?? null,
    step: intent.step?.id ?? null,
    intentHash: intent.hash,
  };
}
