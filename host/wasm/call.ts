/**
 * One call: input in, output out, and what it used. Every pointer the guest gives is checked before it is
 * followed; nothing of the guest's memory outlives the call but the copied output.
 */

import type { GuestFault } from "../kernel/ports.ts";
import { AirloomError, bug } from "../values/errors.ts";
import { LIMITS } from "../values/limits.ts";
import { type Entry, memoryRefused } from "./admission.ts";
import { InvalidOutput } from "./envelope.ts";
import { faultOf, invalidOutput } from "./fault.ts";
import { type Guest, mayHaveGrown, memoryOf } from "./guest.ts";
import { WHY } from "./inject.ts";
import type { Input } from "./input.ts";
import type { Pool } from "./pool.ts";

export type CallResult<T> =
  | { readonly ok: true; readonly output: T; readonly fuel: bigint }
  | { readonly ok: false; readonly fault: GuestFault; readonly fuel: bigint };

/**
 * `read` gets bytes that are its own, and throws `InvalidOutput` for what is no output.
 * Throws an `AirloomError` of kind `host` when the engine failed: `host.stack_exhausted`,
 * `host.instantiation_failed`, `host.memory_refused`.
 */
export function callModule<T>(
  pool: Pool,
  entry: Entry,
  fuelMax: number,
  input: Input,
  read: (bytes: Uint8Array) => T,
): CallResult<T> {
  const form = pool.admitted.entries[entry];
  if (form === null) throw missingEntry(entry);
  const guest = pool.take();
  let output: Uint8Array;
  try {
    const start = guest.enter(input.length, fuelMax) >>> 0;
    checkRange(guest, start, input.length, "what 'alloc' gave");
    input.write(currentMemory(guest), start);
    const call = entry === "step" ? guest.run : guest.pure;
    const given = call(start, input.length);
    output =
      form === "multi-value"
        ? copyOut(pool, guest, guest.answer() >>> 0, given)
        : follow(pool, guest, given >>> 0);
  } catch (error) {
    if (error instanceof InvalidOutput) return answerFault(pool, guest, fuelMax, error);
    return { ok: false, fault: trapFault(guest, error), fuel: fuelUsed(guest, fuelMax) };
  }
  const fuel = fuelUsed(guest, fuelMax);
  pool.give(guest);
  try {
    return { ok: true, output: read(output), fuel };
  } catch (error) {
    if (!(error instanceof InvalidOutput)) throw error;
    return { ok: false, fault: invalidOutput(error), fuel };
  }
}

/** The call ended, its answer is none. */
function answerFault<T>(pool: Pool, guest: Guest, fuelMax: number, error: InvalidOutput): CallResult<T> {
  const fuel = fuelUsed(guest, fuelMax);
  pool.give(guest);
  return { ok: false, fault: invalidOutput(error), fuel };
}

function missingEntry(entry: Entry): AirloomError {
  return new AirloomError(
    "module",
    "module.export_missing",
    `the module exports no function named '${entry}'`,
  );
}

/** A call that ran out has used all there was. */
function fuelUsed(guest: Guest, fuelMax: number): bigint {
  const left = guest.left();
  return BigInt(left < 0 ? fuelMax : fuelMax - left);
}

function trapFault(guest: Guest, error: unknown): GuestFault {
  if (error instanceof RangeError) {
    throw new AirloomError("host", "host.stack_exhausted", "the module exhausted the engine's stack", {
      cause: error,
    });
  }
  if (!(error instanceof WebAssembly.RuntimeError)) throw bug("a call threw something unknown", { error });
  const why = guest.why();
  if (why === WHY.growRefused) throw memoryRefused();
  return faultOf(guest, error, why);
}

/** Address and length of a struct-return answer. */
function follow(pool: Pool, guest: Guest, at: number): Uint8Array {
  checkRange(guest, at, 8, "what 'alloc' gave");
  const view = mayHaveGrown(guest) ? new DataView(memoryOf(guest)) : guest.view;
  return copyOut(pool, guest, view.getUint32(at, true), view.getInt32(at + 4, true));
}

function copyOut(pool: Pool, guest: Guest, address: number, length: number): Uint8Array {
  if (length < 0) throw new InvalidOutput(`the output has a length of ${length}`);
  if (length > LIMITS.outputBytesMax) {
    throw new InvalidOutput(`the output has ${length} bytes, at most ${LIMITS.outputBytesMax} may be`);
  }
  checkRange(guest, address, length, "the output");
  return pool.copy(currentMemory(guest), address, address + length);
}

function currentMemory(guest: Guest): Uint8Array {
  return mayHaveGrown(guest) ? new Uint8Array(memoryOf(guest)) : guest.memory;
}

function checkRange(guest: Guest, address: number, length: number, what: string): void {
  const size = currentMemory(guest).length;
  if (address + length <= size) return;
  throw new InvalidOutput(`${what}, ${length} bytes at ${address}, is outside the memory of ${size} bytes`);
}
