/** From a recording to what a test does: events and answers, with the time between them. */

import type { Manifest } from "../../air/manifest.ts";
import type { Frame } from "../../journal/frame.ts";
import type { RecordOf } from "../../journal/record.ts";
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
  | { readonly kind: "plan"; readonly plan: string; readonly input: unknown }
  | {
      readonly kind: "answer";
      readonly effect: string;
      /** Which of the open intents of its kind, from 0, in the order they were emitted. */
      readonly nth: number;
      readonly receipt: { readonly status?: string; readonly payload?: unknown; readonly costCents?: bigint };
    }
);

export interface Scenario {
  readonly startNs: bigint;
  readonly steps: readonly Step[];
  /** What entered, frame by frame, as a title each; what the runtime adds by itself is left out. */
  readonly course: readonly { readonly frame: bigint; readonly title: string }[];
}

/**
 * `framesMax`: frames beyond it are left out. Throws `testgen.unsupported` (kind `request`) for what a test cannot
 * do: change definitions, or answer with what is no value of the receipt's schema.
 */
export function scenarioOf(
  { frames }: Pick<WholeRecording, "frames">,
  manifest: Manifest,
  framesMax: number,
): Scenario {
  const startNs: bigint = frames[0]!.head.logicalNs;
  const steps: Step[] = [];
  const course: { frame: bigint; title: string }[] = [];
  const open: { id: string; kind: string }[] = [];
  for (const frame of frames.slice(1, framesMax)) {
    const first = frame.records[0]!;
    if (first.kind !== "continue" && first.kind !== "snapshot") {
      const since = frame.head.logicalNs - startNs;
      // Up to the next millisecond: a timer that fired late has fired by then, and the test can be read.
      const place = { frame: frame.head.frame as bigint, atMs: Number((since + 999_999n) / 1_000_000n) };
      steps.push({ ...place, ...stepOf(frame, manifest, open) });
      course.push({ frame: place.frame, title: courseTitle(frame) });
    }
    for (const record of frame.records) {
      if (record.kind !== "effect_intent") continue;
      open.push({ id: `${frame.head.frame}.${record.ordinal}`, kind: record.effectKind });
    }
    settleWithin(frame, open);
  }
  return { startNs, steps, course };
}

/** What entered with a frame. */
export function courseTitle({ records }: Frame): string {
  const first = records[0]!;
  switch (first.kind) {
    case "domain_event":
      return `event ${first.schema}`;
    case "effect_receipt":
      return `receipt ${first.effectKind} ${first.status}`;
    case "plan_start":
      return `plan ${first.plan}`;
    default:
      return first.kind;
  }
}

type Act =
  | Omit<Extract<Step, { readonly kind: "when" }>, "frame" | "atMs">
  | Omit<Extract<Step, { readonly kind: "plan" }>, "frame" | "atMs">
  | Omit<Extract<Step, { readonly kind: "answer" }>, "frame" | "atMs">;

function stepOf(frame: Frame, manifest: Manifest, open: { id: string; kind: string }[]): Act {
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
      if (first.correlation !== null) throw unsupported(frame, "a plan started with a correlation id");
      return {
        kind: "plan",
        plan: first.plan,
        input: native(frame, manifest.plans.get(first.plan)?.input, first.input),
      };
    case "effect_receipt":
      return answerOf(frame, first, manifest, open);
    default:
      throw unsupported(frame, `a frame that begins with ${first.kind}`);
  }
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
