/**
 * What stands in for a scalar: of the same type and about the same size, decided by the value and a salt. Equal
 * values get equal substitutes, different ones different; where two would fall together, the later one is drawn
 * again.
 *
 * | type | what stays |
 * |---|---|
 * | text | its length in characters, which of them are digits, capitals, small letters, and all punctuation |
 * | bytes | its length |
 * | nat, int, time, duration | the sign and the number of bits |
 * | dec128 | the sign, the point, the exponent, the number of digits |
 * | hash, uuid | the form; of a uuid also version and variant |
 *
 * What has no other value of its class stays as it is: booleans, units, 0, 1, -1, empty texts and bytes.
 */

import { createHmac } from "node:crypto";
import { concat, toHex } from "../../values/bytes.ts";
import type { Value } from "../../values/value.ts";
import { Secrets } from "./leaks.ts";
import { type IntegerValue, isInteger } from "./spellings.ts";

/** Draws that are tried before a text grows by a letter. */
const DRAWS_MAX = 64;
/** Draws in which no real value may stand; a text of nothing but punctuation may hold one for ever. */
const CLEAN_DRAWS_MAX = 16 * DRAWS_MAX;

export class Substitutes {
  readonly #salt: Uint8Array;
  readonly #known = new Map<string, { readonly scalar: Value; readonly substitute: Value }>();
  /** By what they are, what they stand for. */
  readonly #taken = new Map<string, string>();
  /** What is to be replaced somewhere: none of it may come in as a substitute of something else. */
  readonly #real = new Set<string>();
  readonly #spelled = new Secrets();

  /** `salt`: whoever has it can tell whether a guess of a value is right. */
  constructor(salt: Uint8Array) {
    this.#salt = salt;
  }

