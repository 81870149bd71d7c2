import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Finding, filesUnder, ROOT, readText, type Source, scan, show, sourcesUnder } from "./source.ts";
import {
  brokenLinks,
  deadFiles,
  defaultExports,
  ENTRIES,
  leftOvers,
  longFiles,
  missingFiles,
  registryHosts,
} from "./tidy.ts";

const ALL = filesUnder("").filter((path) => /\.(ts|mjs|js|json|jsonl|md|yml|txt)$|^\.|LICENSE/.test(path));
const TEXTS: readonly Source[] = ALL.map((path) => {
  const text = readText(path);
  return /\.(ts|mjs)$/.test(path) ? scan(path, text) : plain(path, text);
});
const SOURCES = TEXTS.filter(({ path }) => /\.(ts|mjs)$/.test(path));
const PAGES = TEXTS.filter(({ path }) => path.endsWith(".md"));

function plain(path: string, text: string): Source {
  return { path, text, code: "", strings: [], regexes: [] };
}

const IN_GIT = spawnSync("git", ["rev-parse", "--is-inside-work-tree"], { cwd: ROOT }).status === 0;

const exists = (path: string): boolean => existsSync(join(ROOT, path));
const found = (findings: readonly Finding[]): readonly string[] => findings.map((finding) => finding.found);

describe("no file", () => {
  it("has left-over markers", () => {
    expect(TEXTS.flatMap(leftOvers).map(show)).toEqual([]);
    const marker = ["TO", "DO"].join("");
    expect(found(leftOvers(scan("a.ts", `// ${marker}: more`)))).toEqual([marker]);
    expect(found(leftOvers(scan("a.ts", `const s = "${["FIX", "ME"].join("")}";`)))).toHaveLength(1);
    expect(found(leftOvers(scan("a.ts", "const METHODOLOGY = 1;")))).toEqual([]);
  });

  it("names a package registry", () => {
    expect(TEXTS.flatMap(registryHosts).map(show)).toEqual([]);
    const host = ["registry", "example", "org"].join(".");
    expect(found(registryHosts(plain("a.md", `see https://${host}/airloom`)))).toEqual([host]);
    const entry = ['"resolved"', '"https://example.org/a.tgz"'].join(": ");
    expect(registryHosts(plain("package-lock.json", entry))).toHaveLength(1);
    expect(registryHosts(plain("a.md", "a registry. It is one."))).toEqual([]);
  });

  it("has a default export, but where a tool asks for one", () => {
    expect(SOURCES.flatMap(defaultExports).map(show)).toEqual([]);
    expect(defaultExports(scan("host/a.ts", "export default function f() {}"))).toHaveLength(1);
    expect(defaultExports(scan("host/a.ts", "export { a as default };"))).toHaveLength(1);
    expect(defaultExports(scan("vitest.config.ts", "export default {};"))).toEqual([]);
    expect(defaultExports(scan("host/a.ts", "// export default\nexport const a = 1;"))).toEqual([]);
  });

  it("of code is longer than 500 lines, unless it is listed", () => {
    expect(SOURCES.flatMap((source) => longFiles(source)).map(show)).toEqual([]);
    const [short, long] = ["x\n".repeat(500), "x\n".repeat(501)];
    expect(longFiles(scan("host/a.ts", short))).toEqual([]);
    expect(longFiles(scan("host/a.ts", long))).toHaveLength(1);
    const listed = new Map([["host/a.ts", "a table"]]);
    expect(longFiles(scan("host/a.ts", long), listed)).toEqual([]);
    expect(found(longFiles(scan("host/a.ts", short), listed))).toEqual(["500 lines"]);
  });

  // An unpacked archive has no rules to ask.
  it.runIf(IN_GIT)("of the sources is one that git ignores", () => {
    expect(ignored(SOURCES.map(({ path }) => path))).toEqual([]);
    expect(ignored(["host/a.ts", "dist/a.js"])).toEqual(["dist/a.js"]);
  });
});

function ignored(paths: readonly string[]): readonly string[] {
  const args = ["check-ignore", "--no-index", "--stdin"];
  const { stdout } = spawnSync("git", args, { cwd: ROOT, input: paths.join("\n"), encoding: "utf8" });
  return stdout.split("\n").filter((line) => line !== "");
}

describe("host/", () => {
  it("has no file that no entry leads to", () => {
    expect(deadFiles(sourcesUnder("host")).map(show)).toEqual([]);
  });

  it("would show one", () => {
    const sources = [
      scan("host/cli/bin.ts", 'import { a } from "./a.ts";'),
      scan("host/cli/a.ts", 'export { b } from "../b.ts";'),
      scan("host/b.ts", ""),
      scan("host/c.ts", 'import "./d.ts";'),
      scan("host/d.ts", 'import "./c.ts";'),
    ];
    const dead = deadFiles(sources).map(({ path }) => path);
    expect(dead).toEqual(["host/c.ts", "host/d.ts"]);
  });

  it("has every file that the package says it has", () => {
    const manifest = JSON.parse(readText("package.json")) as Record<string, unknown>;
    const named = JSON.stringify([manifest.bin, manifest.exports, manifest.imports]).match(
      /dist\/[\w/]+\.js/g,
    );
    const sources = named!.map((path) => path.replace(/^dist/, "host").replace(/js$/, "ts"));
    expect(sources.length).toBeGreaterThan(3);
    expect(sources.filter((path) => !ENTRIES.includes(path) || !exists(path))).toEqual([]);
  });
});

describe("pages and comments", () => {
  it("link to what is there", () => {
    expect(PAGES.length).toBeGreaterThan(3);
    expect(PAGES.flatMap((page) => brokenLinks(page, exists, readText)).map(show)).toEqual([]);
  });

  it.each([
    ["[a](b.md)", 0],
    ["[a](../README.md#the-top)", 0],
    ["[a](#here)\n\n## Here", 0],
    ["[a](https://example.org/none.md)", 0],
    ["`[a](gone.md)`", 0],
    ["[a](gone.md)", 1],
    ["[a](../README.md#nowhere)", 1],
    ["[a](#there)\n\n## Here", 1],
  ])("of the links of %j, %i are broken", (text, count) => {
    const files = new Map([
      ["docs/a.md", text],
      ["docs/b.md", ""],
      ["README.md", "# The top"],
    ]);
    const findings = brokenLinks(
      plain("docs/a.md", text),
      (path) => files.has(path),
      (path) => files.get(path)!,
    );
    expect(findings).toHaveLength(count);
  });

  it("speak of files that are there", () => {
    const prose = [...PAGES, ...SOURCES];
    expect(prose.flatMap((source) => missingFiles(source, exists)).map(show)).toEqual([]);
  });

  it.each([
    ["a.ts", "// see docs/gone.md", ["docs/gone.md"]],
    ["a.ts", "// see docs/here.md", []],
    ["a.ts", 'const path = "docs/gone.md";', []],
    ["a.ts", 'import { a } from "../host/gone.ts";', []],
    ["a.md", "see `host/gone.ts`, it says", ["host/gone.ts"]],
    ["a.md", "see host/ and assembly/reducers/<name>/", []],
  ])("in %s, %j names %j in vain", (path, text, names) => {
    expect(found(missingFiles({ ...scan(path, text), path }, (name) => name === "docs/here.md"))).toEqual(
      names,
    );
  });
});
