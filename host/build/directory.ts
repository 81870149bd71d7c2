/**
 * World folders on disk. Definitions are a folder's own `*.air.json` when it holds `manifest.air.json`, else
 * all JSON under its `air*`, `defs` and `plans` folders; `world.json` beside them holds the settings.
 */

import { type Dirent, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, relative, resolve, sep } from "node:path";
import { type LoadedWorld, loadWorldDefinitions, type SourceFile } from "../air/load.ts";
import { compareText, fromAnyBytes } from "../values/bytes.ts";
import { AirloomError } from "../values/errors.ts";
import { quote } from "../values/quote.ts";

export interface WorldFolder {
  /** Absolute path. */
  readonly root: string;
  /** Definition files in order of their paths, which are relative to the root, with forward slashes. */
  readonly files: readonly SourceFile[];
  /** `world.json`, or null. */
  readonly settingsFile: SourceFile | null;
}

export interface LoadedFolder extends LoadedWorld {
  readonly root: string;
  readonly files: readonly SourceFile[];
}

/**
 * Reads the files of a world. Throws `world.missing` (kind `missing`) when there is no such folder, and
 * `world.unreadable` (kind `host`) for a file that cannot be read.
 */
export function readWorldFolder(path: string): WorldFolder {
  const root = resolve(path);
  if (!isFolder(root)) {
    throw new AirloomError("missing", "world.missing", `there is no world folder ${quote(path, 200)}`, {
      fields: { path },
    });
  }
  const files = definitionFiles(root).map((file) => readSource(root, file));
  const entries = list(root);
  const settings = entries.find((entry) => entry.name === "world.json" && entry.isFile());
  return {
    root,
    files: files.sort((a, b) => compareText(a.path, b.path)),
    settingsFile: settings === undefined ? null : readSource(root, join(root, settings.name)),
  };
}

/**
 * Reads and loads a world. Throws what `readWorldFolder` throws, and what `loadWorldDefinitions` does with the folder
 * before it: its diagnostics name files of the folder, or none.
 */
export function loadWorldFolder(path: string): LoadedFolder {
  const { root, files, settingsFile } = readWorldFolder(path);
  try {
    return { root, files, ...loadWorldDefinitions(files, settingsFile) };
  } catch (error) {
    if (!(error instanceof AirloomError)) throw error;
    const { kind, code, message, diagnostics, fields } = error;
    const detail = { diagnostics, fields: { ...fields, path }, cause: error };
    throw new AirloomError(kind, code, `${quote(path, 200)}: ${message}`, detail);
  }
}

function definitionFiles(root: string): readonly string[] {
  const own = list(root).filter((entry) => entry.isFile());
  if (own.some(({ name }) => name === "manifest.air.json")) {
    return own.filter(({ name }) => name.endsWith(".air.json")).map(({ name }) => join(root, name));
  }
  const found = new Set<string>();
  for (const folder of definitionRoots(root, own)) for (const file of jsonFiles(folder)) found.add(file);
  return [...found];
}

/** A folder that holds `world.json` is a world's root, whatever its name, and not a folder of definitions. */
function definitionRoots(root: string, own: readonly Dirent[]): readonly string[] {
  const inner = list(root)
    .filter((entry) => entry.isDirectory() && holdsDefinitions(entry.name))
    .map(({ name }) => join(root, name));
  const settings = own.some(({ name }) => name === "world.json");
  return holdsDefinitions(basename(root)) && !settings ? [root, ...inner] : inner;
}

/** Whether a folder of this name below a world's root is one of definitions. */
export function holdsDefinitions(name: string): boolean {
  return name === "defs" || name === "plans" || name.startsWith("air");
}

function jsonFiles(folder: string): readonly string[] {
  return list(folder).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skipped(entry.name) ? [] : jsonFiles(path);
    return entry.isFile() && /\.json$/i.test(entry.name) ? [path] : [];
  });
}

function skipped(name: string): boolean {
  return name.startsWith(".") || name === "node_modules";
}

function list(folder: string): readonly Dirent[] {
  return reading(folder, () => readdirSync(folder, { withFileTypes: true }));
}

function readSource(root: string, file: string): SourceFile {
  return { path: relative(root, file).split(sep).join("/"), text: readSourceText(file) };
}

/** A file as text; what is no UTF-8 in it is a fault of whoever parses it. Throws `world.unreadable`. */
export function readSourceText(file: string): string {
  return reading(file, () => fromAnyBytes(readFileSync(file)));
}

function reading<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw new AirloomError("host", "world.unreadable", `${quote(path, 200)} cannot be read`, {
      fields: { path },
      cause: error,
    });
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
