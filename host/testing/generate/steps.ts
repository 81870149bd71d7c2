/** From a recording to what a test does: events and answers, with the time between them. */

import type { Manifest } from "../../air/manifest.ts";
import type { Frame } from "../../journal/frame.ts";
import type { RecordOf } from "../../journal/record.ts";
import { readTagged } from "../../plan/tagged.ts";
import type { WholeRecording } from "../../replay/recording/assemble.ts";
import { AirloomError } from "../../values/errors.ts";
import { toNative } from "../../values/native.ts";
import type { Schema } from "../../values/schema.ts";
import { nativeEventKey } from "../keys.ts";

export type Step = {
  /** Frame of the recording. */
  readonly frame: bigint;
  /** Since genesis, in whole milliseconds, never before the step before. */
  readonly atMs: number;
} & (
  | { readonly kind: "when"; readonly schema: string; readonly value: unknown; readonly key: unknown }
  | {
      readonly kind: "plan";
      readonly plan: string;
      readonly input: unknown;
      /** Null for none. */
      readonly correlation: string | bigint | Uint8Array | null;
    }
  | ({ readonly kind: "redeliver" } & OfFault)
  | ({ readonly kind: "dismiss"; readonly reason: string | null } & OfFault)
  | {
      readonly kind: "answer";
      readonly effect: string;
      /** Which of the open intents of its kind, from 0, in the order they were emitted. */
      readonly nth: number;
      readonly receipt: { readonly status?: string; readonly payload?: unknown; readonly costCents?: bigint };
    }
);

interface OfFault {
  /** Which of the open faults, from 0, oldest first. */
  readonly nth: number;
}

export interface Scenario {
  readonly startNs: bigint;
  readonly steps: readonly Step[];
  readonly course: Course;
}

/** What entered, frame by frame, as a title each; what the runtime adds by itself is left out. */
export type Course = readonly { readonly frame: bigint; readonly title: string }[];

/** What of the past later steps name. */
interface Open {
  readonly intents: { id: string; kind: string }[];
  /** Record sequences of the faults that nobody took care of. */
  readonly faults: bigint[];
}

/**
 * `framesMax`: frames beyond it are left out. Throws `testgen.unsupported` (kind `request`) for what a test cannot
 * do: change definitions, start a plan under a composite correlation id, or answer with what is no value of the
 * receipt's schema.
 */
export function scenarioOf(
  { frames }: Pick<WholeRecording, "frames">,
  manifest: Manifest,
  framesMax: number,
): Scenario {
  const startNs: bigint = frames[0]!.head.logicalNs;
  const steps: Step[] = [];
  const open: Open = { intents: [], faults: [] };
  for (const frame of frames.slice(1, framesMax)) {
    const first = frame.records[0]!;
    if (first.kind !== "continue" && first.kind !== "snapshot") {
      const since = frame.head.logicalNs - startNs;
      // Up to the next millisecond: a timer that fired late has fired by then, and the test can be read.
      const place = { frame: frame.head.frame as bigint, atMs: Number((since + 999_999n) / 1_000_000n) };
      steps.push({ ...place, ...stepOf(frame, manifest, open) });
    }
    for (const [index, record] of frame.records.entries()) {
      if (record.kind === "effect_intent")
        open.intents.push({ id: `${frame.head.frame}.${record.ordinal}`, kind: record.effectKind });
      if (isFault(record)) open.faults.push(frame.head.firstRecord + BigInt(index));
    }
    settleWithin(frame, open.intents);
  }
  return { startNs, steps, course: courseOf(frames.slice(1, framesMax)) };
}

/** The frames are all but genesis. */
export function courseOf(frames: Iterable<Frame>): Course {
  const course: Course[number][] = [];
  /** Frames by their place in the course, since snapshots shift their numbers. */
  const places = new Map<bigint, string>();
  let continued = 0;
  for (const frame of frames) {
    const { kind } = frame.records[0]!;
    const number: bigint = frame.head.frame;
    if (kind === "continue") places.set(number, `${course.length} continued ${++continued}`);
    else if (kind !== "snapshot") {
      course.push({ frame: number, title: titleOf(frame, places) });
      continued = 0;
      places.set(number, `${course.length}`);
    }
  }
  return course;
}

/** What entered with a frame. */
function titleOf({ records }: Frame, places: ReadonlyMap<bigint, string>): string {
  const first = records[0]!;
  switch (first.kind) {
    case "domain_event":
      return `event ${first.schema}`;
    case "effect_receipt": {
      const { effectKind, status, intentFrame, intentOrdinal } = first;
      return `receipt ${effectKind} ${status} for ${places.get(intentFrame)}, ${intentOrdinal}`;
    }
    case "plan_start":
      return `plan ${first.plan}`;
    default:
      return first.kind;
  }
}

