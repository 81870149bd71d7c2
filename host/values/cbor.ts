/**
 * Deterministic CBOR (RFC 8949 section 4.2, with the map order of RFC 7049 section 3.9, which for AIR's key
 * types is bytewise order of the encoded keys): definite lengths, shortest heads, no floats, no tags but
 * the self-describe tag at the front of canonical AIR values.
 */

import { compareBytes, concat, fromUtf8, utf8 } from "./bytes.ts";
import { AirloomError } from "./errors.ts";
import { compareKeys } from "./key-order.ts";
import { NESTING_MAX } from "./limits.ts";

/** A CBOR item without floats: what definitions, records and snapshots are made of. */
export type Cbor =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | readonly Cbor[]
  | ReadonlyMap<string | bigint, Cbor>;

/** Tag 55799, "this is CBOR": the first three bytes of every canonical AIR value. */
export const SELF_DESCRIBE = Uint8Array.of(0xd9, 0xd9, 0xf7);

export const MAJOR = { nat: 0, negative: 1, bytes: 2, text: 3, list: 4, map: 5, tag: 6, simple: 7 } as const;
const U64_MAX = 0xffffffffffffffffn;
/** Text up to here is tried as ASCII first. */
const SHORT_TEXT_MAX = 80;

/** A growing buffer that writes canonical items one after another. */
export class CborWriter {
  #bytes: Uint8Array;
  /** Made when it is first needed: it costs more than all of a small writer. */
  #view: DataView | null = null;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  #room(extra: number): number {
    const at = this.#length;
    const need = at + extra;
    if (need > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(need, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.#view = null;
    }
    this.#length = need;
    return at;
  }

