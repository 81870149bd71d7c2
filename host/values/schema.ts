/**
 * Compiled types: the one way by which values are checked, read and written. Bytes are checked by walkers
 * (`walker.ts`); everything else goes through `Value`: readers of CBOR, JSON and plan values collect faults
 * and leave a value of the type, one writer turns that into canonical bytes.
 */

import {
  type Cbor,
  canonOf,
  decodeCbor,
  hasSelfDescribe,
  type Reading,
  SELF_DESCRIBE,
  withSelfDescribe,
} from "./cbor.ts";
import { conform } from "./conform.ts";
import { valueFromCbor } from "./decode.ts";
import { writeValue } from "./encode.ts";
import { AirloomError, bug } from "./errors.ts";
import { Faults } from "./faults.ts";
import type { Json } from "./json.ts";
import { readAccepted } from "./read.ts";
import { compileInto, type SchemaFault, throwSchemaFaults } from "./resolve.ts";
import type { Shape } from "./shape.ts";
import { fromSugar, toSugar } from "./sugar.ts";
import { fromTagged, looksTagged, mayBeSugar, toTagged } from "./tagged.ts";
import type { Type, TypeLookup } from "./type.ts";
import { NULL, type Value } from "./value.ts";

/** A type with its references followed, ready to check, read and write values. Immutable. */
export interface Schema {
  /** Name of the definition, or a description of an inline type. */
  readonly name: string;
  /** The type with every `ref` replaced by what it stands for. */
  readonly type: Type;
  /**
   * Walks one value at `pos`: the position behind it when the bytes there are canonical and of this type
   * (no self-describe tag expected), else -1. `end` is at most the length of `bytes`; what stands there or
   * behind it never changes the answer. Builds nothing.
   */
  check(bytes: Uint8Array, pos: number, end: number): number;
  /** Whether these bytes, behind an optional self-describe tag, are exactly one canonical value of this type. */
  accepts(bytes: Uint8Array): boolean;
  /**
   * Canonical bytes with the self-describe tag from any acceptable CBOR (docs/air.md, "Ingress").
   * Throws `value.invalid` (kind `request`) with every fault and its pointer (the first hundred of them).
   * Bytes that are canonical and tagged are given back as they are, not copied.
   */
  normalize(bytes: Uint8Array): Uint8Array;
  /** Reads canonical bytes, with or without the tag. Throws `value.invalid`. */
  decode(bytes: Uint8Array): Value;
  /**
   * Canonical bytes with the self-describe tag. `nat` and `int` are converted into one another where the
   * type asks for it and the number allows; everything else must match. Throws `value.invalid`.
   */
  encode(value: Value): Uint8Array;
  /**
   * Reads authored JSON in the sugar or the tagged lens; the default is `any`: tagged when the whole is an
   * object with exactly one tag key and that fits the type, else sugar. Missing option fields become null,
   * sets are sorted. Throws `value.invalid` with every fault.
   */
  parse(json: Json, lens?: "sugar" | "tagged" | "any"): Value;
  /** Writes a value of this type in the sugar lens: `parse` reads it back to the same bytes. */
  toSugar(value: Value): Json;
  /** Writes a value of this type in the tagged lens. */
  toTagged(value: Value): Json;
}

/**
 * Compiled parts of named schemas, so that each is compiled once however often it is referred to. Belongs to
 * one `TypeLookup`: under another, the same name may stand for another type.
 */
export type SchemaMemo = Map<string, Shape>;

/**
 * Throws `AirloomError` (kind `manifest`): `schema.unknown_ref`, `schema.cycle`, or `schema.too_deep` where
 * values would nest deeper than `NESTING_MAX`; all faults are in the diagnostics.
 */
export function compileSchema(
  name: string,
  type: Type,
  lookup: TypeLookup,
  memo: SchemaMemo = new Map(),
): Schema {
  if (lookup(name) === type) {
    throwSchemaFaults(compileInto(memo, [[name, type]], lookup));
    return new CompiledSchema(name, memo.get(name)!);
  }
  // An inline type is no schema: nothing refers to it, and its name may be taken by another one.
  const key = `the type of ${name}`;
  memo.delete(key);
  throwSchemaFaults(compileInto(memo, [[key, type]], lookup));
  const shape = memo.get(key)!;
  memo.delete(key);
  return new CompiledSchema(name, shape);
}

/**
 * Compiles these schemas; in the order of `all`. What is in the memo already is taken from there, and what is
 * compiled is put there. `lookup` finds what they refer to beside themselves. Throws as `compileSchema`, every
 * fault at once.
 */
export function compileSchemas(
  all: ReadonlyMap<string, Type>,
  memo: SchemaMemo = new Map(),
  lookup: TypeLookup = () => undefined,
): ReadonlyMap<string, Schema> {
  throwSchemaFaults(compileInto(memo, all, (name) => all.get(name) ?? lookup(name), [...all.keys()]));
  return new Map([...all.keys()].map((name) => [name, new CompiledSchema(name, memo.get(name)!)]));
}

