/**
 * The output envelope as our own guests write it: every key where the format has it. Whatever else an output may
 * be is left to the general reader (envelope.ts), which takes all of this the same way, at several times the cost.
 */

import type { EmittedEffect, EmittedEvent, StepOutput } from "../kernel/ports.ts";
import { fromUtf8, utf8 } from "../values/bytes.ts";
import { AirloomError } from "../values/errors.ts";
import { LIMITS } from "../values/limits.ts";

/** The output; its byte strings are views into `bytes`. Null when it is of another form, or none at all. */
export function readPlainOutput(bytes: Uint8Array): StepOutput | null {
  return new PlainReader(bytes).output();
}

const KEYS = {
  state: key("state"),
  events: key("domain_events"),
  effects: key("effects"),
  annotation: key("ann"),
  schema: key("schema"),
  value: key("value"),
  key: key("key"),
  kind: key("kind"),
  params: key("params_cbor"),
  slot: key("cap_slot"),
  idempotency: key("idempotency_key"),
} as const;

function key(name: string): Uint8Array {
  return Uint8Array.of(0x60 | name.length, ...utf8(name));
}

const NULL = 0xf6;
const BYTES = 0x40;
const TEXT = 0x60;
const LIST = 0x80;
const MAP = 0xa0;
const IDEMPOTENCY_KEY_BYTES = 32;

class PlainReader {
  readonly #bytes: Uint8Array;
  #pos = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  output(): StepOutput | null {
    const entries = this.#head(MAP);
    if (entries < 1 || entries > 4 || !this.#take(KEYS.state)) return null;
    const state = this.#bytesOrNull();
    if (state === undefined) return null;
    let read = 1;
    let events: readonly EmittedEvent[] | null = [];
    if (read < entries && this.#take(KEYS.events)) {
      read++;
      events = this.#list(LIMITS.deliveryEventsMax, () => this.#event());
    }
    let effects: readonly EmittedEffect[] | null = [];
    if (events !== null && read < entries && this.#take(KEYS.effects)) {
      read++;
      effects = this.#list(this.#bytes.length, () => this.#effect());
    }
    let annotation: Uint8Array | null | undefined = null;
    if (effects !== null && read < entries && this.#take(KEYS.annotation)) {
      read++;
      annotation = this.#bytesOrNull();
    }
    if (events === null || effects === null || annotation === undefined) return null;
    return read === entries && this.#pos === this.#bytes.length
      ? { state, events, effects, annotation }
      : null;
  }

  #event(): EmittedEvent | null {
    const entries = this.#head(MAP);
    if (entries !== 2 && entries !== 3) return null;
    if (!this.#take(KEYS.schema)) return null;
    const schema = this.#text();
    if (schema === null || !this.#take(KEYS.value)) return null;
    const value = this.#byteString();
    if (value === null) return null;
    if (entries === 2) return { schema, value, key: null };
    if (!this.#take(KEYS.key)) return null;
    const own = this.#bytesOrNull();
    return own === undefined ? null : { schema, value, key: own };
  }

  #effect(): EmittedEffect | null {
    const entries = this.#head(MAP);
    if (entries < 2 || entries > 4 || !this.#take(KEYS.kind)) return null;
    const kind = this.#text();
    if (kind === null || !this.#take(KEYS.params)) return null;
    const params = this.#byteString();
    if (params === null) return null;
    let read = 2;
    let slot: string | null = null;
    if (read < entries && this.#take(KEYS.slot)) {
      slot = this.#text();
      if (slot === null) return null;
      read++;
    }
    let idempotencyKey: Uint8Array | null = null;
    if (read < entries && this.#take(KEYS.idempotency)) {
      idempotencyKey = this.#byteString();
      if (idempotencyKey?.length !== IDEMPOTENCY_KEY_BYTES) return null;
      read++;
    }
    return read === entries ? { kind, params, slot, idempotencyKey } : null;
  }

  #list<T>(max: number, read: () => T | null): readonly T[] | null {
    const count = this.#head(LIST);
    if (count < 0 || count > max) return null;
    const items: T[] = [];
    for (let i = 0; i < count; i++) {
      const item = read();
      if (item === null) return null;
      items.push(item);
    }
    return items;
  }

  /** Whether the bytes here are exactly these, which are then behind. */
  #take(expected: Uint8Array): boolean {
    const bytes = this.#bytes;
    const at = this.#pos;
    for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false;
    this.#pos = at + expected.length;
    return true;
  }

  /** The argument of a head of this major type in its shortest form; -1 for anything else. */
  #head(major: number): number {
    const bytes = this.#bytes;
    const at = this.#pos;
    const first = (bytes[at] ?? 0xff) - major;
    if (first >= 0 && first < 24) {
      this.#pos = at + 1;
      return first;
    }
    if (first < 24 || first > 26) return -1;
    const width = first === 24 ? 1 : first === 25 ? 2 : 4;
    let value = 0;
    for (let i = 1; i <= width; i++) value = value * 256 + (bytes[at + i] ?? 0);
    if (at + width >= bytes.length || value < (width === 1 ? 24 : width === 2 ? 0x100 : 0x10000)) return -1;
    this.#pos = at + 1 + width;
    return value;
  }

  #byteString(): Uint8Array | null {
    const length = this.#head(BYTES);
    const from = this.#pos;
    if (length < 0 || length > this.#bytes.length - from) return null;
    this.#pos = from + length;
    return this.#bytes.subarray(from, from + length);
  }

  /** Undefined for neither of the two. */
  #bytesOrNull(): Uint8Array | null | undefined {
    if (this.#bytes[this.#pos] !== NULL) return this.#byteString() ?? undefined;
    this.#pos += 1;
    return null;
  }

  #text(): string | null {
    const length = this.#head(TEXT);
    const from = this.#pos;
    if (length < 0 || length > this.#bytes.length - from) return null;
    this.#pos = from + length;
    return recalled(this.#bytes, from, from + length);
  }
}

/** Names met before, by length and last byte: modules say the same few again and again. */
const NAMES_MAX = 1024;
const NAME_BYTES_MAX = 64;
const names = new Map<number, { readonly bytes: Uint8Array; readonly text: string }[]>();
let nameCount = 0;

/** The text; null when it is not UTF-8. */
function recalled(bytes: Uint8Array, from: number, to: number): string | null {
  const length = to - from;
  const slot = length * 256 + (length === 0 ? 0 : bytes[to - 1]!);
  const known = names.get(slot);
  if (known !== undefined) {
    for (const name of known) if (isAt(bytes, from, name.bytes)) return name.text;
  }
  try {
    const own = bytes.slice(from, to);
    const text = fromUtf8(own);
    if (length <= NAME_BYTES_MAX) remember(slot, own, text);
    return text;
  } catch (error) {
    if (error instanceof AirloomError || error instanceof TypeError) return null;
    throw error;
  }
}

function isAt(bytes: Uint8Array, from: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) if (bytes[from + i] !== expected[i]) return false;
  return true;
}

function remember(slot: number, bytes: Uint8Array, text: string): void {
  if (++nameCount > NAMES_MAX) {
    names.clear();
    nameCount = 1;
  }
  const list = names.get(slot);
  if (list === undefined) names.set(slot, [{ bytes, text }]);
  else list.push({ bytes, text });
}
