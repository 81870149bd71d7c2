/**
 * Which changed definition a difference comes from. A record is governed by the definition of whoever made it, then
 * by that of whatever led to it, up to the ingress; the first of these that changed is named.
 */

import { manifestDifference } from "../../air/difference.ts";
import type { Frame } from "../../journal/frame.ts";
import type { JournalRecord } from "../../journal/record.ts";
import type { Definitions } from "../../kernel/state.ts";
import type { Divergence } from "../core/replay.ts";

export const CAUSE_KINDS = [
  "module",
  "plan",
  "policy",
  "capability",
  "effect",
  "schema",
  "secret",
  "grants",
  "triggers",
  "routes",
  "bindings",
  "defaults",
  "settings",
] as const;
export type CauseKind = (typeof CAUSE_KINDS)[number];

export interface Cause {
  readonly kind: CauseKind;
  /** The definition's; null for parts of the manifest, and the settings. */
  readonly name: string | null;
  readonly change: "added" | "removed" | "changed";
}

const KINDS = {
  defschema: "schema",
  defmodule: "module",
  defplan: "plan",
  defeffect: "effect",
  defcap: "capability",
  defpolicy: "policy",
  defsecret: "secret",
} as const satisfies Readonly<Record<string, CauseKind>>;

/** Parts of the manifest by where they stand in it. */
const AREAS: readonly (readonly [pointer: string, kind: CauseKind])[] = [
  ["/defaults/cap_grants", "grants"],
  ["/defaults/policy", "policy"],
  ["/defaults", "defaults"],
  ["/triggers", "triggers"],
  ["/routing", "routes"],
  ["/module_bindings", "bindings"],
  ["/secrets", "secret"],
];

/** Everything that changes behaviour between two sets of definitions, in the order of the later manifest. */
export function changesBetween(before: Definitions, after: Definitions): readonly Cause[] {
  const found: Cause[] = [];
  const add = (cause: Cause): void => {
    if (!found.some(({ kind, name }) => kind === cause.kind && name === cause.name)) found.push(cause);
  };
  for (const { kind, name, change, fields } of manifestDifference(before.manifest, after.manifest)) {
    if (kind !== "manifest") add({ kind: KINDS[kind], name, change });
    else for (const { pointer } of fields) add({ kind: areaOf(pointer), name: null, change: "changed" });
  }
  if (before.settingsHash !== after.settingsHash) add({ kind: "settings", name: null, change: "changed" });
  return found;
}

function areaOf(pointer: string): CauseKind {
  return AREAS.find(([start]) => pointer.startsWith(start))?.[1] ?? "defaults";
}

/** A kind, and the name it must have; null where any will do. */
type Suspect = readonly [kind: CauseKind, name: string | null];

/**
 * The change that the first difference comes from; null where nothing that changed governs it. `frame` is the one that
 * holds the record named: of the run before, or, for a record more, of the run after.
 */
export function causeOf(divergence: Divergence, frame: Frame, changes: readonly Cause[]): Cause | null {
  for (const [kind, name] of suspectsOf(divergence, frame)) {
    const found = changes.find((each) => each.kind === kind && (name === null || each.name === name));
    if (found !== undefined) return found;
  }
  return changes[0] ?? null;
}

function* suspectsOf({ reason, record, kind }: Divergence, frame: Frame): Generator<Suspect> {
  if (reason === "refused") yield* refusal(frame.records[0]!);
  else if (reason === "absent" || reason === "extra") {
    // That it happened at all is for whoever sends it there to say.
    if (kind === "delivery") yield ["routes", null];
    if (kind === "plan_started") yield ["triggers", null];
  }
  for (let at: number | null = record; at !== null; at = frame.records[at]?.cause ?? null) {
    const found = frame.records[at];
    if (found !== undefined) yield* governing(found);
  }
  for (const each of ["routes", "triggers", "bindings", "grants", "schema"] as const) yield [each, null];
}

function* refusal(first: JournalRecord): Generator<Suspect> {
  if (first.kind === "domain_event" || first.kind === "redeliver") yield ["schema", first.schema];
  if (first.kind === "plan_start") yield ["plan", first.plan];
  yield ["schema", null];
}

function* governing(record: JournalRecord): Generator<Suspect> {
  switch (record.kind) {
    case "delivery":
      yield ["module", record.cell?.reducer ?? ""];
      break;
    case "plan_started":
    case "plan_turn":
    case "plan_ended":
    case "plan_result":
    case "plan_start":
      yield ["plan", record.plan];
      break;
    case "cap_decision":
      yield ["grants", null];
      yield ["capability", null];
      break;
    case "policy_decision":
      yield ["policy", null];
      break;
    case "effect_intent":
      yield record.originKind === "plan" ? ["plan", record.originName] : ["module", record.originName];
      break;
    case "domain_event":
    case "redeliver":
      yield ["schema", record.schema];
      break;
    case "effect_receipt":
      yield ["effect", null];
      break;
  }
}
