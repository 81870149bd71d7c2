/**
 * One pass over a JSON text before it is parsed: the parser recurses, so depth is measured first, and it
 * does not say where a text ends that ends too early.
 */

import { NESTING_MAX } from "../../values/limits.ts";

export interface TextEnd {
  /** Where the nesting limit is passed, from 1 on; null when it is not. */
  readonly tooDeep: { readonly line: number; readonly column: number } | null;
  /** Whether the text ends inside a string, an array or an object. */
  readonly open: boolean;
  /** Offset of the last token. */
  readonly lastToken: number;
  /** Behind the last character that is no white space, from 1 on. */
  readonly line: number;
  readonly column: number;
}

export function scan(text: string): TextEnd {
  let depth = 0;
  let lastToken = 0;
  let inString = false;
  let inWord = false;
  let tooDeep = -1;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (inString) {
      if (c === "\\") i += 1;
      else if (c === '"') inString = false;
      continue;
    }
    if (SPACE.includes(c)) {
      inWord = false;
      continue;
    }
    const single = SINGLE.includes(c);
    if (single || !inWord) lastToken = i;
    inWord = !single && c !== '"';
    if (c === '"') inString = true;
    else if (c === "{" || c === "[") depth += 1;
    else if (c === "}" || c === "]") depth -= 1;
    if (depth > NESTING_MAX && tooDeep < 0) tooDeep = i;
  }
  const end = positionOf(text, text.trimEnd().length);
  return {
    tooDeep: tooDeep < 0 ? null : positionOf(text, tooDeep),
    open: inString || depth > 0,
    lastToken,
    line: end.line,
    column: end.column,
  };
}

const SPACE = " \t\n\r";
const SINGLE = '{}[],:"';

/** Line and column of an offset, from 1 on. */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (let i = 0; i < offset; i++) {
    if (text[i] === "\n" || (text[i] === "\r" && text[i + 1] !== "\n")) {
      line += 1;
      start = i + 1;
    }
  }
  return { line, column: offset - start + 1 };
}
