/** House rules: what a linter does not know. Each takes text and gives findings. */

import { dirname, normalize } from "node:path/posix";
import { type Finding, findingAt, importsOf, resolveImport, type Source } from "./source.ts";

/** The words are in brackets so that this file does not break its own rule. */
const LEFT_OVER = /\b(?:T[O]DO|F[I]XME|X[X]X|H[A]CK)\b/g;

export function leftOvers(source: Source): readonly Finding[] {
  return matches(source, LEFT_OVER, "finish it, or write it down as an issue");
}

/** Which registry packages come from is the installer's to say; a lock file tells it to everyone. */
const REGISTRY =
  /\bregistry\.[\w-]+(?:\.[\w-]+)+|\b(?:npm\.pkg|ghcr|docker)\.(?:github\.com|io)\b|"resolved":\s*"https?:[^"]*/g;

export function registryHosts(source: Source): readonly Finding[] {
  return matches(source, REGISTRY, "name no package registry");
}

function matches(source: Source, pattern: RegExp, instead: string): readonly Finding[] {
  return [...source.text.matchAll(pattern)].map((match) => findingAt(source, match.index, match[0], instead));
}

/** Tools that read a default export from their configuration. */
const MAY_DEFAULT = new Set(["vitest.config.ts"]);

export function defaultExports(source: Source): readonly Finding[] {
  if (MAY_DEFAULT.has(source.path)) return [];
  const found = source.code.matchAll(/\bexport\s+default\b|\bas\s+default\b/g);
  return [...found].map((match) => findingAt(source, match.index, match[0], "export it by name"));
}

const LINES_MAX = 500;

/** Files that are still one idea beyond the limit, and why. */
const MAY_BE_LONG: ReadonlyMap<string, string> = new Map([]);

export function longFiles(
  source: Source,
  mayBeLong: ReadonlyMap<string, string> = MAY_BE_LONG,
): readonly Finding[] {
  const count = source.text.trimEnd().split("\n").length;
  const listed = mayBeLong.has(source.path);
  if (count > LINES_MAX && !listed) {
    return [findingAt(source, 0, `${count} lines`, `one idea a file, in at most ${LINES_MAX} lines`)];
  }
  if (count <= LINES_MAX && listed) return [findingAt(source, 0, `${count} lines`, "take it off the list")];
  return [];
}

/** Where the package begins: the command, its public names, its test seam; and what `#hash` leads to. */
export const ENTRIES: readonly string[] = [
  "host/cli/bin.ts",
  "host/index.ts",
  "host/internal.ts",
  "host/testing/index.ts",
  "host/testing/vitest.ts",
  "host/platform/node.ts",
  "host/platform/web.ts",
  "host/replay/worker.ts",
];

/** Files of host/ that no entry leads to. */
export function deadFiles(sources: readonly Source[], entries = ENTRIES): readonly Finding[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const reached = new Set<string>();
  const next = entries.filter((entry) => byPath.has(entry));
  for (let path = next.pop(); path !== undefined; path = next.pop()) {
    const source = byPath.get(path);
    if (source === undefined || reached.has(path)) continue;
    reached.add(path);
    for (const { specifier } of importsOf(source)) {
      if (specifier?.startsWith(".")) next.push(resolveImport(path, specifier));
    }
  }
  const dead = sources.filter(({ path }) => !reached.has(path));
  return dead.map((source) => findingAt(source, 0, "nothing leads here", "delete it, or import it"));
}

/** Links of a Markdown page to files and headings that are not there. */
export function brokenLinks(
  page: Source,
  exists: (path: string) => boolean,
  textOf: (path: string) => string,
): readonly Finding[] {
  return [...withoutCode(page.text).matchAll(/\]\(([^)\s]+)\)/g)].flatMap((match) => {
    const target = match[1]!;
    if (/^[a-z]+:/.test(target)) return [];
    const [file, heading] = target.split("#");
    const path = file === "" ? page.path : normalize(`${dirname(page.path)}/${file}`).replace(/\/$/, "");
    if (!exists(path)) return [findingAt(page, match.index, target, "there is no such file")];
    if (heading === undefined || slugs(textOf(path)).includes(heading)) return [];
    return [findingAt(page, match.index, target, "there is no such heading")];
  });
}

function withoutCode(text: string): string {
  return text.replace(/```[\s\S]*?```|`[^`\n]*`/g, (code) => code.replace(/[^\n]/g, " "));
}

function slugs(text: string): readonly string[] {
  const headings = [...text.matchAll(/^#+\s+(.*)$/gm)].map((match) => match[1]!.toLowerCase());
  return headings.map((heading) => heading.replace(/[^\w\s-]/g, "").replace(/\s/g, "-"));
}

/** Pages for users speak of files in their world folders. */
const IN_A_USERS_WORLD: ReadonlySet<string> = new Set(["tests/air.ts"]);

/** Files that comments and pages speak of, by their path from the root, and that are not there. */
export function missingFiles(source: Source, exists: (path: string) => boolean): readonly Finding[] {
  const named =
    /(?<![\w./@-])(?:air|assembly|bench|docs|host|scripts|tests)\/[\w./-]*\w\.(?:md|ts|mjs|json)\b/g;
  return [...source.text.matchAll(named)]
    .filter((match) => isProse(source, match.index) && !IN_A_USERS_WORLD.has(match[0]) && !exists(match[0]))
    .map((match) => findingAt(source, match.index, match[0], "there is no such file"));
}

/** Whether an offset is in a comment, or anywhere in a file that is no code. */
function isProse({ path, code, strings, regexes }: Source, at: number): boolean {
  if (!/\.(ts|mjs)$/.test(path)) return true;
  const quoted = [...strings, ...regexes].some((part) => at > part.at && at <= part.at + part.text.length);
  return !quoted && code[at] === " ";
}