type Act =
  | Omit<Extract<Step, { readonly kind: "when" }>, "frame" | "atMs">
  | Omit<Extract<Step, { readonly kind: "plan" }>, "frame" | "atMs">
  | Omit<Extract<Step, { readonly kind: "redeliver" }>, "frame" | "atMs">
  | Omit<Extract<Step, { readonly kind: "dismiss" }>, "frame" | "atMs">
  | Omit<Extract<Step, { readonly kind: "answer" }>, "frame" | "atMs">;

function stepOf(frame: Frame, manifest: Manifest, open: Open): Act {
  const first = frame.records[0]!;
  switch (first.kind) {
    case "domain_event": {
      const value = native(frame, manifest.schemas.get(first.schema), first.value);
      return {
        kind: "when",
        schema: first.schema,
        value,
        key: nativeEventKey(manifest, first.schema, first.key),
      };
    }
    case "plan_start":
      return {
        kind: "plan",
        plan: first.plan,
        input: native(frame, manifest.plans.get(first.plan)?.input, first.input),
        correlation: nativeCorrelation(frame, first.correlation),
      };
    case "redeliver":
      return { kind: "redeliver", nth: closing(frame, first.delivery, open.faults) };
    case "dismiss":
      return { kind: "dismiss", nth: closing(frame, first.fault, open.faults), reason: first.reason };
    case "effect_receipt":
      return answerOf(frame, first, manifest, open.intents);
    default:
      throw unsupported(frame, `a frame that begins with ${first.kind}`);
  }
}

/** The place of a fault among the open ones, of which it is no more. */
function closing(frame: Frame, seq: bigint, faults: bigint[]): number {
  const nth = faults.indexOf(seq);
  if (nth < 0) throw unsupported(frame, "a command about a fault that is not open");
  faults.splice(nth, 1);
  return nth;
}

function isFault(record: Frame["records"][number]): boolean {
  return record.kind === "delivery"
    ? record.outcome === "fault"
    : record.kind === "plan_ended" && record.status === "error";
}

function nativeCorrelation(frame: Frame, tagged: Uint8Array | null): string | bigint | Uint8Array | null {
  const value = tagged === null ? null : readTagged(tagged);
  if (value === null) return null;
  if (value.kind === "text" || value.kind === "bytes") return value.value;
  // What a test writes is a nat, or a negative int.
  if (value.kind === "nat" || (value.kind === "int" && value.value < 0n)) return value.value;
  throw unsupported(frame, "a correlation id that is no text, bytes or number");
}

function answerOf(
  frame: Frame,
  { intentFrame, intentOrdinal, effectKind: effect, status, payload, costCents }: RecordOf<"effect_receipt">,
  manifest: Manifest,
  open: { id: string; kind: string }[],
): Act {
  const id = `${intentFrame}.${intentOrdinal}`;
  const nth = open.filter(({ kind }) => kind === effect).findIndex((intent) => intent.id === id);
  if (nth < 0) throw unsupported(frame, "a receipt for an intent that is not open");
  open.splice(
    open.findIndex((intent) => intent.id === id),
    1,
  );
  return {
    kind: "answer",
    effect,
    nth,
    receipt: {
      ...(status === "ok" ? {} : { status }),
      ...(payload.length === 0
        ? {}
        : { payload: native(frame, manifest.effects.get(effect)?.receipt, payload) }),
      ...(costCents === null ? {} : { costCents }),
    },
  };
}

/** The kernel answers introspection in the frame itself. */
function settleWithin({ head, records }: Frame, open: { id: string; kind: string }[]): void {
  for (const record of records.slice(1)) {
    if (record.kind !== "effect_receipt" || record.intentFrame !== (head.frame as bigint)) continue;
    const id = `${record.intentFrame}.${record.intentOrdinal}`;
    const at = open.findIndex((intent) => intent.id === id);
    if (at >= 0) open.splice(at, 1);
  }
}

function native(frame: Frame, schema: Schema | undefined, bytes: Uint8Array): unknown {
  if (schema === undefined) throw unsupported(frame, "a value of an unknown schema");
  try {
    return toNative(schema, schema.decode(bytes));
  } catch (error) {
    if (!(error instanceof AirloomError) || error.code !== "value.invalid") throw error;
    throw unsupported(frame, `a value that is no ${schema.name}`);
  }
}

function unsupported({ head }: Frame, what: string): AirloomError {
  const message = `frame ${head.frame} has ${what}: no test can say that; generate one of the frames before`;
  return new AirloomError("request", "testgen.unsupported", message, {
    fields: { frame: head.frame, found: what },
  });
}
