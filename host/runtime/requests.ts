/** What may be asked of a running world, and the ingress ids by which asking twice is asking once. */

import type { IngressEntry, Journal } from "../journal/port.ts";
import type { FrameSeq, LogicalTimeNs, WorldId } from "../values/brand.ts";
import { equalBytes, utf8 } from "../values/bytes.ts";
import { type Cbor, encodeCbor } from "../values/cbor.ts";
import { AirloomError } from "../values/errors.ts";
import { sha256 } from "../values/hash.ts";
import { LIMITS } from "../values/limits.ts";
import type { Value } from "../values/value.ts";

/** How something is asked for. Without an ingress id, asking twice is asking for two. */
export interface Request {
  /** Who asks for it, once for ever. */
  readonly ingressId?: string;
  /** The request as it was made: the same id with another text is a conflict. */
  readonly text?: string;
  /** For the audit; no module sees it. */
  readonly by?: string;
}

/** An event to send. */
export interface Send extends Request {
  readonly schema: string;
  /** CBOR of the schema's type; made when the event is first accepted, with logical time as it is then. */
  readonly value: (nowNs: LogicalTimeNs) => Uint8Array;
  readonly key?: Uint8Array;
}

/** A plan to start by hand. */
export interface StartPlan extends Request {
  readonly plan: string;
  /** CBOR of the plan's input; made as the value of an event is. */
  readonly input: (nowNs: LogicalTimeNs) => Uint8Array;
  /** The instance's `@var:correlation_id`. */
  readonly correlation?: Value;
}

export interface Acknowledgement {
  readonly frame: FrameSeq;
  /** Whether it had been accepted before; then nothing happened now. */
  readonly duplicate: boolean;
}

/**
 * Says what a request asks, null for one without an id; `digested` gives what identifies it when it has no text.
 * Throws `ingress.invalid_id` (kind `request`).
 */
export function requestDigestOf({ ingressId, text }: Request, digested: () => Cbor): Uint8Array | null {
  if (ingressId === undefined) return null;
  if (ingressId.length === 0 || ingressId.length > LIMITS.ingressIdMax) {
    const message = `an ingress id has 1 to ${LIMITS.ingressIdMax} characters`;
    throw new AirloomError("request", "ingress.invalid_id", message);
  }
  return sha256(text === undefined ? encodeCbor(digested()) : utf8(text));
}

/** The same request as it was accepted before, or null. Throws `ingress.conflict` for another of its id. */
export async function requestBefore(
  { journal, worldId }: { readonly journal: Journal; readonly worldId: WorldId },
  { ingressId }: Request,
  digest: Uint8Array | null,
): Promise<IngressEntry | null> {
  if (ingressId === undefined || digest === null) return null;
  const before = await journal.findIngress(worldId, ingressId);
  if (before === null || equalBytes(before.requestDigest, digest)) return before;
  const message = `ingress id ${ingressId} was accepted in frame ${before.frame} for another request`;
  throw new AirloomError("request", "ingress.conflict", message, { fields: { frame: before.frame } });
}
