/** What there is to say about a recording, whatever the report's form. All text is fit to be shown. */

import { plain } from "../../values/quote.ts";
import { cellText } from "../core/diff.ts";
import type { Divergence, DivergenceDetail } from "../core/replay.ts";
import type { CorpusResult } from "../corpus.ts";
import type { IndexDifference } from "../index-file.ts";
import { type RecordingVerdict, VERDICTS } from "../recording/replay.ts";
import { causeText, upgradeLines } from "./upgrade.ts";

/** Longest text of one value in a report, in UTF-16 units. */
const VALUE_MAX = 2000;

export interface Finding {
  readonly name: string;
  readonly verdict: RecordingVerdict | IndexDifference["what"];
  /** Stable dotted code of the rule that found it. */
  readonly rule: string;
  /** One line: where and what. */
  readonly headline: string;
  /** Further lines, each one line of text. */
  readonly details: readonly string[];
}

export const WORDS: Readonly<Record<RecordingVerdict, string>> = {
  identical: "identical",
  fuel_only: "identical but for fuel",
  effects_changed: "effects changed",
  state_changed: "state changed",
  faulted: "faulted",
  cannot_run: "cannot run",
};

/** What to do about recordings that differ, for people: a line each. */
export const ADVICE: readonly string[] = [
  "The shortest run that shows a difference: airloom shrink RECORDING --against FOLDER",
  "A change that is meant: record the run again, with --re-record (see docs/ci.md)",
];

/** Whether these results need that. */
export function needsAdvice(results: readonly CorpusResult[]): boolean {
  return results.some(({ cause, upgrade }) => cause !== null && upgrade === null);
}

/** Whether this verdict fails a gate; other fuel does not unless the caller says so. */
export function fails(verdict: RecordingVerdict, strictFuel: boolean): boolean {
  return verdict === "fuel_only" ? strictFuel : verdict !== "identical";
}

/** The finding of a result; null for an identical one. */
export function findingOf(result: CorpusResult): Finding | null {
  const { name, verdict, replay, error, cause, upgrade } = result;
  if (verdict === "identical") return null;
  const rule = `replay.${verdict}`;
  const shown = plain(name, VALUE_MAX);
  if (error !== null) {
    const details = error.diagnostics.map(({ code, message }) => plain(`${code}: ${message}`, VALUE_MAX));
    return {
      name: shown,
      verdict,
      rule,
      headline: `${error.code}: ${plain(error.message, VALUE_MAX)}`,
      details,
    };
  }
  const divergence = replay?.divergence ?? null;
  if (divergence === null)
    return { name: shown, verdict, rule, headline: "the fuel differs, nothing else", details: [] };
  const cell = cellText(divergence.cell);
  const of = cell === null ? "" : ` of ${plain(cell, VALUE_MAX)}`;
  const [was, now] = upgrade === null ? ["recorded", "replayed"] : ["before", "after"];
  const place = `frame ${divergence.frame}, record ${divergence.record} (${divergence.kind}${of})`;
  return {
    name: shown,
    verdict,
    rule,
    headline: `${place}: ${REASONS[divergence.reason](plain(divergence.field, VALUE_MAX))}`,
    details: [
      `${was} ${plain(divergence.recorded, VALUE_MAX)}`,
      `${now} ${plain(divergence.replayed, VALUE_MAX)}${distance(divergence)}`,
      ...(cause === null && upgrade === null ? [] : [`cause: ${causeText(cause)}`]),
      ...surroundings(replay?.detail ?? null),
      ...(upgrade === null ? [] : upgradeLines(upgrade)),
    ],
  };
}

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["ms", 1_000_000n],
]);

/** How far apart two moments or durations are: nobody subtracts nineteen digits in the head. */
function distance({ field, recorded, replayed }: Divergence): string {
  const unit = UNITS.get(/_(ns|ms)$/.exec(field)?.[1] ?? "");
  const [a, b] = [recorded, replayed].map((text) => /^"?(-?\d+)"?$/.exec(text)?.[1]);
  if (unit === undefined || a === undefined || b === undefined) return "";
  const ns = (BigInt(b) - BigInt(a)) * unit;
  const [size, word] = ns < 0n ? [-ns, "less"] : [ns, "more"];
  return ` (${seconds(size)} ${word})`;
}

/** Nanoseconds as seconds, exactly: `0.2 s`. */
function seconds(ns: bigint): string {
  const fraction = String(ns % 1_000_000_000n)
    .padStart(9, "0")
    .replace(/0+$/, "");
  return `${ns / 1_000_000_000n}${fraction === "" ? "" : `.${fraction}`} s`;
}

function surroundings(detail: DivergenceDetail | null): readonly string[] {
  if (detail === null) return [];
  const { differences, event, stateBefore } = detail;
  const others = differences.slice(1).map(({ field }) => plain(field, VALUE_MAX));
  return [
    ...(others.length === 0 ? [] : [`also different: ${others.join(", ")}`]),
    ...(event === null ? [] : [`event ${plain(event.schema, VALUE_MAX)} ${plain(event.value, VALUE_MAX)}`]),
    ...(stateBefore === null ? [] : [`state before ${plain(stateBefore, VALUE_MAX)}`]),
  ];
}

const REASONS = {
  field: (field: string) => `${field} differs`,
  absent: () => "the replay derived no such record",
  extra: () => "the replay derived a record more",
  refused: (field: string) => `the world no longer takes this (${field})`,
  chain: (field: string) => `the journal was changed here: ${field} does not match`,
} as const;

export function indexFinding({ name, what }: IndexDifference): Finding | null {
  if (what === "unlisted") return null;
  const headline =
    what === "missing"
      ? "the index lists this recording, and it was not replayed"
      : "this recording is not the one the index lists";
  return { name: plain(name, VALUE_MAX), verdict: what, rule: `corpus.${what}`, headline, details: [] };
}

/** How many recordings have each verdict, in the order of `VERDICTS`, without zeros. */
export function tally(results: readonly CorpusResult[]): readonly (readonly [RecordingVerdict, number])[] {
  return VERDICTS.flatMap((verdict) => {
    const count = results.filter((result) => result.verdict === verdict).length;
    return count === 0 ? [] : [[verdict, count] as const];
  });
}
