/** Names of a module's functions, for people: from its name section, else from its exports. */

import { plain } from "../values/quote.ts";
import { Malformed, Reader } from "./reader.ts";
import type { Structure } from "./structure.ts";

/** Functions named at most; the rest go by their number. */
const NAMED_MAX = 20_000;

/** By function index. What cannot be read of the section is passed over: it decides nothing. */
export function functionNames(structure: Structure): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const { name, kind, index } of structure.exports)
    if (kind === "function") names.set(index, plain(name));
  for (const { id, from, to } of structure.sections) {
    if (id !== 0) continue;
    try {
      const section = new Reader(structure.bytes, from, to);
      if (section.name() === "name") readFunctions(section, names);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
    }
  }
  return names;
}

const FUNCTIONS = 1;

function readFunctions(section: Reader, names: Map<number, string>): void {
  while (!section.done) {
    const id = section.byte();
    const length = section.u32();
    const from = section.skip(length);
    if (id !== FUNCTIONS) continue;
    const r = new Reader(section.bytes, from, from + length);
    for (let n = Math.min(r.count(), NAMED_MAX); n > 0; n--) names.set(r.u32(), plain(r.name()));
  }
}

/** A function as people see it. */
export function functionText(index: number, names: ReadonlyMap<number, string>): string {
  const name = names.get(index);
  return name === undefined ? `function ${index}` : `function ${index} (${name})`;
}
