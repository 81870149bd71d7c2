/**
 * Two runs side by side: what differs between a frame and its counterpart, by record and field, in the types of
 * the schemas. Positions are taken relative to the frame, so that a record more in one frame makes no difference
 * in those behind it.
 */

import type { Manifest } from "../air/manifest.ts";
import type { Frame } from "../journal/frame.ts";
import type { JournalRecord } from "../journal/record.ts";
import { cellText, compareRecords, type FieldDifference } from "./core/diff.ts";
import { retyped } from "./retyped.ts";

export interface RecordDifference {
  /** Index in the frame of each side; null where it has no such record. */
  readonly left: number | null;
  readonly right: number | null;
  /** What kind of record it is, and of what: `delivery of demo/RetrySM@1`. */
  readonly title: string;
  /** Fields that differ, left `recorded`, right `replayed`; none where one side has no such record. */
  readonly fields: readonly FieldDifference[];
}

export interface FrameDifference {
  /** Frame of each side; null where it has none. */
  readonly left: bigint | null;
  readonly right: bigint | null;
  /** What entered: `domain_event demo/StartWork@1`. */
  readonly title: string;
  /** Parts of the stamp that differ: `logical_ns`, `wall_ns`, `entropy`, `by`, `ingress_id`. */
  readonly stamp: readonly string[];
  readonly records: readonly RecordDifference[];
  /** Whether the fuel of a delivery differs. */
  readonly fuelDiffers: boolean;
}

export interface Sides {
  readonly left: Frame | null;
  readonly right: Frame | null;
  /** Gives names and types to values. */
  readonly manifest: Manifest;
  /** Those of the left side, where they are others. */
  readonly leftManifest?: Manifest | null;
  /** The left frame that is the counterpart of a right one; itself unless given. */
  readonly leftFrameOf?: (right: bigint) => bigint;
  /** The same for records that say a fault, by sequence. */
  readonly leftFaultOf?: (right: bigint) => bigint;
}

/** Null where both say the same, digests and the hashes of what ran aside. */
export function compareFrames(sides: Sides): FrameDifference | null {
  const { left, right } = sides;
  const some = left ?? right;
  if (some === null) return null;
  const places = {
    left: left === null ? null : (left.head.frame as bigint),
    right: right === null ? null : (right.head.frame as bigint),
    title: titleOf(some.records[0]!),
  };
  if (left === null || right === null) return { ...places, stamp: [], records: [], fuelDiffers: false };
  const stamp = stampDifferences(left, right);
  const { records, fuelDiffers } = compareAligned(left, right, sides);
  if (stamp.length === 0 && records.length === 0) return null;
  return { ...places, stamp, records, fuelDiffers };
}

function stampDifferences({ head: a }: Frame, { head: b }: Frame): readonly string[] {
  return [
    ...(a.logicalNs === b.logicalNs ? [] : ["logical_ns"]),
    ...(a.wallNs === b.wallNs ? [] : ["wall_ns"]),
    ...(String(a.entropy) === String(b.entropy) ? [] : ["entropy"]),
    ...(a.by === b.by ? [] : ["by"]),
    ...(a.ingressId === b.ingressId ? [] : ["ingress_id"]),
  ];
}

function compareAligned(left: Frame, right: Frame, sides: Sides) {
  const { manifest, leftManifest, leftFrameOf, leftFaultOf } = sides;
  const manifests = { left: leftManifest ?? manifest, right: manifest };
  const pairs = align(left.records.map(titleOf), right.records.map(titleOf));
  const leftOf = new Map(pairs.flatMap(([a, b]) => (a === null || b === null ? [] : [[b, a] as const])));
  const records: RecordDifference[] = [];
  let fuelDiffers = false;
  for (const [a, b] of pairs) {
    const [old, now] = [a === null ? null : left.records[a]!, b === null ? null : right.records[b]!];
    const title = titleOf((old ?? now)!);
    if (old === null || now === null) {
      records.push({ left: a, right: b, title, fields: [] });
      continue;
    }
    const placed = inPlaceOf(now, {
      left,
      right,
      leftOf,
      leftFrameOf: leftFrameOf ?? ((frame) => frame),
      leftFaultOf: leftFaultOf ?? ((seq) => seq),
    });
    const found = compareRecords(old, placed, manifest, false);
    fuelDiffers ||= found.fuelDiffers;
    const fields = withoutConsequences(retyped(found.differences, [old, placed], manifests));
    if (fields.length > 0) records.push({ left: a, right: b, title, fields });
  }
  return { records, fuelDiffers };
}

