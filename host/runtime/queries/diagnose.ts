/**
 * Why a world is stuck, or that it is not: everything that is open, what it waits for, and whether somebody has to
 * do something about it.
 */

import type { Settings } from "../../air/settings.ts";
import type { FaultNote, IntentNote, PlanNote, Wait } from "./notes.ts";
import type { PendingNote, Survey } from "./survey.ts";

/** `needs`: whether it stays as it is until somebody does something. */
export type Finding = { readonly needs: boolean } & (
  | { readonly kind: "fault"; readonly fault: FaultNote }
  | { readonly kind: "timer"; readonly intent: IntentNote; readonly dueNs: bigint; readonly overdue: boolean }
  /** An effect whose receipt an adapter of this engine brings. */
  | { readonly kind: "effect"; readonly intent: IntentNote }
  /** An effect that somebody outside answers, with a registered key of one of these adapters. */
  | { readonly kind: "outside"; readonly intent: IntentNote; readonly adapters: readonly string[] }
  /** An effect that only a program with an adapter of its own performs. */
  | { readonly kind: "no_adapter"; readonly intent: IntentNote }
  | { readonly kind: "event"; readonly plan: PlanNote; readonly wait: Extract<Wait, { kind: "event" }> }
  | { readonly kind: "turn"; readonly plan: PlanNote; readonly wait: Extract<Wait, { kind: "turn" }> }
  | { readonly kind: "pending"; readonly pending: PendingNote }
  | { readonly kind: "folder"; readonly changes: readonly string[] }
);

export interface Around {
  /** Wall time, in ns since the Unix epoch. */
  readonly nowNs: bigint;
  /** Whether a process has the world open for writing. */
  readonly held: boolean;
  /** What the folder says otherwise than the journal; empty for nothing, null where it cannot be read. */
  readonly changes: readonly string[] | null;
}

/** What needs somebody comes first; else in the order of the journal. */
export function diagnose(survey: Survey, around: Around): readonly Finding[] {
  const { settings } = survey.definitions;
  const findings: Finding[] = [
    ...survey.faults.map((fault): Finding => ({ kind: "fault", fault, needs: true })),
    ...survey.intents.map((intent) => intentFinding(intent, settings, around)),
    ...survey.plans.flatMap((plan) => plan.waits.flatMap((wait) => waitFinding(plan, wait, around))),
    ...survey.pending.map((pending): Finding => ({ kind: "pending", pending, needs: !around.held })),
  ];
  if (around.changes !== null && around.changes.length > 0) {
    findings.push({ kind: "folder", changes: around.changes, needs: true });
  }
  return [...findings.filter(({ needs }) => needs), ...findings.filter(({ needs }) => !needs)];
}

/** Effects that any process performs which opens the world: timers, blobs and HTTP. */
export const HOST_EFFECTS: ReadonlySet<string> = new Set([
  "timer.set",
  "blob.put",
  "blob.get",
  "http.request",
]);

function intentFinding(intent: IntentNote, settings: Settings, { nowNs, held }: Around): Finding {
  if (intent.timer !== null) {
    const { dueNs } = intent.timer;
    const overdue = dueNs <= nowNs;
    return { kind: "timer", intent, dueNs, overdue, needs: overdue && !held };
  }
  const adapters = [...settings.receiptKeys]
    .filter(([, { effectKinds }]) => effectKinds.includes(intent.effectKind))
    .map(([adapter]) => adapter);
  if (adapters.length > 0) return { kind: "outside", intent, adapters, needs: false };
  if (HOST_EFFECTS.has(intent.effectKind)) return { kind: "effect", intent, needs: !held };
  return { kind: "no_adapter", intent, needs: !held };
}

/** A receipt that a plan waits for is told by its intent. */
function waitFinding(plan: PlanNote, wait: Wait, { held }: Around): readonly Finding[] {
  if (wait.kind === "event") return [{ kind: "event", plan, wait, needs: false }];
  return wait.kind === "turn" ? [{ kind: "turn", plan, wait, needs: !held }] : [];
}
