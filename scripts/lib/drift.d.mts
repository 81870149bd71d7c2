/** What tests use of the demonstration. */

import type { ModuleHost } from "../../host/kernel/ports.ts";
import type { Hash } from "../../host/values/brand.ts";

export function driftingModule(): Uint8Array;

export interface Calls {
  /** The bits of a NaN. */
  nan(): string;
  /** How far a recursion without an end gets. */
  deep(): string;
}

export function unprotected(): Calls;

export function admitted(parts: {
  readonly createModuleHost: (
    find: () => Uint8Array,
    limitsOf: () => { readonly floats: "canonicalize" },
  ) => ModuleHost;
  readonly hashOf: (bytes: Uint8Array) => Hash;
}): Calls;

/** Runs of equal results: each result, and the number of the first call that gave it. */
export function changes(
  calls: number,
  call: () => string,
  pause?: () => Promise<unknown>,
): Promise<readonly { readonly result: string; readonly from: number }[]>;