interface Places {
  readonly left: Frame;
  readonly right: Frame;
  readonly leftOf: ReadonlyMap<number, number>;
  readonly leftFrameOf: (right: bigint) => bigint;
  readonly leftFaultOf: (right: bigint) => bigint;
}

/** The record of the right side with its positions as the left side counts them. */
function inPlaceOf(
  record: JournalRecord,
  { left, right, leftOf, leftFrameOf, leftFaultOf }: Places,
): JournalRecord {
  const cause = record.cause === null ? null : (leftOf.get(record.cause) ?? record.cause);
  if (record.kind === "effect_receipt") {
    return { ...record, cause, intentFrame: leftFrameOf(record.intentFrame) };
  }
  if (record.kind === "redeliver") return { ...record, cause, delivery: leftFaultOf(record.delivery) };
  if (record.kind === "dismiss") return { ...record, cause, fault: leftFaultOf(record.fault) };
  if (record.kind !== "delivery") return { ...record, cause };
  const index = Number(record.event - (right.head.firstRecord as bigint));
  const event = (left.head.firstRecord as bigint) + BigInt(leftOf.get(index) ?? index);
  return { ...record, cause, event };
}

/** An intent's hash follows from what it says. */
function withoutConsequences(fields: readonly FieldDifference[]): readonly FieldDifference[] {
  const causes = fields.filter(({ field }) => field !== "intent_hash");
  return causes.length > 0 ? causes : fields;
}

/** What a record is, and of what; records of one title are taken for the same. */
export function titleOf(record: JournalRecord): string {
  switch (record.kind) {
    case "domain_event":
    case "redeliver":
    case "plan_result":
      return `${record.kind} ${record.schema}`;
    case "delivery":
      return `delivery of ${cellText(record.cell)}`;
    case "effect_intent":
    case "effect_receipt":
    case "cap_decision":
    case "policy_decision":
      return `${record.kind} ${record.effectKind}`;
    case "plan_started":
    case "plan_turn":
    case "plan_ended":
    case "plan_start":
      return `${record.kind} ${record.plan}`;
    default:
      return record.kind;
  }
}

type Pair = readonly [left: number | null, right: number | null];

/** Beyond this many comparisons, records are paired by their index. */
const ALIGN_MAX = 250_000;

/** Pairs items by the longest common subsequence of their titles. */
function align(left: readonly string[], right: readonly string[]): readonly Pair[] {
  if (left.length * right.length > ALIGN_MAX || String(left) === String(right)) return byIndex(left, right);
  const width = right.length + 1;
  const common = new Uint32Array((left.length + 1) * width);
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      const below = Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
      common[i * width + j] = left[i] === right[j] ? 1 + common[(i + 1) * width + j + 1]! : below;
    }
  }
  const pairs: Pair[] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && left[i] === right[j]) pairs.push([i++, j++]);
    else if (
      j >= right.length ||
      (i < left.length && common[(i + 1) * width + j]! >= common[i * width + j + 1]!)
    )
      pairs.push([i++, null]);
    else pairs.push([null, j++]);
  }
  return pairs;
}

function byIndex(left: readonly string[], right: readonly string[]): readonly Pair[] {
  const count = Math.max(left.length, right.length);
  return Array.from({ length: count }, (_, i) => {
    return [i < left.length ? i : null, i < right.length ? i : null] as const;
  });
}
