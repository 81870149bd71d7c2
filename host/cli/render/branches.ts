/** Two runs side by side, for people and for programs. */

import type { FrameDifference, RecordDifference } from "../../replay/branches.ts";
import type { RecordingComparison } from "../../replay/recording/compare.ts";
import { type Json, jsonInteger } from "../../values/json.ts";
import type { Io } from "../io.ts";
import { clean, type Palette, paletteOf, plural } from "./text.ts";

/** What the two sides are called. */
export interface Names {
  readonly left: string;
  readonly right: string;
}

const VALUE_MAX = 2000;

export function frameLines(io: Io, difference: FrameDifference, names: Names): readonly string[] {
  const p = paletteOf(io);
  const { left, right, title, stamp, records } = difference;
  const places = left === right ? `frame ${left}` : `frame ${left ?? "none"} and ${right ?? "none"}`;
  const only = left === null ? names.right : right === null ? names.left : null;
  if (only !== null) {
    const [mark, colour] = left === null ? (["+", p.green] as const) : (["-", p.red] as const);
    return [`${colour(`${mark} frame ${left ?? right}`)} ${clean(title)}: only ${only}`];
  }
  return [
    `${p.yellow(`~ ${places}`)} ${clean(title)}`,
    ...(stamp.length === 0 ? [] : [p.dim(`    stamp: ${stamp.join(", ")}`)]),
    ...records.flatMap((record) => recordLines(p, record, names)),
  ];
}

function recordLines(p: Palette, record: RecordDifference, { left, right }: Names): readonly string[] {
  const { title, fields } = record;
  if (record.left === null)
    return [`    ${p.green(`+ record ${record.right}`)} ${clean(title)}: only ${right}`];
  if (record.right === null) return [`    ${p.red(`- record ${record.left}`)} ${clean(title)}: only ${left}`];
  const width = Math.max(left.length, right.length);
  return [
    `    ${p.yellow(`~ record ${record.left}`)} ${clean(title)}`,
    ...fields.flatMap(({ field, recorded, replayed }) => [
      `        ${p.bold(clean(field))}`,
      `          ${left.padEnd(width)}  ${p.red(clean(recorded, VALUE_MAX))}`,
      `          ${right.padEnd(width)}  ${p.green(clean(replayed, VALUE_MAX))}`,
    ]),
  ];
}

export function frameDifferenceJson({ left, right, title, stamp, records }: FrameDifference): Json {
  const place = (value: bigint | number | null): Json => (value === null ? null : jsonInteger(BigInt(value)));
  return new Map<string, Json>([
    ["type", "frame_difference"],
    ["left", place(left)],
    ["right", place(right)],
    ["title", title],
    ["stamp", stamp],
    [
      "records",
      records.map((record) => {
        return new Map<string, Json>([
          ["left", place(record.left)],
          ["right", place(record.right)],
          ["title", record.title],
          ["fields", record.fields.map((field) => new Map(Object.entries(field)))],
        ]);
      }),
    ],
  ]);
}

/** What a new recording would change of the one that is there. */
export function comparisonLines(io: Io, comparison: RecordingComparison): readonly string[] {
  const { header, listed, differing, stampsOnly, frames } = comparison;
  const names = { left: "old", right: "new" };
  const more = differing - listed.length;
  return [
    ...(header.length === 0 ? [] : [`the header differs: ${header.join(", ")}`]),
    ...listed.flatMap((difference) => frameLines(io, difference, names)),
    ...(more > 0 ? [`and ${plural(more, "frame")} more`] : []),
    `${differing} of ${plural(frames, "frame")} differ${stampsOnly === 0 ? "" : `, ${stampsOnly} more in their stamp only`}`,
  ];
}
