/** docs/determinism.md: every source of nondeterminism has what keeps it out, and tests that are there. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path/posix";
import { describe, expect, it } from "vitest";
import { ROOT, readText } from "../architecture/source.ts";

const PAGE = readText("docs/determinism.md");
const ROWS = PAGE.split("\n")
  .filter((line) => /^\| (?!source|---)/.test(line))
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .map(([, source, kept, closed]) => ({ source: source!, kept: kept!, closed: closed! }));
const linksIn = (text: string): readonly string[] =>
  [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, to]) => to!);

/** What anyone who looks for leaks asks after. */
const ASKED = [
  ...[
    "NaN",
    "tier-up",
    "recursion",
    "stack size",
    "locale",
    "time zone",
    "hash order",
    "map iteration",
    "Date",
  ],
  ...[
    "Math.random",
    "float",
    "memory.grow",
    "garbage collection",
    "thread order",
    "file order",
    "undici",
    "entropy",
  ],
  ...["crashes", "snapshot", "working directory", "wall clock", "timers", "compiler", "encodings"],
];

describe("docs/determinism.md", () => {
  it.each(ASKED)("speaks of %s", (word) => {
    expect(ROWS.filter(({ source }) => source.includes(word)).length).toBeGreaterThan(0);
  });

  it.each(ROWS.map((row) => [row.source, row] as const))("%s: is kept out, and a test says so", (_, row) => {
    expect(row.kept).not.toBe("");
    const tests = linksIn(row.closed);
    expect(tests.length).toBeGreaterThan(0);
    for (const test of tests) {
      expect(test).toMatch(/^\.\.\/tests\/.+\.test\.ts$/);
      expect(readFileSync(join(ROOT, "docs", test), "utf8"), test).toMatch(/\b(?:it|test)\b/);
    }
  });

  it("names only files that are there", () => {
    const named = [...linksIn(PAGE).map((to) => join("docs", to)), ...scriptsIn(PAGE)];
    expect(named.length).toBeGreaterThan(60);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

function scriptsIn(page: string): readonly string[] {
  return [...page.matchAll(/`node (scripts\/[\w.-]+)`/g)].map(([, path]) => path!);
}
