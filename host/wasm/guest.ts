/** One instance of an admitted module, and the injected functions the host calls. */

import { type ASUtil, instantiateSync } from "@assemblyscript/loader";
import { AirloomError } from "../values/errors.ts";
import type { AdmittedModule } from "./admission.ts";
import { NAME } from "./inject.ts";

export interface Guest {
  readonly admitted: AdmittedModule;
  readonly exports: WebAssembly.Exports;
  /** Reads the module's strings. */
  readonly loader: ASUtil;
  /** The memory as it is without growing; empty once the module has grown it. */
  readonly memory: Uint8Array;
  readonly view: DataView;
  readonly enter: (length: number, fuel: number) => number;
  /** Absent when the module has no such entry. */
  readonly run: (address: number, length: number) => number;
  readonly pure: (address: number, length: number) => number;
  readonly answer: () => number;
  readonly left: () => number;
  readonly why: () => number;
  /** Absent when instances are used once. */
  readonly reset: () => void;
}

/** A new instance in the state every call begins with. Throws `host.instantiation_failed`. */
export function createGuest(admitted: AdmittedModule): Guest {
  try {
    const { instance, exports: loader } = instantiateSync(admitted.module);
    const { exports } = instance;
    const { buffer } = exports.memory as WebAssembly.Memory;
    const guest: Guest = {
      admitted,
      exports,
      loader,
      memory: new Uint8Array(buffer),
      view: new DataView(buffer),
      enter: exports[NAME.enter] as Guest["enter"],
      run: exports[NAME.run] as Guest["run"],
      pure: exports[NAME.pure] as Guest["pure"],
      answer: exports[NAME.answer] as Guest["answer"],
      left: exports[NAME.left] as Guest["left"],
      why: exports[NAME.why] as Guest["why"],
      reset: exports[NAME.reset] as Guest["reset"],
    };
    // The start function stored far up; from here on only what calls store is cleared.
    if (admitted.restorable) guest.reset();
    return guest;
  } catch (cause) {
    throw new AirloomError("host", "host.instantiation_failed", "the engine could not make an instance", {
      cause,
    });
  }
}

/** Growing leaves the old view empty; one that was empty from the start does not tell. */
export function mayHaveGrown({ memory }: Guest): boolean {
  return memory.length === 0;
}

/** The memory as it is now. */
export function memoryOf({ exports }: Guest): ArrayBuffer {
  return (exports.memory as WebAssembly.Memory).buffer as ArrayBuffer;
}
