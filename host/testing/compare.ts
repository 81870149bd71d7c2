/** What differs between the value a test expects and the one that was found, field by field. */

import { equalBytes } from "../values/bytes.ts";
import { child } from "../values/pointer.ts";
import { show } from "./show.ts";

export interface Difference {
  /** JSON pointer into the value. */
  readonly pointer: string;
  /** As text; `nothing` for what is not there. */
  readonly expected: string;
  readonly found: string;
}

const ABSENT = Symbol("absent");
const LISTED_MAX = 20;

/** Every difference between two native values, in the order of their fields. */
export function differences(expected: unknown, found: unknown, pointer = ""): readonly Difference[] {
  if (isSame(expected, found)) return [];
  if (Array.isArray(expected) && Array.isArray(found)) {
    return inMembers(indexed(expected), indexed(found), pointer);
  }
  if (expected instanceof Map && found instanceof Map) {
    return inMembers(byKey(expected), byKey(found), pointer);
  }
  if (isRecord(expected) && isRecord(found) && expected.$tag === found.$tag) {
    return inMembers(new Map(Object.entries(expected)), new Map(Object.entries(found)), pointer);
  }
  return [{ pointer, expected: text(expected), found: text(found) }];
}

/** The differences as lines of a message; null when there are none. */
export function mismatch(what: string, all: readonly Difference[]): string | null {
  if (all.length === 0) return null;
  const lines = all.slice(0, LISTED_MAX).flatMap(({ pointer, expected, found }) => {
    const inset = "    expected ".length;
    const wrap = (value: string): string => value.replaceAll("\n", `\n${" ".repeat(inset)}`);
    const where = pointer === "" ? "  the whole" : `  ${pointer}`;
    return [where, `    expected ${wrap(expected)}`, `    found    ${wrap(found)}`];
  });
  const more = all.length > LISTED_MAX ? [`  and ${all.length - LISTED_MAX} more`] : [];
  const count = all.length === 1 ? "in one place" : `in ${all.length} places`;
  return [`${what} differs ${count}`, ...lines, ...more].join("\n");
}

function isSame(expected: unknown, found: unknown): boolean {
  if (expected instanceof Uint8Array && found instanceof Uint8Array) return equalBytes(expected, found);
  return Object.is(expected, found);
}

function isRecord(native: unknown): native is Readonly<Record<string, unknown>> {
  const composite = typeof native === "object" && native !== null;
  return composite && !Array.isArray(native) && !(native instanceof Map) && !(native instanceof Uint8Array);
}

function inMembers(
  expected: ReadonlyMap<string | number, unknown>,
  found: ReadonlyMap<string | number, unknown>,
  pointer: string,
): readonly Difference[] {
  const names = new Set([...expected.keys(), ...found.keys()]);
  return [...names].flatMap((name) => {
    const left = expected.has(name) ? expected.get(name) : ABSENT;
    const right = found.has(name) ? found.get(name) : ABSENT;
    return differences(left, right, child(pointer, name));
  });
}

function indexed(items: readonly unknown[]): ReadonlyMap<number, unknown> {
  return new Map(items.map((item, i) => [i, item]));
}

function byKey(map: ReadonlyMap<unknown, unknown>): ReadonlyMap<string, unknown> {
  return new Map([...map].map(([key, value]) => [typeof key === "string" ? key : show(key), value]));
}

function text(native: unknown): string {
  return native === ABSENT ? "nothing" : show(native);
}
