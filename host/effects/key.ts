/** The key that goes out with an effect, so that whoever does it can tell a repetition from another request. */

import type { WorldId } from "../values/brand.ts";
import { fromHex, toHex } from "../values/bytes.ts";
import { encodeCbor } from "../values/cbor.ts";
import { sha256 } from "../values/hash.ts";
import { NO_IDEMPOTENCY_KEY, type OpenIntent } from "./intent.ts";

/** Whether the author chose the key. */
export function isKeyed(intent: Pick<OpenIntent, "idempotencyKey">): boolean {
  return intent.idempotencyKey.some((byte, i) => byte !== NO_IDEMPOTENCY_KEY[i]);
}

/**
 * 64 hex digits: the author's key, else the sha256 of the CBOR list [world id (16 bytes), frame, ordinal]. It is
 * the same whenever one intent is dispatched again, and another for every other intent.
 */
export function outgoingKey(world: WorldId, intent: OpenIntent): string {
  if (isKeyed(intent)) return toHex(intent.idempotencyKey);
  return toHex(sha256(encodeCbor([fromHex(world)!, intent.frame, BigInt(intent.ordinal)])));
}
