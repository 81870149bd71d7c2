/** Types at the end of a dotted path, as routes, triggers and references use them. */

import type { Type } from "../../values/type.ts";

/**
 * The type a path leads to in a resolved type (no `ref` in it): through records, options and maps with text
 * keys. Undefined for a path the type does not have, and for one into a variant.
 */
export function typeAt(type: Type, path: readonly string[]): Type | undefined {
  const [segment, ...rest] = path;
  if (segment === undefined) return type;
  switch (type.kind) {
    case "option":
      return typeAt(type.item, path);
    case "record": {
      const field = type.fields.get(segment);
      return field && typeAt(field, rest);
    }
    case "map":
      return type.key.kind === "text" ? typeAt(type.value, rest) : undefined;
    default:
      return undefined;
  }
}

/** Whether a value of the type may have something at the path; a variant's payload may be any arm's. */
export function mayHave(type: Type, path: readonly string[]): boolean {
  const [segment, ...rest] = path;
  if (segment === undefined) return true;
  if (type.kind === "option") return mayHave(type.item, path);
  if (type.kind !== "variant") {
    const next = typeAt(type, [segment]);
    return next !== undefined && mayHave(next, rest);
  }
  if (segment === "$tag") return rest.length === 0;
  return segment === "$value" && [...type.arms.values()].some((arm) => mayHave(arm, rest));
}

/** Whether two resolved types are the same; the order of fields and arms does not matter. */
export function equalTypes(a: Type, b: Type): boolean {
  switch (a.kind) {
    case "record":
      return b.kind === "record" && equalMembers(a.fields, b.fields);
    case "variant":
      return b.kind === "variant" && equalMembers(a.arms, b.arms);
    case "list":
    case "set":
    case "option":
      return b.kind === a.kind && equalTypes(a.item, (b as typeof a).item);
    case "map":
      return b.kind === "map" && equalTypes(a.key, b.key) && equalTypes(a.value, b.value);
    case "ref":
      return b.kind === "ref" && a.name === b.name;
    default:
      return a.kind === b.kind;
  }
}

function equalMembers(a: ReadonlyMap<string, Type>, b: ReadonlyMap<string, Type>): boolean {
  if (a.size !== b.size) return false;
  return [...a].every(([name, type]) => {
    const other = b.get(name);
    return other !== undefined && equalTypes(type, other);
  });
}
