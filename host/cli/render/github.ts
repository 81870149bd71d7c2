/**
 * Diagnostics as workflow commands of GitHub Actions: the runner reads lines of a log that begin with `::` and
 * shows them beside the changed lines. Nothing that is quoted from a file can begin such a line.
 */

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
  const shown = properties.flatMap(([name, value]) => {
    return value === null ? [] : `${name}=${escapeProperty(clean(value))}`;
  });
  const lines = [
    message,
    ...(pointer === undefined || pointer === "" ? [] : [`at ${pointer}`]),
    ...(expected === undefined ? [] : [`expected ${expected}`]),
    ...(found === undefined ? [] : [`found ${found}`]),
    ...(hint === undefined ? [] : [hint]),
  ];
  const body = lines.map((text) => clean(text)).join("\n");
  return `::${severity} ${shown.join(",")}::${escapeData(body)}`;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
