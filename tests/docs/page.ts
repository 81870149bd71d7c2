/** A Markdown page as its parts: what a test can hold against the code. */

import { readText } from "../architecture/source.ts";

export interface Block {
  /** Words of the HTML comment above it; none when there is no such comment. */
  readonly marker: readonly string[];
  readonly language: string;
  readonly text: string;
  /** Of the opening fence, from 1 on. */
  readonly line: number;
}

const FENCE = /^(?:<!-- ([^\n]+) -->\n)?```(\w*)\n([\s\S]*?)^```$/gm;

/** Every fenced block of a page, in order. */
export function blocksOf(page: string): readonly Block[] {
  return [...page.matchAll(FENCE)].map(({ 0: whole, 1: marker, 2: language, 3: text, index }) => {
    const fence = index + whole.indexOf("```");
    return {
      marker: marker?.split(" ") ?? [],
      language: language!,
      text: text!,
      line: page.slice(0, fence).split("\n").length,
    };
  });
}

/** The rows below the heads of the table that follows this text, as trimmed cells. */
export function tableAfter(page: string, text: string): readonly (readonly string[])[] {
  const at = page.indexOf(text);
  if (at < 0) throw new Error(`the page has no ${text}`);
  const lines = page.slice(at).split("\n");
  const start = lines.findIndex((line) => line.startsWith("|"));
  const rest = lines.slice(start);
  const length = rest.findIndex((line) => !line.startsWith("|"));
  return rest.slice(2, length < 0 ? undefined : length).map(cellsOf);
}

/** `\|` inside a cell is a bar. */
function cellsOf(row: string): readonly string[] {
  const cells = row.replaceAll("\\|", "\u0000").split("|").slice(1, -1);
  return cells.map((cell) => cell.replaceAll("\u0000", "|").trim());
}

/** The code spans of a cell. */
export function codeIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
}

export function headingsOf(page: string): readonly string[] {
  const withoutCode = page.replace(FENCE, "");
  return [...withoutCode.matchAll(/^#{1,6} (.+)$/gm)].map((match) => match[1]!);
}

/** The text below a heading, up to the next of its level or above. */
export function sectionOf(page: string, heading: string): string {
  const [, marks, , after] = new RegExp(`^(#+) (${heading})$([\\s\\S]*)`, "m").exec(page) ?? [];
  if (after === undefined) throw new Error(`the page has no heading ${heading}`);
  const end = new RegExp(`^#{1,${marks!.length}} `, "m").exec(after)?.index;
  return after.slice(0, end);
}

/** Bytes written as hex, with comments behind `;`, and the hash in the last line. */
export function bytesIn(text: string): { readonly hex: string; readonly hash: string } {
  const lines = text.trim().split("\n");
  const hash = lines.pop()!.trim();
  return { hex: lines.map((line) => line.replace(/;.*/, "").replace(/\s/g, "")).join(""), hash };
}

export { readText };
