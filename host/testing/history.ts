/** What happened in a tested world, read from its frames: events, intents, ended plans, faults. */

import type { Manifest } from "../air/manifest.ts";
import type { Frame } from "../journal/frame.ts";
import type { Cell, RecordOf } from "../journal/record.ts";
import type { FrameSeq } from "../values/brand.ts";
import { toHex } from "../values/bytes.ts";
import { toNative } from "../values/native.ts";
import type { FoundEvent } from "./checks.ts";
import { TestFailure } from "./failure.ts";
import { nativeKey } from "./keys.ts";
import { eventOf, faultOf } from "./outcome.ts";
import type { Fault } from "./types.ts";

/** An effect that passed the gate. */
export interface Intent {
  /** `<frame>.<ordinal>` */
  readonly id: string;
  readonly kind: string;
  readonly params: unknown;
  readonly cap: string;
  readonly idempotencyKey: Uint8Array;
  readonly origin: string;
}

export interface EndedPlan {
  readonly plan: string;
  readonly instance: bigint;
  readonly status: string;
  /** Why it ended by itself; null for a plan that did not fail. */
  readonly error: { readonly code: string; readonly step: string | null; readonly message: string } | null;
  /** What it ended with; null for a plan without output. */
  readonly result: unknown;
}

/** A fault, and the cell whose delivery it ended. */
export interface CellFault extends Fault {
  readonly reducer: string;
  /** Null for the only cell. */
  readonly key: unknown;
}

/** A fault that nobody took care of: a delivery that faulted, or a plan that failed. */
export interface OpenFault {
  /** `<frame>.<record>` */
  readonly id: string;
  readonly code: string;
  readonly message: string;
  /** The reducer whose delivery it was; null for a plan. */
  readonly reducer: string | null;
  /** The plan that failed; null for a delivery. */
  readonly plan: string | null;
}

/** Events that reducers and plans emitted: neither what was sent, nor what a receipt becomes. */
export function eventsIn(frames: readonly Frame[], manifest: Manifest): FoundEvent[] {
  return frames.flatMap((frame) =>
    recordsIn([frame], "domain_event")
      .filter(({ cause }) => cause !== null && frame.records[cause]?.kind !== "effect_receipt")
      .map((record) => eventOf(manifest, record)),
  );
}

export function intentsIn(frames: readonly Frame[], manifest: Manifest): Intent[] {
  return frames.flatMap((frame) =>
    recordsIn([frame], "effect_intent").map((record) => {
      const { ordinal, effectKind: kind, capName: cap, idempotencyKey, originName: origin } = record;
      const schema = manifest.effects.get(kind)!.params;
      const params = toNative(schema, schema.decode(record.params));
      return { id: `${frame.head.frame}.${ordinal}`, kind, params, cap, idempotencyKey, origin };
    }),
  );
}

export function faultsIn(frames: readonly Frame[], manifest: Manifest): CellFault[] {
  return recordsIn(frames, "delivery").flatMap((record) => {
    const fault = faultOf(record);
    const { cell } = record;
    if (fault === null || cell === null) return [];
    return [
      { ...fault, reducer: cell.reducer, key: nativeKey(manifest.reducers.get(cell.reducer), cell.key) },
    ];
  });
}

/** Oldest first; `frames` are all there were. */
export function openFaultsIn(frames: readonly Frame[]): OpenFault[] {
  const open = new Map<bigint, OpenFault>();
  for (const { head, records } of frames) {
    for (const [index, record] of records.entries()) {
      if (record.kind === "redeliver") open.delete(record.delivery);
      else if (record.kind === "dismiss") open.delete(record.fault);
      const fault = openFaultOf(record);
      if (fault !== null)
        open.set(head.firstRecord + BigInt(index), { id: `${head.frame}.${index}`, ...fault });
    }
  }
  return [...open.values()];
}

function openFaultOf(record: Frame["records"][number]): Omit<OpenFault, "id"> | null {
  if (record.kind === "delivery") {
    const fault = faultOf(record);
    return (
      fault && {
        code: fault.code,
        message: fault.message,
        reducer: record.cell?.reducer ?? null,
        plan: null,
      }
    );
  }
  if (record.kind !== "plan_ended" || record.status !== "error") return null;
  const { errorCode, errorMessage, plan } = record;
  return { code: errorCode ?? "", message: errorMessage ?? "", reducer: null, plan };
}

/** Throws `TestFailure` for an id that has another form. */
export function placeOfFault({ id }: { readonly id: string }): {
  readonly frame: FrameSeq;
  readonly record: number;
} {
  const [, frame, record] = /^(\d+)\.(\d+)$/.exec(id) ?? [];
  if (frame === undefined || record === undefined)
    throw new TestFailure(`${id} names no fault: see openFaults`);
  return { frame: BigInt(frame) as FrameSeq, record: Number(record) };
}

export function plansEndedIn(frames: readonly Frame[], manifest: Manifest): EndedPlan[] {
  const results = recordsIn(frames, "plan_result");
  return recordsIn(frames, "plan_ended").map((record) => {
    const { plan, instance, status, errorCode, errorStep, errorMessage } = record;
    const result = results.find((other) => other.instance === instance);
    const schema = result && manifest.schemas.get(result.schema);
    return {
      plan,
      instance,
      status,
      error: errorCode === null ? null : { code: errorCode, step: errorStep, message: errorMessage ?? "" },
      result: result && schema ? toNative(schema, schema.decode(result.value)) : null,
    };
  });
}

/** Plans that began. */
export function plansStartedIn(frames: readonly Frame[]): readonly string[] {
  return recordsIn(frames, "plan_started").map(({ plan }) => plan);
}

export function recordsIn<K extends Frame["records"][number]["kind"]>(
  frames: readonly Frame[],
  kind: K,
): readonly RecordOf<K>[] {
  return frames.flatMap(({ records }) =>
    records.filter((record) => record.kind === kind),
  ) as readonly unknown[] as readonly RecordOf<K>[];
}

/** Cells as text, to compare two moments: reducer, key and state in hex. */
export function cellTexts(cells: Iterable<{ readonly cell: Cell; readonly state: Uint8Array }>): string {
  return [...cells].map(({ cell, state }) => `${cell.reducer} ${toHex(cell.key)} ${toHex(state)}`).join("\n");
}
