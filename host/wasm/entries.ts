/** What a module can be called for, and how it answers. */

import { type Structure, TYPE } from "./structure.ts";

/**
 * How `step` or `run` answers. `struct-return`: `(at, start, length) -> ()`, address and length of the output
 * are left at `at`. `multi-value`: `(start, length) -> (address, length)`.
 */
export type CallForm = "struct-return" | "multi-value";

/** The form of each entry the module has; null where it has none. */
export interface Entries {
  readonly step: CallForm | null;
  readonly run: CallForm | null;
}

export type Entry = keyof Entries;

/** Signature of an exported function, or null when there is none of that name. */
export function signatureOf(structure: Structure, name: string) {
  const found = structure.exports.find((each) => each.name === name && each.kind === "function");
  const type = found === undefined ? undefined : structure.functions[found.index];
  return type === undefined ? null : (structure.types[type] ?? null);
}

/** Whether a function takes and gives this many i32 and nothing else. */
export function takesAndGives(structure: Structure, name: string, takes: number, gives: number): boolean {
  const signature = signatureOf(structure, name);
  if (signature === null) return false;
  const { parameters, results } = signature;
  if (parameters.length !== takes || results.length !== gives) return false;
  return [...parameters, ...results].every((type) => type === TYPE.i32);
}

export function entriesOf(structure: Structure): Entries {
  const form = (name: string): CallForm | null => {
    if (takesAndGives(structure, name, 3, 0)) return "struct-return";
    return takesAndGives(structure, name, 2, 2) ? "multi-value" : null;
  };
  return { step: form("step"), run: form("run") };
}
