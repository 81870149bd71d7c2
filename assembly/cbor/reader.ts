/** Reads canonical CBOR, as much of it as AIR values need: no floats, no tags but the self-describe tag. */

import { isUtf8 } from "./utf8";

/** How deep a value that is skipped may nest. */
const NESTING_MAX: i32 = 128;

const NAT: u32 = 0;
const NEGATIVE: u32 = 1;
const BYTES: u32 = 2;
const TEXT: u32 = 3;
const LIST: u32 = 4;
const MAP: u32 = 5;
const SIMPLE: u32 = 7;

const FALSE: u32 = 0xf4;
const TRUE: u32 = 0xf5;
const NULL: u32 = 0xf6;
/** No first byte of an item AIR knows: what `peek` gives at the end. */
const NOTHING: u32 = 0xff;

/** Reads items one after another from a range of memory. Whatever does not fit aborts with a message. */
export class Reader {
  private pos: usize;
  private end: usize;
  /** The record field being read, for messages. */
  private field: string = "";

  constructor(start: usize, end: usize) {
    this.pos = start;
    this.end = end;
  }

  /** Reads a value held in an array; the self-describe tag in front of it is skipped. */
  static over(bytes: Uint8Array): Reader {
    const r = new Reader(bytes.dataStart, bytes.dataStart + <usize>bytes.length);
    r.skipSelfDescribe();
    return r;
  }

  nat(): u64 {
    return this.head(NAT);
  }

  int(): i64 {
    const negative = this.peek() >> 5 == NEGATIVE;
    const n = this.head(negative ? NEGATIVE : NAT);
    if (n > <u64>i64.MAX_VALUE) throw new Error(this.say("an integer outside int"));
    return negative ? -1 - <i64>n : <i64>n;
  }

  bool(): bool {
    const first = this.peek();
    if (first != TRUE && first != FALSE) throw new Error(this.say("expected bool, found " + kindOf(first)));
    this.pos++;
    return first == TRUE;
  }

  text(): string {
    const start = this.run(TEXT);
    if (!isUtf8(start, this.pos)) throw new Error(this.say("text that is not UTF-8"));
    return String.UTF8.decodeUnsafe(start, this.pos - start);
  }

  /** A byte string, copied. */
  bytes(): Uint8Array {
    const start = this.run(BYTES);
    const length = this.pos - start;
    const out = new Uint8Array(<i32>length);
    memory.copy(out.dataStart, start, length);
    return out;
  }

  /** The value inside a byte string, read in place; the self-describe tag in front of it is skipped. */
  embedded(): Reader {
    const start = this.run(BYTES);
    const r = new Reader(start, this.pos);
    r.skipSelfDescribe();
    return r;
  }

  /** True when the next item is null, which is then consumed. */
  none(): bool {
    if (this.peek() != NULL) return false;
    this.pos++;
    return true;
  }

  /** Opens a list; gives how many items follow. */
  list(): i32 {
    return this.count(LIST, 1);
  }

  /** Opens a map; gives how many entries follow. */
  map(): i32 {
    return this.count(MAP, 2);
  }

  /** Opens a record of exactly so many fields. */
  record(fields: i32): void {
    const found = this.map();
    if (found == fields) return;
    throw new Error(this.say("expected " + fields.toString() + " fields, found " + found.toString()));
  }

  /** Consumes the next field's name, which must be this one (ASCII). */
  key(name: string): void {
    if (this.has(name)) return;
    const found = this.peek() >> 5 == TEXT ? "'" + this.text() + "'" : kindOf(this.peek());
    throw new Error("expected field '" + name + "', found " + found);
  }

  /** Whether the next map key is this one (ASCII); if so it is consumed. */
  has(name: string): bool {
    if (this.peek() >> 5 != TEXT) return false;
    const back = this.pos;
    const start = this.run(TEXT);
    if (this.pos - start == <usize>name.length && isAscii(start, name)) {
      this.field = name;
      return true;
    }
    this.pos = back;
    return false;
  }

  /** Opens a variant and gives its tag; its payload follows unless it has none. */
  tag(): string {
    const entries = this.map();
    this.key("$tag");
    const tag = this.text();
    if (entries == 2) this.key("$value");
    else if (entries != 1) throw new Error(this.say("a variant with more than a tag and a value"));
    return tag;
  }

