/**
 * What is open in a world: one pass over its journal, that keeps only what is open. What was settled or ended on
 * the way is handed on as it is met.
 */

import type { Manifest } from "../../air/manifest.ts";
import type { Frame } from "../../journal/frame.ts";
import type { JournalRecord, RecordOf } from "../../journal/record.ts";
import type { Definitions } from "../../kernel/state.ts";
import type { Value } from "../../values/value.ts";
import { Faults } from "./faults.ts";
import { Instances, momentOf } from "./instances.ts";
import type { DeniedNote, EndedNote, FaultNote, IntentNote, Moment, PlanNote, SettledNote } from "./notes.ts";
import { sugarOrHex } from "./typed.ts";

/** A frame with the definitions in force at it. */
export interface Told {
  readonly frame: Frame;
  readonly definitions: Definitions;
}

/** An event whose deliveries were not all made: a frame limit put them off. */
export interface PendingNote {
  readonly at: Moment;
  readonly schema: string;
  readonly deliveries: number;
}

export interface Survey {
  /** Frames there are. */
  readonly frames: bigint;
  /** Logical time of the last frame. */
  readonly lastNs: bigint;
  readonly definitions: Definitions;
  /** In the order they were emitted. */
  readonly intents: readonly IntentNote[];
  /** In the order they were started. */
  readonly plans: readonly PlanNote[];
  /** In the order they happened. */
  readonly faults: readonly FaultNote[];
  readonly pending: readonly PendingNote[];
}

/** Told of what is over as it is met, in the order of the journal. */
export interface Passing {
  readonly settled?: (note: SettledNote) => void;
  readonly denied?: (note: DeniedNote) => void;
  readonly ended?: (note: EndedNote) => void;
}

/** Null for a journal without frames. */
export async function survey(frames: AsyncIterable<Told>, passing: Passing = {}): Promise<Survey | null> {
  const surveyor = new Surveyor(passing);
  let last: Told | null = null;
  for await (const told of frames) {
    surveyor.add(told);
    last = told;
  }
  if (last === null) return null;
  const { head } = last.frame;
  return {
    frames: head.frame + 1n,
    lastNs: head.logicalNs,
    definitions: last.definitions,
    ...surveyor.open(),
  };
}

class Surveyor {
  readonly #passing: Passing;
  readonly #intents = new Map<string, IntentNote>();
  readonly #instances: Instances;
  readonly #faults = new Faults();
  /** By the event's record sequence. */
  readonly #pending = new Map<bigint, PendingNote>();

  constructor(passing: Passing) {
    this.#passing = passing;
    this.#instances = new Instances(passing.ended ?? (() => {}));
  }

  add({ frame, definitions }: Told): void {
    for (const [index, record] of frame.records.entries()) {
      const at = momentOf(frame, index);
      this.#record(frame, record, at, definitions.manifest);
      this.#instances.add(record, at, definitions.manifest);
    }
    this.#instances.seal();
    this.#faults.seal();
  }

  open(): Pick<Survey, "intents" | "plans" | "faults" | "pending"> {
    const intents = [...this.#intents.values()];
    return {
      intents,
      plans: this.#instances.running(intents),
      faults: this.#faults.open(),
      pending: [...this.#pending.values()],
    };
  }

  #record(frame: Frame, record: JournalRecord, at: Moment, manifest: Manifest): void {
    const denied = deniedOf(frame, record, at);
    if (denied !== null) this.#passing.denied?.(denied);
    this.#faults.add(frame, record, at, denied);
    if (record.kind === "domain_event" || record.kind === "redeliver") {
      const deliveries = deliveriesOf(frame, record, manifest);
      const { schema } = record;
      if (deliveries > 0) {
        this.#pending.set(frame.head.firstRecord + BigInt(at.record), { at, schema, deliveries });
      }
    } else if (record.kind === "delivery") this.#delivered(record.event);
    else if (record.kind === "effect_intent") {
      const note = intentNote(record, at, manifest);
      this.#intents.set(note.id, note);
    } else if (record.kind === "effect_receipt") this.#settle(record, at);
  }

  #delivered(event: bigint): void {
    const note = this.#pending.get(event);
    if (note === undefined) return;
    if (note.deliveries === 1) this.#pending.delete(event);
    else this.#pending.set(event, { ...note, deliveries: note.deliveries - 1 });
  }

  #settle(
    { intentFrame, intentOrdinal, adapterId, status, tries }: RecordOf<"effect_receipt">,
    at: Moment,
  ): void {
    const id = `${intentFrame}.${intentOrdinal}`;
    const note = this.#intents.get(id);
    this.#intents.delete(id);
    if (note !== undefined) this.#passing.settled?.({ ...note, receipt: { at, adapterId, status, tries } });
  }
}

/** How many deliveries an event leads to: a receipt's goes to its originator, any other where it is routed. */
function deliveriesOf(
  { records }: Frame,
  record: RecordOf<"domain_event"> | RecordOf<"redeliver">,
  manifest: Manifest,
): number {
  if (record.kind === "redeliver") return 1;
  const cause = record.cause === null ? undefined : records[record.cause];
  if (cause?.kind === "effect_receipt") return cause.cell === null ? 0 : 1;
  return manifest.routes.get(record.schema)?.length ?? 0;
}

/** An intent as its record and the definitions tell it. */
export function intentNote(record: RecordOf<"effect_intent">, at: Moment, manifest: Manifest): IntentNote {
  const { ordinal, effectKind, capName, originKind, originName, cell, instance, step, params } = record;
  const schema = manifest.effects.get(effectKind)?.params;
  return {
    id: `${at.frame}.${ordinal}`,
    at,
    effectKind,
    capName,
    params: sugarOrHex(schema, params),
    originKind,
    originName,
    cell,
    step: instance === null || step === null ? null : { instance, id: step },
    timer: effectKind === "timer.set" && schema !== undefined ? timerOf(schema.decode(params)) : null,
  };
}

function timerOf(params: Value): IntentNote["timer"] {
  if (params.kind !== "record") return null;
  const [due, key] = [params.fields.get("deliver_at_ns"), params.fields.get("key")];
  if (due?.kind !== "nat") return null;
  return { dueNs: due.value, key: key?.kind === "text" ? key.value : null };
}

function deniedOf({ records }: Frame, record: JournalRecord, at: Moment): DeniedNote | null {
  if (record.kind !== "cap_decision" && record.kind !== "policy_decision") return null;
  if (record.decision === "allow") return null;
  const { effectKind, capName } = record;
  const asker = record.cause === null ? undefined : records[record.cause];
  const originName = asker?.kind === "plan_turn" ? asker.plan : (asker?.cell?.reducer ?? "");
  const what = { at, effectKind, capName, originName };
  return record.kind === "cap_decision"
    ? { ...what, by: "capability", policy: null, rule: null, message: record.denyMessage }
    : { ...what, by: "policy", policy: record.policy, rule: record.ruleIndex, message: null };
}
