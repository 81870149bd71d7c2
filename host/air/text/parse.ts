/**
 * JSON text with positions and exact numbers. The parser is momoa; what it is lax about (control characters
 * in strings, lone surrogates, repeated keys, any depth) is refused here.
 */

import { type AnyNode, parse, type StringNode, type ValueNode } from "@humanwhocodes/momoa";
import { type Json, JsonNumber } from "../../values/json.ts";
import { NESTING_MAX } from "../../values/limits.ts";
import { child } from "../../values/pointer.ts";
import { quote } from "../../values/quote.ts";
import { halfPairAt, isWellFormed } from "../../values/utf8.ts";
import type { Location, Origin, Part, Report } from "../source.ts";
import { parseExact } from "./exact.ts";
import { positionOf, scan, type TextEnd } from "./scan.ts";

/** A file that was read. */
export interface SourceText extends Origin {
  readonly file: string;
  /** Null when the text is no JSON; what is wrong with it was reported. */
  readonly json: Json | null;
  /** Whether nothing was wrong with it. */
  readonly sound: boolean;
}

type Position = Pick<Location, "line" | "column">;

/**
 * Reads one JSON text and reports every fault: `json.syntax` (the first only), `json.encoding`, `json.nesting`,
 * `json.duplicate_key`, `json.text`. What was no UTF-8 stands in the text as `fromAnyBytes` leaves it.
 */
export function parseJsonText(file: string, text: string, report: (at: Origin) => Report): SourceText {
  const json = parseExact(text);
  if (json !== undefined) return { file, json, sound: true, locate: locator(text) };
  return parseWithPositions(file, text, report);
}

/** A tree with positions costs many times what its values do: it is made for the first that asks where. */
function locator(text: string): Origin["locate"] {
  let body: ValueNode | undefined;
  return (pointer, part) => {
    body ??= parse(text, { mode: "json", ranges: true }).body;
    return locate(body, pointer, part);
  };
}

/** The same for any text, by the parser that keeps positions. */
export function parseWithPositions(file: string, text: string, report: (at: Origin) => Report): SourceText {
  const half = halfPairAt(text);
  if (half >= 0) return undecoded(file, text, half, report);
  const end = scan(text);
  if (end.tooDeep !== null) {
    const at = fixed(file, end.tooDeep);
    report(at)({
      code: "json.nesting",
      pointer: "",
      message: `the JSON is nested deeper than ${NESTING_MAX}`,
      expected: `at most ${NESTING_MAX} levels`,
    });
    return { ...at, file, json: null, sound: false };
  }
  let body: ValueNode;
  try {
    body = parse(text, { mode: "json", ranges: true }).body;
  } catch (error) {
    return unreadable(file, text, end, error, report);
  }
  let sound = true;
  const origin: Origin = { file, locate: (pointer, part) => locate(body, pointer, part) };
  const reader = new Reader(text, (fault) => {
    sound = false;
    report(origin)(fault);
  });
  const json = reader.value(body, "");
  return { ...origin, file, json, sound };
}

function undecoded(file: string, text: string, offset: number, report: (at: Origin) => Report): SourceText {
  const at = fixed(file, positionOf(text, offset));
  const unit = text.charCodeAt(offset);
  const byte =
    unit >= 0xdc80 && unit <= 0xdcff ? `the byte 0x${(unit - 0xdc00).toString(16)}` : "half a character";
  report(at)({
    code: "json.encoding",
    pointer: "",
    message: `not UTF-8: found ${byte}`,
    expected: "UTF-8",
    found: byte,
    hint: offset === 0 ? "is it UTF-16? Save the file as UTF-8" : "save the file as UTF-8",
  });
  return { ...at, file, json: null, sound: false };
}

function unreadable(
  file: string,
  text: string,
  end: TextEnd,
  error: unknown,
  report: (at: Origin) => Report,
): SourceText {
  const place = faultPlace(text, end, error);
  const at = fixed(file, place);
  const hint = HINTS.find(([pattern]) => pattern.test(text.slice(place.offset)))?.[1];
  report(at)({
    code: "json.syntax",
    pointer: "",
    message: `not JSON: found ${place.found}`,
    expected: "JSON",
    found: place.found,
    ...(hint === undefined ? {} : { hint }),
  });
  return { ...at, file, json: null, sound: false };
}

