/** Cell keys as they are typed on a command line, and the cells they pick. */

import type { Reducer } from "../air/manifest.ts";
import type { Journal, LiveCell } from "../journal/port.ts";
import { encodeJson } from "../runtime/scenario.ts";
import type { WorldId } from "../values/brand.ts";
import { decodeCbor } from "../values/cbor.ts";
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
 * Cells by key bytes: shorter texts stand before longer ones. With a prefix it reads all cells of the reducer until
 * there are enough. Throws `key.refused` for a prefix of keys that are no texts.
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
  let last = after;
  while (found.length < limit) {
    const start = last === null ? {} : { after: last };
    const page = await journal.listCells(world, { reducer: name, limit: PAGE_CELLS, ...start });
    const fitting =
      prefix === null ? page : page.filter(({ key }) => String(decodeCbor(key)).startsWith(prefix));
    found.push(...fitting.slice(0, limit - found.length));
    last = page.at(-1)?.key ?? last;
    if (page.length < PAGE_CELLS) break;
  }
  return found;
}

const TEXTS: ReadonlySet<string> = new Set(["text", "uuid", "hash"]);
const PAGE_CELLS = 256;