/**
 * What `compileSchemas` would throw, with the schema each fault is in: for those who know the files. Leaves the
 * sound ones in the memo.
 */
export function schemaFaults(
  all: ReadonlyMap<string, Type>,
  memo: SchemaMemo = new Map(),
): readonly SchemaFault[] {
  return faultsOf(all, memo);
}

function faultsOf(all: ReadonlyMap<string, Type>, memo: SchemaMemo): SchemaFault[] {
  return compileInto(memo, all, (name) => all.get(name), [...all.keys()]);
}

/** For this room's own readers of bytes; everyone else uses the schema's methods. */
export function shapeOfSchema(schema: Schema): Shape {
  if (schema instanceof CompiledSchema) return schema.shape;
  throw bug("a schema that was not compiled here", { schema: schema.name });
}

class CompiledSchema implements Schema {
  readonly name: string;
  readonly shape: Shape;

  constructor(name: string, shape: Shape) {
    this.name = name;
    this.shape = shape;
  }

  get type(): Type {
    return this.shape.type;
  }

  check(bytes: Uint8Array, pos: number, end: number): number {
    const stop = this.shape.check(bytes, pos, end);
    return stop > end ? -1 : stop;
  }

  accepts(bytes: Uint8Array): boolean {
    const start = hasSelfDescribe(bytes) ? SELF_DESCRIBE.length : 0;
    return this.shape.check(bytes, start, bytes.length) === bytes.length;
  }

  normalize(bytes: Uint8Array): Uint8Array {
    if (this.accepts(bytes)) return hasSelfDescribe(bytes) ? bytes : withSelfDescribe(bytes);
    return this.#write(this.#collect((faults) => this.#read(bytes, "lenient", faults)));
  }

  decode(bytes: Uint8Array): Value {
    const start = hasSelfDescribe(bytes) ? SELF_DESCRIBE.length : 0;
    if (this.shape.check(bytes, start, bytes.length) === bytes.length) {
      return readAccepted(this.shape, bytes, start);
    }
    return this.#collect((faults) => {
      const value = this.#read(bytes, "canonical", faults);
      if (faults.count === 0) {
        faults.add("value.not_canonical", "", "these bytes are not the canonical form of their value", {
          expected: "canonical bytes",
          hint: "normalize the bytes first",
        });
      }
      return value;
    });
  }

  encode(value: Value): Uint8Array {
    return this.#write(this.#fit(value));
  }

  parse(json: Json, lens: "sugar" | "tagged" | "any" = "any"): Value {
    const value = lens === "any" ? this.#parseAny(json) : this.#parseIn(lens, json);
    // By way of the bytes: sets sorted and deduplicated, maps and fields in canonical order.
    return this.decode(this.#write(value));
  }

  toSugar(value: Value): Json {
    return toSugar(this.shape, this.decode(this.encode(value)));
  }

  toTagged(value: Value): Json {
    return toTagged(this.shape, this.decode(this.encode(value)));
  }

  #parseIn(lens: "sugar" | "tagged", json: Json): Value {
    const read = lens === "sugar" ? fromSugar : fromTagged;
    return this.#collect((faults) => read(this.shape, json, "", faults));
  }

  /** Tagged where it looks so, else sugar; what may be either is tagged if it can be read so. */
  #parseAny(json: Json): Value {
    if (!looksTagged(this.shape, json)) return this.#parseIn("sugar", json);
    if (!mayBeSugar(this.shape, json)) return this.#parseIn("tagged", json);
    const faults = new Faults();
    const value = fromTagged(this.shape, json, "", faults);
    return faults.count === 0 ? value : this.#parseIn("sugar", json);
  }

  #collect(read: (faults: Faults) => Value): Value {
    const faults = new Faults();
    const value = read(faults);
    faults.throwIfAny(this.name);
    return value;
  }

  #fit(value: Value): Value {
    return this.#collect((faults) => conform(this.shape, value, "", faults));
  }

  #read(bytes: Uint8Array, reading: Reading, faults: Faults): Value {
    const item = readItem(bytes, reading, faults);
    return item === undefined ? NULL : valueFromCbor(this.shape, item, "", faults);
  }

  #write(value: Value): Uint8Array {
    return canonOf((writer) => writeValue(this.shape, value, writer));
  }
}

/** The only item of the bytes; bytes that are none leave a `cbor.invalid` fault. */
function readItem(bytes: Uint8Array, reading: Reading, faults: Faults): Cbor | undefined {
  try {
    return decodeCbor(bytes, reading);
  } catch (error) {
    if (!(error instanceof AirloomError) || error.code !== "cbor.invalid") throw error;
    faults.add("cbor.invalid", "", error.message, { expected: "one CBOR item" });
    return undefined;
  }
}
