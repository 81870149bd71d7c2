/**
 * Source files as the rules of this folder read them. A scan separates code from comments, strings, templates
 * and regular expressions, so that no rule fires on words; it is no parser, and knows no types.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface Literal {
  /** Offset of the opening quote. */
  readonly at: number;
  /** As written, without the quotes. */
  readonly text: string;
}

export interface Source {
  /** From the project's root, with `/`. */
  readonly path: string;
  readonly text: string;
  /** The text with everything but code blanked; quotes, the first slash of a regular expression and line ends stay. */
  readonly code: string;
  /** Strings, and templates without substitutions. */
  readonly strings: readonly Literal[];
  readonly regexes: readonly Literal[];
}

/** A place that breaks a rule, and what to do there. */
export interface Finding {
  readonly path: string;
  /** From 1 on. */
  readonly line: number;
  readonly found: string;
  readonly instead: string;
}

export function show({ path, line, found, instead }: Finding): string {
  return `${path}:${line}: ${found}; ${instead}`;
}

export function findingAt(source: Source, at: number, found: string, instead: string): Finding {
  return { path: source.path, line: source.text.slice(0, at).split("\n").length, found, instead };
}

/** Folders that hold no sources: made by tools, or by worlds that ran. */
const MADE = new Set(["node_modules", "dist", ".git", ".airloom"]);

/** Paths of all files below a folder of the project (`""` for all of it), sorted. */
export function filesUnder(folder: string): readonly string[] {
  const paths = readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return MADE.has(entry.name) ? [] : filesUnder(path);
    return entry.isFile() ? [path] : [];
  });
  return paths.sort();
}

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), "utf8").replaceAll("\r\n", "\n");
}

/** The scripts and TypeScript below these folders, scanned. */
export function sourcesUnder(...folders: readonly string[]): readonly Source[] {
  const paths = folders.flatMap((folder) => filesUnder(folder)).filter((path) => /\.(ts|mjs)$/.test(path));
  return paths.map((path) => scan(path, readText(path)));
}

const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const STRING = /"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'/y;
const TEMPLATE_PART = /(?:\\[\s\S]|\$(?!\{)|[^\\`$])*/y;
const REGEX = /\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
const WORD = /[\w$]+/y;
/** After these a `/` begins a regular expression, after any other word it divides. */
const BEFORE_REGEX = new Set([
  "return",
  "typeof",
  "case",
  "in",
  "of",
  "do",
  "else",
  "void",
  "throw",
  "await",
  "yield",
]);

export function scan(path: string, text: string): Source {
  const scanner = new Scanner(text);
  scanner.run();
  const { code, strings, regexes } = scanner;
  return { path, text, code: code.join(""), strings, regexes };
}

class Scanner {
  readonly #text: string;
  readonly code: string[] = [];
  readonly strings: Literal[] = [];
  readonly regexes: Literal[] = [];
  /** Open `{` in each `${` we are in, outermost first. */
  readonly #substitutions: number[] = [];
  #at = 0;
  /** The last word or sign of code. */
  #previous = "";

  constructor(text: string) {
    this.#text = text;
  }

  run(): void {
    while (this.#at < this.#text.length) {
      const comment = this.#match(COMMENT);
      if (comment !== null) this.#blank(comment);
      else if (!this.#literal()) this.#sign();
    }
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0] ?? null;
  }

  #blank(part: string): void {
    this.code.push(part.replace(/[^\n]/g, " "));
    this.#at += part.length;
  }

  #keep(part: string): void {
    this.code.push(part);
    this.#at += part.length;
  }

  /** Keeps the first sign and the last `kept` ones of a literal. */
  #quoted(part: string, kept: 0 | 1): void {
    const end = part.length - kept;
    this.#keep(part[0]!);
    this.#blank(part.slice(1, end));
    if (kept > 0) this.#keep(part.slice(end));
    this.#previous = ")"; // a value: what follows it divides
  }

  #literal(): boolean {
    const at = this.#at;
    const string = this.#match(STRING);
    if (string !== null) {
      this.strings.push({ at, text: string.slice(1, -1) });
      this.#quoted(string, 1);
      return true;
    }
    const regex = this.#startsRegex() ? this.#match(REGEX) : null;
    if (regex === null) return false;
    this.regexes.push({ at, text: regex });
    this.#quoted(regex, 0);
    return true;
  }

  #startsRegex(): boolean {
    if (/^\w/.test(this.#previous)) return BEFORE_REGEX.has(this.#previous);
    return this.#previous !== ")" && this.#previous !== "]" && this.#previous !== "}";
  }

  #sign(): void {
    const part = this.#match(WORD) ?? this.#text[this.#at]!;
    this.#keep(part);
    if (part === "`") this.#template(this.#at - 1);
    else if (part.trim() !== "") {
      this.#previous = part;
      this.#countBraces(part);
    }
  }

  #countBraces(sign: string): void {
    const depth = this.#substitutions.length - 1;
    if (depth < 0) return;
    if (sign === "{") this.#substitutions[depth]! += 1;
    if (sign !== "}") return;
    if (this.#substitutions[depth]! > 0) this.#substitutions[depth]! -= 1;
    else {
      this.#substitutions.pop();
      this.#template(null);
    }
  }

  /** From behind a backtick, or behind a substitution (`start` null), to the next substitution or the end. */
  #template(start: number | null): void {
    const part = this.#match(TEMPLATE_PART)!;
    this.#blank(part);
    if (this.#text.startsWith("${", this.#at)) {
      this.#keep("${");
      this.#substitutions.push(0);
      this.#previous = "{";
      return;
    }
    if (start !== null) this.strings.push({ at: start, text: part });
    if (this.#at < this.#text.length) this.#keep("`");
    this.#previous = ")";
  }
}

export interface Import {
  readonly at: number;
  /** What is imported; null when an expression decides it. */
  readonly specifier: string | null;
}

/** Every import of a file: static, for types, for effects, dynamic, and `require`. In order. */
export function importsOf(source: Source): readonly Import[] {
  const literal = source.strings.filter(({ at }) => {
    const before = source.code.slice(Math.max(0, at - 200), at);
    return /\b(?:from|import)\s*$|\b(?:import|require)\s*\(\s*$/.test(before);
  });
  const computed = [...source.code.matchAll(/\b(?:import|require)\s*\(\s*/g)]
    .map((match) => match.index + match[0].length)
    .filter((at) => !source.strings.some((string) => string.at === at));
  const all: Import[] = literal.map(({ at, text }) => ({ at, specifier: text }));
  for (const at of computed) all.push({ at, specifier: null });
  return all.sort((a, b) => a.at - b.at);
}

/** The file a relative specifier names, from the root. */
export function resolveImport(from: string, specifier: string): string {
  const parts = from.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}
