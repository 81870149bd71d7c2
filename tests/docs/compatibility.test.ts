/** docs/compatibility.md: every line names a test that is there, or what is refused until it is. */

import { existsSync } from "node:fs";
import { join, normalize } from "node:path/posix";
import { describe, expect, test } from "vitest";
import { ROOT, sourcesUnder } from "../architecture/source.ts";
import { codeIn, readText } from "./page.ts";

const PAGE = readText("docs/compatibility.md");

interface Row {
  readonly title: string;
  readonly text: string;
  readonly tests: readonly { readonly file: string; readonly name: string }[];
}

/** Every row of every table below its head. */
const ROWS: readonly Row[] = PAGE.split("\n").flatMap((line, i, lines) => {
  if (!line.startsWith("|") || isRule(line) || isRule(lines[i + 1])) return [];
  const shown = [...line.matchAll(/\[[^\]]+\]\(([^)]+)\) "([^"]+)"/g)];
  const tests = shown.map(([, file, name]) => ({ file: normalize(join("docs", file!)), name: name! }));
  return [{ title: line.split("|")[1]!.trim(), text: line, tests }];
});

/** The line between a table's head and its rows. */
function isRule(line: string | undefined): boolean {
  return line !== undefined && /^[|\s-]+$/.test(line) && line !== "";
}

const traps = ROWS.filter(({ title }) => /^T\d+$/.test(title));

/** Whether a file has a test, or for data a text, of exactly this name. */
function has(file: string, name: string): boolean {
  const text = readText(file);
  return [`"${name}"`, `\`${name}\``, JSON.stringify(name)].some((quoted) => text.includes(quoted));
}

describe("docs/compatibility.md", () => {
  test("has a line for every trap from T1 to T39, once", () => {
    const numbers = traps.map(({ title }) => Number(title.slice(1)));
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 39 }, (_, i) => i + 1));
  });

  test.each(ROWS)("$title: is shown by a test, or refused until it is", ({ text, tests }) => {
    const later = text.includes("*later*") || text.includes("*Later*");
    expect(tests.length > 0 || later).toBe(true);
    for (const { file, name } of tests) {
      expect(existsSync(join(ROOT, file)), file).toBe(true);
      expect(has(file, name), `${file} has no "${name}"`).toBe(true);
    }
    if (later) expect(refusals(text).length, "no code that refuses it").toBeGreaterThan(0);
  });

  test("would miss a test that is not there", () => {
    expect(has("tests/docs/traps.test.ts", "does something nobody wrote")).toBe(false);
  });
});

const HOST = sourcesUnder("host").map(({ text }) => text);

/** The codes of a line by which something is refused, all of which must be there. */
function refusals(text: string): readonly string[] {
  const codes = codeIn(text).filter((code) => /^(?:unsupported|genesis)\./.test(code));
  return codes.filter((code) => HOST.some((source) => source.includes(`"${code}"`)));
}
