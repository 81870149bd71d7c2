/**
 * What the compiler sees: a layout of its own, the same wherever the sources live. File names are constants
 * in the compiled code, so the real ones would make the module's hash depend on the folder.
 *
 *   airloom.entry.ts              generated: what the module exports
 *   reducer.ts, air.ts, ...       the author's files, by their path from the reducer's folder
 *   ~lib/airloom/assembly/...     the SDK, under the name authors import it by
 *   asconfig.json                 generated: the options in force
 */

import { readFile } from "node:fs/promises";
import { basename, dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import type { Hash } from "../values/brand.ts";
import { utf8 } from "../values/bytes.ts";
import { AirloomError } from "../values/errors.ts";
import { hashOf } from "../values/hash.ts";

export const ENTRY = "airloom.entry.ts";
export const CONFIG = "asconfig.json";

/** Where the package lies: its root is two folders up from here, built or not. */
export const PACKAGE_ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** How the compiler asks for a package's file, and how it calls it afterwards. */
const PACKAGE_FILE = /^(?:node_modules|~lib)\/airloom\/(assembly\/.*)$/;

export interface Layout {
  /** Text of a file by its name in the layout, null when there is none. Line ends are LF. */
  read(name: string): Promise<string | null>;
  /** Where a file of the layout really is; of the generated entry, the source it was generated for. */
  pathOf(name: string): string;
  /** What `read` gave so far of the author's files, by name in the layout. */
  readonly authored: ReadonlyMap<string, string>;
  /** Everything `read` was asked for so far: the hash of the text, null where there was none. */
  readonly inputs: ReadonlyMap<string, Hash | null>;
}

/** What the build makes up: the text of the entry file, and that of asconfig.json. */
export interface Generated {
  readonly entry: string;
  readonly config: string;
}

/** `source` is the path of the file that exports the module's class. */
export function createLayout(source: string, { entry, config }: Generated): Layout {
  const folder = dirname(source);
  const authored = new Map<string, string>();
  const inputs = new Map<string, Hash | null>();
  const pathOf = (name: string): string => {
    if (name === ENTRY || name === CONFIG) return source;
    return pathInPackage(name) ?? join(folder, name);
  };
  const find = async (name: string): Promise<string | null> => {
    if (name === ENTRY) return entry;
    if (name === CONFIG) return config;
    const ours = PACKAGE_FILE.test(name);
    if (!ours && leaves(name)) return null;
    const text = await readSource(pathOf(name));
    if (text !== null && !ours) authored.set(name, text);
    return text;
  };
  const read = async (name: string): Promise<string | null> => {
    const text = await find(name);
    inputs.set(name, text === null ? null : hashOf(utf8(text)));
    return text;
  };
  return { read, pathOf, authored, inputs };
}

/** Where a file of the package lies; null for a name that is none of its files. */
export function pathInPackage(name: string): string | null {
  const found = PACKAGE_FILE.exec(name);
  return found === null ? null : join(PACKAGE_ROOT, found[1]!);
}

/** Name of a source file in its own layout. */
export function nameOf(source: string): string {
  return basename(source);
}

/** A file's text without byte order mark and with LF ends, null when there is no such file. */
export async function readSource(path: string): Promise<string | null> {
  try {
    return (await readFile(path, "utf8")).replace(/^\ufeff/, "").replaceAll("\r\n", "\n");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR") return null;
    throw new AirloomError("host", "build.unreadable", `${path} cannot be read (${code})`, { cause });
  }
}

/** Other packages and files above the reducer's folder are no part of the layout. */
function leaves(name: string): boolean {
  const plain = normalize(name).replaceAll("\\", "/");
  return plain.startsWith("/") || plain.startsWith("../") || /(^|\/)node_modules\//.test(plain);
}
