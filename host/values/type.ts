/** AIR's type expressions (docs/air.md, "Types"). */

export const PRIMITIVES = [
  "bool",
  "int",
  "nat",
  "dec128",
  "bytes",
  "text",
  "time",
  "duration",
  "hash",
  "uuid",
  "unit",
] as const;

export type PrimitiveKind = (typeof PRIMITIVES)[number];

/** A type as written. Fields and arms keep the order they were written in. */
export type Type =
  | { readonly kind: PrimitiveKind }
  | { readonly kind: "record"; readonly fields: ReadonlyMap<string, Type> }
  | { readonly kind: "variant"; readonly arms: ReadonlyMap<string, Type> }
  | { readonly kind: "list" | "set" | "option"; readonly item: Type }
  | { readonly kind: "map"; readonly key: Type; readonly value: Type }
  | { readonly kind: "ref"; readonly name: string };

/** Finds the type a schema's name stands for. */
export type TypeLookup = (name: string) => Type | undefined;

/** Which inline primitives may be a map's key. */
export const MAP_KEYS: readonly string[] = ["int", "nat", "text", "uuid", "hash"];
