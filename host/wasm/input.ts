/**
 * The input envelopes (docs/air.md, "The module interface"), written straight into the guest's memory. They are
 * plain CBOR: fields in the order the format gives them, no self-describe tag; the values inside are byte strings.
 */

import type { PureInput, StepInput } from "../kernel/ports.ts";
import { utf8 } from "../values/bytes.ts";

/** An envelope that knows its length before it is written. */
export interface Input {
  readonly length: number;
  write(memory: Uint8Array, at: number): void;
}

const BYTES = 0x40;
const NULL = Uint8Array.of(0xf6);

/** `{version: 1, state}` of three or four entries, and what stands between the values. */
const STEP_3 = bytesOf(0xa3, text("version"), 1, text("state"));
const STEP_4 = bytesOf(0xa4, text("version"), 1, text("state"));
const KEY = bytesOf(text("key"));
const CONTEXT = bytesOf(text("ctx"));
const PURE_2 = bytesOf(0xa2, text("version"), 1, text("input"));
const PURE_3 = bytesOf(0xa3, text("version"), 1, text("input"));

export class StepEnvelope implements Input {
  readonly length: number;
  readonly #input: StepInput;
  readonly #event: Uint8Array;

  constructor(input: StepInput) {
    const { state, value, key, context } = input;
    this.#input = input;
    this.#event = eventHead(input.schema, key !== null);
    let length = STEP_3.length + this.#event.length + sizeOf(value);
    length += state === null ? 1 : sizeOf(state);
    if (key !== null) length += KEY.length + sizeOf(key);
    if (context !== null) length += CONTEXT.length + sizeOf(context);
    this.length = length;
  }

  write(memory: Uint8Array, at: number): void {
    const { state, value, key, context } = this.#input;
    let to = put(memory, at, context === null ? STEP_3 : STEP_4);
    to = state === null ? put(memory, to, NULL) : putBytes(memory, to, state);
    to = put(memory, to, this.#event);
    to = putBytes(memory, to, value);
    if (key !== null) to = putBytes(memory, put(memory, to, KEY), key);
    if (context !== null) putBytes(memory, put(memory, to, CONTEXT), context);
  }
}

export class PureEnvelope implements Input {
  readonly length: number;
  readonly #input: PureInput;

  constructor(input: PureInput) {
    const { value, context } = input;
    this.#input = input;
    this.length = PURE_2.length + sizeOf(value) + (context === null ? 0 : CONTEXT.length + sizeOf(context));
  }

  write(memory: Uint8Array, at: number): void {
    const { value, context } = this.#input;
    const to = putBytes(memory, put(memory, at, context === null ? PURE_2 : PURE_3), value);
    if (context !== null) putBytes(memory, put(memory, to, CONTEXT), context);
  }
}

/** The envelope as bytes of its own. */
export function inputBytes(input: Input): Uint8Array {
  const bytes = new Uint8Array(input.length);
  input.write(bytes, 0);
  return bytes;
}

/** Heads kept at most; a world has as many as it has event schemas. */
const HEADS_MAX = 4096;
const heads = new Map<string, Uint8Array>();

/** `event`, the map's head, the schema and the key of the value: the same for every event of a schema. */
function eventHead(schema: string, keyed: boolean): Uint8Array {
  const name = keyed ? `+${schema}` : schema;
  const known = heads.get(name);
  if (known !== undefined) return known;
  if (heads.size >= HEADS_MAX) heads.clear();
  const made = bytesOf(text("event"), keyed ? 0xa3 : 0xa2, text("schema"), text(schema), text("value"));
  heads.set(name, made);
  return made;
}

function bytesOf(...parts: readonly (number | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flat());
}

function text(value: string): number[] {
  const bytes = utf8(value);
  const head = new Uint8Array(5);
  const length = putHead(head, 0, 0x60, bytes.length);
  return [...head.subarray(0, length), ...bytes];
}

/** Bytes of a byte string with its head. */
function sizeOf({ length }: Uint8Array): number {
  return length + (length < 24 ? 1 : length < 0x100 ? 2 : length < 0x10000 ? 3 : 5);
}

function put(memory: Uint8Array, at: number, bytes: Uint8Array): number {
  memory.set(bytes, at);
  return at + bytes.length;
}

function putBytes(memory: Uint8Array, at: number, bytes: Uint8Array): number {
  return put(memory, putHead(memory, at, BYTES, bytes.length), bytes);
}

function putHead(memory: Uint8Array, at: number, major: number, length: number): number {
  if (length < 24) {
    memory[at] = major | length;
    return at + 1;
  }
  const width = length < 0x100 ? 1 : length < 0x10000 ? 2 : 4;
  memory[at] = major | (width === 1 ? 24 : width === 2 ? 25 : 26);
  for (let i = 0; i < width; i++) memory[at + 1 + i] = length >>> (8 * (width - 1 - i));
  return at + 1 + width;
}
