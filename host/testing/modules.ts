/**
 * A world folder as its sources are now: every module built, its hash in the definitions. What was built before is
 * taken from the folder's `.airloom`, and what is built is kept there; the folder's own files stay as they are.
 */

import { relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type LoadedWorld, loadWorldDefinitions, type SourceFile } from "../air/load.ts";
import { compilerOptions } from "../build/asconfig.ts";
import { buildModule } from "../build/built.ts";
import { generateSources, staleSources } from "../build/codegen/generate.ts";
import { loadWorldFolder, readWorldFolder } from "../build/directory.ts";
import { folderModules } from "../build/modules.ts";
import { stampedHash, stampHash } from "../build/stamp.ts";
import type { Definitions } from "../kernel/state.ts";
import { type FindModule, makeDefinitions } from "../runtime/definitions.ts";
import type { Hash } from "../values/brand.ts";
import { TestFailure } from "./failure.ts";
import type { WorldFolder, WorldTypes } from "./types.ts";

export interface TestedFolder {
  readonly root: string;
  readonly definitions: Definitions;
  readonly findModule: FindModule;
}

/**
 * Loads a folder and builds those of its modules that have sources (`only` that one, where it is given).
 * Modules without sources are found by their hash. Throws `TestFailure` where generated sources are stale, and
 * what loading and building throw.
 */
export async function loadTested<W extends WorldTypes>(
  folder: WorldFolder<W> | string | URL,
  only?: string,
): Promise<TestedFolder> {
  const { root, manifest, settings } = loadWorldFolder(pathOf(folder));
  refuseStale(root);
  const options = await compilerOptions(root);
  const compiled = new Map<Hash, Uint8Array>();
  const hashes = new Map<string, Hash>();
  for (const [name, { source, limits }] of settings.modules) {
    const module = manifest.modules.get(name);
    if (source === null || module === undefined || (only !== undefined && name !== only)) continue;
    const { wasm, info } = await buildModule({
      folder: root,
      source: resolve(root, source),
      kind: module.moduleKind,
      options,
      limits,
    });
    compiled.set(info.hash, wasm);
    hashes.set(name, info.hash);
  }
  const stamped = loadStamped(root, hashes);
  const findBuilt = folderModules(root);
  return {
    root,
    definitions: makeDefinitions(stamped.manifest, stamped.settings),
    findModule: async (hash) => compiled.get(hash) ?? (await findBuilt(hash)),
  };
}

/** A reducer beside classes of other schemas would fail in ways that say nothing of it. */
function refuseStale(root: string): void {
  const stale = staleSources(generateSources(root));
  if (stale.length === 0) return;
  const files = stale.map(({ path }) => relative(root, path).split(sep).join("/"));
  throw new TestFailure(`the definitions give another ${files.join(" and ")}; run \`airloom build\``);
}

function pathOf<W extends WorldTypes>(folder: WorldFolder<W> | string | URL): string {
  const path = typeof folder === "string" || folder instanceof URL ? folder : folder.path;
  return path instanceof URL ? fileURLToPath(path) : path;
}

/** The definitions with these hashes in the places where `airloom build` would stamp them. */
function loadStamped(root: string, hashes: ReadonlyMap<string, Hash>): LoadedWorld {
  const { files, settingsFile } = readWorldFolder(root);
  const stamped = files.map(({ path, text }): SourceFile => ({ path, text: withHashes(text, hashes) }));
  return loadWorldDefinitions(stamped, settingsFile);
}

function withHashes(text: string, hashes: ReadonlyMap<string, Hash>): string {
  let changed = text;
  for (const [name, hash] of hashes) {
    const before = stampedHash(changed, name);
    if (before !== undefined && before !== hash) changed = stampHash(changed, name, hash);
  }
  return changed;
}
