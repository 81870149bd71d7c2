/**
 * Runs a module as it was written and as it was admitted, and says where they differ.
 *
 * Both are called as a host calls them: `alloc`, the input written there, `step`. Compared are how the call
 * ended, what it gave and the whole memory. A call that met a limit is not: the original knows none.
 */

import type { AdmittedModule } from "../../../host/wasm/admission.ts";
import { createGuest, type Guest, memoryOf } from "../../../host/wasm/guest.ts";

/** How a call ended: what it gave, or the trap's words. */
export interface Ended {
  readonly how: string;
  readonly memory: Uint8Array;
}

export interface GuestEnded extends Ended {
  readonly fuel: number;
  /** As `why` of the injected functions. */
  readonly why: number;
}

const OUT_OF_RANGE = "alloc gave what is outside of memory";

export function runOriginal(bytes: Uint8Array, input: Uint8Array): Ended {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>));
  const memory = () => new Uint8Array((exports.memory as WebAssembly.Memory).buffer);
  const alloc = exports.alloc as (length: number) => number;
  const step = exports.step as (...words: number[]) => unknown;
  const how = outcomeOf(() => {
    const at = alloc(input.length) >>> 0;
    if (at + input.length > memory().length) return OUT_OF_RANGE;
    memory().set(input, at);
    if (step.length === 2) return (step(at, input.length) as number[]).map((word) => word >>> 0);
    const answer = alloc(8);
    step(answer, at, input.length);
    return [answer >>> 0];
  });
  return { how, memory: memory() };
}

export function runGuest(guest: Guest, input: Uint8Array, fuel: number): GuestEnded {
  const how = outcomeOf(() => {
    const at = guest.enter(input.length, fuel) >>> 0;
    if (at + input.length > memoryOf(guest).byteLength) return OUT_OF_RANGE;
    new Uint8Array(memoryOf(guest)).set(input, at);
    const given = guest.run(at, input.length) >>> 0;
    return guest.admitted.entries.step === "multi-value" ? [guest.answer() >>> 0, given] : [given];
  });
  const left = guest.left();
  return {
    how,
    memory: new Uint8Array(memoryOf(guest)),
    fuel: left < 0 ? fuel : fuel - left,
    why: guest.why(),
  };
}

/** A `RangeError` is the engine's stack exhausted: what admission is there to prevent. */
function outcomeOf(call: () => unknown): string {
  try {
    return `gave ${String(call())}`;
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return `trapped: ${error.message}`;
    if (error instanceof RangeError) return STACK_EXHAUSTED;
    throw error;
  }
}

export const STACK_EXHAUSTED = "exhausted the engine's stack";

export interface Comparison {
  /** What is wrong; null when nothing is. */
  readonly wrong: string | null;
  readonly ended: "compared" | "trapped" | "fuel" | "stack" | "memory";
  readonly fuel: number;
}

const LIMITS_MET = ["compared", "fuel", "stack", "memory", "memory"] as const;

/** Runs original and admitted module side by side, and the admitted one again after `reset`. */
export function compareRuns(
  bytes: Uint8Array,
  admitted: AdmittedModule,
  input: Uint8Array,
  fuelMax: number,
): Comparison {
  const guest = createGuest(admitted);
  const pristine = new Uint8Array(memoryOf(guest)).slice();
  const ran = runGuest(guest, input, fuelMax);
  const after = { ...ran, memory: ran.memory.slice() };
  const limit = LIMITS_MET[ran.why]!;
  const ended = limit === "compared" && ran.how.startsWith("trapped") ? "trapped" : limit;
  const wrong =
    ran.how === STACK_EXHAUSTED
      ? ran.how
      : (repeats(guest, pristine, after, input, fuelMax) ??
        (limit === "compared" ? differs(runOriginal(bytes, input), after) : null));
  return { wrong, ended, fuel: ran.fuel };
}

function repeats(
  guest: Guest,
  pristine: Uint8Array,
  first: GuestEnded,
  input: Uint8Array,
  fuelMax: number,
): string | null {
  const { admitted } = guest;
  let again = createGuest(admitted);
  if (admitted.restorable && memoryOf(guest).byteLength === pristine.length) {
    guest.reset();
    const at = firstDifference(pristine, new Uint8Array(memoryOf(guest)));
    if (at >= 0) return `byte ${at} of memory after reset`;
    again = guest;
  }
  const second = runGuest(again, input, fuelMax);
  if (second.fuel !== first.fuel) return `fuel ${first.fuel}, then ${second.fuel}`;
  if (second.why !== first.why) return `why ${first.why}, then ${second.why}`;
  const different = differs(first, second);
  return different === null ? null : `again: ${different}`;
}

function differs(a: Ended, b: Ended): string | null {
  if (a.how !== b.how) return `${a.how}, against ${b.how}`;
  if (a.memory.length !== b.memory.length) return `memory of ${a.memory.length} and ${b.memory.length} bytes`;
  const at = firstDifference(a.memory, b.memory);
  return at < 0 ? null : `byte ${at} of memory is ${a.memory[at]}, against ${b.memory[at]}`;
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  if (Buffer.compare(a, b) === 0) return -1;
  return a.findIndex((byte, i) => byte !== b[i]);
}
