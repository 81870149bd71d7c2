/**
 * Faults of one run by those of another that was made of it: where a redelivery or a dismissal has to go when
 * records have other places, and what it carries when values are others.
 */

import type { Frame } from "../journal/frame.ts";
import type { Cell, JournalRecord } from "../journal/record.ts";
import type { Ingress, RedeliverIngress } from "../kernel/ingress.ts";
import type { RecordSeq } from "../values/brand.ts";

interface Carried {
  readonly schema: string;
  readonly value: Uint8Array;
}

interface Found {
  readonly seq: RecordSeq;
  readonly cell: Cell | null;
  /** The event of a delivery; null where its frame is not known any more. */
  readonly event: Carried | null;
}

export class FaultPlaces {
  /** By record sequence in the first run. */
  readonly #found = new Map<bigint, Found>();
  readonly #back = new Map<bigint, bigint>();
  /** Events whose deliveries may come in a later frame. */
  readonly #events = new Map<bigint, Carried>();

  /** Takes note of a frame and of the one made in its place; `busy`: the second run has work left over. */
  note(before: Frame, after: Frame, busy: boolean): void {
    for (const [index, record] of after.records.entries()) {
      if (record.kind !== "domain_event" && record.kind !== "redeliver") continue;
      const { schema, value } = record;
      this.#events.set(seqOf(after, index), { schema, value });
    }
    const taken = new Map<string, [number, JournalRecord][]>();
    for (const entry of faultsOf(after)) {
      const title = titleOf(entry[1]);
      taken.set(title, [...(taken.get(title) ?? []), entry]);
    }
    for (const [index, record] of faultsOf(before)) {
      const other = taken.get(titleOf(record))?.shift();
      if (other !== undefined) this.#pair(seqOf(before, index), seqOf(after, other[0]), other[1]);
    }
    if (!busy) this.#events.clear();
  }

  /** The same ingress for the second run; null for one of a fault that is not in it. */
  renumbered(ingress: Ingress): Ingress | null {
    if (ingress.kind === "redeliver") return this.#redelivery(ingress);
    if (ingress.kind !== "dismiss") return ingress;
    const found = this.#found.get(ingress.fault);
    return found === undefined ? null : { ...ingress, fault: found.seq, cell: found.cell };
  }

  /** The fault of the first run that one of the second stands for. */
  before(seq: bigint): bigint {
    return this.#back.get(seq) ?? seq;
  }

  #redelivery(ingress: RedeliverIngress): RedeliverIngress | null {
    const found = this.#found.get(ingress.delivery);
    if (found === undefined || found.cell === null) return null;
    return { ...ingress, delivery: found.seq, cell: found.cell, ...found.event };
  }

  #pair(before: bigint, seq: RecordSeq, { kind, cell, ...record }: JournalRecord): void {
    const event = kind === "delivery" && "event" in record ? (this.#events.get(record.event) ?? null) : null;
    this.#found.set(before, { seq, cell, event });
    this.#back.set(seq, before);
  }
}

function seqOf({ head }: Frame, index: number): RecordSeq {
  return (head.firstRecord + BigInt(index)) as RecordSeq;
}

function faultsOf({ records }: Frame): readonly [number, JournalRecord][] {
  return [...records.entries()].filter(([, record]) =>
    record.kind === "delivery"
      ? record.outcome === "fault"
      : record.kind === "plan_ended" && record.status === "error",
  );
}

/** What the n-th of one run is paired with the n-th of in the other; a cell's key may be another. */
function titleOf(record: JournalRecord): string {
  if (record.kind === "delivery") return `delivery ${record.cell?.reducer} ${record.arm}`;
  return record.kind === "plan_ended" ? `plan ${record.plan}` : record.kind;
}
