/**
 * From a record to everything it caused, across frames: an intent to its receipt, an event to deliveries that a
 * frame limit put off, a plan to its later turns, a fault to its redelivery.
 */

import type { Frame } from "../../journal/frame.ts";
import type { JournalRecord } from "../../journal/record.ts";
import { momentOf } from "./instances.ts";
import type { Moment } from "./notes.ts";
import type { RecordPlace } from "./places.ts";
import type { Told } from "./survey.ts";

export interface TraceNode extends Told {
  readonly at: Moment;
  readonly record: JournalRecord;
  /** In the order they happened. */
  readonly effects: TraceNode[];
}

export interface Trace {
  readonly root: TraceNode;
  /** How many records it holds, the root among them. */
  readonly count: number;
  /** Records that were caused as well, beyond the limit. */
  readonly beyond: number;
}

export interface TraceOptions {
  readonly root: RecordPlace;
  /** Records that are kept. */
  readonly countMax: number;
}

/** `frames` in order, the root's among them. Null where there is no such record. */
export async function traceFrom(frames: AsyncIterable<Told>, options: TraceOptions): Promise<Trace | null> {
  const tracer = new Tracer(options);
  for await (const told of frames) if (told.frame.head.frame >= options.root.frame) tracer.add(told);
  return tracer.trace();
}

class Tracer {
  readonly #options: TraceOptions;
  #root: TraceNode | null = null;
  #count = 0;
  #beyond = 0;
  /** What may have effects in later frames, by what they name it with. */
  readonly #intents = new Map<string, TraceNode>();
  readonly #records = new Map<bigint, TraceNode>();
  readonly #instances = new Map<bigint, TraceNode>();

  constructor(options: TraceOptions) {
    this.#options = options;
  }

  trace(): Trace | null {
    return this.#root === null ? null : { root: this.#root, count: this.#count, beyond: this.#beyond };
  }

  add(told: Told): void {
    const { frame } = told;
    const here = new Map<number, TraceNode>();
    for (const [index, record] of frame.records.entries()) {
      const cause = this.#root === null ? null : this.#causeOf(record, here);
      const isRoot = frame.head.frame === this.#options.root.frame && index === this.#options.root.record;
      if (cause === null && !isRoot) continue;
      if (this.#count >= this.#options.countMax) {
        this.#beyond += 1;
        continue;
      }
      const node: TraceNode = { ...told, at: momentOf(frame, index), record, effects: [] };
      if (isRoot) this.#root = node;
      else cause?.effects.push(node);
      this.#count += 1;
      here.set(index, node);
      this.#note(frame, index, node);
    }
  }

  #causeOf(record: JournalRecord, here: ReadonlyMap<number, TraceNode>): TraceNode | null {
    const near = record.cause === null ? undefined : here.get(record.cause);
    return near ?? this.#farCauseOf(record) ?? null;
  }

  #farCauseOf(record: JournalRecord): TraceNode | undefined {
    switch (record.kind) {
      case "effect_receipt":
        return this.#intents.get(`${record.intentFrame}.${record.intentOrdinal}`);
      case "delivery":
        return this.#records.get(record.event);
      case "redeliver":
        return this.#records.get(record.delivery);
      case "dismiss":
        return this.#records.get(record.fault);
      case "plan_turn":
      case "plan_ended":
        return this.#instances.get(record.instance);
      default:
        return undefined;
    }
  }

  #note({ head }: Frame, index: number, node: TraceNode): void {
    const { record } = node;
    switch (record.kind) {
      case "effect_intent":
        this.#intents.set(`${head.frame}.${record.ordinal}`, node);
        break;
      case "plan_started":
        this.#instances.set(record.instance, node);
        break;
      case "domain_event":
      case "redeliver":
      case "delivery":
      case "plan_ended":
        this.#records.set(head.firstRecord + BigInt(index), node);
        break;
    }
  }
}
