/**
 * The compiler's messages for the author: where they stand in his files, and, where what he wrote is a
 * construct that AssemblyScript lacks, what it is called and what to write in its place.
 */

import type { DiagnosticMessage } from "assemblyscript/asc";
import type { Diagnostic } from "../values/errors.ts";
import { plain, quote } from "../values/quote.ts";
import { type Construct, type ConstructCode, constructsIn, WAYS_OUT } from "./constructs.ts";
import { ENTRY, type Layout } from "./layout.ts";

const MESSAGE_MAX = 400;
/** The compiler's categories: pedantic and info are 0 and 1. */
const WARNING = 2;
/** Codes below this are the compiler's own (`AS`), others TypeScript's (`TS`). */
const TS_CODES = 1000;

export type Place = Pick<Diagnostic, "file" | "line" | "column">;

/** A message with what it is about. */
interface Told {
  readonly message: DiagnosticMessage;
  /** Name in the layout, null for a message without a place. */
  readonly file: string | null;
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly construct: Omit<Construct, "start" | "end"> | null;
}

/**
 * Errors and warnings in the order of the messages. A construct that is named stands for what else the
 * compiler says of its line. `refused`: the parser gave up, so that it may have seen only the first of several.
 */
export async function explainMessages(
  messages: readonly DiagnosticMessage[],
  layout: Layout,
  refused: boolean,
): Promise<readonly Diagnostic[]> {
  const telling = messages.filter(({ category }) => category >= WARNING);
  const told = await Promise.all(telling.map((message) => tell(message, layout)));
  const found = new Map<string, Diagnostic[]>();
  if (refused) {
    for (const [name, text] of layout.authored) {
      const here = constructsIn(text).map((construct) =>
        constructDiagnostic(construct, text, layout.pathOf(name)),
      );
      if (here.length > 0) found.set(layout.pathOf(name), here);
    }
  }
  const explained = told
    .filter(({ construct }) => construct !== null)
    .map((each) => diagnosticOf(each, layout));
  const named = [...found.values()].flat();
  const known = [...named, ...explained.filter((each) => !named.some((other) => sameLine(each, other)))];
  const others = told
    .filter(({ construct }) => construct === null)
    .map((each) => diagnosticOf(each, layout))
    .filter((each) => each.severity === "warning" || !known.some((other) => follows(each, other, refused)));
  return [...known, ...others];
}

/** Whether a message only repeats what a named construct led to; a parser that gave up errs on the next line too. */
function follows(message: Diagnostic, named: Diagnostic, refused: boolean): boolean {
  if (!refused) return sameLine(message, named);
  const lines = (message.line ?? 0) - (named.line ?? 0);
  return message.file === named.file && lines >= 0 && lines <= 1;
}

function sameLine(a: Diagnostic, b: Diagnostic): boolean {
  return a.file === b.file && a.line === b.line;
}

async function tell(message: DiagnosticMessage, layout: Layout): Promise<Told> {
  const { range } = message;
  const file = range === null ? null : range.source.normalizedPath;
  const text = file === null || file === ENTRY ? null : await layout.read(file);
  const told = { message, file, text: text ?? "", start: range?.start ?? 0, end: range?.end ?? 0 };
  return { ...told, construct: text === null ? null : constructOf(message, told) };
}

function diagnosticOf({ message, file, text, start, construct }: Told, layout: Layout): Diagnostic {
  const { code, category } = message;
  const severity = category > WARNING ? "error" : "warning";
  const own = `build.${code < TS_CODES ? "as" : "ts"}${code}`;
  const place = file === null ? {} : placeOf(file, text, start, layout);
  if (construct !== null) return { ...named(construct), severity, ...place };
  const hint = HINTS.get(code);
  const words = plain(message.message, MESSAGE_MAX);
  return { code: own, severity, message: words, ...place, ...(hint === undefined ? {} : { hint }) };
}

function constructDiagnostic(construct: Construct, text: string, file: string): Diagnostic {
  return { ...named(construct), severity: "error", ...placeIn(text, construct.start, file) };
}

function named({ code, name, hint }: Omit<Construct, "start" | "end">) {
  const shown = /^[\w ().]+$/.test(name) ? name : quote(name);
  return { code, message: `AssemblyScript has no ${shown}`, found: name, hint: hint ?? WAYS_OUT[code] };
}

/** The compiler's own library files have no place on disk. */
function placeOf(name: string, text: string, offset: number, layout: Layout): Place {
  if (name === ENTRY) return { file: layout.pathOf(name) };
  return text === "" ? { file: name } : placeIn(text, offset, layout.pathOf(name));
}