  /** Skips a map's key and value. */
  skipEntry(): void {
    this.skip();
    this.skip();
  }

  /** Skips one item. */
  skip(depth: i32 = 0): void {
    if (depth > NESTING_MAX) throw new Error(this.say("nested deeper than 128"));
    const major = this.peek() >> 5;
    if (major == SIMPLE) this.simple();
    else if (major == BYTES || major == TEXT) this.run(major);
    else if (major == LIST) for (let n = this.list(); n > 0; n--) this.skip(depth + 1);
    else if (major == MAP) for (let n = this.map() * 2; n > 0; n--) this.skip(depth + 1);
    else this.head(major == NEGATIVE ? NEGATIVE : NAT);
  }

  /** Aborts when anything is left. */
  done(): void {
    if (this.pos != this.end) throw new Error("bytes after the value");
  }

  private simple(): void {
    const first = this.peek();
    if (first < FALSE || first > NULL) throw new Error(this.say("expected a value, found " + kindOf(first)));
    this.pos++;
  }

  private peek(): u32 {
    return this.pos < this.end ? <u32>load<u8>(this.pos) : NOTHING;
  }

  /** Consumes a head of this major type in its shortest form; gives its argument. */
  private head(major: u32): u64 {
    const first = this.peek();
    if (first >> 5 != major)
      throw new Error(this.say("expected " + nameOf(major) + ", found " + kindOf(first)));
    const info = first & 31;
    const at = this.pos + 1;
    if (info < 24) {
      this.pos = at;
      return <u64>info;
    }
    if (info > 27) throw new Error(this.say("a length that is not given in advance"));
    const size: usize = 1 << (<usize>info - 24);
    if (this.end - at < size) throw new Error(this.say("the value is cut short"));
    this.pos = at + size;
    const argument = loadBigEndian(at, size);
    if (argument < leastOf(size)) throw new Error(this.say("a number that is not in its shortest form"));
    return argument;
  }

  /** Consumes a string and gives where it starts; it ends where the reader stands then. */
  private run(major: u32): usize {
    const length = this.head(major);
    const start = this.pos;
    if (length > <u64>(this.end - start)) throw new Error(this.say("the value is cut short"));
    this.pos = start + <usize>length;
    return start;
  }

  /** Head of a list or map, whose entries take at least so many bytes each. */
  private count(major: u32, entryBytes: u64): i32 {
    const n = this.head(major);
    if (n > <u64>(this.end - this.pos) / entryBytes) throw new Error(this.say("the value is cut short"));
    return <i32>n;
  }

  private skipSelfDescribe(): void {
    const at = this.pos;
    if (this.end - at >= 3 && load<u16>(at) == 0xd9d9 && load<u8>(at, 2) == 0xf7) this.pos = at + 3;
  }

  private say(problem: string): string {
    return this.field.length > 0 ? "field '" + this.field + "': " + problem : problem;
  }
}

const NAMES: StaticArray<string> = [
  "nat",
  "negative int",
  "bytes",
  "text",
  "list",
  "map",
  "tag",
  "simple value",
];

function nameOf(major: u32): string {
  return unchecked(NAMES[major]);
}

function kindOf(first: u32): string {
  if (first == NOTHING) return "the end";
  if (first == NULL) return "null";
  if (first == TRUE || first == FALSE) return "bool";
  return nameOf(first >> 5);
}

function isAscii(start: usize, text: string): bool {
  const units = changetype<usize>(text);
  for (let i: usize = 0, n = <usize>text.length; i < n; i++) {
    if (<u16>load<u8>(start + i) != load<u16>(units + (i << 1))) return false;
  }
  return true;
}

function loadBigEndian(at: usize, size: usize): u64 {
  if (size == 1) return <u64>load<u8>(at);
  if (size == 2) return <u64>bswap<u16>(load<u16>(at));
  if (size == 4) return <u64>bswap<u32>(load<u32>(at));
  return bswap<u64>(load<u64>(at));
}

/** Smallest argument that needs a head with so many bytes behind it. */
function leastOf(size: usize): u64 {
  return size == 1 ? 24 : (<u64>1) << ((<u64>size) << 2);
}
