import { ADVICE, type Finding, fails, needsAdvice, tally, WORDS } from "../../replay/reports/finding.ts";
import { findingsOf, type Report } from "../../replay/reports/reports.ts";
import { causeGroups, causeText, unseenChanges } from "../../replay/reports/upgrade.ts";
import type { Io } from "../io.ts";
import { clean, paletteOf, plural } from "./text.ts";

const LINE_MAX = 2000;

/** One line for each recording, its first difference below it, and the count of each verdict. */
export function renderCorpus(io: Io, report: Report): string {
  const p = paletteOf(io);
  const findings = new Map(findingsOf(report).map((finding) => [finding.name, finding]));
  const lines: string[] = [];
  for (const { name, verdict, replay } of report.results) {
    const mark = fails(verdict, report.strictFuel) ? p.red : p.green;
    const size =
      replay === null || replay.divergence !== null
        ? ""
        : p.dim(` (${plural(replay.frames, "frame")}, ${plural(replay.records, "record")})`);
    lines.push(`${mark(WORDS[verdict])}  ${clean(name)}${size}`);
    const finding = findings.get(name);
    if (finding !== undefined) lines.push(...findingLines(finding));
  }
  for (const finding of report.corpus) {
    lines.push(`${p.red(finding.verdict)}  ${clean(finding.name)}`, ...findingLines(finding));
  }
  lines.push(...upgradeOverview(report));
  const counts = tally(report.results).map(([verdict, count]) => `${count} ${WORDS[verdict]}`);
  const word = report.upgrade === null ? "replay" : "upgrade";
  lines.push(`${word}: ${plural(report.results.length, "recording")}, ${counts.join(", ")}`);
  if (needsAdvice(report.results)) lines.push(...ADVICE.map((line) => p.dim(line)));
  return `${lines.join("\n")}\n`;
}

/** Which changes the recordings show, each with those it is the first difference of. */
function upgradeOverview({ upgrade, results }: Report): readonly string[] {
  if (upgrade === null) return [];
  const groups = causeGroups(results).flatMap(({ cause, recordings }) => [
    `${clean(causeText(cause), LINE_MAX)}: ${plural(recordings.length, "recording")}`,
    ...recordings.map((name) => `    ${clean(name)}`),
  ]);
  const unseen = unseenChanges(upgrade, results).map(
    (cause) => `${clean(causeText(cause), LINE_MAX)}: no recording's first difference`,
  );
  return [`from ${clean(upgrade.before)} to ${clean(upgrade.after)}`, ...groups, ...unseen];
}

function findingLines({ headline, details }: Finding): readonly string[] {
  return [`    ${clean(headline, LINE_MAX)}`, ...details.map((line) => `      ${clean(line, LINE_MAX)}`)];
}
