/**
 * Reports of a corpus for machines and reviews. No text of a payload can end an element, begin a workflow
 * command or make a link: each form escapes what it treats specially.
 */

import type { CorpusResult } from "../corpus.ts";
import { ADVICE, type Finding, fails, findingOf, needsAdvice, tally, WORDS } from "./finding.ts";
import { workflowCommand } from "./github.ts";
import { causeGroups, causeText, type UpgradeOverview, unseenChanges } from "./upgrade.ts";

export interface Report {
  readonly results: readonly CorpusResult[];
  /** Findings about the corpus as a whole. */
  readonly corpus: readonly Finding[];
  /** Whether other fuel alone counts as a failure. */
  readonly strictFuel: boolean;
  /** Name and version of the engine. */
  readonly engine: string;
  /** What two sets of definitions differ in; null where recordings are replayed as they are. */
  readonly upgrade: UpgradeOverview | null;
}

export const REPORT_FORMS = ["json", "junit", "markdown", "github", "sarif"] as const;
export type ReportForm = (typeof REPORT_FORMS)[number];

export function renderReport(form: ReportForm, report: Report): string {
  return RENDERERS[form](report);
}

/** Every finding, those of recordings first. */
export function findingsOf({ results, corpus }: Report): readonly Finding[] {
  return [...results.flatMap((result) => findingOf(result) ?? []), ...corpus];
}

function isFailure(report: Report, finding: Finding): boolean {
  const { verdict } = finding;
  return verdict in WORDS ? fails(verdict as CorpusResult["verdict"], report.strictFuel) : true;
}

function toJson(report: Report): string {
  const recordings = report.results.map(
    ({ name, verdict, root, replay, error, cause, upgrade, milliseconds }) => ({
      name,
      verdict,
      root,
      frames: replay?.frames ?? null,
      records: replay?.records ?? null,
      deliveries: replay?.deliveries ?? null,
      manifests: replay?.manifests ?? null,
      divergence: replay?.divergence ?? null,
      cause,
      ...(report.upgrade === null ? {} : { upgrade }),
      error: error === null ? null : { code: error.code, kind: error.kind, message: error.message },
      milliseconds: Math.round(milliseconds),
    }),
  );
  const overview = report.upgrade && { ...report.upgrade, causes: causeGroups(report.results) };
  const text = {
    engine: report.engine,
    ...(overview === null ? {} : { upgrade: overview }),
    recordings,
    corpus: report.corpus,
  };
  const withKeys = (key: string, value: unknown): unknown => {
    if (typeof value === "bigint") return value.toString();
    if (key === "key" && value instanceof Uint8Array) return Buffer.from(value).toString("hex");
    return value;
  };
  return `${JSON.stringify(text, withKeys, 2)}\n`;
}

