/** Builds the modules of a world folder: compile, admit, keep under the hash, stamp the hash. */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Hash } from "../values/brand.ts";
import { AirloomError, bug, type Diagnostic } from "../values/errors.ts";
import { ZERO_HASH } from "../values/hash.ts";
import { compileReducer } from "./compile.ts";
import { loadWorldFolder } from "./directory.ts";
import { keepModule } from "./modules.ts";
import { stampedHash, stampHash } from "./stamp.ts";

export interface BuiltModule {
  readonly name: string;
  readonly hash: Hash;
  /** What the definition said before; the zero hash when it said nothing. */
  readonly stampedBefore: Hash;
  readonly sizeBytes: number;
  readonly warnings: readonly Diagnostic[];
}

/**
 * Builds every module whose source the settings name. With `check` the definitions are left alone and a
 * stale hash throws `build.stale` (kind `manifest`). The compiled bytes are kept either way. Throws
 * `manifest.invalid` and what compiling throws.
 */
export async function buildWorld(
  folder: string,
  options: { readonly check: boolean },
): Promise<readonly BuiltModule[]> {
  const { root, files, manifest, settings } = loadWorldFolder(folder);
  const paths = files.map(({ path }) => join(root, path));
  const built: BuiltModule[] = [];
  for (const [name, { source }] of settings.modules) {
    const module = manifest.modules.get(name);
    if (source === null || module === undefined) continue;
    const { wasm, hash, warnings } = await compileReducer({ source: join(root, source) });
    await keepModule(root, hash, wasm);
    built.push({ name, hash, stampedBefore: module.wasmHash, sizeBytes: wasm.length, warnings });
    if (!options.check && module.wasmHash !== hash) await stamp(paths, name, hash);
  }
  if (options.check) refuseStale(built);
  return built;
}

/** Stamps the file that defines the module, as it is now: it may define several. */
async function stamp(paths: readonly string[], name: string, hash: Hash): Promise<void> {
  for (const path of paths) {
    const text = await readFile(path, "utf8");
    if (stampedHash(text, name) !== undefined) return writeFile(path, stampHash(text, name, hash));
  }
  throw bug("a loaded module is defined in no file", { module: name });
}

function refuseStale(built: readonly BuiltModule[]): void {
  const stale = built.filter((module) => module.stampedBefore !== module.hash);
  if (stale.length === 0) return;
  throw new AirloomError(
    "manifest",
    "build.stale",
    "a module's hash does not match its source; run `airloom build`",
    {
      diagnostics: stale.map(({ name, hash, stampedBefore }) => ({
        code: "build.stale",
        severity: "error",
        message: `${name} was built from other sources`,
        expected: hash,
        found: stampedBefore === ZERO_HASH ? "no hash" : stampedBefore,
      })),
    },
  );
}
