/** A fault that somebody names, on its way to a redelivery or a dismissal: it must be there, and open. */

import { openFrame } from "../journal/frame.ts";
import type { DismissIngress, RedeliverIngress } from "../kernel/ingress.ts";
import type { FrameSeq, RecordSeq } from "../values/brand.ts";
import type { Cbor } from "../values/cbor.ts";
import { AirloomError } from "../values/errors.ts";
import { LIMITS } from "../values/limits.ts";
import { plain } from "../values/quote.ts";
import { type JournalOf, type Placed, type RecordPlace, recordAt, recordBySeq } from "./queries/places.ts";
import type { Request } from "./requests.ts";

/** A delivery that faulted, to be made again. */
export interface Redeliver extends Request {
  readonly fault: RecordPlace;
}

/** A fault that somebody has seen: a delivery that faulted, or a plan that failed. */
export interface Dismiss extends Request {
  readonly fault: RecordPlace;
  /** Why it may stay as it is; cut to `LIMITS.faultTextMax` characters. */
  readonly reason?: string;
}

/** What tells a request from another of its ingress id. */
export function asking(what: "redeliver" | "dismiss", { fault, reason }: Dismiss): Cbor {
  return [what, fault.frame, BigInt(fault.record), reason ?? null];
}

/**
 * What carries the event of a faulted delivery again, whenever it is. Throws `AirloomError` (kind `request`): `fault.unknown`,
 * `fault.not_a_delivery`, `fault.closed`.
 */
export async function redelivery(of: JournalOf, { fault }: Redeliver): Promise<() => RedeliverIngress> {
  const { frame, index, record } = await openFault(of, fault);
  const { cell } = record;
  if (record.kind !== "delivery" || cell === null) {
    const message = `record ${name(fault)} is the end of a plan; start the plan again, or dismiss the fault`;
    throw refused("fault.not_a_delivery", message, fault);
  }
  const event = (await recordBySeq(of, record.event))?.record;
  if (event?.kind !== "domain_event" && event?.kind !== "redeliver") {
    throw new AirloomError("corrupt", "journal.corrupt", `record ${name(fault)} names no event`, {
      fields: { frame: fault.frame, record: fault.record, reason: "a delivery of no event" },
    });
  }
  const { schema, value } = event;
  return () => ({ kind: "redeliver", delivery: seqOf({ frame, index }), cell, schema, value });
}

/** Throws `AirloomError` (kind `request`): `fault.unknown`, `fault.closed`. */
export async function dismissal(of: JournalOf, { fault, reason }: Dismiss): Promise<() => DismissIngress> {
  const found = await openFault(of, fault);
  const said = reason === undefined ? null : plain(reason, LIMITS.faultTextMax);
  return () => ({ kind: "dismiss", fault: seqOf(found), cell: found.record.cell, reason: said });
}

async function openFault(of: JournalOf, fault: RecordPlace): Promise<Placed> {
  const found = await recordAt(of, fault);
  if (found === null) throw refused("fault.unknown", `the journal has no record ${name(fault)}`, fault);
  const { record } = found;
  const isFault =
    record.kind === "delivery"
      ? record.outcome === "fault"
      : record.kind === "plan_ended" && record.status === "error";
  if (!isFault) {
    const message = `record ${name(fault)} is no fault but a ${record.kind}; \`airloom faults\` lists those there are`;
    throw refused("fault.unknown", message, fault);
  }
  const closed = await closedBy(of, found);
  if (closed === null) return found;
  const message = `the fault ${name(fault)} was ${closed.what} in frame ${closed.frame}`;
  throw new AirloomError("request", "fault.closed", message, { fields: { ...fault, ...closed } });
}

/** What became of the fault since, or null. */
async function closedBy(
  { journal, worldId }: JournalOf,
  found: Placed,
): Promise<{ readonly what: "redelivered" | "dismissed"; readonly frame: bigint } | null> {
  const seq = seqOf(found);
  for await (const bytes of journal.read(worldId, (found.frame.head.frame + 1n) as FrameSeq)) {
    const { head, records } = openFrame(bytes);
    const [first] = records;
    if (first?.kind === "redeliver" && first.delivery === seq)
      return { what: "redelivered", frame: head.frame };
    if (first?.kind === "dismiss" && first.fault === seq) return { what: "dismissed", frame: head.frame };
  }
  return null;
}

function seqOf({ frame, index }: Pick<Placed, "frame" | "index">): RecordSeq {
  return (frame.head.firstRecord + BigInt(index)) as RecordSeq;
}

function name({ frame, record }: RecordPlace): string {
  return `${frame}.${record}`;
}

function refused(code: string, message: string, fault: RecordPlace): AirloomError {
  return new AirloomError("request", code, message, { fields: { ...fault } });
}
