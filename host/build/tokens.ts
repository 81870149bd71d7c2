/**
 * Source text as words and signs. The compiler's own parser gives up at what AssemblyScript lacks, and says
 * little of it; to name the construct, its words are enough.
 */

export type TokenKind = "word" | "number" | "string" | "template" | "regex" | "sign";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Offset in the source. */
  readonly start: number;
  readonly end: number;
}

/** Tried in this order; what none of them takes (white space, comments first of all) is no token. */
const PATTERNS: readonly (readonly [kind: TokenKind | null, source: string])[] = [
  [null, String.raw`\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\n]*`],
  ["string", String.raw`"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?`],
  ["template", String.raw`${"`"}(?:\\[\s\S]|[^${"`"}\\])*${"`"}?`],
  ["number", String.raw`\d(?:[eE][+-]\d|[\w.])*`],
  ["word", String.raw`[A-Za-z_$#@][\w$]*`],
  ["sign", String.raw`\?\?=?|\?\.(?!\d)|\.\.\.|=>|[^\s\w]`],
];
const TOKEN = new RegExp(PATTERNS.map(([, source]) => `(${source})`).join("|"), "g");
const REGEX = /\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/[\\\n])+\/[a-z]*/y;

/** Words behind which a slash begins a regular expression. */
const BEFORE_VALUE: ReadonlySet<string> = new Set(["return", "case", "typeof", "in", "of", "throw", "new"]);

export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(text); found !== null; found = TOKEN.exec(text)) {
    const kind = PATTERNS[found.slice(1).findIndex((group) => group !== undefined)]![0];
    if (kind === null) continue;
    REGEX.lastIndex = found.index;
    const regex = found[0] === "/" && beginsValue(tokens.at(-1)) ? REGEX.exec(text) : null;
    const [match, as] = regex === null ? [found[0], kind] : [regex[0], "regex" as const];
    tokens.push({ kind: as, text: match, start: found.index, end: found.index + match.length });
    TOKEN.lastIndex = found.index + match.length;
  }
  return tokens;
}

/** Whether a value can begin behind this token: behind a value, a slash divides. */
function beginsValue(before: Token | undefined): boolean {
  if (before === undefined) return true;
  if (before.kind === "sign") return ![")", "]", "}"].includes(before.text);
  return before.kind === "word" && BEFORE_VALUE.has(before.text);
}
