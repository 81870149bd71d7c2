/**
 * The envelopes of a call (docs/air.md, "The module interface"): input as bytes, and the general reader of
 * outputs, which takes everything the format allows.
 */

import type { EmittedEffect, EmittedEvent, PureInput, StepInput, StepOutput } from "../kernel/ports.ts";
import { CborReader, MAJOR } from "../values/cbor.ts";
import { AirloomError } from "../values/errors.ts";
import { LIMITS, NESTING_MAX } from "../values/limits.ts";
import { quote } from "../values/quote.ts";
import { inputBytes, PureEnvelope, StepEnvelope } from "./input.ts";
import { readPlainOutput } from "./output.ts";

const IDEMPOTENCY_KEY_BYTES = 32;

export function encodeStepInput(input: StepInput): Uint8Array {
  return inputBytes(new StepEnvelope(input));
}

export function encodePureInput(input: PureInput): Uint8Array {
  return inputBytes(new PureEnvelope(input));
}

/** What is wrong with an output envelope, in words that are journaled. */
export class InvalidOutput extends Error {}

/**
 * Reads an output envelope; its byte strings are views into `bytes`. Keys may come in any order and unknown
 * ones are ignored, as the format has it; everything else must be as the format says. Throws `InvalidOutput`.
 */
export function decodeStepOutput(bytes: Uint8Array): StepOutput {
  const plain = readPlainOutput(bytes);
  if (plain !== null) return plain;
  try {
    return readOutput(new CborReader(bytes));
  } catch (error) {
    if (error instanceof AirloomError) throw new InvalidOutput(error.message);
    throw error;
  }
}

/** Reads the output envelope of a pure module, by the same rules. Throws `InvalidOutput`. */
export function decodePureOutput(bytes: Uint8Array): Uint8Array {
  try {
    const reader = new CborReader(bytes);
    let output: Uint8Array | undefined;
    readMap(reader, "the output", (name) => {
      if (name !== "output") return false;
      output = readBytes(reader, name);
      return true;
    });
    if (!reader.done) throw new InvalidOutput(`the output ends at byte ${reader.pos} of ${reader.end}`);
    return required(output, "the output", "output");
  } catch (error) {
    if (error instanceof AirloomError) throw new InvalidOutput(error.message);
    throw error;
  }
}

function readOutput(reader: CborReader): StepOutput {
  let state: Uint8Array | null | undefined;
  let events: readonly EmittedEvent[] = [];
  let effects: readonly EmittedEffect[] = [];
  let annotation: Uint8Array | null = null;
  readMap(reader, "the output", (name) => {
    if (name === "state") state = readBytesOrNull(reader, name);
    else if (name === "domain_events") events = readEvents(reader, name);
    else if (name === "effects") effects = readList(reader, name, readEffect);
    else if (name === "ann") annotation = readBytesOrNull(reader, name);
    else return false;
    return true;
  });
  if (state === undefined) throw new InvalidOutput("the output has no 'state'");
  if (!reader.done) throw new InvalidOutput(`the output ends at byte ${reader.pos} of ${reader.end}`);
  return { state, events, effects, annotation };
}

function readEvents(reader: CborReader, where: string): readonly EmittedEvent[] {
  const events = readList(reader, where, readEvent);
  if (events.length <= LIMITS.deliveryEventsMax) return events;
  throw new InvalidOutput(
    `${where} has ${events.length} entries, at most ${LIMITS.deliveryEventsMax} may be`,
  );
}

function readEvent(reader: CborReader, where: string): EmittedEvent {
  let schema: string | undefined;
  let value: Uint8Array | undefined;
  let key: Uint8Array | null = null;
  readMap(reader, where, (name) => {
    if (name === "schema") schema = readText(reader, `${where}.schema`);
    else if (name === "value") value = readBytes(reader, `${where}.value`);
    else if (name === "key") key = readBytesOrNull(reader, `${where}.key`);
    else return false;
    return true;
  });
  return { schema: required(schema, where, "schema"), value: required(value, where, "value"), key };
}

