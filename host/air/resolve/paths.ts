/** Types at the end of a dotted path, as routes and triggers use them. */

import type { Type } from "../../values/type.ts";
import { ABSENT, lookUp } from "./known.ts";

/**
 * The type a path leads to through the records of a resolved type (no `ref` in it), where there always is a
 * value. Undefined for any other path.
 */
export function typeAt(type: Type, path: readonly string[]): Type | undefined {
  let here: Type | undefined = type;
  for (const segment of path) here = here?.kind === "record" ? here.fields.get(segment) : undefined;
  return here;
}

/** Whether a value of the type may have something at the path. */
export function mayHave(type: Type, path: readonly string[]): boolean {
  return lookUp(type, path) !== ABSENT;
}

/** Whether two resolved types are the same; the order of fields and arms does not matter. */
export function equalTypes(a: Type, b: Type): boolean {
  return new Comparison().equal(a, b);
}

/** Types share parts: no pair of them is compared twice. */
class Comparison {
  readonly #equal = new Map<Type, Set<Type>>();

  equal(a: Type, b: Type): boolean {
    if (a === b || this.#equal.get(a)?.has(b)) return true;
    if (!this.#compare(a, b)) return false;
    this.#equal.set(a, (this.#equal.get(a) ?? new Set()).add(b));
    return true;
  }

  #compare(a: Type, b: Type): boolean {
    switch (a.kind) {
      case "record":
        return b.kind === "record" && this.#members(a.fields, b.fields);
      case "variant":
        return b.kind === "variant" && this.#members(a.arms, b.arms);
      case "list":
      case "set":
      case "option":
        return b.kind === a.kind && this.equal(a.item, (b as typeof a).item);
      case "map":
        return b.kind === "map" && this.equal(a.key, b.key) && this.equal(a.value, b.value);
      case "ref":
        return b.kind === "ref" && a.name === b.name;
      default:
        return a.kind === b.kind;
    }
  }

  #members(a: ReadonlyMap<string, Type>, b: ReadonlyMap<string, Type>): boolean {
    if (a.size !== b.size) return false;
    return [...a].every(([name, type]) => {
      const other = b.get(name);
      return other !== undefined && this.equal(type, other);
    });
  }
}
