/**
 * Diagnostics as workflow commands of GitHub Actions: the runner reads lines of a log that begin with `::` and
 * shows them beside the changed lines. Nothing that is quoted from a file can begin such a line.
 */

import { workflowCommand } from "../../replay/reports/github.ts";
import type { Diagnostic } from "../../values/errors.ts";
import { clean } from "./text.ts";

/** One line. `file` is the path from the repository's root, or null where nothing says in which file it is. */
export function githubAnnotation(diagnostic: Diagnostic, file: string | null): string {
  const { severity, code, message, line, column, pointer, expected, found, hint } = diagnostic;
  const properties: readonly (readonly [string, string | null])[] = [
    ["file", file],
    ["line", line === undefined ? null : String(line)],
    ["col", column === undefined ? null : String(column)],
    ["title", code],
  ];
  const shown = properties.flatMap(([name, value]) =>
    value === null ? [] : [[name, clean(value)] as const],
  );
  const lines = [
    message,
    ...(pointer === undefined || pointer === "" ? [] : [`at ${pointer}`]),
    ...(expected === undefined ? [] : [`expected ${expected}`]),
    ...(found === undefined ? [] : [`found ${found}`]),
    ...(hint === undefined ? [] : [hint]),
  ];
  return workflowCommand(severity, shown, lines.map((text) => clean(text)).join("\n"));
}
