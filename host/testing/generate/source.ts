/** Native values as TypeScript that gives them back, in the notation tests are written in. */

import { toHex } from "../../values/bytes.ts";

const LINE_MAX = 96;
const TEXT_MAX = 100;
const BYTES_MAX = 32;
/** Times that lie so soon behind the start of the test are written as what they are after it. */
const SOON_NS = 30n * 86_400n * 1_000_000_000n;

/** Writes values, and keeps long ones as constants to stand above the test. */
export class SourceWriter {
  readonly #startNs: bigint;
  readonly #fixtures = new Map<string, { readonly name: string; readonly source: string }>();
  #usesBytes = false;
  #usesStart = false;

  constructor(startNs: bigint) {
    this.#startNs = startNs;
  }

  /** Declarations for what was written, in the order it was met. */
  get declarations(): readonly string[] {
    return [
      ...(this.#usesStart ? [`const START = ${number(this.#startNs)};`] : []),
      ...(this.#usesBytes
        ? ['const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));']
        : []),
      ...[...this.#fixtures.values()].map(({ name, source }) => `const ${name} = ${source};`),
    ];
  }

  /** The start of the test; declared above it. */
  get start(): string {
    this.#usesStart = true;
    return "START";
  }

  /** On one line where it fits, else a member a line. */
  value(native: unknown, margin: string): string {
    if (typeof native === "bigint") return this.#integer(native);
    if (typeof native === "string") return this.#text(native);
    if (typeof native !== "object" || native === null) return String(native);
    if (native instanceof Uint8Array) return this.#bytes(native);
    const inner = `${margin}  `;
    if (Array.isArray(native))
      return wrapped(
        "[",
        native.map((item) => this.value(item, inner)),
        "]",
        margin,
      );
    if (native instanceof Map) {
      const entries = [...(native as ReadonlyMap<unknown, unknown>)];
      const pairs = entries.map(([key, item]) => `[${this.value(key, inner)}, ${this.value(item, inner)}]`);
      return wrapped("new Map([", pairs, "])", margin);
    }
    const members = Object.entries(native).map(
      ([name, item]) => `${nameText(name)}: ${this.value(item, inner)}`,
    );
    return wrapped("{ ", members, " }", margin);
  }

  #integer(value: bigint): string {
    const since = value - this.#startNs;
    if (since < 0n || since >= SOON_NS) return number(value);
    return since === 0n ? this.start : `${this.start} + ${number(since)}`;
  }

  #text(text: string): string {
    if (text.length <= TEXT_MAX) return quoted(text);
    return this.#fixture("text", text, () => {
      const repeated = /^([\s\S]{1,40}?)\1+$/.exec(text)?.[1];
      if (repeated !== undefined) return `${quoted(repeated)}.repeat(${text.length / repeated.length})`;
      return inPieces(text).join(" +\n  ");
    });
  }

  #bytes(bytes: Uint8Array): string {
    this.#usesBytes = true;
    if (bytes.every((byte) => byte === 0)) return `new Uint8Array(${bytes.length})`;
    const hex = toHex(bytes);
    if (bytes.length <= BYTES_MAX) return `bytes("${hex}")`;
    return this.#fixture("bytes", hex, () => `bytes(\n  ${inPieces(hex).join(" +\n    ")},\n)`);
  }

  #fixture(kind: "text" | "bytes", content: string, source: () => string): string {
    const id = `${kind} ${content}`;
    const count = [...this.#fixtures.keys()].filter((key) => key.startsWith(kind)).length;
    const found = this.#fixtures.get(id) ?? { name: `${kind}${count + 1}`, source: source() };
    this.#fixtures.set(id, found);
    return found.name;
  }
}

/** Members on one line where they fit, else each on its own. */
export function wrapped(open: string, members: readonly string[], close: string, margin: string): string {
  if (members.length === 0) return open.trimEnd() + close.trimStart();
  const line = `${open}${members.join(", ")}${close}`;
  if (margin.length + line.length <= LINE_MAX && !line.includes("\n")) return line;
  const inner = members.map((member) => `${margin}  ${member},\n`).join("");
  return `${open.trimEnd()}\n${inner}${margin}${close.trimStart()}`;
}

function inPieces(text: string): readonly string[] {
  const pieces: string[] = [];
  const characters = [...text];
  for (let at = 0; at < characters.length; at += TEXT_MAX) {
    pieces.push(quoted(characters.slice(at, at + TEXT_MAX).join("")));
  }
  return pieces;
}

/** `1_700_000_000n`. */
export function number(value: bigint): string {
  const digits = value.toString().replace("-", "");
  const grouped = digits.length > 4 ? digits.replace(/\B(?=(?:\d{3})+$)/g, "_") : digits;
  return `${value < 0n ? "-" : ""}${grouped}n`;
}

/** A string literal without anything that could end it or steer an editor. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function nameText(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) && name !== "__proto__" ? name : `[${quoted(name)}]`;
}
