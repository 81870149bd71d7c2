/** Names the place of a value in a frame: the record, the field, and the path that would redact it. */

import type { Manifest } from "../../air/manifest.ts";
import type { Frame } from "../../journal/frame.ts";
import { fieldsOf, fieldValue, type JournalRecord } from "../../journal/record.ts";
import { utf8 } from "../../values/bytes.ts";
import { AirloomError } from "../../values/errors.ts";
import { child } from "../../values/pointer.ts";
import type { Schema } from "../../values/schema.ts";
import { type Value, variantTag } from "../../values/value.ts";
import { schemaOf } from "../core/diff.ts";
import type { RecordedBlob } from "../recording/entry.ts";
import type { Secret, Secrets } from "./leaks.ts";
import { numbersIn } from "./numbers.ts";
import { CORRELATION_SEGMENT, hasOwnKey, KEY_SEGMENT } from "./paths.ts";
import { isInteger } from "./spellings.ts";

export interface Place {
  readonly record: number;
  readonly field: string;
  /** What `--redact` would take; null for what did not enter, or has no type. */
  readonly path: string | null;
}

/** A frame with the states that stand beside its deliveries. */
export interface Searched {
  readonly frame: Frame;
  readonly states: readonly RecordedBlob[];
}

/** The first secret in any byte of the frame or its states; null for none. */
export function secretIn(secrets: Secrets, { frame, states }: Searched): Secret | null {
  for (const bytes of [frame.bytes, ...states.map((state) => state.bytes)]) {
    const found = secrets.find(bytes);
    if (found !== null) return found;
  }
  for (const record of frame.records) {
    for (const { content, isValue } of contentsOf(record, states)) {
      const found = isValue ? secrets.findNumber(content) : null;
      if (found !== null) return found;
    }
  }
  return null;
}

export function whereIs(secret: Secret, { frame, states }: Searched, manifest: Manifest): Place {
  for (const [index, record] of frame.records.entries()) {
    for (const { key, name, content, isValue } of contentsOf(record, states)) {
      if (!holds(content, secret) || (!isValue && !(secret instanceof Uint8Array))) continue;
      const found = inValue(record, key, content, secret, manifest);
      const field = found === null ? name : [name, ...found.names].join(".");
      return {
        record: index,
        field,
        path: index === 0 ? (found?.path ?? pathOf(record, key, manifest)) : null,
      };
    }
  }
  return { record: 0, field: "the frame", path: null };
}

interface Content {
  readonly key: string;
  readonly name: string;
  readonly content: Uint8Array | string;
  /** Whether a number in it is one that a value holds, rather than a count, a hash or a signature. */
  readonly isValue: boolean;
}

/** Whose bytes are drawn or derived: a number in them is chance. */
const RANDOM: ReadonlySet<string> = new Set(["signature", "publicKey", "worldId"]);

function* contentsOf(record: JournalRecord, states: readonly RecordedBlob[]): Generator<Content> {
  for (const { key, name, type } of fieldsOf(record.kind)) {
    const value = fieldValue(record, key);
    const isValue = /^(?:value|bytes|text)\??$/.test(type) && !RANDOM.has(key);
    if (value instanceof Uint8Array || typeof value === "string")
      yield { key, name, content: value, isValue };
    else if (Array.isArray(value)) yield { key, name, content: value.flat().map(String).join(" "), isValue };
  }
  if (record.cell !== null) yield { key: "cell", name: "cell", content: record.cell.key, isValue: true };
  if (record.kind !== "delivery" || record.stateBlob === null) return;
  const state = states.find(({ hash }) => hash === record.stateBlob);
  if (state !== undefined) yield { key: "state", name: "state", content: state.bytes, isValue: true };
}

function holds(content: Uint8Array | string, secret: Secret): boolean {
  if (!(secret instanceof Uint8Array)) return [...numbersIn(content)].includes(secret);
  const bytes = typeof content === "string" ? utf8(content) : content;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(Buffer.from(secret));
}

/** Of what entered beside typed values. */
function pathOf(record: JournalRecord, key: string, manifest: Manifest): string | null {
  if (record.kind === "domain_event" && key === "key" && hasOwnKey(record.schema, manifest))
    return `${record.schema}/${KEY_SEGMENT}`;
  return record.kind === "plan_start" && key === "correlation"
    ? `${record.plan}/${CORRELATION_SEGMENT}`
    : null;
}

function inValue(
  record: JournalRecord,
  key: string,
  bytes: Uint8Array | string,
  secret: Secret,
  manifest: Manifest,
) {
  const schema = schemaOf(record, manifest);
  const isTyped =
    key === "state" || fieldsOf(record.kind).some((f) => f.key === key && f.type.startsWith("value"));
  if (!isTyped || !(bytes instanceof Uint8Array) || schema === undefined) return null;
  const names = pathIn(schema, bytes, secret);
  return names === null ? null : { names, path: `${schema.name}${names.reduce(child, "")}` };
}

function pathIn(schema: Schema, bytes: Uint8Array, secret: Secret): readonly string[] | null {
  try {
    return find(schema.decode(bytes), secret, []);
  } catch (error) {
    if (error instanceof AirloomError) return null;
    throw error;
  }
}

/** Options and variants take no segment; in lists and maps every member is meant. */
function find(value: Value, secret: Secret, at: readonly string[]): readonly string[] | null {
  if (value.kind === "record") {
    const isVariant = variantTag(value) !== undefined;
    for (const [name, item] of value.fields) {
      const found = find(item, secret, isVariant ? at : [...at, name]);
      if (found !== null) return found;
    }
    return null;
  }
  if (value.kind === "list" || value.kind === "set") {
    return value.items.some((item) => find(item, secret, at) !== null) ? [...at, "*"] : null;
  }
  if (value.kind === "map") {
    const hit = value.entries.some(
      ([key, item]) => find(key, secret, at) !== null || find(item, secret, at) !== null,
    );
    return hit ? at : null;
  }
  return isInScalar(value, secret) ? at : null;
}

function isInScalar(scalar: Value, secret: Secret): boolean {
  if (isInteger(scalar)) return scalar.value === secret;
  if (!("value" in scalar) || typeof scalar.value === "boolean" || typeof scalar.value === "bigint")
    return false;
  return holds(scalar.value, secret);
}
