/** Sources generated from a world's definitions, and whether the ones that are there are still the same. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { ModuleDefinition } from "../../air/definitions.ts";
import { AirloomError } from "../../values/errors.ts";
import { quote } from "../../values/quote.ts";
import { type LoadedFolder, loadWorldFolder } from "../directory.ts";
import { assemblyScriptText } from "./assemblyscript.ts";
import { isGenerated } from "./header.ts";
import { writtenSchemas } from "./schemas.ts";
import { typeScriptText } from "./typescript.ts";

export interface GeneratedFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

/** Where types go in a folder that has its definitions below it, unless `world.json` says otherwise. */
const TYPES_FILE = "tests/air.ts";

/**
 * What belongs beside the sources of a world's modules (`air.ts`, one for each folder of sources) and the types
 * for hosts and tests: at `types` of `world.json`, else at `tests/air.ts` of a world folder whose definitions
 * lie in a folder of their own. Reads definitions only. Throws what loading the folder throws.
 */
export function generateSources(folder: string): readonly GeneratedFile[] {
  const world = loadWorldFolder(folder);
  const schemas = writtenSchemas(world);
  const files = [...modulesByFolder(world)].map(([path, modules]) => {
    return { path: join(path, "air.ts"), text: assemblyScriptText(schemas, modules) };
  });
  const types = typesFile(world);
  return types === null ? files : [...files, { path: types, text: typeScriptText(schemas, world.manifest) }];
}

/**
 * The files of several worlds, each once: worlds may share a source. Throws `codegen.conflict` when two of them
 * ask for different texts in one file.
 */
export function refuseConflicts(files: readonly GeneratedFile[]): readonly GeneratedFile[] {
  const byPath = new Map<string, GeneratedFile>();
  for (const file of files) {
    const first = byPath.get(file.path);
    if (first !== undefined && first.text !== file.text) throw conflict(file.path);
    byPath.set(file.path, first ?? file);
  }
  return [...byPath.values()];
}

/** Which of the files are not what generating gives, in the same order. Throws `codegen.foreign_file`. */
export function staleSources(files: readonly GeneratedFile[]): readonly GeneratedFile[] {
  return files.filter(({ path, text }) => {
    const found = readIfThere(path);
    if (found !== null && !isGenerated(found)) throw foreign(path);
    return found?.replaceAll("\r\n", "\n") !== text;
  });
}

/** Writes those that changed; gives them. Throws `codegen.foreign_file` before anything is written. */
export function writeSources(files: readonly GeneratedFile[]): readonly GeneratedFile[] {
  const stale = staleSources(files);
  for (const { path, text } of stale) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return stale;
}

/** Modules written in AssemblyScript by the folder of their source. */
function modulesByFolder({ root, manifest, settings }: LoadedFolder): Map<string, ModuleDefinition[]> {
  const folders = new Map<string, ModuleDefinition[]>();
  for (const [name, { source }] of settings.modules) {
    const module = manifest.modules.get(name);
    if (module === undefined || source === null || !source.endsWith(".ts")) continue;
    const folder = dirname(join(root, source));
    folders.set(folder, [...(folders.get(folder) ?? []), module]);
  }
  return folders;
}

function typesFile({ root, files, settings }: LoadedFolder): string | null {
  if (settings.types !== undefined) return join(root, settings.types);
  // Definitions directly in the folder: it is data, and code lies elsewhere.
  return files.some(({ path }) => !path.includes("/")) ? null : join(root, TYPES_FILE);
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw new AirloomError("host", "build.unreadable", `${path} cannot be read (${code})`, { cause });
  }
}

function foreign(path: string): AirloomError {
  return refusal(
    "codegen.foreign_file",
    path,
    "this file was not written by codegen, and would be overwritten",
    "rename it or move it elsewhere: the name belongs to generated code",
  );
}

function conflict(path: string): AirloomError {
  return refusal(
    "codegen.conflict",
    path,
    "two worlds share this file, and their schemas or modules differ",
    "give each of them a folder of sources of its own, or make their definitions equal",
  );
}

function refusal(code: string, path: string, message: string, hint: string): AirloomError {
  const shown = quote(relative(process.cwd(), path), 200);
  return new AirloomError("request", code, `${shown}: ${message}`, {
    fields: { path },
    diagnostics: [{ code, severity: "error", message, file: path, hint }],
  });
}
