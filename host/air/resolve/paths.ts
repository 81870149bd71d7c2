/** Types at the end of a dotted path, as routes, triggers and references use them. */

import type { Type } from "../../values/type.ts";

/**
 * The type a path leads to through the records of a resolved type (no `ref` in it), where there always is a
 * value. Undefined for any other path.
 */
export function typeAt(type: Type, path: readonly string[]): Type | undefined {
  const [segment, ...rest] = path;
  if (segment === undefined) return type;
  const field = type.kind === "record" ? type.fields.get(segment) : undefined;
  return field && typeAt(field, rest);
}

/** Whether a value of the type may have something at the path. */
export function mayHave(type: Type, path: readonly string[]): boolean {
  const [segment, ...rest] = path;
  if (segment === undefined) return true;
  switch (type.kind) {
    case "option":
      return mayHave(type.item, path);
    case "map":
      return type.key.kind === "text" && mayHave(type.value, rest);
    case "variant":
      if (segment === "$tag") return rest.length === 0;
      return segment === "$value" && [...type.arms.values()].some((arm) => mayHave(arm, rest));
    default: {
      const field = typeAt(type, [segment]);
      return field !== undefined && mayHave(field, rest);
    }
  }
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
