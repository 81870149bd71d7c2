import { cellText } from "../../replay/core/diff.ts";
import type { ReplayReport } from "../../replay/core/replay.ts";
import { type Json, jsonInteger } from "../../values/json.ts";
import type { Io } from "../io.ts";
import { clean, paletteOf, plural } from "./text.ts";

const VERDICTS = {
  identical: "identical",
  fuel_only: "identical but for fuel",
  diverged: "diverged",
} as const;

/** The verdict and, where there is one, the first difference: which record, which field, both values. */
export function renderReplay(io: Io, report: ReplayReport): string {
  const p = paletteOf(io);
  const { verdict, divergence, detail, frames, records, deliveries } = report;
  const mark = verdict === "diverged" ? p.red : p.green;
  const counts =
    `${plural(frames, "frame")}, ${plural(records, "record")}, ${plural(deliveries, "delivery")}`.replace(
      "deliverys",
      "deliveries",
    );
  const lines = [`replay: ${mark(VERDICTS[verdict])} (${counts})`];
  if (verdict !== "diverged") lines.push(`  digest ${p.dim(report.digest)}`);
  for (const line of changedManifests(report)) lines.push(`  ${line}`);
  if (divergence !== null) {
    const cell = cellText(divergence.cell);
    lines.push(
      `  first difference: frame ${divergence.frame}, record ${divergence.record} (${divergence.kind}${cell === null ? "" : ` of ${clean(cell)}`}), record ${divergence.recordSeq} of the journal`,
      `    ${REASONS[divergence.reason]}: ${p.bold(clean(divergence.field))}`,
      `      recorded  ${clean(divergence.recorded, 2000)}`,
      `      replayed  ${clean(divergence.replayed, 2000)}`,
    );
    for (const { field, recorded, replayed } of detail?.differences.slice(1) ?? []) {
      lines.push(`    field: ${clean(field)}`);
      lines.push(`      recorded  ${clean(recorded, 2000)}`, `      replayed  ${clean(replayed, 2000)}`);
    }
    const event = detail?.event ?? null;
    if (event !== null) lines.push(`    event         ${clean(event.schema)} ${clean(event.value, 2000)}`);
    const before = detail?.stateBefore ?? null;
    if (before !== null) lines.push(`    state before  ${clean(before, 2000)}`);
  }
  return `${lines.join("\n")}\n`;
}

const REASONS = {
  field: "field",
  absent: "the replay derived no such record",
  extra: "the replay derived a record more",
  refused: "the world no longer takes this",
  chain: "the journal was changed here: its bytes do not match what follows",
} as const;

function changedManifests({ manifests }: ReplayReport): readonly string[] {
  const { recorded, used } = manifests;
  return recorded.flatMap((hash, i) => {
    const other = used[i];
    return other === undefined || other === hash ? [] : [`manifest ${hash}`, `replaced by ${other}`];
  });
}

export function replayJson(report: ReplayReport): Json {
  const { divergence } = report;
  return new Map<string, Json>([
    ["type", "replay"],
    ["verdict", report.verdict],
    ["frames", jsonInteger(BigInt(report.frames))],
    ["records", jsonInteger(BigInt(report.records))],
    ["deliveries", jsonInteger(BigInt(report.deliveries))],
    ["digest", report.digest],
    ["manifests_recorded", report.manifests.recorded],
    ["manifests_used", report.manifests.used],
    [
      "divergence",
      divergence === null
        ? null
        : new Map<string, Json>([
            ["frame", jsonInteger(divergence.frame)],
            ["record", jsonInteger(BigInt(divergence.record))],
            ["seq", jsonInteger(divergence.recordSeq)],
            ["kind", divergence.kind],
            ["cell", cellText(divergence.cell)],
            ["reason", divergence.reason],
            ["field", divergence.field],
            ["recorded", divergence.recorded],
            ["replayed", divergence.replayed],
          ]),
    ],
    ["detail", detailJson(report)],
  ]);
}

function detailJson({ detail }: ReplayReport): Json {
  if (detail === null) return null;
  const { event, stateBefore, differences } = detail;
  return new Map<string, Json>([
    ["event", event === null ? null : new Map(Object.entries(event))],
    ["state_before", stateBefore],
    ["differences", differences.map((difference) => new Map(Object.entries(difference)))],
  ]);
}
