/** Effects of a world's own kinds: a function a kind, in the types that `airloom codegen` gives. */

import type { OpenIntent } from "../../effects/intent.ts";
import type { ReceiptStatus } from "../../effects/receipt.ts";
import { replaceSecrets, type SecretName, secretKey, secretsIn } from "../../gate/secrets.ts";
import type { IntentId } from "../../values/brand.ts";
import { EMPTY, fromUtf8 } from "../../values/bytes.ts";
import { AirloomError } from "../../values/errors.ts";
import { LIMITS } from "../../values/limits.ts";
import { fromNative, toNative } from "../../values/native.ts";
import { text, type Value, variant } from "../../values/value.ts";
import type { Blobs, Dispatch } from "../port.ts";
import { type Scrubber, scrubber } from "../scrub.ts";
import { declaredSecret, type ReadSecret } from "../secrets.ts";
import type { Answer, TaskKind } from "../tasks.ts";

/** What an effect function is given. */
export interface EffectRequest {
  readonly intent: IntentId;
  readonly effectKind: string;
  /** Of the effect's parameter schema; references to secrets are replaced by the secrets as literals. */
  readonly params: unknown;
  /** 64 hex digits, the same whenever this intent is done again: hand it to whoever must not do things twice. */
  readonly key: string;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  readonly blobs: Blobs;
}

export interface EffectAnswer {
  /** `ok` unless given. */
  readonly status?: ReceiptStatus;
  /** Of the effect's receipt schema; may be left out when the status is not `ok`. */
  readonly receipt?: unknown;
  readonly costCents?: bigint;
  /** How often it was tried; once unless given. */
  readonly tries?: bigint;
}

/**
 * Does one effect. It may be called again for the same intent after a restart, with the same key. What it throws
 * becomes an `error` receipt; secrets it was given are taken out of what it answers.
 */
export type EffectFunction = (request: EffectRequest) => Promise<EffectAnswer> | EffectAnswer;

const IN_FLIGHT_MAX = 64;

export function ownAdapter(
  effectKind: string,
  perform: EffectFunction,
  blobs: Blobs,
  readSecret: ReadSecret,
): TaskKind {
  return {
    effectKinds: [effectKind],
    adapterId: () => effectKind,
    inFlightMax: IN_FLIGHT_MAX,
    async work(intent, dispatch, signal) {
      const { effect } = dispatch;
      if (effect === null) return { status: "error", payload: EMPTY };
      const { value, scrub } = await withSecrets(intent, dispatch, readSecret);
      const params = toNative(effect.params, value);
      const { id, kind } = intent;
      const answered = await perform({
        intent: id,
        effectKind: kind,
        params,
        key: dispatch.key(),
        signal,
        blobs,
      });
      return answerOf(answered, dispatch, scrub);
    },
  };
}

function answerOf(answered: EffectAnswer, { effect }: Dispatch, scrub: Scrubber): Answer {
  const { status = "ok", receipt, costCents = null, tries = 1n } = answered;
  if (receipt === undefined && status !== "ok") return { status, payload: EMPTY, costCents, tries };
  const schema = effect!.receipt;
  const payload = schema.encode(scrub.value(fromNative(schema, receipt)));
  if (payload.length > LIMITS.ingressBytesMax) {
    const found = `a ${schema.name} of ${payload.length} bytes, a receipt holds ${LIMITS.ingressBytesMax}`;
    throw new AirloomError("request", "receipt.invalid_payload", found);
  }
  return { status, payload, costCents, tries };
}

/** The parameters with their secrets in them, and what takes these out again. */
async function withSecrets(
  intent: OpenIntent,
  { effect, secrets }: Dispatch,
  read: ReadSecret,
): Promise<{ readonly value: Value; readonly scrub: Scrubber }> {
  const schema = effect!.params;
  const params = schema.decode(intent.params);
  const found = new Map<string, Uint8Array>();
  for (const name of secretsIn(schema.type, params)) found.set(secretKey(name), await secretOf(name));
  const value = replaceSecrets(schema.type, params, (name, _arm, type) => {
    const bytes = found.get(secretKey(name))!;
    const literal: Value =
      type.arms.get("literal")?.kind === "bytes" ? { kind: "bytes", value: bytes } : text(fromUtf8(bytes));
    return variant("literal", literal);
  });
  return { value, scrub: scrubber([...found.values()]) };

  function secretOf(name: SecretName): Promise<Uint8Array> {
    const definition = secrets.get(secretKey(name));
    if (definition !== undefined) return declaredSecret(definition, read);
    throw new AirloomError("denied", "secret.undeclared", `there is no secret ${secretKey(name)} any more`);
  }
}