function readEffect(reader: CborReader, where: string): EmittedEffect {
  let kind: string | undefined;
  let params: Uint8Array | undefined;
  let slot: string | null = null;
  let idempotencyKey: Uint8Array | null = null;
  readMap(reader, where, (name) => {
    if (name === "kind") kind = readText(reader, `${where}.kind`);
    else if (name === "params_cbor") params = readBytes(reader, `${where}.params_cbor`);
    else if (name === "cap_slot") slot = isNull(reader) ? null : readText(reader, `${where}.cap_slot`);
    else if (name === "idempotency_key") idempotencyKey = readIdempotencyKey(reader, where);
    else return false;
    return true;
  });
  return {
    kind: required(kind, where, "kind"),
    params: required(params, where, "params_cbor"),
    slot,
    idempotencyKey,
  };
}

function readIdempotencyKey(reader: CborReader, where: string): Uint8Array | null {
  const key = readBytesOrNull(reader, `${where}.idempotency_key`);
  if (key === null || key.length === IDEMPOTENCY_KEY_BYTES) return key;
  throw new InvalidOutput(`${where}.idempotency_key has ${key.length} bytes, not ${IDEMPOTENCY_KEY_BYTES}`);
}

/** Calls `read` behind each key; it says whether it knew the key, else the value is skipped. */
function readMap(reader: CborReader, where: string, read: (name: string) => boolean): void {
  const length = openCollection(reader, MAJOR.map, where);
  const seen = new Set<string>();
  for (let i = 0; i < length; i++) {
    const name = readText(reader, `a key of ${where}`);
    if (seen.has(name)) throw new InvalidOutput(`${where} has the key ${quote(name)} twice`);
    seen.add(name);
    if (!read(name)) skip(reader, 0);
  }
}

function readList<T>(
  reader: CborReader,
  where: string,
  read: (reader: CborReader, where: string) => T,
): readonly T[] {
  const length = openCollection(reader, MAJOR.list, where);
  return Array.from({ length }, (_, i) => read(reader, `${where}[${i}]`));
}

function openCollection(reader: CborReader, major: number, where: string): number {
  const head = reader.head();
  if (head.major !== major) {
    throw new InvalidOutput(
      `${where} is no ${major === MAJOR.map ? "map" : "list"} but ${nameOf(head.major)}`,
    );
  }
  if (head.argument > BigInt(reader.end - reader.pos)) throw new InvalidOutput(`${where} is cut short`);
  return Number(head.argument);
}

function readText(reader: CborReader, where: string): string {
  const value = peekMajor(reader) === MAJOR.text ? reader.item() : undefined;
  if (typeof value === "string") return value;
  throw new InvalidOutput(`${where} is no text but ${nameOf(peekMajor(reader))}`);
}

function readBytes(reader: CborReader, where: string): Uint8Array {
  const value = peekMajor(reader) === MAJOR.bytes ? reader.item() : undefined;
  if (value instanceof Uint8Array) return value;
  throw new InvalidOutput(`${where} is no byte string but ${nameOf(peekMajor(reader))}`);
}

function readBytesOrNull(reader: CborReader, where: string): Uint8Array | null {
  return isNull(reader) ? null : readBytes(reader, where);
}

/** Whether the next item is null, which is then consumed. */
function isNull(reader: CborReader): boolean {
  if (reader.done || reader.bytes[reader.pos] !== 0xf6) return false;
  reader.pos += 1;
  return true;
}

function peekMajor(reader: CborReader): number {
  return reader.done ? -1 : reader.bytes[reader.pos]! >> 5;
}

function required<T>(value: T | undefined, where: string, name: string): T {
  if (value === undefined) throw new InvalidOutput(`${where} has no '${name}'`);
  return value;
}

/** Skips any item, those AIR has no use for included: an unknown key may hold them. */
function skip(reader: CborReader, depth: number): void {
  if (depth > NESTING_MAX) throw new InvalidOutput(`the output is nested deeper than ${NESTING_MAX}`);
  const { major, argument } = reader.head();
  if (major === MAJOR.bytes || major === MAJOR.text) {
    if (argument > BigInt(reader.end - reader.pos)) reader.fail("a string longer than the input");
    reader.pos += Number(argument);
  } else if (major === MAJOR.list || major === MAJOR.map || major === MAJOR.tag) {
    const items = major === MAJOR.tag ? 1n : major === MAJOR.map ? argument * 2n : argument;
    for (let i = 0n; i < items; i++) skip(reader, depth + 1);
  }
}

function nameOf(major: number): string {
  return (
    ["a number", "a number", "a byte string", "text", "a list", "a map", "a tag", "a simple value"][major] ??
    "its end"
  );
}
