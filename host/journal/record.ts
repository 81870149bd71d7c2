/**
 * What a journal is made of. The table below is the format: a record is the CBOR array
 * `[kind, cause, cell, ...fields]`, its kind a frozen number, its fields in the table's order.
 * A new field goes to the end of its kind and needs a behaviour flag; a number is never given twice.
 */

import type { Hash } from "../values/brand.ts";
import { type Cbor, CborReader, type CborWriter, MAJOR } from "../values/cbor.ts";
import { bug } from "../values/errors.ts";
import { digestOf, hashFromDigest } from "../values/hash.ts";

/** `identity`: a hash that names what ran; another one is no difference in itself. `value`: canonical AIR bytes. */
type FieldType =
  | "nat"
  | "nat?"
  | "nats"
  | "text"
  | "text?"
  | "bytes"
  | "bytes?"
  | "hash"
  | "hash?"
  | "identity"
  | "value"
  | "value?"
  | "pairs";

export const LAYOUT = {
  // What enters from outside.
  genesis: {
    number: 1,
    fields: {
      worldId: "text",
      manifestHash: "identity",
      settingsHash: "identity",
      limitsProfile: "nat",
      fuelSchedule: "nat",
      behaviourFlags: "nats",
      publicKey: "bytes",
    },
  },
  manifest: { number: 2, fields: { manifestHash: "identity", settingsHash: "identity" } },
  /** An event: external as a frame's first record, derived anywhere else. */
  domain_event: { number: 3, fields: { schema: "text", value: "value", key: "bytes?" } },
  effect_receipt: {
    number: 4,
    fields: {
      intentFrame: "nat",
      intentOrdinal: "nat",
      effectKind: "text",
      adapterId: "text",
      status: "text",
      payload: "value",
      costCents: "nat?",
      signature: "bytes",
      tries: "nat",
      /** How a plan's payload was read: `tagged`, `typed` by the effect's receipt schema, or `loose`. */
      reading: "text?",
    },
  },
  /** Work that a frame limit left over goes on. */
  continue: { number: 5, fields: {} },
  /**
   * The event of a delivery that faulted, carried again to its cell and nowhere else. `delivery`: record sequence of
   * the delivery that faulted.
   */
  redeliver: { number: 6, fields: { delivery: "nat", schema: "text", value: "value" } },
  /** Somebody has seen a fault. `fault`: record sequence of the `delivery` or `plan_ended` that says it. */
  dismiss: { number: 7, fields: { fault: "nat", reason: "text?" } },
  /** The hash covers those of the definitions: what the snapshot holds follows from the records before it. */
  snapshot: { number: 8, fields: { snapshotHash: "identity" } },
  /** A plan started by hand; `correlation` in the form of `plan_started`. */
  plan_start: { number: 9, fields: { plan: "text", input: "value", correlation: "bytes?" } },
  // What follows.
  delivery: {
    number: 16,
    fields: {
      /** Record sequence of the event delivered. */
      event: "nat",
      arm: "text?",
      moduleHash: "identity",
      outcome: "text",
      /** The new state; null with `stateBlob` null and outcome `ok` means the cell was deleted. */
      state: "value?",
      stateBlob: "hash?",
      annotation: "bytes?",
      faultCode: "text?",
      faultMessage: "text?",
      faultFile: "text?",
      faultLine: "nat?",
      faultColumn: "nat?",
      fuel: "nat",
    },
  },
  plan_started: {
    number: 17,
    fields: { instance: "nat", plan: "text", planHash: "identity", correlation: "bytes?" },
  },
  /** `steps`: step id and outcome (`done` or `skipped`) in the order they were settled. */
  plan_turn: {
    number: 18,
    fields: { instance: "nat", plan: "text", steps: "pairs", environmentHash: "identity" },
  },
  plan_ended: {
    number: 19,
    fields: {
      instance: "nat",
      plan: "text",
      status: "text",
      errorCode: "text?",
      errorStep: "text?",
      errorMessage: "text?",
    },
  },
  plan_result: { number: 20, fields: { instance: "nat", plan: "text", schema: "text", value: "value" } },
  cap_decision: {
    number: 21,
    fields: {
      effectKind: "text",
      capName: "text",
      capType: "text",
      decision: "text",
      denyCode: "text?",
      denyMessage: "text?",
      enforcer: "text",
      expiryNs: "nat?",
      grantHash: "hash",
    },
  },
  policy_decision: {
    number: 22,
    fields: {
      effectKind: "text",
      capName: "text",
      originKind: "text",
      originName: "text",
      policy: "text",
      ruleIndex: "nat?",
      decision: "text",
    },
  },
  /** `ordinal` with the frame's sequence is the intent id. */
  effect_intent: {
    number: 23,
    fields: {
      ordinal: "nat",
      effectKind: "text",
      capName: "text",
      params: "value",
      idempotencyKey: "bytes",
      originKind: "text",
      originName: "text",
      instance: "nat?",
      step: "text?",
      intentHash: "hash",
    },
  },
} as const satisfies Record<string, { number: number; fields: Record<string, FieldType> }>;

export type RecordKind = keyof typeof LAYOUT;
type FieldsOf<K extends RecordKind> = (typeof LAYOUT)[K]["fields"];

interface FieldValues {
  nat: bigint;
  "nat?": bigint | null;
  nats: readonly bigint[];
  text: string;
  "text?": string | null;
  bytes: Uint8Array;
  "bytes?": Uint8Array | null;
  hash: Hash;
  "hash?": Hash | null;
  identity: Hash;
  value: Uint8Array;
  "value?": Uint8Array | null;
  pairs: readonly (readonly [string, string])[];
}

