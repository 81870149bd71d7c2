/** The numbers that stand in a value's bytes: typed integers, and runs of digits in its texts and bytes. */

import { type Cbor, decodeCbor } from "../../values/cbor.ts";
import { AirloomError } from "../../values/errors.ts";
import { isHash } from "../../values/hash.ts";
import { NUMBER_DIGITS_MIN } from "./spellings.ts";

/** Values in the bytes of values, such as a key in a correlation id; deeper ones are read as text only. */
const DEPTH_MAX = 4;
/** An integer of 64 bits has no more. */
const DIGITS_MAX = 20;
const ZERO = 0x30;

/** Integers as they are; runs of at least five digits without the zeros they begin with. */
export function* numbersIn(value: Uint8Array | string): Generator<bigint | string> {
  if (typeof value === "string") yield* digitsInText(value);
  else yield* inBytes(value, 0);
}

function* inBytes(bytes: Uint8Array, depth: number): Generator<bigint | string> {
  const item = depth < DEPTH_MAX ? itemIn(bytes) : undefined;
  if (item === undefined) yield* digitsIn(bytes);
  else yield* inItem(item, depth);
}

/** Undefined for bytes that are no item. */
function itemIn(bytes: Uint8Array): Cbor | undefined {
  try {
    return decodeCbor(bytes, "lenient");
  } catch (error) {
    if (error instanceof AirloomError && error.code === "cbor.invalid") return undefined;
    throw error;
  }
}

function* inItem(item: Cbor, depth: number): Generator<bigint | string> {
  if (typeof item === "bigint") yield item;
  else if (typeof item === "number") yield BigInt(item);
  else if (typeof item === "string") yield* digitsInText(item);
  else if (item instanceof Uint8Array) {
    yield* inBytes(item, depth + 1);
  } else if (item instanceof Map) {
    for (const [key, each] of item as ReadonlyMap<string | bigint, Cbor>) {
      yield* inItem(key, depth);
      yield* inItem(each, depth);
    }
  } else if (Array.isArray(item)) for (const each of item as readonly Cbor[]) yield* inItem(each, depth);
}

function* digitsInText(text: string): Generator<string> {
  // Its digits are no number.
  if (isHash(text)) return;
  yield* runs(
    text.length,
    (at) => text.charCodeAt(at),
    (from, to) => text.slice(from, to),
  );
}

function* digitsIn(bytes: Uint8Array): Generator<string> {
  yield* runs(
    bytes.length,
    (at) => bytes[at]!,
    (from, to) => String.fromCharCode(...bytes.subarray(from, to)),
  );
}

function* runs(
  length: number,
  at: (place: number) => number,
  slice: (from: number, to: number) => string,
): Generator<string> {
  let from = -1;
  for (let place = 0; place <= length; place++) {
    const digit = place < length ? at(place) - ZERO : -1;
    if (digit < 0 || digit > 9) {
      if (from >= 0 && place - from >= NUMBER_DIGITS_MIN && place - from <= DIGITS_MAX)
        yield slice(from, place);
      from = -1;
    } else if (from < 0 && digit > 0) from = place;
  }
}