/** An offset as line and column, both from 1 on. */
export function placeIn(text: string, offset: number, file: string): Place {
  const before = text.slice(0, offset);
  return { file, line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

/** What helps with messages that are clear enough by themselves, by the compiler's numbers. */
const HINTS: ReadonlyMap<number, string> = new Map([
  [200, "a cast says that nothing may be lost: `<i32>value`, or `value as i32`"],
  [204, "a number or bool cannot be null: an option of one is `Some<u64> | null`"],
  [219, "give the field a type with null: `name: string | null = null`"],
  [1140, "write the type of the result: `list.map<i32>(...)`; the function may use nothing from around it"],
  [2365, "both sides have one type: cast one, `<i64>a < b`"],
  [2515, "every arm of the event has a method: add it, even if it does nothing"],
  [2564, "give the field a value where it is declared"],
]);

type Named = Omit<Construct, "start" | "end">;

/** By words of "Not implemented: ...". */
const NOT_IMPLEMENTED: readonly (readonly [words: string, code: ConstructCode, name: string])[] = [
  ["Closures", "build.no_closures", "closures"],
  ["Exceptions", "build.no_try", "try ... catch"],
  ["union types", "build.no_unions", "union types"],
  ["Iterators", "build.no_iterators", "for ... of"],
  ["Spread operator", "build.no_spread", "spread"],
  ["Rest parameters", "build.no_spread", "rest parameters"],
  ["Regular expressions", "build.no_regex", "regular expressions"],
];

const UNKNOWN_NAMES: ReadonlyMap<string, Named> = new Map<string, Named>([
  ...["any", "unknown", "object", "Object"].map((name) => [name, { code: "build.no_any", name }] as const),
  ...["bigint", "BigInt"].map((name) => [name, { code: "build.no_bigint", name }] as const),
  ...["Promise", "async", "await"].map((name) => [name, { code: "build.no_async", name }] as const),
  ["JSON", { code: "build.no_json", name: "JSON" }],
  ["undefined", lacking("undefined", "use null")],
  ["delete", lacking("delete", "of a map: `map.delete(key)`; of a field: set it to null")],
  ...["Record", "Partial", "Readonly", "Required", "Pick", "Omit"].map(
    (name) => [name, lacking(name, "declare a class with these fields")] as const,
  ),
  ...["setTimeout", "setInterval", "fetch", "require", "globalThis"].map(
    (name) =>
      [name, lacking(name, "a module reaches nothing outside: it emits effects, such as timer.set")] as const,
  ),
]);

function lacking(name: string, hint: string): Named {
  return { code: "build.not_in_assemblyscript", name, hint };
}

/** The construct that led to a message, null where its own words say enough. */
function constructOf(
  message: DiagnosticMessage,
  { text, start, end }: Omit<Told, "construct">,
): Named | null {
  const at = text.slice(start, end);
  switch (message.code) {
    case 100:
      return notImplemented(message.message, at);
    case 1003:
      return at === "(" && /^\(\s*[{[]/.test(text.slice(start)) ? DESTRUCTURING : null;
    case 1110:
      return notAType(at);
    case 2304:
      return UNKNOWN_NAMES.get(at) ?? null;
    case 2322:
      return notAssignable(message.message, at, text.slice(0, start));
    case 2339:
      return narrowedByInstance(text.slice(0, start))
        ? { code: "build.no_narrowing", name: "narrowing by instanceof" }
        : null;
    case 2540:
      return at.startsWith("[") ? DESTRUCTURING : null;
    case 2554:
      return at.startsWith("new Date(")
        ? lacking("clock", "time comes with the call: `this.ctx.nowNs`")
        : null;
    default:
      return null;
  }
}

const DESTRUCTURING: Named = { code: "build.no_destructuring", name: "destructuring" };

function notImplemented(message: string, at: string): Named {
  const known = NOT_IMPLEMENTED.find(([words]) => message.includes(words));
  if (known?.[1] === "build.no_unions" && at === "undefined") {
    return { code: "build.no_unions", name: "undefined", hint: "write `| null`: there is no undefined" };
  }
  if (known !== undefined) return { code: known[1], name: known[2] };
  if (message.includes("'in' operator")) return lacking("operator 'in'", "ask the map: `map.has(key)`");
  return {
    code: "build.not_in_assemblyscript",
    name: plain(message.replace(/^Not implemented: /, ""), MESSAGE_MAX),
  };
}

function notAType(at: string): Named | null {
  if (at === "[") return { code: "build.no_tuples", name: "tuples" };
  return at === "{" ? lacking("object types", "declare a class with these fields") : null;
}

function notAssignable(message: string, at: string, before: string): Named | null {
  const [, from, to] = /^Type '(.+)' is not assignable to type '(.+)'/.exec(message) ?? [];
  if (from === `${to} | null` && /^[\w$.]+\.[\w$]+$/.test(at)) {
    return { code: "build.no_narrowing", name: `narrowing of ${at}` };
  }
  if (from === "~lib/string/String" && to === "i32" && /\benum\s+\w+\s*\{[^}]*$/.test(before)) {
    return { code: "build.no_string_enums", name: "enums of texts" };
  }
  return from === "<object>" && to === "auto"
    ? lacking("untyped objects", "declare a class, and name it: `const a: Point = { x: 1 }`")
    : null;
}

/** Whether the object before this member was asked for its class somewhere above. */
function narrowedByInstance(before: string): boolean {
  const [, name] = /([\w$]+)\s*\.\s*$/.exec(before) ?? [];
  return name !== undefined && new RegExp(`\\b${name.replaceAll("$", "\\$")}\\s+instanceof\\b`).test(before);
}
