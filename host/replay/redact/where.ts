/** Names the place of a value in a frame: the record, the field, and the path that would redact it. */

import type { Manifest } from "../../air/manifest.ts";
import type { Frame } from "../../journal/frame.ts";
import { fieldsOf, fieldValue, type JournalRecord } from "../../journal/record.ts";
import { equalBytes, utf8 } from "../../values/bytes.ts";
import { AirloomError } from "../../values/errors.ts";
import { child } from "../../values/pointer.ts";
import type { Schema } from "../../values/schema.ts";
import { type Value, variantTag } from "../../values/value.ts";
import { schemaOf } from "../core/diff.ts";

export interface Place {
  readonly record: number;
  readonly field: string;
  /** What `--redact` would take; null for what did not enter, or has no type. */
  readonly path: string | null;
}

export function whereIs(secret: Uint8Array, frame: Frame, manifest: Manifest): Place {
  for (const [index, record] of frame.records.entries()) {
    for (const { key, name } of fieldsOf(record.kind)) {
      if (!holds(bytesOf(fieldValue(record, key)), secret)) continue;
      const found = inValue(record, key, secret, manifest);
      const field = found === null ? name : [name, ...found.names].join(".");
      return { record: index, field, path: index === 0 && found !== null ? found.path : null };
    }
    if (record.cell !== null && holds(record.cell.key, secret))
      return { record: index, field: "cell", path: null };
  }
  return { record: 0, field: "the frame", path: null };
}

function bytesOf(field: unknown): Uint8Array {
  if (field instanceof Uint8Array) return field;
  if (typeof field === "string") return utf8(field);
  return utf8(Array.isArray(field) ? field.flat().map(String).join(" ") : "");
}

function holds(bytes: Uint8Array, secret: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(Buffer.from(secret));
}

function inValue(record: JournalRecord, key: string, secret: Uint8Array, manifest: Manifest) {
  const bytes = fieldValue(record, key);
  const schema = schemaOf(record, manifest);
  if (!(bytes instanceof Uint8Array) || schema === undefined) return null;
  const names = pathIn(schema, bytes, secret);
  return names === null ? null : { names, path: `${schema.name}${names.reduce(child, "")}` };
}

function pathIn(schema: Schema, bytes: Uint8Array, secret: Uint8Array): readonly string[] | null {
  try {
    return find(schema.decode(bytes), secret, []);
  } catch (error) {
    if (error instanceof AirloomError) return null;
    throw error;
  }
}

/** Options and variants take no segment; in lists and maps every member is meant. */
function find(value: Value, secret: Uint8Array, at: readonly string[]): readonly string[] | null {
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
  if (!("value" in value)) return null;
  const bytes = value.value instanceof Uint8Array ? value.value : utf8(String(value.value));
  return equalBytes(bytes, secret) || holds(bytes, secret) ? at : null;
}
