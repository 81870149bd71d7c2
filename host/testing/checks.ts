/** What tests and matchers ask, as functions: null where it holds, else what to print. */

import type { Manifest } from "../air/manifest.ts";
import { fromNative, toNative } from "../values/native.ts";
import type { Schema } from "../values/schema.ts";
import { type Difference, differences, mismatch } from "./compare.ts";
import { reading } from "./failure.ts";
import { schemaNamed } from "./keys.ts";
import { show } from "./show.ts";
import type { Fault } from "./types.ts";

export interface FoundEvent {
  readonly schema: string;
  readonly value: unknown;
  /** Undefined in an expected event: any. */
  readonly key?: unknown;
}

export interface FoundEffect {
  readonly kind: string;
  /** Undefined in an expected effect: any. */
  readonly params?: unknown;
}

/** What happened, as far as it is checked. */
export interface Happened {
  readonly state?: unknown;
  readonly stateChanged: boolean;
  readonly events: readonly FoundEvent[];
  readonly effects: readonly FoundEffect[];
  readonly fault: Fault | null;
  /** Names of plans that began. */
  readonly plans?: readonly string[];
}

/** `some`: only the fields that are given. Throws `TestFailure` when the expected value is not of the type. */
export function checkState(
  what: string,
  schema: Schema,
  expected: unknown,
  { state, fault }: Pick<Happened, "state" | "fault">,
  fields: "all" | "some" = "all",
): string | null {
  const found = state ?? null;
  const because = fault === null ? "" : `\nthe delivery faulted: ${faultText(fault)}`;
  const refused = (message: string | null): string | null => message && message + because;
  if (found === null || expected === null) {
    const same = found === expected;
    return same ? null : refused(mismatch(what, differences(shown(expected), shown(found))));
  }
  if (fields === "all") {
    const whole = reading(`the expected ${schema.name}`, () =>
      toNative(schema, fromNative(schema, expected)),
    );
    return refused(mismatch(what, differences(whole, found)));
  }
  const given = expected as object;
  const whole = reading(`the expected ${schema.name}`, () => {
    return toNative(schema, fromNative(schema, { ...(found as object), ...given }));
  }) as Readonly<Record<string, unknown>>;
  const actual = found as Readonly<Record<string, unknown>>;
  const all = Object.keys(given).flatMap((name) => differences(whole[name], actual[name], `/${name}`));
  return refused(mismatch(what, all));
}

export function checkEvents(
  manifest: Manifest,
  expected: readonly FoundEvent[],
  happened: Pick<Happened, "events" | "fault">,
): string | null {
  const wanted = expected.map(({ schema: name, value, key }, i) => {
    const schema = schemaNamed(manifest, name);
    const what = `expected event ${i + 1} (${name})`;
    return { schema: name, value: reading(what, () => toNative(schema, fromNative(schema, value))), key };
  });
  const name = ({ schema }: FoundEvent): string => schema;
  const parts = (wantedOne: FoundEvent, found: FoundEvent, at: string): readonly Difference[] => [
    ...differences(wantedOne.value, found.value, at),
    ...(wantedOne.key === undefined ? [] : differences(wantedOne.key, found.key, `${at} key`)),
  ];
  return compareLists("the events", wanted, happened.events, name, parts, happened.fault);
}

export function checkEffects(
  manifest: Manifest,
  expected: readonly FoundEffect[],
  happened: Pick<Happened, "effects" | "fault">,
): string | null {
  const wanted = expected.map(({ kind, params }, i) => {
    const schema = manifest.effects.get(kind)?.params;
    if (params === undefined || schema === undefined) return { kind, params };
    const what = `params of expected effect ${i + 1} (${kind})`;
    return { kind, params: reading(what, () => toNative(schema, fromNative(schema, params))) };
  });
  const name = ({ kind }: FoundEffect): string => kind;
  const parts = (wantedOne: FoundEffect, found: FoundEffect, at: string): readonly Difference[] =>
    wantedOne.params === undefined ? [] : differences(wantedOne.params, found.params, at);
  return compareLists("the effects", wanted, happened.effects, name, parts, happened.fault);
}

/** Both in order; an item is named by its place, its name and the pointer in it. */
function compareLists<T>(
  what: string,
  wanted: readonly T[],
  found: readonly T[],
  nameOf: (item: T) => string,
  parts: (wanted: T, found: T, at: string) => readonly Difference[],
  fault: Fault | null,
): string | null {
  const all: Difference[] = [];
  for (let i = 0; i < Math.max(wanted.length, found.length); i++) {
    const [a, b] = [wanted[i], found[i]];
    if (a !== undefined && b !== undefined && nameOf(a) === nameOf(b)) {
      all.push(...parts(a, b, `${i + 1}. ${nameOf(a)} `));
    } else {
      all.push({ pointer: `${i + 1}.`, expected: itemText(a), found: itemText(b) });
    }
  }
  const message = mismatch(what, all);
  return message !== null && fault !== null
    ? `${message}\nthe delivery faulted: ${faultText(fault)}`
    : message;
}

function itemText(item: unknown): string {
  return item === undefined ? "nothing" : show(item);
}

/** A delivery that faulted did not apply: that is something. */
export function checkNothing({
  state,
  stateChanged,
  events,
  effects,
  fault,
  plans = [],
}: Happened): string | null {
  const found = [
    ...(fault === null ? [] : [`a fault: ${faultText(fault)}`]),
    ...(stateChanged
      ? [state === undefined ? "a changed state" : `a changed state: ${show(state, "  ")}`]
      : []),
    ...events.map((event) => `the event ${event.schema} ${show(event.value, "  ")}`),
    ...effects.map((effect) => `the effect ${effect.kind} ${show(effect.params, "  ")}`),
    ...plans.map((plan) => `the plan ${plan} began`),
  ];
  if (found.length === 0) return null;
  return ["nothing was to happen, found", ...found.map((line) => `  ${line}`)].join("\n");
}

/** Whether one of the faults is this one. */
export function checkFault(
  code: string,
  message: string | RegExp | undefined,
  faults: readonly Fault[],
): string | null {
  const fits = (fault: Fault): boolean =>
    fault.code === code &&
    (message === undefined ||
      (typeof message === "string" ? fault.message.includes(message) : message.test(fault.message)));
  if (faults.some(fits)) return null;
  const wanted = message === undefined ? code : `${code} with ${show(message)}`;
  const found = faults.length === 0 ? "none" : faults.map(faultText).join("\n           ");
  return `expected the fault ${wanted}\n  found    ${found}`;
}

export function faultText({ code, message, file, line }: Fault): string {
  const where = file === null ? "" : ` (${file}${line === null ? "" : `:${line}`})`;
  return `${code}${message === "" ? "" : `: ${message}`}${where}`;
}

function shown(state: unknown): unknown {
  return state === null ? "no state" : state;
}
