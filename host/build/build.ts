/**
 * Builds the modules of a world folder: generate, compile, admit, keep under the hash, stamp the hash. A
 * build that fails stamps nothing.
 */

import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Hash } from "../values/brand.ts";
import { AirloomError, bug, type Diagnostic } from "../values/errors.ts";
import { ZERO_HASH } from "../values/hash.ts";
import { compilerOptions } from "./asconfig.ts";
import { type BuildInfo, type BuildRequest, type Built, buildModule, isBuiltFrom } from "./built.ts";
import { generateSources, staleSources, writeSources } from "./codegen/generate.ts";
import { type LoadedFolder, loadWorldFolder } from "./directory.ts";
import { stampedHash, stampHash } from "./stamp.ts";

export interface BuildOptions {
  /** Writes nothing but what is kept in `.airloom`: what is stale is an error. */
  readonly check: boolean;
}

export interface BuiltModule {
  readonly name: string;
  readonly hash: Hash;
  /** What the definition said before; the zero hash when it said nothing. */
  readonly stampedBefore: Hash;
  readonly sizeBytes: number;
  /** Whether the compiler had to run: not where sources, options and compiler are those of an earlier build. */
  readonly compiled: boolean;
  readonly info: BuildInfo;
  readonly warnings: readonly Diagnostic[];
}

export interface BuiltWorld {
  readonly modules: readonly BuiltModule[];
  /** Generated files that were written, as absolute paths. */
  readonly generated: readonly string[];
}

/**
 * Generates sources and builds every module whose source the settings name. The compiled modules are kept in
 * `.airloom` either way. Throws `manifest.invalid`, `codegen.foreign_file`, `build.asconfig`, what compiling
 * throws, with the diagnostics of all modules that failed, and with `check` `build.stale` (kind `manifest`),
 * naming everything that is stale.
 */
export async function buildWorld(folder: string, options: BuildOptions): Promise<BuiltWorld> {
  const sources = generateSources(folder);
  const generated = (options.check ? staleSources(sources) : writeSources(sources)).map(({ path }) => path);
  const world = loadWorldFolder(folder);
  const requests = await requestsOf(world);
  const built: BuiltModule[] = [];
  const failed: AirloomError[] = [];
  for (const [name, request] of requests) {
    try {
      built.push(moduleOf(name, world, await buildModule(request)));
    } catch (error) {
      if (!(error instanceof AirloomError) || error.kind === "bug" || error.kind === "host") throw error;
      failed.push(error);
    }
  }
  if (failed.length > 0) throw together(failed);
  const changed = built.filter(({ hash, stampedBefore }) => hash !== stampedBefore);
  if (options.check) await refuseStale(world, generated, changed);
  else for (const { name, hash } of changed) await stamp(world, name, hash);
  return { modules: built, generated };
}

/**
 * Refuses a folder whose sources were changed since its modules were built: what runs is then not what they say. Of a
 * module that was not built here, or without its sources, nothing is said. Throws `build.stale` (kind `manifest`).
 */
export async function requireBuilt(folder: string): Promise<void> {
  const world = loadWorldFolder(folder);
  const diagnostics: Diagnostic[] = [];
  for (const [name, request] of await requestsOf(world)) {
    if ((await isBuiltFrom(request, world.manifest.modules.get(name)!.wasmHash)) !== false) continue;
    const message = `the sources of ${name} were changed since it was built`;
    diagnostics.push({ code: "build.stale", severity: "error", message, file: request.source });
  }
  if (diagnostics.length === 0) return;
  const message = "what is built does not match its sources; run `airloom build`";
  throw new AirloomError("manifest", "build.stale", message, { diagnostics });
}

/** What there is to build, by module, in the order of the settings. */
async function requestsOf(world: LoadedFolder): Promise<ReadonlyMap<string, BuildRequest>> {
  const { root: folder, manifest, settings } = world;
  const options = await compilerOptions(folder);
  const requests = new Map<string, BuildRequest>();
  for (const [name, { source, limits }] of settings.modules) {
    const kind = manifest.modules.get(name)?.moduleKind;
    if (source === null || kind === undefined) continue;
    requests.set(name, { folder, source: resolve(folder, source), kind, options, limits });
  }
  return requests;
}

function moduleOf(name: string, { manifest }: LoadedFolder, { info, wasm, compiled }: Built): BuiltModule {
  return {
    name,
    hash: info.hash,
    stampedBefore: manifest.modules.get(name)!.wasmHash,
    sizeBytes: wasm.length,
    compiled,
    info,
    warnings: info.warnings,
  };
}

/** One error for all modules that failed. */
function together(failed: readonly AirloomError[]): AirloomError {
  const first = failed[0]!;
  if (failed.length === 1) return first;
  const diagnostics = failed.flatMap((error): readonly Diagnostic[] =>
    error.diagnostics.length > 0
      ? error.diagnostics
      : [{ code: error.code, severity: "error", message: error.message }],
  );
  const message = `${failed.length} modules cannot be built; the first: ${first.message}`;
  return new AirloomError(first.kind, first.code, message, { diagnostics, cause: first });
}

/** Stamps the file that defines the module, as it is now: it may define several. */
async function stamp(world: LoadedFolder, name: string, hash: Hash): Promise<void> {
  const { path, text } = await definitionOf(world, name);
  await writeFile(path, stampHash(text, name, hash));
}

async function definitionOf(
  { root, files }: LoadedFolder,
  name: string,
): Promise<{ path: string; text: string }> {
  for (const file of files) {
    const path = join(root, file.path);
    const text = await readFile(path, "utf8");
    if (stampedHash(text, name) !== undefined) return { path, text };
  }
  throw bug("a loaded module is defined in no file", { module: name });
}

async function refuseStale(
  world: LoadedFolder,
  generated: readonly string[],
  stale: readonly BuiltModule[],
): Promise<void> {
  const diagnostics = generated.map((file): Diagnostic => {
    const message = "the file is not what `airloom codegen` writes";
    return { code: "build.stale", severity: "error", message, file };
  });
  for (const { name, hash, stampedBefore } of stale) {
    diagnostics.push({
      code: "build.stale",
      severity: "error",
      message: `${name} was built from other sources`,
      file: (await definitionOf(world, name)).path,
      expected: hash,
      found: stampedBefore === ZERO_HASH ? "no hash" : stampedBefore,
    });
  }
  if (diagnostics.length === 0) return;
  const message = "what is built does not match its sources; run `airloom build`";
  throw new AirloomError("manifest", "build.stale", message, { diagnostics });
}
