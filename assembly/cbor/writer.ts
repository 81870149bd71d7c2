import { utf8Length } from "./utf8";
import { Value } from "./value";

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

  /** Opens a list of so many items. */
  list(items: i32): void {
    this.head(4, <u64>items);
  }

  /** Opens a map of so many entries. */
  map(entries: i32): void {
    this.head(5, <u64>entries);
  }

  /** Aborts on a lone surrogate. */
  text(value: string): void {
    const length = utf8Length(value);
    this.head(3, <u64>length);
    String.UTF8.encodeUnsafe(changetype<usize>(value), value.length, this.room(length));
  }

  /** A field's name; must be ASCII. */
  key(name: string): void {
    const length = <usize>name.length;
    this.head(3, <u64>length);
    const p = this.room(length);
    const units = changetype<usize>(name);
    for (let i: usize = 0; i < length; i++) store<u8>(p + i, load<u8>(units + (i << 1)));
  }

  bytes(value: Uint8Array): void {
    this.head(2, <u64>value.length);
    this.raw(value.dataStart, <usize>value.length);
  }

  /** A byte string that holds this value. */
  embed(value: Value): void {
    const head: usize = 5;
    const start = this.at;
    this.room(head);
    value.encode(this);
    const length = this.at - start - head;
    this.at = start;
    this.head(2, <u64>length);
    memory.copy(this.buffer + this.at, this.buffer + start + head, length);
    this.at += length;
  }

  /** Copies what another writer has written. */
  append(other: Writer): void {
    this.raw(other.buffer, other.at);
  }

  private raw(from: usize, length: usize): void {
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