  #byte(value: number): void {
    // First the room, then the buffer: making room may replace it.
    const at = this.#room(1);
    this.#bytes[at] = value;
  }

  /** Head with an argument below 2^53. */
  head(major: number, argument: number): void {
    const m = major << 5;
    if (argument < 24) {
      this.#byte(m | argument);
    } else if (argument < 0x100) {
      const at = this.#room(2);
      this.#bytes[at] = m | 24;
      this.#bytes[at + 1] = argument;
    } else if (argument < 0x10000) {
      const at = this.#room(3);
      this.#bytes[at] = m | 25;
      this.#bytes[at + 1] = argument >>> 8;
      this.#bytes[at + 2] = argument;
    } else if (argument < 0x100000000) {
      const at = this.#room(5);
      this.#bytes[at] = m | 26;
      this.#put32(at + 1, argument);
    } else {
      const at = this.#room(9);
      this.#bytes[at] = m | 27;
      this.#put32(at + 1, Math.floor(argument / 0x100000000));
      this.#put32(at + 5, argument >>> 0);
    }
  }

  #put32(at: number, value: number): void {
    this.#bytes[at] = value >>> 24;
    this.#bytes[at + 1] = value >>> 16;
    this.#bytes[at + 2] = value >>> 8;
    this.#bytes[at + 3] = value;
  }

  /** Any integer from -2^64 to 2^64-1; throws `cbor.range` outside. */
  integer(value: bigint): void {
    const negative = value < 0n;
    const argument = negative ? -1n - value : value;
    if (argument > U64_MAX) {
      throw new AirloomError("request", "cbor.range", "an integer is outside -2^64 to 2^64-1", {
        fields: { value },
      });
    }
    const major = negative ? MAJOR.negative : MAJOR.nat;
    if (argument < 0x100000000n) {
      this.head(major, Number(argument));
      return;
    }
    const at = this.#room(9);
    this.#bytes[at] = (major << 5) | 27;
    this.#view ??= new DataView(this.#bytes.buffer);
    this.#view.setBigUint64(at + 1, argument);
  }

  text(value: string): void {
    if (value.length <= SHORT_TEXT_MAX && this.#ascii(value)) return;
    const encoded = utf8(value);
    this.head(MAJOR.text, encoded.length);
    this.raw(encoded);
  }

  /** Writes short ASCII byte by byte, which costs a third of what a `TextEncoder` does; else writes nothing. */
  #ascii(value: string): boolean {
    const start = this.#length;
    this.head(MAJOR.text, value.length);
    const at = this.#room(value.length);
    const bytes = this.#bytes;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0x7f) {
        this.#length = start;
        return false;
      }
      bytes[at + i] = unit;
    }
    return true;
  }

  bytes(value: Uint8Array): void {
    this.head(MAJOR.bytes, value.length);
    this.raw(value);
  }

  bool(value: boolean): void {
    this.#byte(value ? 0xf5 : 0xf4);
  }

  null(): void {
    this.#byte(0xf6);
  }

  /** Copies bytes that are already CBOR. */
  raw(value: Uint8Array): void {
    const at = this.#room(value.length);
    this.#bytes.set(value, at);
  }

  item(value: Cbor): void {
    if (value === null) this.null();
    else if (typeof value === "boolean") this.bool(value);
    else if (typeof value === "bigint") this.integer(value);
    else if (typeof value === "number") this.integer(BigInt(value));
    else if (typeof value === "string") this.text(value);
    else if (value instanceof Uint8Array) this.bytes(value);
    else if (value instanceof Map) this.#map(value as ReadonlyMap<string | bigint, Cbor>);
    else {
      const items = value as readonly Cbor[];
      this.head(MAJOR.list, items.length);
      for (const item of items) this.item(item);
    }
  }

  #map(map: ReadonlyMap<string | bigint, Cbor>): void {
    if (isWrittenInOrder(map)) {
      this.head(MAJOR.map, map.size);
      // Called, a loop's iterator would make an entry of two for each key until V8 has optimised it.
      map.forEach((value, key) => {
        this.text(key);
        this.item(value);
      });
      return;
    }
    const entries = [...map].map(([key, value]) => [encodeCbor(key), value] as const);
    entries.sort((a, b) => compareBytes(a[0], b[0]));
    this.head(MAJOR.map, entries.length);
    for (const [key, value] of entries) {
      this.raw(key);
      this.item(value);
    }
  }

  /** Starts anew in the same buffer. */
  reset(): void {
    this.#length = 0;
  }

  /** The bytes written so far; good until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** The bytes written so far, copied. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}

/** Whether all keys are text and stand in canonical order, as they do in nearly all that is written. */
function isWrittenInOrder(map: ReadonlyMap<string | bigint, Cbor>): map is ReadonlyMap<string, Cbor> {
  let before: string | undefined;
  for (const key of map.keys()) {
    if (typeof key !== "string" || (before !== undefined && compareKeys(before, key) >= 0)) return false;
    before = key;
  }
  return true;
}

/** Canonical bytes without the self-describe tag. */
export function encodeCbor(value: Cbor): Uint8Array {
  if (typeof value === "string" && value.length < 24) {
    const bytes = encodeName(value);
    if (bytes !== null) return bytes;
  }
  const writer = new CborWriter(64);
  writer.item(value);
  return writer.finish();
}

/** What most names are, without a writer: ASCII of less than 24 characters; null for other text. */
function encodeName(name: string): Uint8Array | null {
  const bytes = new Uint8Array(name.length + 1);
  bytes[0] = (MAJOR.text << 5) | name.length;
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    if (unit > 0x7f) return null;
    bytes[i + 1] = unit;
  }
  return bytes;
}

/** AIR's `canon`: the self-describe tag and the canonical bytes. */
export function canon(value: Cbor): Uint8Array {
  return canonOf((writer) => writer.item(value));
}

const SCRATCH_BYTES = 4096;
/** A buffer that one large value made grow beyond this is not kept. */
const SCRATCH_MAX = 65_536;
/** Where every value is written first: an allocation costs more than writing a small record. */
let scratch = new CborWriter(SCRATCH_BYTES);

/** The same of the one item that `write` writes; in the middle of it no other may be begun. */
export function canonOf(write: (writer: CborWriter) => void): Uint8Array {
  scratch.reset();
  scratch.raw(SELF_DESCRIBE);
  write(scratch);
  const bytes = scratch.finish();
  if (bytes.length > SCRATCH_MAX) scratch = new CborWriter(SCRATCH_BYTES);
  return bytes;
}

