/** One change to a journal: a field of a record or of a stamp, or a record or frame too many, too few or elsewhere. */

import { fieldsOf, fieldValue, type JournalRecord, LAYOUT } from "../../../host/journal/record.ts";
import { utf8 } from "../../../host/values/bytes.ts";
import { hashOf } from "../../../host/values/hash.ts";
import type { Chance } from "../../wasm/random/chance.ts";
import type { Parts } from "./forge.ts";

export interface RecordMutation {
  readonly what: string;
  readonly parts: readonly Parts[];
  /** Whether it changes a record that is derived; else one that entered, or a stamp. */
  readonly derived: boolean;
}

/** A change that leaves other bytes than there were. */
export function mutateRecords(parts: readonly Parts[], chance: Chance): RecordMutation {
  const at = chance.below(parts.length);
  switch (chance.below(12)) {
    case 0:
      return onFrames(parts, at, chance);
    case 1:
      return onStamp(parts, at, chance);
    case 2:
    case 3:
      return onRecordOrder(parts, at, chance) ?? onField(parts, at, chance);
    default:
      return onField(parts, at, chance);
  }
}

/** Genesis stays the first frame: without it there is no recording. */
function onFrames(parts: readonly Parts[], at: number, chance: Chance): RecordMutation {
  const place = Math.max(1, at);
  const [before, here, after] = [parts.slice(0, place), parts[place]!, parts.slice(place + 1)];
  const next = after[0];
  const ways: readonly (readonly [string, readonly Parts[]])[] = [
    ["frame missing", [...before, ...after]],
    ["frame repeated", [...before, here, here, ...after]],
    ...(next === undefined
      ? []
      : [["frames reordered", [...before, next, here, ...after.slice(1)]] as const]),
  ];
  const [what, changed] = chance.pick(ways);
  return { what, parts: changed, derived: false };
}

function onStamp(parts: readonly Parts[], at: number, chance: Chance): RecordMutation {
  const { entry } = parts[at]!;
  const entropy = entry.entropy.slice();
  entropy[chance.below(32)]! ^= 1 << chance.below(8);
  const [what, change] = chance.pick([
    ["stamp: logical time", { logicalNs: other(entry.logicalNs, chance) as never }],
    ["stamp: wall time", { wallNs: other(entry.wallNs, chance) as never }],
    ["stamp: entropy", { entropy }],
    ["stamp: by", { by: `${entry.by ?? ""}x` }],
    ["stamp: ingress id", { ingressId: `${entry.ingressId ?? ""}x`, requestDigest: entropy }],
  ] as const);
  return { what, parts: replaced(parts, at, { entry: { ...entry, ...change } }), derived: false };
}

/** Null where the frame derives nothing to move. */
function onRecordOrder(parts: readonly Parts[], at: number, chance: Chance): RecordMutation | null {
  const { records } = parts[at]!;
  if (records.length < 2) return null;
  const index = 1 + chance.below(records.length - 1);
  const [before, here, after] = [records.slice(0, index), records[index]!, records.slice(index + 1)];
  const next = after[0];
  const ways: readonly (readonly [string, readonly JournalRecord[]])[] = [
    ["record missing", [...before, ...after]],
    ["record repeated", [...before, here, here, ...after]],
    ...(next === undefined
      ? []
      : [["records reordered", [...before, next, here, ...after.slice(1)]] as const]),
  ];
  const [what, changed] = chance.pick(ways);
  return { what, parts: replaced(parts, at, { records: changed }), derived: true };
}

function onField(parts: readonly Parts[], at: number, chance: Chance): RecordMutation {
  const { records } = parts[at]!;
  const index = chance.below(records.length);
  const record = records[index]!;
  const fields = fieldsOf(record.kind);
  const choice = chance.below(fields.length + 2);
  let changed: JournalRecord;
  let name: string;
  if (choice === fields.length) {
    changed = { ...record, cause: (record.cause ?? 0) + 1 };
    name = "cause";
  } else if (choice > fields.length) {
    const { reducer = "demo/Other@1", key = new Uint8Array(0) } = record.cell ?? {};
    changed = { ...record, cell: { reducer, key: Uint8Array.of(...key, 1) } };
    name = "cell";
  } else {
    const field = fields[choice]!;
    name = field.name;
    changed = {
      ...record,
      [field.key]: otherValue(field.type, fieldValue(record, field.key), chance),
    } as never;
  }
  const after = [...records.slice(0, index), changed, ...records.slice(index + 1)];
  const what = `${record.kind} (${LAYOUT[record.kind].number}): ${name}`;
  return { what, parts: replaced(parts, at, { records: after }), derived: index > 0 };
}

function replaced(parts: readonly Parts[], at: number, change: Partial<Parts>): readonly Parts[] {
  return parts.map((part, i) => (i === at ? { ...part, ...change } : part));
}

function otherValue(type: string, value: unknown, chance: Chance): unknown {
  if (value === null) return fresh(type);
  if (type.endsWith("?") && chance.oneIn(4)) return null;
  if (typeof value === "bigint") return other(value, chance);
  if (value instanceof Uint8Array) return otherBytes(value, chance);
  if (typeof value === "string")
    return type.startsWith("text") ? otherText(value, chance) : hashOf(utf8(value));
  if (type === "nats") return [...(value as bigint[]), 1n];
  const pairs = value as readonly (readonly [string, string])[];
  return chance.oneIn(2) || pairs.length === 0 ? [...pairs, ["more", "done"]] : pairs.slice(1);
}

function fresh(type: string): unknown {
  switch (type) {
    case "nat?":
      return 0n;
    case "text?":
      return "";
    case "hash?":
      return hashOf(utf8("another"));
    default:
      return Uint8Array.of(0xf6);
  }
}

function other(value: bigint, chance: Chance): bigint {
  return value > 0n && chance.oneIn(2) ? value - 1n : value + 1n + BigInt(chance.below(1000));
}

function otherText(text: string, chance: Chance): string {
  const ways = [
    `${text}x`,
    text.slice(0, -1),
    text === "allow" ? "deny" : text === "ok" ? "fault" : `${text} `,
  ];
  const changed = chance.pick(ways);
  return changed === text ? `${text}y` : changed;
}

function otherBytes(bytes: Uint8Array, chance: Chance): Uint8Array {
  if (bytes.length === 0 || chance.oneIn(8)) return Uint8Array.of(...bytes, 0);
  const changed = bytes.slice();
  changed[chance.below(bytes.length)]! ^= 1 << chance.below(8);
  return changed;
}