/** One keyed instance of a reducer; an un-keyed reducer's cell has an empty key. */
export interface Cell {
  readonly reducer: string;
  /** Canonical bytes of the key. */
  readonly key: Uint8Array;
}

export type RecordOf<K extends RecordKind> = {
  readonly kind: K;
  /** Index in the frame of the record that led to this one; null for the ingress. */
  readonly cause: number | null;
  /** The cell this is about. */
  readonly cell: Cell | null;
} & {
  readonly [F in keyof FieldsOf<K>]: FieldsOf<K>[F] extends FieldType ? FieldValues[FieldsOf<K>[F]] : never;
};

export type JournalRecord = { [K in RecordKind]: RecordOf<K> }[RecordKind];

export interface Field {
  /** As in TypeScript: `intentHash`. */
  readonly key: string;
  /** As people and machines read it: `intent_hash`. */
  readonly name: string;
  readonly type: FieldType;
}

const FIELDS = new Map<RecordKind, readonly Field[]>();
const KIND_BY_NUMBER = new Map<number, RecordKind>();
for (const [kind, { number, fields }] of Object.entries(LAYOUT) as [
  RecordKind,
  (typeof LAYOUT)[RecordKind],
][]) {
  KIND_BY_NUMBER.set(number, kind);
  FIELDS.set(
    kind,
    Object.entries(fields).map(([key, type]) => ({ key, name: snakeCase(key), type: type as FieldType })),
  );
}

/** `deliverAtNs` -> `deliver_at_ns`. */
function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The fields of a kind, in the order of the format. */
export function fieldsOf(kind: RecordKind): readonly Field[] {
  return FIELDS.get(kind)!;
}

/** A record's field by its TypeScript key. */
export function fieldValue(record: JournalRecord, key: string): unknown {
  return (record as unknown as Readonly<Record<string, unknown>>)[key];
}

export function writeRecord(writer: CborWriter, record: JournalRecord): void {
  const fields = fieldsOf(record.kind);
  writer.head(MAJOR.list, 3 + fields.length);
  writer.head(MAJOR.nat, LAYOUT[record.kind].number);
  if (record.cause === null) writer.null();
  else writer.head(MAJOR.nat, record.cause);
  writeCell(writer, record.cell);
  for (const field of fields) writeField(writer, field, fieldValue(record, field.key));
}

function writeCell(writer: CborWriter, cell: Cell | null): void {
  if (cell === null) {
    writer.null();
    return;
  }
  writer.head(MAJOR.list, 2);
  writer.text(cell.reducer);
  writer.bytes(cell.key);
}

function writeField(writer: CborWriter, field: Field, value: unknown): void {
  if (value === null && !field.type.endsWith("?")) throw bug(`a record's ${field.name} is null`);
  if (value !== null && (field.type === "identity" || field.type.startsWith("hash"))) {
    writer.bytes(digestOf(value as Hash));
  } else writer.item(value as Cbor);
}

/** Reads the record at the reader's position. Throws `cbor.invalid`. Byte strings are copies. */
export function readRecord(reader: CborReader): JournalRecord {
  const item = reader.item();
  if (!Array.isArray(item) || item.length < 3)
    return reader.fail("a record that is no list of three or more");
  const [number, cause, cell, ...values] = item as Cbor[];
  const kind = typeof number === "bigint" ? KIND_BY_NUMBER.get(Number(number)) : undefined;
  if (kind === undefined) return reader.fail(`a record of an unknown kind ${String(number)}`);
  const fields = fieldsOf(kind);
  if (values.length !== fields.length) return reader.fail(`a ${kind} record of ${values.length} fields`);
  if (cause !== null && (typeof cause !== "bigint" || cause < 0n || cause > 0xffffffffn))
    return reader.fail("a cause that is no index");
  const record: Record<string, unknown> = {
    kind,
    cause: cause === null ? null : Number(cause),
    cell: readCell(reader, cell!),
  };
  fields.forEach((field, i) => {
    record[field.key] = readField(reader, field, values[i]!);
  });
  return record as unknown as JournalRecord;
}

/** Reads one record from its bytes. Throws `cbor.invalid`. */
export function decodeRecord(bytes: Uint8Array): JournalRecord {
  const reader = new CborReader(bytes);
  const record = readRecord(reader);
  if (!reader.done) reader.fail("bytes after the record");
  return record;
}

function readCell(reader: CborReader, item: Cbor): Cell | null {
  if (item === null) return null;
  const [reducer, key] = Array.isArray(item) && item.length === 2 ? (item as Cbor[]) : [];
  if (typeof reducer !== "string" || !(key instanceof Uint8Array))
    return reader.fail("a cell of another form");
  return { reducer, key: key.slice() };
}

function readField(reader: CborReader, field: Field, item: Cbor): unknown {
  const type = field.type;
  if (item === null && type.endsWith("?")) return null;
  switch (type) {
    case "nat":
    case "nat?":
      if (typeof item === "bigint" && item >= 0n) return item;
      break;
    case "text":
    case "text?":
      if (typeof item === "string") return item;
      break;
    case "bytes":
    case "bytes?":
    case "value":
    case "value?":
      if (item instanceof Uint8Array) return item.slice();
      break;
    case "hash":
    case "hash?":
    case "identity":
      if (item instanceof Uint8Array && item.length === 32) return hashFromDigest(item);
      break;
    case "nats":
      if (Array.isArray(item) && item.every((n) => typeof n === "bigint")) return item;
      break;
    case "pairs":
      if (Array.isArray(item) && item.every(isPair)) return item;
      break;
  }
  return reader.fail(`a ${field.name} that is no ${type}`);
}

function isPair(item: Cbor): boolean {
  return Array.isArray(item) && item.length === 2 && item.every((part) => typeof part === "string");
}
