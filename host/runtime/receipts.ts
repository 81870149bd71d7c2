/**
 * Receipts from outside the process: whoever does an effect elsewhere signs what came of it. A signature is one
 * of Ed25519 over what `receiptText` gives, by a key that the settings register for the adapter; settings are
 * recorded, so that a journal can be checked for the same.
 */

import { createPrivateKey, sign } from "node:crypto";
import type { Effect } from "../air/manifest.ts";
import type { Settings } from "../air/settings.ts";
import type { Receipt, ReceiptStatus } from "../effects/receipt.ts";
import { openFrame } from "../journal/frame.ts";
import type { Journal } from "../journal/port.ts";
import type { RecordOf } from "../journal/record.ts";
import type { WorldState } from "../kernel/state.ts";
import type { FrameSeq, IntentId, WorldId } from "../values/brand.ts";
import { EMPTY, equalBytes, fromHex } from "../values/bytes.ts";
import { encodeCbor } from "../values/cbor.ts";
import { AirloomError } from "../values/errors.ts";
import { sha256 } from "../values/hash.ts";
import { LIMITS } from "../values/limits.ts";
import { quote } from "../values/quote.ts";
import { isSignedBy } from "./keys.ts";

export interface OutsideReceipt {
  readonly intent: IntentId;
  /** Who did the effect: one that the settings have keys for. */
  readonly adapter: string;
  readonly status: ReceiptStatus;
  /** Canonical bytes of the effect's receipt schema; empty when the status is not `ok` and there is nothing to say. */
  readonly payload: Uint8Array;
  readonly costCents?: bigint;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/** What became of a receipt from outside; `ignored`: its intent had another before. */
export type ReceiptOutcome =
  | { readonly outcome: "settled"; readonly frame: FrameSeq }
  | { readonly outcome: "ignored" };

/**
 * What is signed: the CBOR list ["airloom receipt 1", world id (16 bytes), frame and ordinal of the intent,
 * adapter, status, sha256 of the payload, cost in cents or null].
 */
export function receiptText(world: WorldId, receipt: Omit<OutsideReceipt, "signature">): Uint8Array {
  const [frame, ordinal] = receipt.intent.split(".");
  return encodeCbor([
    "airloom receipt 1",
    fromHex(world)!,
    BigInt(frame!),
    BigInt(ordinal!),
    receipt.adapter,
    receipt.status,
    sha256(receipt.payload),
    receipt.costCents ?? null,
  ]);
}

/** Signs a receipt. `privateKey`: a PKCS #8 key of Ed25519 as PEM text. */
export function signReceipt(
  privateKey: string,
  world: WorldId,
  receipt: Omit<OutsideReceipt, "signature">,
): OutsideReceipt {
  const signature = sign(null, receiptText(world, receipt), createPrivateKey(privateKey));
  return { ...receipt, signature: new Uint8Array(signature) };
}

/**
 * A receipt from outside as it is to be recorded; null when its intent had a receipt before. Throws
 * `AirloomError`: `receipt.malformed`, `receipt.unknown_adapter`, `receipt.forged`, `receipt.unknown`,
 * `receipt.unknown_effect`, `receipt.wrong_kind`, `receipt.invalid_payload`.
 */
export async function admitReceipt(
  { journal, worldId }: { readonly journal: Journal; readonly worldId: WorldId },
  { definitions, intents }: Readonly<WorldState>,
  receipt: OutsideReceipt,
): Promise<{ readonly intent: IntentId; readonly receipt: Receipt } | null> {
  const { settings, manifest } = definitions;
  checkReceipt(worldId, settings, receipt);
  const intent = intents.get(receipt.intent);
  if (intent === undefined) {
    if (await wasEmitted(journal, worldId, receipt.intent)) return null;
    throw new AirloomError("request", "receipt.unknown", `the world never had an intent ${receipt.intent}`);
  }
  const effect = manifest.effects.get(intent.kind);
  if (effect === undefined) {
    throw new AirloomError("request", "receipt.unknown_effect", `the manifest no longer has ${intent.kind}`);
  }
  checkAnswer(settings, effect, receipt);
  return { intent: intent.id, receipt: recordedReceipt(receipt) };
}

/** A receipt of this process as it may enter: one of more bytes than the limit has failed. */
export function bounded(receipt: Receipt): Receipt {
  if (receipt.payload.length <= LIMITS.ingressBytesMax) return receipt;
  return { ...receipt, status: "error", payload: EMPTY };
}

const INTENT = /^(?:0|[1-9][0-9]{0,19})\.(?:0|[1-9][0-9]{0,9})$/;
const STATUSES: readonly string[] = ["ok", "error", "timeout"] satisfies readonly ReceiptStatus[];

/**
 * Checks form, key and signature, before anything is looked up. Throws `AirloomError`: `receipt.malformed` (kind
 * `request`), `receipt.unknown_adapter` and `receipt.forged` (kind `denied`).
 */
function checkReceipt(world: WorldId, settings: Settings, receipt: OutsideReceipt): void {
  const { intent, adapter, status, payload, signature, costCents = 0n } = receipt;
  const sound = INTENT.test(intent) && STATUSES.includes(status) && signature.length === 64;
  if (!sound || payload.length > LIMITS.ingressBytesMax || costCents < 0n || costCents >= 1n << 64n) {
    throw new AirloomError("request", "receipt.malformed", "a receipt from outside has another form");
  }
  const known = settings.receiptKeys.get(adapter);
  if (known === undefined) {
    const message = `the settings have no receipt keys for ${quote(adapter)}`;
    throw new AirloomError("denied", "receipt.unknown_adapter", message);
  }
  if (known.keys.some((key) => isSigned(world, receipt, key))) return;
  const message = `no key of ${quote(adapter)} signed this receipt of ${intent}`;
  throw new AirloomError("denied", "receipt.forged", message, { fields: { intent, adapter } });
}

/** Whether somebody outside may answer effects of this kind. */
export function isAnsweredOutside(settings: Settings, effectKind: string): boolean {
  return [...settings.receiptKeys.values()].some(({ effectKinds }) => effectKinds.includes(effectKind));
}

/**
 * Throws `receipt.wrong_kind` (kind `denied`) for an effect that the adapter may not answer, and
 * `receipt.invalid_payload` (kind `request`): what was signed is recorded as it is, or not at all.
 */
function checkAnswer(settings: Settings, effect: Effect, receipt: OutsideReceipt): void {
  const { adapter, status, payload } = receipt;
  const { effectKind } = effect.definition;
  if (!(settings.receiptKeys.get(adapter)?.effectKinds.includes(effectKind) ?? false)) {
    const message = `${quote(adapter)} may not answer ${effectKind}`;
    throw new AirloomError("denied", "receipt.wrong_kind", message);
  }
  if (status !== "ok" && payload.length === 0) return;
  const schema = effect.receipt;
  try {
    if (equalBytes(schema.normalize(payload), payload)) return;
  } catch (cause) {
    if (!(cause instanceof AirloomError)) throw cause;
  }
  const message = `a receipt of ${effectKind} is not the canonical bytes of a ${schema.name}`;
  throw new AirloomError("request", "receipt.invalid_payload", message);
}

/** Whether a world ever emitted an intent of this id. */
async function wasEmitted(journal: Journal, world: WorldId, id: IntentId): Promise<boolean> {
  const [frame, ordinal] = id.split(".");
  const head = await journal.head(world);
  if (head === null || BigInt(frame!) >= head.nextFrame) return false;
  for await (const bytes of journal.read(world, BigInt(frame!) as FrameSeq)) {
    const { records } = openFrame(bytes);
    return records.some((record) => record.kind === "effect_intent" && record.ordinal === BigInt(ordinal!));
  }
  return false;
}

/** The receipt as it is recorded. */
function recordedReceipt({ adapter, status, payload, costCents, signature }: OutsideReceipt): Receipt {
  return { adapterId: adapter, status, payload, costCents: costCents ?? null, signature, tries: 1n };
}

/**
 * Whether a recorded receipt is what its signature says: true for one made in the process, which has none
 * (64 zero bytes), and for one that a key of its adapter signed.
 */
export function isGenuine(world: WorldId, settings: Settings, record: RecordOf<"effect_receipt">): boolean {
  const { intentFrame, intentOrdinal, adapterId, status, payload, costCents, signature } = record;
  if (signature.every((byte) => byte === 0)) return true;
  const receipt: OutsideReceipt = {
    intent: `${intentFrame}.${intentOrdinal}` as IntentId,
    adapter: adapterId,
    status: status as ReceiptStatus,
    payload,
    signature,
    ...(costCents === null ? {} : { costCents }),
  };
  return (settings.receiptKeys.get(adapterId)?.keys ?? []).some((key) => isSigned(world, receipt, key));
}

function isSigned(world: WorldId, receipt: OutsideReceipt, key: string): boolean {
  const publicKey = fromHex(key);
  return publicKey !== undefined && isSignedBy(publicKey, receiptText(world, receipt), receipt.signature);
}