  /**
   * Keeps substitutes from being this value, or from holding a spelling of it; to be told of all before the first is
   * drawn.
   */
  avoid(scalar: Value): void {
    const id = idOf(scalar);
    if (id === null || this.#real.has(id)) return;
    this.#real.add(id);
    this.#spelled.addValue(scalar);
  }

  /** Itself where its class has no other value. */
  of(scalar: Value): Value {
    const id = idOf(scalar);
    if (id === null) return scalar;
    const substitute = this.#known.get(id)?.substitute ?? this.#draw(scalar, id);
    if (!this.#known.has(id)) this.#known.set(id, { scalar, substitute });
    this.#taken.set(idOf(substitute)!, id);
    if (idOf(substitute) === id) return scalar;
    // An integer that was met as another type keeps its own.
    return isInteger(substitute) && isInteger(scalar)
      ? { kind: scalar.kind, value: substitute.value }
      : substitute;
  }

  /** A name's stand-in that tells nothing of it: 32 hex digits. */
  name(text: string): string {
    return toHex(this.bytes(`name ${text}`, 0, 16));
  }

  /** Bytes that the salt and `what` decide. */
  bytes(what: string, draw: number, length: number): Uint8Array {
    const parts: Uint8Array[] = [];
    for (let block = 0; block * 32 < length; block++) {
      parts.push(
        new Uint8Array(createHmac("sha256", this.#salt).update(`${draw} ${block} ${what}`).digest()),
      );
    }
    return concat(parts).slice(0, length);
  }

  /** Values that were replaced by others, in the order they were met. */
  *replaced(): Iterable<Value> {
    for (const [id, { scalar, substitute }] of this.#known) if (idOf(substitute) !== id) yield scalar;
  }

  #draw(scalar: Value, id: string): Value {
    if (isInteger(scalar)) return this.#integer(scalar, id);
    for (let draw = 0; ; draw++) {
      const found = this.#drawn(scalar, id, draw);
      if (found === null) return scalar;
      if (this.#isFree(found, id) && (draw >= CLEAN_DRAWS_MAX || this.#isClean(found))) return found;
    }
  }

  /** Whether it stands for nothing yet, and is no real value itself. */
  #isFree(substitute: Value, id: string): boolean {
    const taken = idOf(substitute)!;
    return taken !== id && !this.#taken.has(taken) && !this.#real.has(taken);
  }

  #isClean(substitute: Value): boolean {
    return !this.#spelled.isIn(substitute);
  }

  /** Null where there is nothing to draw. */
  #drawn(scalar: Value, id: string, draw: number): Value | null {
    if (scalar.kind === "bytes") {
      const { length } = scalar.value;
      return length === 0
        ? null
        : { kind: "bytes", value: this.bytes(id, draw, length + Math.floor(draw / DRAWS_MAX)) };
    }
    if (!("value" in scalar) || typeof scalar.value !== "string" || scalar.value === "") return null;
    const { kind, value } = scalar as Value & { readonly kind: "text"; readonly value: string };
    const stream = this.bytes(id, draw, 32 + 2 * value.length);
    return { kind, value: FORMS[kind as keyof typeof FORMS](value, stream, Math.floor(draw / DRAWS_MAX)) };
  }

  /** Counts on from a drawn one to the next that is free: a class holds as many substitutes as values. */
  #integer(scalar: IntegerValue, id: string): Value {
    const { kind, value } = scalar;
    const magnitude = value < 0n ? -value : value;
    const bits = BigInt(magnitude.toString(2).length);
    if (magnitude < 2n || magnitude >> 63n === 1n) return magnitude < 2n ? scalar : this.#large(scalar, id);
    const [low, size] = [1n << (bits - 1n), 1n << (bits - 1n)];
    const start = BigInt(`0x${toHex(this.bytes(id, 0, 8))}`) % size;
    let unclean: Value | null = null;
    for (let step = 0n; step < size; step++) {
      const found = low + ((start + step) % size);
      const substitute: Value = { kind, value: value < 0n ? -found : found };
      if (!this.#isFree(substitute, id)) continue;
      if (this.#isClean(substitute)) return substitute;
      unclean ??= substitute;
      if (step >= CLEAN_DRAWS_MAX) break;
    }
    return unclean ?? scalar;
  }

  /** Of 64 bits: a nat has room below 2^64, -2^63 is alone. */
  #large(scalar: IntegerValue, id: string): Value {
    if (scalar.value < 0n) return scalar;
    for (let draw = 0; ; draw++) {
      const value = (1n << 63n) | BigInt(`0x${toHex(this.bytes(id, draw, 8))}`);
      const substitute: Value = { kind: scalar.kind, value };
      const isClean = draw >= CLEAN_DRAWS_MAX || this.#isClean(substitute);
      if (isClean && this.#isFree(substitute, id)) return substitute;
    }
  }
}

/** What makes two scalars equal: an integer is the same whatever its type says of it. */
export function idOf(scalar: Value): string | null {
  if (isInteger(scalar)) return `integer ${scalar.value}`;
  if (scalar.kind === "bytes") return `bytes ${toHex(scalar.value)}`;
  return "value" in scalar && typeof scalar.value === "string" ? `${scalar.kind} ${scalar.value}` : null;
}

type Form = (value: string, stream: Uint8Array, longer: number) => string;

const FORMS: Readonly<Record<"text" | "dec128" | "hash" | "uuid", Form>> = {
  text: (value, stream, longer) => {
    const like = likeText(value, stream);
    // Punctuation alone has nothing to replace.
    const drawn =
      like === value ? [...value].map((_, i) => letter(stream[i % stream.length]!)).join("") : like;
    return drawn + [...stream.subarray(0, longer)].map(letter).join("");
  },
  dec128: (value, stream, longer) => {
    const exponent = value.search(/[eE]/);
    const mantissa = exponent < 0 ? value : value.slice(0, exponent);
    const more = [...stream.subarray(0, longer)].map((byte) => String(byte % 10)).join("");
    return likeText(mantissa, stream) + more + value.slice(mantissa.length);
  },
  hash: (_, stream) => `sha256:${toHex(stream.subarray(0, 32))}`,
  uuid: (value, stream) => {
    const hex = toHex(stream.subarray(0, 18));
    const drawn = [...value].map((old, i) => (old === "-" || i === 14 || i === 19 ? old : hex[i]!)).join("");
    return /[A-F]/.test(value) ? drawn.toUpperCase() : drawn;
  },
};

/** Each character by one of its class; those outside ASCII by small letters. */
function likeText(value: string, stream: Uint8Array): string {
  let out = "";
  let at = 0;
  let before = "";
  for (const character of value) {
    const byte = stream[at++ % stream.length]! ^ (stream[(at * 7) % stream.length]! >> 3);
    if (/[a-z]/.test(character)) out += letter(byte);
    else if (/[A-Z]/.test(character)) out += letter(byte).toUpperCase();
    else if (/[0-9]/.test(character)) out += digit(character, before, byte);
    else out += character.codePointAt(0)! < 0x80 ? character : letter(byte);
    before = character;
  }
  return out;
}

/** A number keeps whether it begins with a zero. */
function digit(character: string, before: string, byte: number): string {
  if (/[0-9]/.test(before)) return String(byte % 10);
  return character === "0" ? "0" : String(1 + (byte % 9));
}

function letter(byte: number): string {
  return String.fromCharCode(0x61 + (byte % 26));
}