export function withSelfDescribe(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(SELF_DESCRIBE.length + bytes.length);
  out.set(SELF_DESCRIBE);
  out.set(bytes, SELF_DESCRIBE.length);
  return out;
}

export function hasSelfDescribe(bytes: Uint8Array): boolean {
  return bytes.length >= 3 && bytes[0] === 0xd9 && bytes[1] === 0xd9 && bytes[2] === 0xf7;
}

/** The bytes behind the self-describe tag, if there is one. */
export function withoutSelfDescribe(bytes: Uint8Array): Uint8Array {
  return hasSelfDescribe(bytes) ? bytes.subarray(3) : bytes;
}

/** How strictly to read: `canonical` accepts exactly what `encodeCbor` writes, `lenient` any CBOR. */
export type Reading = "canonical" | "lenient";

/**
 * Reads items one after another. Lenient reading skips tags, takes any head and indefinite lengths, and of
 * equal map keys keeps the last. Throws `cbor.invalid` with the offset, for floats and simple values too.
 */
export class CborReader {
  readonly bytes: Uint8Array;
  readonly #canonical: boolean;
  pos: number;
  readonly end: number;
  /** Of the head last read: -1 for an indefinite length; above 2^53 it is rounded, and `#wide` has it. */
  #argument = 0;
  #wide: bigint | null = null;

  constructor(bytes: Uint8Array, reading: Reading = "canonical", pos = 0, end = bytes.length) {
    this.bytes = bytes;
    this.#canonical = reading === "canonical";
    this.pos = pos;
    this.end = end;
  }

  get done(): boolean {
    return this.pos >= this.end;
  }

  fail(what: string): never {
    throw new AirloomError("corrupt", "cbor.invalid", `invalid CBOR at byte ${this.pos}: ${what}`, {
      fields: { offset: this.pos },
    });
  }

  /** Consumes a head; gives major type and argument (-1n for an indefinite length). */
  head(): { major: number; argument: bigint } {
    const major = this.advance();
    return { major, argument: this.#exact() };
  }

  /** Consumes a head, and gives its major type alone. */
  advance(): number {
    if (this.pos >= this.end) this.fail("it ends in the middle of an item");
    const first = this.bytes[this.pos]!;
    const major = first >> 5;
    const info = first & 31;
    this.#wide = null;
    if (info < 24) {
      this.pos += 1;
      this.#argument = info;
      return major;
    }
    if (info === 31 && !this.#canonical && major >= MAJOR.bytes && major <= MAJOR.map) {
      this.pos += 1;
      this.#argument = -1;
      return major;
    }
    if (info > 27) this.fail(info === 31 ? "an indefinite length" : "a reserved head");
    const size = 1 << (info - 24);
    if (this.pos + 1 + size > this.end) this.fail("it ends in the middle of an item");
    const at = this.pos + 1;
    const argument =
      size === 8 ? this.#uint(at, 4) * 0x1_0000_0000 + this.#uint(at + 4, 4) : this.#uint(at, size);
    if (this.#canonical && major !== MAJOR.simple && argument < SHORTEST[info - 24]!) {
      this.fail("a head that is not the shortest");
    }
    if (argument > Number.MAX_SAFE_INTEGER) {
      this.#wide = (BigInt(this.#uint(at, 4)) << 32n) | BigInt(this.#uint(at + 4, 4));
    }
    this.#argument = argument;
    this.pos = at + size;
    return major;
  }

  /** At most 4 bytes, the highest first. */
  #uint(at: number, size: number): number {
    let value = 0;
    for (let i = at; i < at + size; i++) value = value * 256 + this.bytes[i]!;
    return value;
  }

