/** What is known of a value before a plan runs: a type, or as much of one as the expressions say. */

import { nearest } from "../../values/nearest.ts";
import type { PrimitiveKind, Type } from "../../values/type.ts";

/** Every resolved `Type` is one. Undefined wherever a value may be anything. */
export type Known =
  | { readonly kind: PrimitiveKind | "null" }
  | { readonly kind: "list" | "set" | "option"; readonly item: Known | undefined }
  | { readonly kind: "map"; readonly key: Known | undefined; readonly value: Known | undefined }
  | { readonly kind: "record"; readonly fields: ReadonlyMap<string, Known | undefined> }
  | { readonly kind: "variant"; readonly arms: ReadonlyMap<string, Known | undefined> }
  | { readonly kind: "ref"; readonly name: string }
  | { readonly kind: "either"; readonly of: readonly Known[] };

/** The kinds of values a plan computes with; a variant is a record, an absent option null. */
export type Kinds = ReadonlySet<string>;

/** Undefined when it may be of any kind. */
export function kindsOf(known: Known | undefined): Kinds | undefined {
  if (known === undefined) return undefined;
  switch (known.kind) {
    case "ref":
      return undefined;
    case "variant":
      return new Set(["record"]);
    case "option":
      return union([new Set(["null"]), kindsOf(known.item)]);
    case "either":
      return union(known.of.map(kindsOf));
    default:
      return new Set([known.kind]);
  }
}

function union(all: readonly (Kinds | undefined)[]): Kinds | undefined {
  const out = new Set<string>();
  for (const kinds of all) {
    if (kinds === undefined) return undefined;
    for (const kind of kinds) out.add(kind);
  }
  return out;
}

/** One of these; undefined as soon as one of them is. */
export function either(all: readonly (Known | undefined)[]): Known | undefined {
  const distinct = new Set<Known>();
  for (const each of all) {
    if (each === undefined) return undefined;
    for (const one of each.kind === "either" ? each.of : [each]) distinct.add(one);
  }
  const [first, ...rest] = distinct;
  return first === undefined || rest.length === 0 ? first : { kind: "either", of: [first, ...rest] };
}

/** There can be nothing at that path. */
export const ABSENT = Symbol("absent");

/**
 * What a path leads to, as plans, routes and triggers follow one: through the fields of records, `$tag` and
 * `$value` of variants, entries of maps with text keys, and options that are there.
 */
export function lookUp(start: Known | undefined, path: readonly string[]): Known | undefined | typeof ABSENT {
  let here: Known | undefined = start;
  for (const segment of path) {
    const next = step(here, segment);
    if (next === ABSENT) return ABSENT;
    here = next;
  }
  return here;
}

function step(known: Known | undefined, segment: string): Known | undefined | typeof ABSENT {
  switch (known?.kind) {
    case undefined:
    case "ref":
      return undefined;
    case "record":
      return known.fields.has(segment) ? known.fields.get(segment) : ABSENT;
    case "map": {
      const keys = kindsOf(known.key);
      return keys === undefined || keys.has("text") ? known.value : ABSENT;
    }
    case "option":
      return step(known.item, segment);
    case "variant":
      if (segment === "$tag") return { kind: "text" };
      return segment === "$value" ? either([...known.arms.values()]) : ABSENT;
    case "either": {
      const found = known.of.map((each) => step(each, segment)).filter((each) => each !== ABSENT);
      return found.length === 0 ? ABSENT : either(found);
    }
    default:
      return ABSENT;
  }
}

/** The path that may have been meant: its first segment that leads nowhere as the nearest field that is there. */
export function meantPath(start: Known | undefined, path: readonly string[]): readonly string[] | undefined {
  const end = path.findIndex((_, i) => lookUp(start, path.slice(0, i + 1)) === ABSENT);
  if (end < 0) return undefined;
  const here = lookUp(start, path.slice(0, end));
  const inside = here !== ABSENT && here?.kind === "option" ? here.item : here;
  if (inside === ABSENT || inside?.kind !== "record") return undefined;
  const meant = nearest(path[end]!, inside.fields.keys());
  return meant === undefined ? undefined : [...path.slice(0, end), meant, ...path.slice(end + 1)];
}

/** Kinds that become one another where a value enters by way of its bytes. */
const LOOSE: readonly Kinds[] = [
  new Set(["text", "hash", "uuid", "dec128"]),
  new Set(["int", "nat", "time", "duration"]),
  new Set(["list", "set"]),
];

const NUMBERS: Kinds = new Set(["int", "nat"]);

/** Comparisons beyond this many are given up as fitting: types may unfold to more than was written. */
const STEPS_MAX = 10_000;

/**
 * Whether a value can be of a type. Integers turn into one another as the type asks. `loose` is for what goes
 * through bytes on its way: the parameters of effects.
 */
export class Fit {
  readonly #loose: boolean;
  #steps = 0;

  constructor(loose: boolean) {
    this.#loose = loose;
  }

  fits(known: Known | undefined, type: Type): boolean {
    this.#steps += 1;
    if (known === undefined || known === type || this.#steps > STEPS_MAX) return true;
    if (known.kind === "either") return known.of.some((each) => this.fits(each, type));
    if (type.kind === "option") {
      if (known.kind === "null" || known.kind === "unit") return true;
      return this.fits(known.kind === "option" ? known.item : known, type.item);
    }
    if (known.kind === "option") return this.fits(known.item, type);
    switch (type.kind) {
      case "record":
        return this.#record(known, type.fields);
      case "variant":
        return this.#variant(known, type.arms);
      case "list":
      case "set":
        return this.#same(known.kind, type.kind) && this.fits((known as { item?: Known }).item, type.item);
      case "map":
        if (known.kind !== "map") return this.#loose && known.kind === "record";
        return this.fits(known.key, type.key) && this.fits(known.value, type.value);
      case "unit":
        return known.kind === "null" || known.kind === "unit" || isEmpty(known);
      default:
        return this.#same(known.kind, type.kind);
    }
  }

  #same(known: string, type: string): boolean {
    if (known === type || (NUMBERS.has(known) && NUMBERS.has(type))) return true;
    return this.#loose && LOOSE.some((kinds) => kinds.has(known) && kinds.has(type));
  }

  #record(known: Known, fields: ReadonlyMap<string, Type>): boolean {
    if (known.kind !== "record") return this.#loose && known.kind === "map";
    for (const name of known.fields.keys()) if (!fields.has(name)) return false;
    return [...fields].every(([name, type]) =>
      known.fields.has(name) ? this.fits(known.fields.get(name), type) : type.kind === "option",
    );
  }

  #variant(known: Known, arms: ReadonlyMap<string, Type>): boolean {
    if (known.kind === "record") return known.fields.has("$tag") || (this.#loose && known.fields.size === 1);
    if (known.kind !== "variant") return false;
    return [...known.arms].some(([tag, payload]) => {
      const arm = arms.get(tag);
      return arm !== undefined && this.fits(payload, arm);
    });
  }
}

function isEmpty(known: Known): boolean {
  return known.kind === "record" && known.fields.size === 0;
}

/** The kinds as a message says them. */
export function wordsOf(known: Known | undefined): string {
  const kinds = kindsOf(known);
  return kinds === undefined ? "anything" : [...kinds].join(" or ");
}
