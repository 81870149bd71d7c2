/** Nanoseconds since the Unix epoch as RFC 3339 text in UTC, exact, over the whole range of u64. */

import type { Json } from "../../values/json.ts";
import { corruptRecording } from "./parse.ts";

const NS_PER_SECOND = 1_000_000_000n;
const SECONDS_PER_DAY = 86_400n;
const FORM = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{9})Z$/;

/** `2026-11-22T15:35:28.900000000Z`. */
export function instantText(ns: bigint): string {
  const seconds = ns / NS_PER_SECOND;
  const [year, month, day] = civilOf(seconds / SECONDS_PER_DAY);
  const rest = Number(seconds % SECONDS_PER_DAY);
  const two = (n: number): string => String(n).padStart(2, "0");
  const time = `${two(Math.floor(rest / 3600))}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}`;
  const fraction = String(ns % NS_PER_SECOND).padStart(9, "0");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}T${time}.${fraction}Z`;
}

/** Throws `recording.corrupt` for anything `instantText` does not write. */
export function instantOf(json: Json): bigint {
  const match = typeof json === "string" ? FORM.exec(json) : null;
  if (match === null) throw corruptRecording("an instant of another form");
  const [year, month, day, hour, minute, second, fraction] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const seconds = daysOf(year, month, day) * SECONDS_PER_DAY + BigInt(hour * 3600 + minute * 60 + second);
  const ns = seconds * NS_PER_SECOND + BigInt(fraction);
  if (ns < 0n || instantText(ns) !== json) throw corruptRecording("an instant that does not exist");
  return ns;
}

/** Days from 1970-01-01 in the Gregorian calendar; H. Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
function daysOf(year: number, month: number, day: number): bigint {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return BigInt(era * 146_097 + dayOfEra - 719_468);
}

/** The inverse, from the same source. */
function civilOf(days: bigint): readonly [number, number, number] {
  const shifted = Number(days) + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day];
}
