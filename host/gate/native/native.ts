/** The host's own enforcers, by capability type. They know the types of AIR's catalogue that effects go out under. */

import { blobEnforcer } from "./blob.ts";
import type { NativeEnforcer } from "./enforcer.ts";
import { httpEnforcer } from "./http.ts";
import { llmEnforcer } from "./llm.ts";
import { timerEnforcer } from "./timer.ts";

export const NATIVE_ENFORCERS: ReadonlyMap<string, NativeEnforcer> = new Map([
  ["http.out", httpEnforcer],
  ["llm.basic", llmEnforcer],
  ["blob", blobEnforcer],
  ["timer", timerEnforcer],
]);

/** Whether a module's work is done here, so that it needs no wasm. */
export function isNativeModule(name: string): boolean {
  for (const native of NATIVE_ENFORCERS.values()) if (native.name === name) return true;
  return false;
}