function toJunit(report: Report): string {
  const failing = findingsOf(report).filter((finding) => isFailure(report, finding));
  const byName = new Map(failing.map((finding) => [finding.name, finding]));
  const cases = report.results.map((result) => testCase(result, findingOf(result), report));
  const others = report.corpus.map((finding) => caseText(finding.name, 0, finding));
  const total = cases.length + others.length;
  const seconds = report.results.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${total}" failures="${byName.size}" time="${seconds.toFixed(3)}">`,
    `  <testsuite name="airloom replay" tests="${total}" failures="${byName.size}" time="${seconds.toFixed(3)}">`,
    ...[...cases, ...others],
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function testCase(result: CorpusResult, finding: Finding | null, report: Report): string {
  const failure = finding !== null && isFailure(report, finding) ? finding : null;
  return caseText(result.name, result.milliseconds / 1000, failure);
}

function caseText(name: string, seconds: number, failure: Finding | null): string {
  const open = `    <testcase classname="airloom.replay" name="${xml(name)}" time="${seconds.toFixed(3)}"`;
  if (failure === null) return `${open}/>`;
  const body = [failure.headline, ...failure.details].join("\n");
  return `${open}>\n      <failure type="${xml(failure.rule)}" message="${xml(failure.headline)}">${xml(body)}</failure>\n    </testcase>`;
}

/** Escaped for text and attributes; what XML 1.0 cannot hold at all becomes U+FFFD. */
function xml(text: string): string {
  const holds = text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd");
  return holds
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

function toMarkdown(report: Report): string {
  const findings = findingsOf(report);
  const counts = tally(report.results).map(([verdict, count]) => `${count} ${WORDS[verdict]}`);
  const lines = [`### ${titleOf(report)}: ${counts.join(", ")}`, "", ...overviewLines(report)];
  if (findings.length === 0) return `${lines.join("\n")}\n`;
  lines.push("| recording | verdict | first difference |", "| --- | --- | --- |");
  for (const { name, verdict, headline, details } of findings) {
    const cells = [name, verdict.replaceAll("_", " "), [headline, ...details].join("\n")];
    lines.push(`| ${cells.map(markdownCell).join(" | ")} |`);
  }
  if (needsAdvice(report.results)) lines.push("", ...ADVICE.map((line) => `- ${markdownCell(line)}`));
  return `${lines.join("\n")}\n`;
}

function titleOf({ upgrade }: Report): string {
  return upgrade === null ? "Replay" : "Upgrade";
}

/** What changed, and which recordings show it. */
function overviewLines({ upgrade, results }: Report): readonly string[] {
  if (upgrade === null) return [];
  const groups = causeGroups(results).map(
    ({ cause, recordings }) =>
      `- ${markdownCell(causeText(cause))}: ${recordings.length} of ${results.length}, ${recordings.map(markdownCell).join(", ")}`,
  );
  const unseen = unseenChanges(upgrade, results).map((cause) => `- ${markdownCell(causeText(cause))}`);
  return [
    `From ${markdownCell(upgrade.before)} to ${markdownCell(upgrade.after)}.`,
    "",
    ...(groups.length === 0 ? [] : ["First differences by cause:", "", ...groups, ""]),
    ...(unseen.length === 0 ? [] : ["Changed, and no recording's first difference:", "", ...unseen, ""]),
  ];
}

/** As code, so that nothing in it is markup; line ends are the table's own. */
function markdownCell(text: string): string {
  return text
    .split("\n")
    .map((line) => {
      const shown = line.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
      return `<code>${shown.replace(/[|`*_[\]\\~#:@]/g, (c) => `&#${c.charCodeAt(0)};`)}</code>`;
    })
    .join("<br>");
}

function toGithub(report: Report): string {
  return findingsOf(report)
    .map((finding) => {
      const level = isFailure(report, finding) ? "error" : "notice";
      const body = [finding.headline, ...finding.details].join("\n");
      const properties = [["file", finding.name] as const, ["title", finding.rule] as const];
      return `${workflowCommand(level, properties, body)}\n`;
    })
    .join("");
}

/** SARIF 2.1.0 (OASIS): one run, one result for each finding. */
function toSarif(report: Report): string {
  const findings = findingsOf(report);
  const rules = [...new Set(findings.map(({ rule }) => rule))].map((id) => ({ id }));
  const [name, version] = report.engine.split(" ");
  const results = findings.map((finding) => ({
    ruleId: finding.rule,
    level: isFailure(report, finding) ? "error" : "note",
    message: { text: [finding.headline, ...finding.details].join("\n") },
    locations: [{ physicalLocation: { artifactLocation: { uri: encodeURI(finding.name) } } }],
  }));
  const run = { tool: { driver: { name, version, rules } }, results };
  return `${JSON.stringify({ version: "2.1.0", $schema: SARIF_SCHEMA, runs: [run] }, null, 2)}\n`;
}

const SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json";

const RENDERERS: Readonly<Record<ReportForm, (report: Report) => string>> = {
  json: toJson,
  junit: toJunit,
  markdown: toMarkdown,
  github: toGithub,
  sarif: toSarif,
};
