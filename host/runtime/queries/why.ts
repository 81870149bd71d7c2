/**
 * From a record back to what began it: each step names the record that led to the one before, through intents,
 * work that was put off and redeliveries, up to an ingress that nothing led to.
 */

import { type Frame, openFrame } from "../../journal/frame.ts";
import type { Journal } from "../../journal/port.ts";
import type { Cell, JournalRecord, RecordOf } from "../../journal/record.ts";
import type { Definitions } from "../../kernel/state.ts";
import { compareTyped } from "../../replay/core/diff.ts";
import type { FrameSeq } from "../../values/brand.ts";
import { equalBytes } from "../../values/bytes.ts";
import { AirloomError } from "../../values/errors.ts";
import { isJsonObject, type Json, stringifyJson } from "../../values/json.ts";
import { momentOf } from "./instances.ts";
import type { Moment } from "./notes.ts";
import { frameAt, type JournalOf, type Placed, type RecordPlace, recordAt, recordBySeq } from "./places.ts";
import type { Told } from "./survey.ts";
import { sugarOrHex } from "./typed.ts";

/** One field of a state, as JSON text; null where there was no state. */
export interface FieldChange {
  /** Dotted. */
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface WhyStep extends Told {
  readonly at: Moment;
  readonly record: JournalRecord;
  /** Of a delivery that applied; null where the earlier state is not kept any more. */
  readonly changes: readonly FieldChange[] | null;
  /** Of a plan's turn: where its instance was started. */
  readonly started: RecordPlace | null;
}

export type WhyJournal = JournalOf & {
  readonly journal: Pick<Journal, "head" | "read" | "readCell" | "getBlob">;
};

/** What one pass over the journal finds. */
export interface Passed {
  /** The last delivery that wrote the cell asked for; null where none did. */
  readonly last: RecordPlace | null;
  /** The definitions in force at a frame. */
  at(frame: bigint): Definitions;
}

/** Passes over all frames: for their definitions and, where one is given, for the last change of a cell. */
export async function passOver(frames: AsyncIterable<Told>, cell: Cell | null): Promise<Passed> {
  const changes: { readonly frame: bigint; readonly definitions: Definitions }[] = [];
  let last: RecordPlace | null = null;
  for await (const { frame, definitions } of frames) {
    if (changes.at(-1)?.definitions !== definitions) changes.push({ frame: frame.head.frame, definitions });
    for (const [record, each] of cell === null ? [] : frame.records.entries()) {
      if (each.kind === "delivery" && each.outcome === "ok" && sameCell(each.cell, cell)) {
        last = { frame: frame.head.frame, record };
      }
    }
  }
  return { last, at: (frame) => changes.findLast((change) => change.frame <= frame)!.definitions };
}

export interface Why {
  /** From the target back. */
  readonly steps: readonly WhyStep[];
  /** Whether the chain goes on beyond the limit. */
  readonly cut: boolean;
}

/** The chain from `target` back, at most `countMax` steps of it. Null where there is no such record. */
export async function whyOf(
  of: WhyJournal,
  { at }: Passed,
  target: RecordPlace,
  countMax: number,
): Promise<Why | null> {
  const chain: Placed[] = [];
  let found = await recordAt(of, target);
  for (; found !== null && chain.length < countMax; found = await causeOf(of, found)) chain.push(found);
  if (chain.length === 0) return null;
  const starts = await startsOf(of, chain);
  const steps: WhyStep[] = [];
  for (const placed of chain) {
    const { frame, index, record } = placed;
    const definitions = at(frame.head.frame);
    const changes = record.kind === "delivery" ? await changesOf(of, placed, record, definitions) : [];
    const started = record.kind === "plan_turn" ? (starts.get(record.instance) ?? null) : null;
    steps.push({ at: momentOf(frame, index), frame, record, definitions, changes, started });
  }
  return { steps, cut: found !== null };
}

/** Where the instances of a chain's turns were started. */
async function startsOf(of: JournalOf, chain: readonly Placed[]): Promise<ReadonlyMap<bigint, RecordPlace>> {
  const starts = new Map<bigint, RecordPlace>();
  const turns = chain.flatMap(({ record }) => (record.kind === "plan_turn" ? [record.instance] : []));
  if (turns.length === 0) return starts;
  for await (const [place, record] of recordsBefore(of, chain[0]!.frame.head.frame + 1n)) {
    if (record.kind === "plan_started" && turns.includes(record.instance)) starts.set(record.instance, place);
  }
  return starts;
}

async function causeOf(of: JournalOf, { frame, record }: Placed): Promise<Placed | null> {
  if (record.kind === "effect_receipt" && record.cause === null) {
    return intentAt(of, record.intentFrame, record.intentOrdinal);
  }
  if (record.kind === "redeliver") return recordBySeq(of, record.delivery);
  if (record.kind === "dismiss") return recordBySeq(of, record.fault);
  if (record.cause === null) return null;
  const cause = frame.records[record.cause]!;
  if (cause.kind !== "continue") return { frame, index: record.cause, record: cause };
  // What a frame limit put off was caused before.
  if (record.kind === "delivery") return recordBySeq(of, record.event);
  return record.kind === "plan_turn" ? beforeTurn(of, frame, record) : null;
}

/** The record of an intent; null where there is none. */
export async function intentAt(of: JournalOf, at: bigint, ordinal: bigint): Promise<Placed | null> {
  const frame = await frameAt(of, at);
  const index = frame?.records.findIndex(
    (record) => record.kind === "effect_intent" && record.ordinal === ordinal,
  );
  if (frame === null || index === undefined || index < 0) return null;
  return { frame, index, record: frame.records[index]! };
}

/** The last that happened to an instance before a turn that was put off. */
async function beforeTurn(
  of: JournalOf,
  { head }: Frame,
  { instance }: RecordOf<"plan_turn">,
): Promise<Placed | null> {
  let last: RecordPlace | null = null;
  for await (const [place, record] of recordsBefore(of, head.frame)) {
    if ((record.kind === "plan_turn" || record.kind === "plan_started") && record.instance === instance)
      last = place;
  }
  return last === null ? null : recordAt(of, last);
}

async function* recordsBefore(
  { journal, worldId }: JournalOf,
  end: bigint,
): AsyncIterable<readonly [RecordPlace, JournalRecord]> {
  for await (const bytes of journal.read(worldId, 0n as FrameSeq)) {
    const { head, records } = openFrame(bytes);
    if (head.frame >= end) return;
    for (const [record, each] of records.entries()) yield [{ frame: head.frame, record }, each];
  }
}

/** What a delivery made of its cell; none of one that faulted. */
async function changesOf(
  of: WhyJournal,
  { frame, index }: Placed,
  record: RecordOf<"delivery">,
  { manifest }: Definitions,
): Promise<readonly FieldChange[] | null> {
  if (record.outcome !== "ok" || record.cell === null) return [];
  const schema = manifest.reducers.get(record.cell.reducer)?.state;
  const before = await stateBefore(of, frame, index, record.cell);
  const after = await stateAfter(of, record);
  if (before === "gone" || after === "gone") return null;
  if (before !== null && after !== null && schema !== undefined) {
    return compareTyped("state", schema, before, after).map(({ field, recorded, replayed }) => {
      return { field: field.replace(/^state\./, ""), before: recorded, after: replayed };
    });
  }
  const shown = after ?? before;
  if (shown === null) return [];
  const json = sugarOrHex(schema, shown);
  const fields: readonly (readonly [string, Json])[] = isJsonObject(json) ? [...json] : [["state", json]];
  return fields.map(([field, value]) => {
    const text = stringifyJson(value);
    return { field, before: after === null ? text : null, after: after === null ? null : text };
  });
}

async function stateBefore(
  of: WhyJournal,
  frame: Frame,
  index: number,
  cell: Cell,
): Promise<Uint8Array | null | "gone"> {
  for (let i = index - 1; i >= 0; i--) {
    const record = frame.records[i]!;
    if (record.kind === "delivery" && record.outcome === "ok" && sameCell(record.cell, cell)) {
      return stateAfter(of, record);
    }
  }
  try {
    const asOf = (frame.head.frame - 1n) as FrameSeq;
    return await of.journal.readCell(of.worldId, cell.reducer, cell.key, asOf);
  } catch (error) {
    if (error instanceof AirloomError && error.code === "store.pruned") return "gone";
    throw error;
  }
}

/** Null for a cell that was deleted. */
async function stateAfter(
  { journal, worldId }: WhyJournal,
  { state, stateBlob }: RecordOf<"delivery">,
): Promise<Uint8Array | null | "gone"> {
  if (stateBlob === null) return state;
  return (await journal.getBlob(worldId, stateBlob)) ?? "gone";
}

function sameCell(a: Cell | null, b: Cell | null): boolean {
  return a !== null && b !== null && a.reducer === b.reducer && equalBytes(a.key, b.key);
}
