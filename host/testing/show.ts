/** Native values as text: what a failing test prints, in the notation a test is written in. */

import { toHex } from "../values/bytes.ts";
import { quote } from "../values/quote.ts";

const LINE_MAX = 96;
const TEXT_MAX = 200;
const BYTES_MAX = 64;

/** On one line where it fits, else a member a line. */
export function show(native: unknown, margin = ""): string {
  const [open, close, members] = partsOf(native, margin);
  if (members === null) return open;
  const line = `${open} ${members.join(", ")} ${close}`;
  if (members.length === 0) return `${open}${close}`;
  if (line.length + margin.length <= LINE_MAX && !line.includes("\n")) return line;
  const inner = members.map((member) => `${margin}  ${member},\n`).join("");
  return `${open}\n${inner}${margin}${close}`;
}

type Parts = readonly [open: string, close: string, members: readonly string[] | null];

function partsOf(native: unknown, margin: string): Parts {
  const inner = `${margin}  `;
  if (typeof native !== "object" || native === null) return [scalar(native), "", null];
  if (native instanceof Uint8Array) return [bytes(native), "", null];
  if (Array.isArray(native)) return ["[", "]", native.map((item) => show(item, inner))];
  if (native instanceof Map) {
    const entries = [...(native as ReadonlyMap<unknown, unknown>)];
    return ["Map {", "}", entries.map(([key, item]) => `${show(key)} => ${show(item, inner)}`)];
  }
  return ["{", "}", Object.entries(native).map(([name, item]) => `${nameText(name)}: ${show(item, inner)}`)];
}

function scalar(native: unknown): string {
  if (typeof native === "string") return quote(native, TEXT_MAX);
  return typeof native === "bigint" ? `${native}n` : String(native);
}

function bytes(native: Uint8Array): string {
  const more = native.length > BYTES_MAX ? `… (${native.length} bytes)` : "";
  return `0x${toHex(native.subarray(0, BYTES_MAX))}${more}`;
}

function nameText(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name);
}
