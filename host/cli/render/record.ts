/** Records as JSON and as a line of text; typed values where the manifest knows the schema. */

import type { Manifest } from "../../air/manifest.ts";
import type { Frame } from "../../journal/frame.ts";
import { fieldsOf, type JournalRecord } from "../../journal/record.ts";
import { cellText, fieldJson } from "../../replay/core/diff.ts";
import { toHex } from "../../values/bytes.ts";
import { type Json, jsonInteger, stringifyJson } from "../../values/json.ts";

/** The head of a frame: sequence, stamp, who sent it, digest. */
export function frameJson(frame: Frame): Json {
  const { head } = frame;
  return new Map<string, Json>([
    ["type", "frame"],
    ["frame", jsonInteger(head.frame)],
    ["first_record", jsonInteger(head.firstRecord)],
    ["records", jsonInteger(BigInt(head.recordCount))],
    ["logical_ns", jsonInteger(head.logicalNs)],
    ["wall_ns", jsonInteger(head.wallNs)],
    ["entropy", toHex(head.entropy)],
    ["by", head.by],
    ["ingress_id", head.ingressId],
    ["size_bytes", jsonInteger(BigInt(frame.bytes.length))],
    ["digest", toHex(frame.digest)],
  ]);
}

/** One record: where it stands, its cause, its cell, its fields by name. */
export function recordJson(frame: Frame, index: number, manifest: Manifest): Json {
  const record = frame.records[index]!;
  return new Map<string, Json>([
    ["type", "record"],
    ["frame", jsonInteger(frame.head.frame)],
    ["record", jsonInteger(BigInt(index))],
    ["seq", jsonInteger(frame.head.firstRecord + BigInt(index))],
    ["kind", record.kind],
    ["cause", record.cause === null ? null : jsonInteger(BigInt(record.cause))],
    ["cell", cellText(record.cell)],
    ...fieldsJson(record, manifest),
  ]);
}

function fieldsJson(record: JournalRecord, manifest: Manifest): [string, Json][] {
  return fieldsOf(record.kind).map((field) => [field.name, fieldJson(field, record, manifest)]);
}

/** The fields of a record that say something, on one line. */
export function recordText(record: JournalRecord, manifest: Manifest): string {
  const shown = fieldsJson(record, manifest).filter(([, value]) => value !== null);
  return shown
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : stringifyJson(value)}`)
    .join(" ");
}
