/**
 * What admission finds in the modules a folder has. `check` reads this file once it has found one: before that
 * admission would only be more to load.
 */

import type { Manifest } from "../air/manifest.ts";
import { DEFAULT_MODULE_SETTINGS, type Settings } from "../air/settings.ts";
import { modulesToRun } from "../runtime/modules.ts";
import type { Hash } from "../values/brand.ts";
import { AirloomError, type Diagnostic } from "../values/errors.ts";
import { type AdmissionOptions, admitModule } from "../wasm/admission.ts";

/** Everything that is wrong with these modules, by hash; of those that are not there nothing is said. */
export function moduleFaults(
  manifest: Manifest,
  settings: Settings,
  modules: ReadonlyMap<Hash, Uint8Array>,
): readonly Diagnostic[] {
  return modulesToRun(manifest).flatMap(({ name, wasmHash, reducer }) => {
    const bytes = modules.get(wasmHash);
    const { limits } = settings.modules.get(name) ?? DEFAULT_MODULE_SETTINGS;
    const entry = reducer === null ? "run" : "step";
    return bytes === undefined ? [] : admissionFaults(bytes, { ...limits, entry });
  });
}

function admissionFaults(bytes: Uint8Array, options: AdmissionOptions): readonly Diagnostic[] {
  try {
    admitModule(bytes, options);
    return [];
  } catch (error) {
    if (!(error instanceof AirloomError)) throw error;
    const own: Diagnostic = { code: error.code, severity: "error", message: error.message };
    return error.diagnostics.length > 0 ? error.diagnostics : [own];
  }
}