  #exact(): bigint {
    return this.#wide ?? BigInt(this.#argument);
  }

  #run(length: number): Uint8Array {
    if (length > this.end - this.pos) this.fail("a string longer than the input");
    const start = this.pos;
    this.pos += length;
    return this.bytes.subarray(start, this.pos);
  }

  /** One item; byte strings are views into the input. */
  item(depth = 0): Cbor {
    if (depth > NESTING_MAX) this.fail(`nested deeper than ${NESTING_MAX}`);
    const at = this.pos;
    const major = this.advance();
    const argument = this.#argument;
    switch (major) {
      case MAJOR.nat:
        return this.#exact();
      case MAJOR.negative:
        return -1n - this.#exact();
      case MAJOR.bytes:
        return argument < 0 ? concat(this.#chunks(MAJOR.bytes)) : this.#run(argument);
      case MAJOR.text:
        return this.#text(argument < 0 ? concat(this.#chunks(MAJOR.text)) : this.#run(argument));
      case MAJOR.list:
        return this.#list(argument, depth);
      case MAJOR.map:
        return this.#map(argument, depth);
      case MAJOR.tag:
        if (this.#canonical) this.fail("a tag");
        return this.item(depth + 1);
      default:
        return this.#simple(at);
    }
  }

  #text(bytes: Uint8Array): string {
    try {
      return fromUtf8(bytes);
    } catch {
      return this.fail("text that is not UTF-8");
    }
  }

  #chunks(major: number): Uint8Array[] {
    const chunks: Uint8Array[] = [];
    while (!this.#breaks()) {
      if (this.advance() !== major || this.#argument < 0) this.fail("a chunk of another kind");
      chunks.push(this.#run(this.#argument));
    }
    return chunks;
  }

  #breaks(): boolean {
    if (this.bytes[this.pos] !== 0xff || this.pos >= this.end) return false;
    this.pos += 1;
    return true;
  }

  #list(length: number, depth: number): Cbor[] {
    const items: Cbor[] = [];
    if (length > this.end - this.pos) this.fail("a list longer than the input");
    for (let i = 0; length < 0 ? !this.#breaks() : i < length; i++) items.push(this.item(depth + 1));
    return items;
  }

  #map(length: number, depth: number): Map<string | bigint, Cbor> {
    const map = new Map<string | bigint, Cbor>();
    if (length * 2 > this.end - this.pos) this.fail("a map longer than the input");
    let before = -1;
    let behind = -1;
    for (let i = 0; length < 0 ? !this.#breaks() : i < length; i++) {
      const start = this.pos;
      const key = this.item(depth + 1);
      if (typeof key !== "string" && typeof key !== "bigint")
        this.fail("a map key that is no text or integer");
      if (this.#canonical && i > 0 && !this.#ascends(before, behind, start)) {
        this.fail("map keys out of order or repeated");
      }
      before = start;
      behind = this.pos;
      map.set(key, this.item(depth + 1));
    }
    return map;
  }

  /** Whether the key from `start` up to here comes after the one from `before` up to `behind`. */
  #ascends(before: number, behind: number, start: number): boolean {
    const shorter = Math.min(behind - before, this.pos - start);
    for (let i = 0; i < shorter; i++) {
      const difference = this.bytes[start + i]! - this.bytes[before + i]!;
      if (difference !== 0) return difference > 0;
    }
    return this.pos - start > behind - before;
  }

  #simple(at: number): null | boolean {
    const first = this.bytes[at]!;
    if (first === 0xf4) return false;
    if (first === 0xf5) return true;
    if (first === 0xf6) return null;
    if (first === 0xf7 && !this.#canonical) return null;
    this.pos = at;
    return this.fail(first >= 0xf9 && first <= 0xfb ? "a float" : "a simple value");
  }
}

const SHORTEST = [24, 0x100, 0x10000, 0x100000000];

/** One item and nothing after it; a leading self-describe tag is skipped. */
export function decodeCbor(bytes: Uint8Array, reading: Reading = "canonical"): Cbor {
  const reader = new CborReader(bytes, reading, hasSelfDescribe(bytes) ? 3 : 0);
  const value = reader.item();
  if (!reader.done) reader.fail("bytes after the value");
  return value;
}
