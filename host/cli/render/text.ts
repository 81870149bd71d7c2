/** Text for terminals: colours where they show, and nothing from outside that could steer one. */

import pc from "picocolors";
import { plain } from "../../values/quote.ts";
import type { Io } from "../io.ts";

export type Palette = ReturnType<typeof pc.createColors>;

export function paletteOf(io: Io): Palette {
  return pc.createColors(io.color);
}

/** One line of text from a module, an event or a file: fit for a terminal, cut to `max` characters. */
export function clean(text: string, max = 400): string {
  return plain(text, max);
}

/** Nanoseconds as people read them: `12.3 ms`. */
export function duration(ns: bigint): string {
  const milliseconds = Number(ns) / 1e6;
  if (milliseconds < 1000) return `${trim(milliseconds)} ms`;
  return `${trim(milliseconds / 1000)} s`;
}

function trim(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1).replace(/\.?0+$/, "");
}

const MS_MAX = 8_640_000_000_000_000n;

/** A time of the logical clock, UTC with milliseconds; beyond what a calendar holds, the nanoseconds. */
export function instant(ns: bigint): string {
  const milliseconds = ns / 1_000_000n;
  return milliseconds <= MS_MAX ? new Date(Number(milliseconds)).toISOString() : `${ns} ns`;
}

export function plural(count: number | bigint, noun: string): string {
  return `${count} ${noun}${BigInt(count) === 1n ? "" : "s"}`;
}
