/** An effect a plan emits, from its step's slots to what the gate is asked about. */

import type { Step } from "../air/definitions.ts";
import type { Effect, Grant } from "../air/manifest.ts";
import type { Hash } from "../values/brand.ts";
import { digestOf, isHash } from "../values/hash.ts";
import { LIMITS } from "../values/limits.ts";
import type { Schema } from "../values/schema.ts";
import type { Value } from "../values/value.ts";
import { PlanError, type RefusalCode } from "./errors.ts";
import { type Scope, slotValue } from "./expr.ts";

/** What a turn reaches beside its instance: the definitions in force, and the gate. */
export interface TurnPorts {
  readonly schemas: ReadonlyMap<string, Schema>;
  /** By effect kind. */
  readonly effects: ReadonlyMap<string, Effect>;
  readonly grants: ReadonlyMap<string, Grant>;
  /** Asks the gate. The answer holds whatever becomes of the turn; the effect goes out only if the turn applies. */
  emit(emission: Emission): EmitAnswer;
}

export interface Emission {
  readonly step: string;
  readonly effect: Effect;
  readonly grant: Grant;
  /** Canonical bytes. */
  readonly params: Uint8Array;
  /** 32 bytes, or null when the author gave none. */
  readonly idempotencyKey: Uint8Array | null;
}

export type EmitAnswer =
  | { readonly ok: true; readonly intentHash: Hash }
  | { readonly ok: false; readonly code: RefusalCode; readonly message: string };

/**
 * The emission of a step, and its parameters as they were evaluated. Throws `PlanError`: what its slots fail
 * at, `plan.vanished` where the definitions in force no longer have the effect or the grant,
 * `idempotency.invalid`; and `value.invalid` for parameters that are not of the effect's schema.
 */
export function emissionOf(
  step: Extract<Step, { op: "emit_effect" }>,
  ports: TurnPorts,
  scope: Scope,
): { readonly emission: Emission; readonly params: Value } {
  const effect = ports.effects.get(step.kind);
  const grant = ports.grants.get(step.cap);
  if (effect === undefined) throw vanished(`effect ${step.kind}`);
  if (grant === undefined) throw vanished(`grant '${step.cap}'`);
  const { capType } = effect.definition;
  if (grant.cap.capType !== capType) {
    const message = `the grant '${grant.name}' is of type ${grant.cap.capType}, not ${capType}`;
    throw new PlanError("cap.type_mismatch", message);
  }
  const params = slotValue(step.params, scope);
  const bytes = effect.params.encode(params);
  if (bytes.length > LIMITS.ingressBytesMax) {
    const message = `parameters of ${bytes.length} bytes are over the limit of ${LIMITS.ingressBytesMax}`;
    throw new PlanError("plan.too_large", message);
  }
  const key = step.idempotencyKey === null ? null : keyBytes(slotValue(step.idempotencyKey, scope));
  return { emission: { step: step.id, effect, grant, params: bytes, idempotencyKey: key }, params };
}

function vanished(what: string): PlanError {
  return new PlanError("plan.vanished", `there is no ${what} any more`);
}

/** A hash, the text of one, or 32 bytes. */
function keyBytes(value: Value): Uint8Array {
  if (value.kind === "hash") return digestOf(value.value as Hash);
  if (value.kind === "text" && isHash(value.value)) return digestOf(value.value);
  if (value.kind === "bytes" && value.value.length === 32) return value.value;
  const found = value.kind === "bytes" ? `${value.value.length} bytes` : value.kind;
  throw new PlanError("idempotency.invalid", `an idempotency key is a hash or 32 bytes, found ${found}`);
}
