import { type Finding, fails, tally, WORDS } from "../../replay/reports/finding.ts";
import { findingsOf, type Report } from "../../replay/reports/reports.ts";
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
      replay === null
        ? ""
        : p.dim(` (${plural(replay.frames, "frame")}, ${plural(replay.records, "record")})`);
    lines.push(`${mark(WORDS[verdict])}  ${clean(name)}${size}`);
    const finding = findings.get(name);
    if (finding !== undefined) lines.push(...findingLines(finding));
  }
  for (const finding of report.corpus) {
    lines.push(`${p.red(finding.verdict)}  ${clean(finding.name)}`, ...findingLines(finding));
  }
  const counts = tally(report.results).map(([verdict, count]) => `${count} ${WORDS[verdict]}`);
  lines.push(`replay: ${plural(report.results.length, "recording")}, ${counts.join(", ")}`);
  return `${lines.join("\n")}\n`;
}

function findingLines({ headline, details }: Finding): readonly string[] {
  return [`    ${clean(headline, LINE_MAX)}`, ...details.map((line) => `      ${clean(line, LINE_MAX)}`)];
}
