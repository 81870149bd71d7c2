/** Reads bytes that a walker has accepted: nothing is checked again. */

import { fromUtf8 } from "./bytes.ts";
import { bug } from "./errors.ts";
import type { MapShape, RecordShape, Shape, VariantShape } from "./shape.ts";
import type { PrimitiveKind } from "./type.ts";
import { NULL, text, UNIT, type Value, variant } from "./value.ts";
import { TAG_KEY, VALUE_KEY } from "./walker.ts";

const NULL_BYTE = 0xf6;
/** A map of two: a variant with its value. */
const TWO = 0xa2;

/** The value at `pos`, for which the shape's walker gave an end. Byte strings are views. */
export function readAccepted(shape: Shape, bytes: Uint8Array, pos: number): Value {
  return new Reader(bytes, pos).value(shape);
}

class Reader {
  readonly #bytes: Uint8Array;
  #pos: number;

  constructor(bytes: Uint8Array, pos: number) {
    this.#bytes = bytes;
    this.#pos = pos;
  }

  value(shape: Shape): Value {
    switch (shape.kind) {
      case "option":
        if (this.#bytes[this.#pos] !== NULL_BYTE) return this.value(shape.item);
        this.#pos += 1;
        return NULL;
      case "record":
        return this.#record(shape);
      case "variant":
        return this.#variant(shape);
      case "list":
      case "set": {
        const items: Value[] = [];
        for (let left = this.#length(); left > 0; left--) items.push(this.value(shape.item));
        return { kind: shape.kind, items };
      }
      case "map":
        return this.#map(shape);
      default:
        return this.#scalar(shape.kind);
    }
  }

  #record(shape: RecordShape): Value {
    const fields = new Map<string, Value>();
    const all = shape.fields;
    this.#pos += shape.head.length;
    for (let i = 0; i < all.length; i++) {
      const field = all[i]!;
      if (i > 0) this.#pos += field.key.length;
      fields.set(field.name, this.value(field.shape));
    }
    return { kind: "record", fields };
  }

  #variant(shape: VariantShape): Value {
    const withValue = this.#bytes[this.#pos] === TWO;
    this.#pos += 1 + TAG_KEY.length;
    const arm = shape.list[shape.find(this.#bytes, this.#pos)];
    if (arm === undefined) throw bug("accepted bytes hold none of a variant's arms");
    this.#pos += arm.tagBytes;
    if (!withValue) return variant(arm.tag, undefined);
    this.#pos += VALUE_KEY.length;
    return variant(arm.tag, this.value(arm.shape));
  }

  #map(shape: MapShape): Value {
    const entries: (readonly [Value, Value])[] = [];
    for (let left = this.#length(); left > 0; left--) {
      const key = this.value(shape.key);
      entries.push([key, this.value(shape.value)]);
    }
    return { kind: "map", entries };
  }

  #scalar(kind: PrimitiveKind): Value {
    switch (kind) {
      case "unit":
        this.#pos += 1;
        return UNIT;
      case "bool":
        this.#pos += 1;
        return { kind, value: this.#bytes[this.#pos - 1] === 0xf5 };
      case "int":
      case "nat":
      case "time":
      case "duration":
        return { kind, value: this.#integer() };
      case "bytes":
        return { kind, value: this.#run() };
      case "text":
        return text(fromUtf8(this.#run()));
      case "dec128":
      case "hash":
      case "uuid":
        return { kind, value: fromUtf8(this.#run()) };
    }
  }

  #run(): Uint8Array {
    const length = this.#length();
    this.#pos += length;
    return this.#bytes.subarray(this.#pos - length, this.#pos);
  }

  /** The argument of a head below 2^53. */
  #length(): number {
    const u = this.#bytes;
    const p = this.#pos;
    const info = u[p]! & 31;
    if (info < 24) {
      this.#pos = p + 1;
      return info;
    }
    const size = 1 << (info - 24);
    let argument = 0;
    for (let i = 1; i <= size; i++) argument = argument * 256 + u[p + i]!;
    this.#pos = p + 1 + size;
    return argument;
  }

  #integer(): bigint {
    const first = this.#bytes[this.#pos]!;
    const argument = (first & 31) === 27 ? this.#wide() : BigInt(this.#length());
    return first < 0x20 ? argument : -1n - argument;
  }

  #wide(): bigint {
    const u = this.#bytes;
    const p = this.#pos + 1;
    const high = ((u[p]! << 24) | (u[p + 1]! << 16) | (u[p + 2]! << 8) | u[p + 3]!) >>> 0;
    const low = ((u[p + 4]! << 24) | (u[p + 5]! << 16) | (u[p + 6]! << 8) | u[p + 7]!) >>> 0;
    this.#pos = p + 8;
    return (BigInt(high) << 32n) | BigInt(low);
  }
}
