/**
 * One call of a reducer in an instance of its own. Every pointer the guest gives is checked before it is
 * followed; nothing of the guest's memory outlives the call but the copied output.
 */

import { type ASUtil, instantiateSync } from "@assemblyscript/loader";
import type { GuestFault, StepResult } from "../kernel/ports.ts";
import { AirloomError } from "../values/errors.ts";
import { LIMITS } from "../values/limits.ts";
import { plain } from "../values/quote.ts";
import type { AdmittedModule, StepForm } from "./admission.ts";
import { decodeStepOutput, InvalidOutput } from "./envelope.ts";
import { faultOf } from "./fault.ts";

/** Schedule `none` does not meter. */
const NO_FUEL = 0n;

/** Throws an `AirloomError` of kind `host` when the engine failed: stack exhausted, no instance to be had. */
export function callStep(admitted: AdmittedModule, input: Uint8Array): StepResult {
  const guest = instantiate(admitted);
  try {
    const output = decodeStepOutput(exchange(guest, input));
    return { ok: true, output, fuel: NO_FUEL };
  } catch (error) {
    return { ok: false, fault: faultFrom(guest, error), fuel: NO_FUEL };
  }
}

interface Guest {
  readonly form: StepForm;
  readonly memory: WebAssembly.Memory;
  readonly alloc: (length: number) => number;
  readonly step: (...words: number[]) => unknown;
  readonly exports: WebAssembly.Exports;
  readonly loader: ASUtil;
}

function instantiate({ module, form }: AdmittedModule): Guest {
  try {
    const { instance, exports: loader } = instantiateSync(module);
    const { exports } = instance;
    return {
      form,
      memory: exports.memory as WebAssembly.Memory,
      alloc: exports.alloc as Guest["alloc"],
      step: exports.step as Guest["step"],
      exports,
      loader,
    };
  } catch (cause) {
    throw new AirloomError("host", "host.instantiation_failed", "the engine could not make an instance", {
      cause,
    });
  }
}

/** Hands the input over and copies the output out. */
function exchange(guest: Guest, input: Uint8Array): Uint8Array {
  const start = allocate(guest, input.length);
  new Uint8Array(guest.memory.buffer).set(input, start);
  const [address, length] =
    guest.form === "multi-value" ? askForTwo(guest, start, input) : ask(guest, start, input);
  if (length < 0) throw new InvalidOutput(`the output has a length of ${length}`);
  if (length > LIMITS.outputBytesMax) {
    throw new InvalidOutput(`the output has ${length} bytes, at most ${LIMITS.outputBytesMax} may be`);
  }
  checkRange(guest, address, length, "the output");
  return new Uint8Array(guest.memory.buffer).slice(address, address + length);
}

/** Address (unsigned) and length (signed) of the output. */
type Answer = readonly [number, number];

function askForTwo(guest: Guest, start: number, input: Uint8Array): Answer {
  const [address, length] = guest.step(start, input.length) as [number, number];
  return [address >>> 0, length];
}

function ask(guest: Guest, start: number, input: Uint8Array): Answer {
  const at = allocate(guest, 8);
  guest.step(at, start, input.length);
  const view = new DataView(guest.memory.buffer, at, 8);
  return [view.getUint32(0, true), view.getInt32(4, true)];
}

function allocate(guest: Guest, length: number): number {
  const address = guest.alloc(length) >>> 0;
  checkRange(guest, address, length, "what 'alloc' gave");
  return address;
}

function checkRange(guest: Guest, address: number, length: number, what: string): void {
  const { byteLength } = guest.memory.buffer;
  if (address + length <= byteLength) return;
  throw new InvalidOutput(
    `${what}, ${length} bytes at ${address}, is outside the memory of ${byteLength} bytes`,
  );
}

/** The guest's fault; what was not the guest's is thrown. */
function faultFrom(guest: Guest, error: unknown): GuestFault {
  if (error instanceof WebAssembly.RuntimeError) return faultOf(guest.exports, guest.loader, error);
  if (error instanceof InvalidOutput) {
    const message = plain(error.message, LIMITS.faultTextMax - 1);
    return { code: "module.output_invalid", message, file: null, line: null, column: null };
  }
  if (error instanceof RangeError) {
    throw new AirloomError("host", "host.stack_exhausted", "the module used up the engine's stack", {
      cause: error,
    });
  }
  throw error;
}
