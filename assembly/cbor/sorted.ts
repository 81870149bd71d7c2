import { Writer } from "./writer";

/**
 * Collects the items of a set or the entries of a map in any order, and writes them in AIR's: by their
 * encoded bytes. Equal items of a set are written once.
 */
export class Sorted {
  private items: Writer = new Writer(128);
  private starts: usize[] = [];

  /** Where the next item, or the next key and its value, is to be written. */
  item(): Writer {
    this.starts.push(this.items.length);
    return this.items;
  }

  writeSet(w: Writer): void {
    const spans = this.inOrder();
    let kept = 0;
    for (let i = 0; i < spans.length; i++) {
      if (kept == 0 || compare(spans[kept - 1], spans[i]) != 0) spans[kept++] = spans[i];
    }
    w.list(kept);
    this.write(w, spans, kept);
  }

  writeMap(w: Writer): void {
    const spans = this.inOrder();
    w.map(spans.length);
    this.write(w, spans, spans.length);
  }

  private write(w: Writer, spans: u64[], count: i32): void {
    for (let i = 0; i < count; i++) w.raw(startOf(spans[i]), lengthOf(spans[i]));
  }

  /** Start (upper half) and length of each item. An entry's key comes first and decides: no two are equal. */
  private inOrder(): u64[] {
    const starts = this.starts;
    const items = this.items;
    const spans = new Array<u64>(starts.length);
    for (let i = 0; i < starts.length; i++) {
      const end = i + 1 < starts.length ? starts[i + 1] : items.length;
      spans[i] = ((<u64>(items.start + starts[i])) << 32) | <u64>(end - starts[i]);
    }
    spans.sort(compare);
    return spans;
  }
}

function compare(a: u64, b: u64): i32 {
  const x = lengthOf(a);
  const y = lengthOf(b);
  const order = memory.compare(startOf(a), startOf(b), min<usize>(x, y));
  return order != 0 ? order : <i32>x - <i32>y;
}

function startOf(span: u64): usize {
  return <usize>(span >> 32);
}

function lengthOf(span: u64): usize {
  return <usize>(span & 0xffff_ffff);
}
