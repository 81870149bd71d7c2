/** What a reader needs beside the first difference: what was being handled, and what was there before. */

import type { Manifest } from "../../air/manifest.ts";
import type { Frame } from "../../journal/frame.ts";
import type { CellWrite } from "../../journal/port.ts";
import type { Cell, RecordOf } from "../../journal/record.ts";
import { cellId, MemoryCells } from "../../kernel/cells.ts";
import { toHex } from "../../values/bytes.ts";
import { AirloomError } from "../../values/errors.ts";
import { stringifyJson } from "../../values/json.ts";
import type { Schema } from "../../values/schema.ts";

export interface DivergenceContext {
  /** The event whose delivery or plan turn differs: its schema and its value as JSON. */
  readonly event: { readonly schema: string; readonly value: string } | null;
  /** State of the cell before that delivery, as JSON; null when the cell did not exist, or none is concerned. */
  readonly stateBefore: string | null;
}

/** Cells that remember what they held before the frame at hand. */
export class RememberingCells extends MemoryCells {
  #before = new Map<string, Uint8Array | null>();

  override apply(writes: readonly CellWrite[]): void {
    this.#before = new Map();
    for (const { reducer, key } of writes) {
      const cell: Cell = { reducer, key };
      const state = this.read(cell);
      if (state !== "missing") this.#before.set(cellId(cell), state);
    }
    super.apply(writes);
  }

  /** State of a cell before the last frame. */
  before(cell: Cell): Uint8Array | null {
    const known = this.#before.get(cellId(cell));
    if (known !== undefined) return known;
    const state = this.read(cell);
    return state === "missing" ? null : state;
  }
}

/** The context of the record at `index`, from the frame it stands in. */
export function contextOf(
  frame: Frame,
  index: number,
  manifest: Manifest,
  cells: RememberingCells,
): DivergenceContext {
  const at = deliveryAbove(frame, index);
  if (at === null) return { event: eventAbove(frame, index, manifest), stateBefore: null };
  const delivery = frame.records[at] as RecordOf<"delivery">;
  const event = Number(delivery.event - (frame.head.firstRecord as bigint));
  const { cell } = delivery;
  const state = cell === null ? null : stateBefore(frame, at, cell, cells);
  const schema = cell === null ? undefined : manifest.reducers.get(cell.reducer)?.state;
  return {
    event: event < 0 ? null : eventAbove(frame, event, manifest),
    stateBefore: state === null ? null : shown(schema, state),
  };
}

/** Index of the delivery that the record is, or that led to it. */
function deliveryAbove(frame: Frame, index: number): number | null {
  for (let at: number | null = index; at !== null; at = causeOf(frame, at)) {
    const kind = frame.records[at]?.kind;
    if (kind === "delivery") return at;
    if (kind === "plan_turn" || kind === "plan_started") return null;
  }
  return null;
}

/** Causes stand before what they lead to; what a changed journal says beyond that is not followed. */
function causeOf(frame: Frame, index: number): number | null {
  const cause = frame.records[index]?.cause ?? null;
  return cause !== null && cause < index ? cause : null;
}

function eventAbove(frame: Frame, index: number, manifest: Manifest): DivergenceContext["event"] {
  for (let at: number | null = index; at !== null; at = causeOf(frame, at)) {
    const record = frame.records[at];
    if (record?.kind !== "domain_event") continue;
    return { schema: record.schema, value: shown(manifest.schemas.get(record.schema), record.value) };
  }
  return null;
}

/** What an earlier delivery of the frame left in the cell, else what was there before the frame. */
function stateBefore(frame: Frame, delivery: number, cell: Cell, cells: RememberingCells): Uint8Array | null {
  for (let at = delivery - 1; at >= 0; at--) {
    const record = frame.records[at]!;
    if (record.kind !== "delivery" || record.cell === null || cellId(record.cell) !== cellId(cell)) continue;
    if (record.outcome === "ok" && record.stateBlob === null) return record.state;
  }
  return cells.before(cell);
}

function shown(schema: Schema | undefined, bytes: Uint8Array): string {
  try {
    if (schema !== undefined) return stringifyJson(schema.toSugar(schema.decode(bytes)));
  } catch (error) {
    if (!(error instanceof AirloomError)) throw error;
  }
  return `0x${toHex(bytes)}`;
}
