import { bug } from "./errors.ts";
import type { Json } from "./json.ts";
import type { Type, TypeLookup } from "./type.ts";
import type { Value } from "./value.ts";

/** A type with its references followed, ready to check, read and write values. Immutable. */
export interface Schema {
  /** Name of the definition, or a description of an inline type. */
  readonly name: string;
  /** The type with every `ref` replaced by what it stands for. */
  readonly type: Type;
  /**
   * Walks one value at `pos`: the position behind it when the bytes there are canonical and of this type
   * (no self-describe tag expected), else -1. Never reads at or behind `end`; builds nothing.
   */
  check(bytes: Uint8Array, pos: number, end: number): number;
  /** Whether these bytes, behind an optional self-describe tag, are exactly one canonical value of this type. */
  accepts(bytes: Uint8Array): boolean;
  /**
   * Canonical bytes with the self-describe tag from any acceptable CBOR (docs/air.md, "Ingress").
   * Throws `value.invalid` (kind `request`) with every fault and its pointer.
   */
  normalize(bytes: Uint8Array): Uint8Array;
  /** Reads canonical bytes, with or without the tag. Throws `value.invalid`. */
  decode(bytes: Uint8Array): Value;
  /**
   * Canonical bytes with the self-describe tag. `nat` and `int` are converted into one another where the
   * type asks for it and the number allows; everything else must match. Throws `value.invalid`.
   */
  encode(value: Value): Uint8Array;
  /** Reads authored JSON in the sugar or the tagged lens. Throws `value.invalid` with every fault. */
  parse(json: Json, lens?: "sugar" | "tagged" | "any"): Value;
  /** Writes a value of this type in the sugar lens: `parse` reads it back to the same bytes. */
  toSugar(value: Value): Json;
  /** Writes a value of this type in the tagged lens. */
  toTagged(value: Value): Json;
}

export function compileSchema(_name: string, _type: Type, _lookup: TypeLookup): Schema {
  throw bug("to be written");
}
