/**
 * What TypeScript has and AssemblyScript lacks: each construct by a code, a name and the way out. Here are
 * also those that can be told by their words alone; the others the compiler's messages tell (explain.ts).
 */

import { type Token, tokensOf } from "./tokens.ts";

/** The way out of each, by code; `docs/diagnostics` has a page for every one. */
export const WAYS_OUT = {
  "build.no_closures":
    "pass what the function needs as a parameter, make it a field, or write a loop in place of the callback",
  "build.no_try":
    "test before you call; `fail(reason)` from airloom/assembly/sdk ends the delivery, and nothing of it applies",
  "build.no_optional_chaining":
    "put the value into a constant and compare it with null: `const b = a.b; if (b !== null) ...`",
  "build.no_destructuring": "name each part: `const x = point.x; const y = point.y;`",
  "build.no_unions":
    "only `T | null` exists, for T a class, text or bytes: else declare a variant or an option in the schemas, or a base class",
  "build.no_iterators":
    "count: `for (let i = 0; i < list.length; i++)`; of a map or set, over `.keys()` or `.values()`",
  "build.no_spread": "copy with `slice()`, join with `concat()`, or push in a loop",
  "build.no_tuples": "declare a small class with a field for each part",
  "build.no_regex":
    "compare with `startsWith`, `indexOf`, `charCodeAt` or `==`, or declare the form in the schema",
  "build.no_bigint": "write the number without `n`: an u64 or i64 holds 64 bits",
  "build.no_private_names": "write `private name` in place of `#name`",
  "build.no_async": "emit an effect: its receipt comes back as an event, which has a handler of its own",
  "build.no_any":
    "name the type; for one of several use a variant of the schemas, a base class or a generic function",
  "build.no_string_enums": 'use an enum without values, or constants: `const Open = "open"`',
  "build.no_json": "events and states arrive as typed classes; declare what you read and write as schemas",
  "build.no_narrowing":
    "only local constants narrow: `const b = a.b; if (b !== null) ...`; behind `instanceof`, cast: `const b = <B>a`",
  "build.not_in_assemblyscript": "see https://www.assemblyscript.org/status.html for what there is",
} as const;

export type ConstructCode = keyof typeof WAYS_OUT;

/** A construct in a source. */
export interface Construct {
  readonly code: ConstructCode;
  /** As an author would call it: `?.`, `for ... of`. */
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** In place of the code's way out. */
  readonly hint?: string;
}

/** What of this is certain from the words, in order of place. Only for text that the parser has refused. */
export function constructsIn(text: string): readonly Construct[] {
  const tokens = tokensOf(text);
  return tokens.flatMap((token, i) => {
    const found = constructAt(token, (offset) => tokens[i + offset]?.text ?? "");
    return found === null ? [] : [{ ...found, start: token.start, end: token.end }];
  });
}

type Named = Omit<Construct, "start" | "end">;

/** `at(1)` is the text of the next token, `at(-1)` of the one before. */
function constructAt(token: Token, at: (offset: number) => string): Named | null {
  switch (token.kind) {
    case "number":
      return /^\d[\d_]*n$/.test(token.text) ? { code: "build.no_bigint", name: token.text } : null;
    case "regex":
      return { code: "build.no_regex", name: "a regular expression" };
    case "word":
      return token.text.startsWith("#")
        ? { code: "build.no_private_names", name: token.text }
        : at(-1) === "."
          ? null
          : atWord(token.text, at);
    case "sign":
      return atSign(token.text, at);
    default:
      return null;
  }
}

function atWord(word: string, at: (offset: number) => string): Named | null {
  switch (word) {
    case "try":
      return at(1) === "{" ? { code: "build.no_try", name: "try ... catch" } : null;
    case "const":
    case "let":
    case "var":
      return at(1) === "{" || at(1) === "["
        ? { code: "build.no_destructuring", name: "destructuring" }
        : null;
    case "for":
      return at(1) === "(" && /^(?:const|let|var)$/.test(at(2)) && /^(?:of|in)$/.test(at(4))
        ? { code: "build.no_iterators", name: `for ... ${at(4)}` }
        : null;
    case "async":
    case "await":
      return /^[\w$(]/.test(at(1)) ? { code: "build.no_async", name: word } : null;
    case "yield":
      return /^[\w$"'`([]/.test(at(1)) ? { code: "build.no_async", name: "a generator" } : null;
    case "function":
      return at(1) === "*" ? { code: "build.no_async", name: "a generator" } : parameterPattern(at, 1);
    case "keyof":
    case "satisfies":
      return /^[\w$]/.test(at(1)) ? { code: "build.not_in_assemblyscript", name: word } : null;
    default:
      return word !== "default" && isLabel(at)
        ? {
            code: "build.not_in_assemblyscript",
            name: "a label",
            hint: "put the loops into a function of their own and return from it",
          }
        : null;
  }
}

/** `function f({ x })`: a call with an object looks alike but for the word in front. */
function parameterPattern(at: (offset: number) => string, next: number): Named | null {
  const open = at(next) === "(" ? next : next + 1;
  const pattern = at(open) === "(" && (at(open + 1) === "{" || at(open + 1) === "[");
  return pattern ? { code: "build.no_destructuring", name: "destructuring" } : null;
}

function isLabel(at: (offset: number) => string): boolean {
  return at(1) === ":" && /^(?:for|while|do)$/.test(at(2)) && /^[;{}]?$/.test(at(-1));
}

function atSign(sign: string, at: (offset: number) => string): Named | null {
  if (sign === "?." || sign === "??" || sign === "??=") {
    return { code: "build.no_optional_chaining", name: sign };
  }
  // `(...rest: i32[])` declares a parameter.
  if (sign === "..." && !(/^[A-Za-z_$]/.test(at(1)) && at(2) === ":")) {
    return { code: "build.no_spread", name: "spread" };
  }
  return null;
}
