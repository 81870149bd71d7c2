/** Reads canonical CBOR, as much of it as AIR values need: no floats, no tags but the self-describe tag. */

import { decodeUtf8, sameText } from "./utf8";
import { Unit } from "./value";

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

/** How much of a text found a message shows. */
const SHOWN_MAX: i32 = 40;

/**
 * Reads items one after another from a range of memory. Whatever does not fit aborts with a message that
 * names the value, the schema and the field. The order of a set's items and a map's keys is not looked at:
 * what reaches a module was checked.
 */
export class Reader {
  private pos: usize;
  private end: usize;
  /** What is read as a whole: `state`, `event`, ... */
  private what: string;
  /** The schema of the record or variant being read. */
  private schema: string = "";
  /** The record field being read. */
  private field: string = "";
  /** Fields of the record that were not read yet. */
  private left: u32 = 0;
  /** Whether a payload follows the tag of the variant being read. */
  private payload: bool = false;

  constructor(start: usize, end: usize, what: string = "") {
    this.pos = start;
    this.end = end;
    this.what = what;
  }

  /** Reads a value held in an array; the self-describe tag in front of it is skipped. */
  static over(bytes: Uint8Array, what: string = ""): Reader {
    const r = new Reader(bytes.dataStart, bytes.dataStart + <usize>bytes.length, what);
    r.skipSelfDescribe();
    return r;
  }

  /** Another reader of what this one has not read yet. */
  again(): Reader {
    return new Reader(this.pos, this.end, this.what);
  }

  nat(): u64 {
    return this.head(NAT);
  }

  int(): i64 {
    const negative = this.peek() >> 5 == NEGATIVE;
    const n = this.head(negative ? NEGATIVE : NAT, "int");
    if (n > <u64>i64.MAX_VALUE) throw new Error(this.problem("an integer outside int"));
    return negative ? -1 - <i64>n : <i64>n;
  }

  bool(): bool {
    const first = this.peek();
    if (first != TRUE && first != FALSE) throw new Error(this.unexpected("bool"));
    this.pos++;
    return first == TRUE;
  }