const HINTS: readonly (readonly [RegExp, string])[] = [
  [/^\/[/*]/, "JSON has no comments: put it under a $comment key"],
  [/^[}\]]/, "is there a comma too much before it?"],
  [/^'/, "texts stand in double quotes"],
  [/^\ufeff/, "save the file without a byte order mark"],
];

/** Where the text stops being JSON. momoa blames the last token when the text simply ends. */
function faultPlace(text: string, end: TextEnd, error: unknown) {
  const at = error as { line?: unknown; column?: unknown; offset?: unknown };
  const known = typeof at.line === "number" && typeof at.column === "number";
  const offset = typeof at.offset === "number" ? at.offset : text.length;
  if (!known || (end.open && offset >= end.lastToken) || offset >= text.trimEnd().length) {
    return { line: end.line, column: end.column, offset: text.length, found: "the end of the file" };
  }
  const found = /^("[^"\n]*"?|[A-Za-z0-9_.+-]+|[\s\S])/u.exec(text.slice(offset))?.[0] ?? "";
  return { line: at.line as number, column: at.column as number, offset, found: quote(found) };
}

function fixed(file: string, place: Position): Origin {
  return { file, locate: (pointer) => ({ pointer, line: place.line, column: place.column }) };
}

/** Turns the tree into JSON values. */
class Reader {
  readonly #text: string;
  readonly #report: Report;

  constructor(text: string, report: Report) {
    this.#text = text;
    this.#report = report;
  }

  value(node: ValueNode, pointer: string): Json {
    switch (node.type) {
      case "Null":
        return null;
      case "Boolean":
        return node.value;
      case "Number":
        return new JsonNumber(this.#slice(node));
      case "String":
        return this.#string(node, pointer, "value");
      case "Array":
        return node.elements.map((element, i) => this.value(element.value, child(pointer, i)));
      case "Object": {
        const out = new Map<string, Json>();
        for (const member of node.members) {
          const name = member.name as StringNode;
          const at = child(pointer, name.value);
          this.#string(name, at, "key");
          if (out.has(name.value)) this.#repeated(name.value, at);
          out.set(name.value, this.value(member.value, at));
        }
        return out;
      }
      default:
        throw new TypeError(`unexpected node ${node.type}`);
    }
  }

  #slice(node: AnyNode): string {
    const [start, end] = (node as { range: [number, number] }).range;
    return this.#text.slice(start, end);
  }

  #string(node: StringNode, pointer: string, part: Part): string {
    const raw = this.#slice(node);
    const control = hasControl(raw);
    if (!control && isWellFormed(node.value)) return node.value;
    const found = control ? "a control character" : "half a surrogate pair";
    this.#report({
      code: "json.text",
      pointer,
      part,
      message: `a text holds ${found}`,
      expected: "well-formed Unicode text",
      found,
      hint: control ? "write it as an escape, like \\n" : "write the whole character",
    });
    return node.value;
  }

  #repeated(name: string, pointer: string): void {
    this.#report({
      code: "json.duplicate_key",
      pointer,
      part: "key",
      message: `the key ${quote(name)} stands twice in one object`,
      expected: "each key once",
      found: quote(name),
      hint: "remove one of them",
    });
  }
}

/** Whether there is a C0 control character. */
function hasControl(raw: string): boolean {
  for (let i = 0; i < raw.length; i++) if (raw.charCodeAt(i) < 0x20) return true;
  return false;
}

/**
 * Where a pointer leads; a pointer to something absent ends at the last thing that is there. Of repeated
 * keys the last counts.
 */
function locate(body: ValueNode, pointer: string, part: Part): Location {
  let node: ValueNode = body;
  let start: Position = body.loc.start;
  for (const segment of pointer.split("/").slice(1)) {
    const name = segment.replaceAll("~1", "/").replaceAll("~0", "~");
    if (node.type === "Object") {
      const member = node.members.findLast((each) => (each.name as StringNode).value === name);
      if (member === undefined) break;
      node = member.value;
      start = part === "key" ? member.name.loc.start : node.loc.start;
    } else if (node.type === "Array") {
      const element = node.elements[Number(name)];
      if (element === undefined) break;
      node = element.value;
      start = node.loc.start;
    } else {
      break;
    }
  }
  return { pointer, line: start.line, column: start.column };
}
