/** The modules a manifest runs, found by hash. Apart from admission, which is much to load for whoever only looks. */

import type { ModuleDefinition } from "../air/definitions.ts";
import type { Manifest } from "../air/manifest.ts";
import { isNativeModule } from "../gate/native/native.ts";
import type { Hash } from "../values/brand.ts";
import { AirloomError } from "../values/errors.ts";
import { ZERO_HASH } from "../values/hash.ts";

/** Finds the bytes of a module by hash. */
export type FindModule = (hash: Hash) => Promise<Uint8Array | null>;

/** What to do about a module that a recording names and does not hold. */
export const GIVE_MODULES =
  "name a world folder that has it (`--modules`), or capture with `--embed-modules`";

/** Modules of a manifest by hash. `remedy` is what to do about one that is missing. Throws `module.missing`. */
export async function loadModules(
  manifest: Manifest,
  find: FindModule,
  remedy = "run `airloom build`",
): Promise<Map<Hash, Uint8Array>> {
  const modules = new Map<Hash, Uint8Array>();
  for (const { name, wasmHash: hash } of modulesToRun(manifest)) {
    const bytes = hash === ZERO_HASH ? null : await find(hash);
    if (bytes === null) {
      const why = hash === ZERO_HASH ? "it was never built" : `no module with hash ${hash} is here`;
      throw new AirloomError("missing", "module.missing", `${name}: ${why}; ${remedy}`, {
        fields: { module: name, hash },
      });
    }
    modules.set(hash, bytes);
  }
  return modules;
}

/** Reducers, and the pure modules that enforce grants. */
export function modulesToRun({ reducers, pureModules, grants }: Manifest): readonly ModuleDefinition[] {
  const enforcers = new Set([...grants.values()].map(({ cap }) => cap.enforcer));
  const pure = [...pureModules].filter(([name]) => enforcers.has(name) && !isNativeModule(name));
  return [...reducers.values(), ...pure.map(([, each]) => each)].map(({ module }) => module);
}