  /** A text, or what AIR writes as one: dec128, hash, uuid. */
  text(): string {
    const start = this.run(TEXT);
    const text = decodeUtf8(start, this.pos - start);
    if (text === null) throw new Error(this.problem("text that is not UTF-8"));
    return text;
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
  embedded(what: string): Reader {
    const start = this.run(BYTES);
    const r = new Reader(start, this.pos, what);
    r.skipSelfDescribe();
    return r;
  }

  /** True when the next item is null, which is then consumed. */
  none(): bool {
    if (this.peek() != NULL) return false;
    this.pos++;
    return true;
  }

  /** AIR's unit, which is null. */
  unit(): Unit {
    if (!this.none()) throw new Error(this.unexpected("null"));
    return Unit.unit;
  }

  /** Opens a list or set; gives how many items follow. */
  list(): i32 {
    return this.count(LIST, 1);
  }

  /** Opens a map; gives how many entries follow. */
  map(): i32 {
    return this.count(MAP, 2);
  }

  /**
   * Opens a record: its fields follow, each with `key`, in canonical order. Gives what `close` must have, so
   * that messages about the record around this one are right again.
   */
  record(schema: string): u64 {
    const around = ((<u64>changetype<usize>(this.schema)) << 32) | <u64>this.left;
    if (this.peek() >> 5 != MAP) {
      if (this.schema.length == 0) this.schema = schema;
      throw new Error(this.unexpected("a record of " + schema));
    }
    this.left = <u32>this.map();
    this.schema = schema;
    return around;
  }

  /** Ends a record. */
  close(around: u64): void {
    if (this.left > 0) throw new Error(this.unknownField());
    this.left = <u32>around;
    this.schema = changetype<string>(<usize>(around >> 32));
    this.field = "";
  }

  /** Consumes the name of the record's next field, which must be this one. */
  key(name: string): Reader {
    this.field = name;
    if (this.left == 0) throw new Error(this.missing("no more fields"));
    this.left--;
    if (!this.has(name)) throw new Error(this.otherField(name));
    return this;
  }

  /** Whether the next map key is this one; if so it is consumed. */
  has(name: string): bool {
    const at = this.pos;
    const length = <usize>name.length;
    // A head of one byte and an ASCII name of this length: nearly every field there is.
    if (length < 24 && at + length < this.end && <u32>load<u8>(at) == (0x60 | <u32>length)) {
      if (!sameText(at + 1, length, name)) return false;
      this.pos = at + 1 + length;
      return true;
    }
    if (this.peek() >> 5 != TEXT) return false;
    const start = this.run(TEXT);
    if (sameText(start, this.pos - start, name)) return true;
    this.pos = at;
    return false;
  }

  /** Whether the next item is this text; consumes it either way. */
  isText(expected: string): bool {
    const start = this.run(TEXT);
    return sameText(start, this.pos - start, expected);
  }

  /** Opens a variant; `arm` or `unitArm` must say yes to one of its arms next. */
  variant(schema: string): void {
    if (this.peek() >> 5 != MAP) throw new Error(this.unexpected("a variant of " + schema));
    const entries = this.map();
    if (entries == 0 || entries > 2 || !this.has("$tag")) {
      throw new Error(this.problem("a variant of " + schema + " is a $tag and a $value"));
    }
    if (this.peek() >> 5 != TEXT) throw new Error(this.unexpected("a tag of " + schema));
    this.payload = entries == 2;
  }

  /** Whether the tag is this one; if so the payload is next. */
  arm(tag: string): bool {
    if (!this.has(tag)) return false;
    if (!this.payload) throw new Error(this.problem("the arm '" + tag + "' has no value"));
    this.openPayload();
    return true;
  }

  /** Whether the tag is this one, of an arm without payload; if so the variant is read. */
  unitArm(tag: string): bool {
    if (!this.has(tag)) return false;
    if (!this.payload) return true;
    this.openPayload();
    this.unit();
    return true;
  }

  /** What to do when no arm said yes: aborts. */
  noArm<T>(schema: string): T {
    throw new Error(this.problem(schema + " has no arm " + this.found()));
  }

  /** Skips a map's key and value. */
  skipEntry(): void {
    this.skip();
    this.skip();
  }

  /** Skips one item. */
  skip(depth: i32 = 0): void {
    if (depth > NESTING_MAX) throw new Error(this.problem("nested deeper than 128"));
    const major = this.peek() >> 5;
    if (major == SIMPLE) this.simple();
    else if (major == BYTES || major == TEXT) this.run(major);
    else if (major == LIST) for (let n = this.list(); n > 0; n--) this.skip(depth + 1);
    else if (major == MAP) for (let n = this.map() * 2; n > 0; n--) this.skip(depth + 1);
    else this.head(major == NEGATIVE ? NEGATIVE : NAT);
  }

  /** Aborts when anything is left. */
  done(): void {
    if (this.pos == this.end) return;
    this.field = "";
    throw new Error(this.problem("there are bytes after the value"));
  }

  private openPayload(): void {
    if (this.has("$value")) return;
    throw new Error(this.problem("expected '$value' after the tag, found " + this.found()));
  }

  private simple(): void {
    const first = this.peek();
    if (first < FALSE || first > NULL) throw new Error(this.unexpected("a value"));
    this.pos++;
  }

  private peek(): u32 {
    return this.pos < this.end ? <u32>load<u8>(this.pos) : NOTHING;
  }

  /** Consumes a head of this major type in its shortest form; gives its argument. */
  private head(major: u32, expected: string = ""): u64 {
    const first = this.peek();
    if (first >> 5 != major) throw new Error(this.unexpected(expected.length > 0 ? expected : nameOf(major)));
    const info = first & 31;
    const at = this.pos + 1;
    if (info < 24) {
      this.pos = at;
      return <u64>info;
    }
    if (info > 27) throw new Error(this.problem("a length that is not given in advance"));
    const size: usize = 1 << (<usize>info - 24);
    if (this.end - at < size) throw new Error(this.problem("the value is cut short"));
    this.pos = at + size;
    const argument = loadBigEndian(at, size);
    if (argument < leastOf(size)) throw new Error(this.problem("a number that is not in its shortest form"));
    return argument;
  }

  /** Consumes a string and gives where it starts; it ends where the reader stands then. */
  private run(major: u32): usize {
    const length = this.head(major);
    const start = this.pos;
    if (length > <u64>(this.end - start)) throw new Error(this.problem("the value is cut short"));
    this.pos = start + <usize>length;
    return start;
  }

  /** Head of a list or map, whose entries take at least so many bytes each. */
  private count(major: u32, entryBytes: u64): i32 {
    const n = this.head(major);
    if (n > <u64>(this.end - this.pos) / entryBytes) throw new Error(this.problem("the value is cut short"));
    return <i32>n;
  }

  private skipSelfDescribe(): void {
    const at = this.pos;
    if (this.end - at >= 3 && load<u16>(at) == 0xd9d9 && load<u8>(at, 2) == 0xf7) this.pos = at + 3;
  }

  /** In canonical order a key that sorts before the expected one is not of the schema. */
  private otherField(name: string): string {
    const first = this.peek();
    if (first >> 5 != TEXT) return this.missing(this.found());
    const found = this.foundText();
    return sortsBefore(found, name) ? this.unknownField() : this.missing("'" + found + "'");
  }

  private unknownField(): string {
    this.field = "";
    return this.problem("unknown field " + this.found());
  }

  private missing(found: string): string {
    const name = this.field;
    this.field = "";
    return this.problem("field '" + name + "' is missing, found " + found);
  }

  private unexpected(expected: string): string {
    return this.problem("expected " + expected + ", found " + this.found());
  }

  /** Says where it happened, then what. */
  private problem(text: string): string {
    let place = this.what;
    if (this.schema.length > 0) place += (place.length > 0 ? " of " : "") + this.schema;
    if (this.field.length > 0) place += (place.length > 0 ? ", " : "") + "field '" + this.field + "'";
    return place.length > 0 ? place + ": " + text : text;
  }

  /** What stands where something else should: its kind, and the value of a scalar. */
  private found(): string {
    const first = this.peek();
    if (first == NOTHING) return "the end";
    if (first == NULL) return "null";
    if (first == TRUE || first == FALSE) return first == TRUE ? "true" : "false";
    const major = first >> 5;
    if (major == TEXT) return "'" + this.foundText() + "'";
    if (major == NAT) return nameOf(major) + " " + this.head(major).toString();
    return nameOf(major);
  }

  private foundText(): string {
    const at = this.pos;
    const text = this.text();
    this.pos = at;
    return text.length > SHOWN_MAX ? text.substring(0, SHOWN_MAX) + "..." : text;
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

/** Whether a field of this name comes before another in canonical order: the shorter, then by bytes. */
function sortsBefore(a: string, b: string): bool {
  const length = String.UTF8.byteLength(a) - String.UTF8.byteLength(b);
  return length != 0 ? length < 0 : a < b;
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
