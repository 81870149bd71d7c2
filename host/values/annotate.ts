/**
 * CBOR bytes told item by item, so that a person can follow what a hash was taken over, or make the bytes
 * with another program and see where they part.
 */

import { fromUtf8 } from "./bytes.ts";
import { CborReader, hasSelfDescribe, MAJOR } from "./cbor.ts";
import { AirloomError } from "./errors.ts";
import { NESTING_MAX } from "./limits.ts";
import { quote } from "./quote.ts";

/** One item of an encoding. The heads and bodies of all items, in order, are the bytes that were read. */
export interface AnnotatedItem {
  /** Of the head, from the start of the bytes. */
  readonly offset: number;
  readonly head: Uint8Array;
  /** Content of a text or a byte string; empty for every other item, and for bytes that are told as CBOR. */
  readonly body: Uint8Array;
  /** How many items it is inside of; what a tag is on counts as inside of it. */
  readonly depth: number;
  /** What it is, in words: `map of 2`, `field "name"`, `text "demo/Order@1"`. */
  readonly what: string;
}

/** Texts longer than this are cut in `what`; `body` has them whole. In UTF-16 units. */
const SHOWN_MAX = 60;

const SELF_DESCRIBE_TAG = 55799n;

/**
 * One item of any definite-length CBOR and nothing behind it. A byte string that begins with the
 * self-describe tag and holds one whole item is told as that item. Throws `cbor.invalid` with the offset.
 */
export function annotateCbor(bytes: Uint8Array): readonly AnnotatedItem[] {
  const items: AnnotatedItem[] = [];
  new Annotator(bytes, items, 0).whole(0);
  return items;
}

class Annotator {
  readonly #reader: CborReader;
  readonly #items: AnnotatedItem[];
  /** Where these bytes begin in the ones that were given. */
  readonly #base: number;

  constructor(bytes: Uint8Array, items: AnnotatedItem[], base: number) {
    this.#reader = new CborReader(bytes, "lenient");
    this.#items = items;
    this.#base = base;
  }

  whole(depth: number): void {
    this.#item(depth, false);
    if (!this.#reader.done) this.#reader.fail("bytes after the value");
  }

  #item(depth: number, isKey: boolean): void {
    const reader = this.#reader;
    if (depth > NESTING_MAX) reader.fail(`nested deeper than ${NESTING_MAX}`);
    const at = reader.pos;
    const { major, argument } = reader.head();
    if (argument < 0n) reader.fail("an indefinite length");
    const add = (what: string, body?: Uint8Array): void => {
      const head = reader.bytes.subarray(at, at + headLength(reader.bytes[at]!));
      this.#items.push({ offset: this.#base + at, head, body: body ?? head.subarray(0, 0), depth, what });
    };
    switch (major) {
      case MAJOR.nat:
        add(`${isKey ? "key" : "integer"} ${argument}`);
        break;
      case MAJOR.negative:
        add(`${isKey ? "key" : "integer"} ${-1n - argument}`);
        break;
      case MAJOR.bytes:
        this.#bytes(this.#run(argument), depth, add);
        break;
      case MAJOR.text: {
        const body = this.#run(argument);
        add(`${isKey ? "field" : "text"} ${quote(this.#textOf(body), SHOWN_MAX)}`, body);
        break;
      }
      case MAJOR.list:
        add(`list of ${argument}`);
        for (let i = 0n; i < argument; i++) this.#item(depth + 1, false);
        break;
      case MAJOR.map:
        add(`map of ${argument}`);
        for (let i = 0n; i < argument; i++) {
          this.#item(depth + 1, true);
          this.#item(depth + 2, false);
        }
        break;
      case MAJOR.tag:
        add(argument === SELF_DESCRIBE_TAG ? "self-describe tag" : `tag ${argument}`);
        this.#item(depth + 1, isKey);
        break;
      default:
        add(SIMPLE.get(reader.bytes[at]!) ?? "simple value or float");
    }
  }

  #bytes(body: Uint8Array, depth: number, add: (what: string, body?: Uint8Array) => void): void {
    const inner = hasSelfDescribe(body) ? this.#nested(body, depth) : null;
    if (inner === null) {
      add(`bytes, ${body.length}`, body);
      return;
    }
    add(`bytes, ${body.length}, which are canonical CBOR`);
    for (const each of inner) this.#items.push(each);
  }

  /** Null when they are not one item. */
  #nested(body: Uint8Array, depth: number): readonly AnnotatedItem[] | null {
    const items: AnnotatedItem[] = [];
    try {
      new Annotator(body, items, this.#base + this.#reader.pos - body.length).whole(depth + 1);
      return items;
    } catch (error) {
      if (error instanceof AirloomError && error.code === "cbor.invalid") return null;
      throw error;
    }
  }

  #run(length: bigint): Uint8Array {
    const reader = this.#reader;
    if (length > BigInt(reader.end - reader.pos)) reader.fail("a string longer than the input");
    const start = reader.pos;
    reader.pos += Number(length);
    return reader.bytes.subarray(start, reader.pos);
  }

  #textOf(body: Uint8Array): string {
    try {
      return fromUtf8(body);
    } catch {
      return this.#reader.fail("text that is not UTF-8");
    }
  }
}

const SIMPLE: ReadonlyMap<number, string> = new Map([
  [0xf4, "false"],
  [0xf5, "true"],
  [0xf6, "null"],
  [0xf7, "undefined"],
]);

function headLength(first: number): number {
  const info = first & 31;
  return info < 24 ? 1 : 1 + (1 << (info - 24));
}
