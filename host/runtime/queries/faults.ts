/** Faults that are open: told by a delivery or a plan's end, until somebody redelivers or dismisses them. */

import type { Frame } from "../../journal/frame.ts";
import type { JournalRecord, RecordOf } from "../../journal/record.ts";
import type { DeniedNote, FaultNote, Moment } from "./notes.ts";

export class Faults {
  /** By record sequence, in the order they happened. */
  readonly #open = new Map<bigint, FaultNote>();
  /** What was carried again and is on its way, by the sequence of the redelivery. */
  readonly #carried = new Map<bigint, FaultNote>();
  /** Of the frame at hand: what the gate refused, by the record that asked. */
  readonly #denied = new Map<number, DeniedNote>();
  /** Of the frame at hand: faults with the record that asked. */
  readonly #fresh: [seq: bigint, asker: number | null][] = [];

  add(frame: Frame, record: JournalRecord, at: Moment, denied: DeniedNote | null): void {
    const seq = frame.head.firstRecord + BigInt(at.record);
    if (denied !== null && record.cause !== null) this.#denied.set(record.cause, denied);
    if (record.kind === "redeliver") this.#carry(record.delivery, seq);
    else if (record.kind === "dismiss") this.#open.delete(record.fault);
    else if (record.kind === "delivery") this.#delivery(frame, record, at, seq);
    else if (record.kind === "plan_ended" && record.status === "error") {
      this.#open.set(seq, planFault(record, at));
      this.#fresh.push([seq, record.cause]);
    }
  }

  /** The frame is over. What a delivery asked for follows it, so its fault learns here why it was refused. */
  seal(): void {
    for (const [seq, asker] of this.#fresh.splice(0)) {
      const [note, denied] = [this.#open.get(seq), this.#denied.get(asker ?? -1)];
      if (note !== undefined && denied !== undefined) this.#open.set(seq, { ...note, denied });
    }
    this.#denied.clear();
  }

  open(): readonly FaultNote[] {
    return [...this.#open.values()];
  }

  #carry(delivery: bigint, seq: bigint): void {
    const before = this.#open.get(delivery);
    this.#open.delete(delivery);
    if (before !== undefined) this.#carried.set(seq, before);
  }

  #delivery(frame: Frame, record: RecordOf<"delivery">, at: Moment, seq: bigint): void {
    const before = this.#carried.get(record.event);
    this.#carried.delete(record.event);
    if (record.outcome !== "fault") return;
    const { faultFile, faultLine, faultColumn, faultCode, faultMessage, cell } = record;
    const place =
      faultFile === null ? null : { file: faultFile, line: faultLine ?? 1n, column: faultColumn ?? 1n };
    this.#open.set(seq, {
      what: "delivery",
      at,
      cell,
      plan: null,
      code: faultCode ?? "",
      message: faultMessage ?? "",
      place,
      event: before?.event ?? schemaOf(frame, record.event),
      denied: null,
      first: before === undefined ? null : (before.first ?? before.at),
      redelivered: before === undefined ? 0 : before.redelivered + 1,
    });
    this.#fresh.push([seq, at.record]);
  }
}

function planFault(record: RecordOf<"plan_ended">, at: Moment): FaultNote {
  const { plan, instance, errorCode, errorStep, errorMessage } = record;
  return {
    what: "plan",
    at,
    cell: null,
    plan: { name: plan, instance, step: errorStep },
    code: errorCode ?? "",
    message: errorMessage ?? "",
    place: null,
    event: null,
    denied: null,
    first: null,
    redelivered: 0,
  };
}

/** Null for an event of an earlier frame, whose delivery was put off. */
function schemaOf({ head, records }: Frame, event: bigint): string | null {
  const record = event < head.firstRecord ? undefined : records[Number(event - head.firstRecord)];
  return record?.kind === "domain_event" || record?.kind === "redeliver" ? record.schema : null;
}
