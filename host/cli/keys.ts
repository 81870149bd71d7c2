/** Cell keys as they are typed on a command line, and the cells they pick. */

import type { Reducer } from "../air/manifest.ts";
import type { Journal, LiveCell } from "../journal/port.ts";
import { encodeJson } from "../runtime/scenario.ts";
import type { WorldId } from "../values/brand.ts";
import { compareBytes, utf8 } from "../values/bytes.ts";
import { canon, decodeCbor } from "../values/cbor.ts";
import { AirloomError } from "../values/errors.ts";
import { type Json, jsonFrom } from "../values/json.ts";
import { quote } from "../values/quote.ts";

/** A key of the reducer's type: JSON, or a text as it stands. Throws `key.refused` (kind `request`). */
export function keyOf(reducer: Reducer, text: string): Uint8Array {
  const { key } = reducer;
  const { name } = reducer.module;
  if (key === null) throw refused(`${name} has a single cell and no keys`);
  for (const json of readingsOf(text)) {
    try {
      return encodeJson(key, json);
    } catch (error) {
      if (!(error instanceof AirloomError) || error.code !== "value.invalid") throw error;
    }
  }
  throw refused(`${quote(text)} is no key of ${name}, whose keys are ${key.name}`);
}

/** A number stays the text it was written as: JSON.parse would round it. */
function readingsOf(text: string): readonly Json[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "number" ? [text] : [jsonFrom(parsed), text];
  } catch {
    return [text];
  }
}

function refused(message: string): AirloomError {
  return new AirloomError("request", "key.refused", message);
}

/** Which cells of a reducer to list. */
export interface Listing {
  readonly after: Uint8Array | null;
  /** Only keys that are texts and begin so. */
  readonly prefix: string | null;
  readonly limit: number;
}

/**
 * Cells by key bytes: shorter texts stand before longer ones. With a prefix it reads a range of keys for each length
 * that there is. Throws `key.refused` for a prefix of keys that are no texts.
 */
export async function listCells(
  journal: Pick<Journal, "listCells">,
  world: WorldId,
  reducer: Reducer,
  { after, prefix, limit }: Listing,
): Promise<readonly LiveCell[]> {
  const { name } = reducer.module;
  if (prefix !== null && !TEXTS.has(reducer.key?.type.kind ?? "")) {
    throw refused(`a prefix is for keys that are texts, which those of ${name} are not`);
  }
  const found: LiveCell[] = [];
  let last = prefix === null ? after : later(after, startOf(prefix, utf8(prefix).length));
  for (;;) {
    const start = last === null ? {} : { after: last };
    const page = await journal.listCells(world, { reducer: name, limit: PAGE_CELLS, ...start });
    const other = prefix === null ? -1 : page.findIndex(({ key }) => !textOf(key).startsWith(prefix));
    found.push(...(other < 0 ? page : page.slice(0, other)));
    if (found.length >= limit) return found.slice(0, limit);
    if (prefix !== null && other >= 0) last = nextStart(prefix, page[other]!.key);
    else if (page.length < PAGE_CELLS) return found;
    else last = page.at(-1)!.key;
  }
}

/** What stands right before the keys of this length, in bytes, that begin with the prefix. */
function startOf(prefix: string, length: number): Uint8Array {
  const least = canon(prefix + "\0".repeat(length - utf8(prefix).length));
  const end = least.length - 1;
  const before = least[end]! === 0 ? least.slice(0, end) : least.slice();
  if (before.length > end) before[end]! -= 1;
  return before;
}

/** Where the next keys that begin with the prefix may be, behind one that does not. */
function nextStart(prefix: string, key: Uint8Array): Uint8Array {
  const length = utf8(textOf(key)).length;
  const start = startOf(prefix, length);
  return compareBytes(start, key) > 0 ? start : startOf(prefix, length + 1);
}

function later(after: Uint8Array | null, start: Uint8Array): Uint8Array {
  return after !== null && compareBytes(after, start) > 0 ? after : start;
}

function textOf(key: Uint8Array): string {
  return String(decodeCbor(key));
}

const TEXTS: ReadonlySet<string> = new Set(["text", "uuid", "hash"]);
const PAGE_CELLS = 256;
