/** Differences of two manifests, for people and for programs. */

import type { DefinitionDifference, FieldDifference } from "../../air/difference.ts";
import { type Json, jsonFrom, stringifyJson } from "../../values/json.ts";
import type { Io } from "../io.ts";
import { clean, type Palette, paletteOf } from "./text.ts";

const MARKS = { added: "+", removed: "-", changed: "~", reordered: "~" } as const;

export function differenceLines(io: Io, difference: DefinitionDifference): readonly string[] {
  const p = paletteOf(io);
  const { kind, name, change, fields } = difference;
  const title = `${MARKS[change]} ${kind}${name === null ? "" : ` ${clean(name)}`}`;
  return [colour(p, change)(title), ...fields.flatMap((field) => fieldLines(p, field))];
}

function fieldLines(
  p: Palette,
  { change, pointer, where, before, after }: FieldDifference,
): readonly string[] {
  const place = `${clean(pointer)}${where === null ? "" : ` ${p.dim(`(${clean(where)})`)}`}`;
  const lines = [`    ${MARKS[change]} ${place}${change === "reordered" ? " in another order" : ""}`];
  if (before !== undefined) lines.push(`        ${p.red(`- ${shown(before)}`)}`);
  if (after !== undefined) lines.push(`        ${p.green(`+ ${shown(after)}`)}`);
  return lines;
}

function shown(json: Json): string {
  return clean(stringifyJson(json));
}

function colour(p: Palette, change: DefinitionDifference["change"]): (text: string) => string {
  return change === "added" ? p.green : change === "removed" ? p.red : p.yellow;
}

export function differenceJson(difference: DefinitionDifference): string {
  return stringifyJson(jsonFrom({ type: "difference", ...difference }));
}
