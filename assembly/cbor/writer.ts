import { encodeUtf8, utf8Length } from "./utf8";
import { Unit, Value } from "./value";

/** Writes canonical CBOR into a growing buffer. Map keys must be written in order: generated code does. */
export class Writer {
  private buffer: usize;
  private capacity: usize;
  private at: usize = 0;

  constructor(capacity: usize) {
    this.capacity = capacity;
    this.buffer = heap.alloc(capacity);
  }

  /** Address of the first byte written; writing more may move it. */
  get start(): usize {
    return this.buffer;
  }

  get length(): usize {
    return this.at;
  }

  nat(value: u64): void {
    this.head(0, value);
  }

  int(value: i64): void {
    if (value < 0) this.head(1, <u64>~value);
    else this.head(0, <u64>value);
  }

  bool(value: bool): void {
    this.byte(value ? 0xf5 : 0xf4);
  }

  none(): void {
    this.byte(0xf6);
  }

  unit(value: Unit): void {
    this.none();
  }

  /** Opens a list of so many items. */
  list(items: i32): void {
    this.head(4, <u64>items);
  }

  /** Opens a map of so many entries. */
  map(entries: i32): void {
    this.head(5, <u64>entries);
  }

  /** A text, or what AIR writes as one: dec128, hash, uuid. Aborts on a lone surrogate. */
  text(value: string): void {
    const length = utf8Length(value);
    this.head(3, <u64>length);
    encodeUtf8(value, length, this.room(length));
  }

  /** A field's name; its value comes next. */
  key(name: string): Writer {
    this.text(name);
    return this;
  }

  bytes(value: Uint8Array): void {
    this.head(2, <u64>value.length);
    this.raw(value.dataStart, <usize>value.length);
  }

  /** Opens a variant of this arm; its payload comes next. */
  arm(tag: string): void {
    this.map(2);
    this.text("$tag");
    this.text(tag);
    this.text("$value");
  }

  /** A variant of this arm, which has no payload. */
  unitArm(tag: string): void {
    this.map(1);
    this.text("$tag");
    this.text(tag);
  }

  /** A byte string that holds this value. */
  embed(value: Value): void {
    const start = this.openEmbedded();
    value.encode(this);
    this.closeEmbedded(start);
  }

  /** Opens a byte string whose contents are written next; gives what `closeEmbedded` must have. */
  openEmbedded(): usize {
    const start = this.at;
    this.room(EMBEDDED_HEAD);
    return start;
  }

  /** Ends the byte string: its head is written once its length is known. */
  closeEmbedded(start: usize): void {
    const length = this.at - start - EMBEDDED_HEAD;
    this.at = start;
    this.head(2, <u64>length);
    memory.copy(this.buffer + this.at, this.buffer + start + EMBEDDED_HEAD, length);
    this.at += length;
  }

  /** Copies what another writer has written. */
  append(other: Writer): void {
    this.raw(other.buffer, other.at);
  }

  /** Copies bytes as they are: an item, or some, encoded already. */
  raw(from: usize, length: usize): void {
    memory.copy(this.room(length), from, length);
  }

  private byte(value: u32): void {
    store<u8>(this.room(1), value);
  }

  private head(major: u32, argument: u64): void {
    const m = major << 5;
    if (argument < 24) {
      this.byte(m | <u32>argument);
    } else if (argument < 0x100) {
      const p = this.room(2);
      store<u8>(p, m | 24);
      store<u8>(p, argument, 1);
    } else if (argument < 0x10000) {
      const p = this.room(3);
      store<u8>(p, m | 25);
      store<u16>(p, bswap<u16>(<u16>argument), 1);
    } else if (argument < 0x100000000) {
      const p = this.room(5);
      store<u8>(p, m | 26);
      store<u32>(p, bswap<u32>(<u32>argument), 1);
    } else {
      const p = this.room(9);
      store<u8>(p, m | 27);
      store<u64>(p, bswap<u64>(argument), 1);
    }
  }

  /** Takes so many bytes and gives where they are. */
  private room(length: usize): usize {
    const at = this.at;
    this.at = at + length;
    if (this.at > this.capacity) {
      this.capacity = max<usize>(this.capacity << 1, this.at);
      this.buffer = heap.realloc(this.buffer, this.capacity);
    }
    return this.buffer + at;
  }
}

/** Room for the longest head of a byte string in memory. */
const EMBEDDED_HEAD: usize = 5;
