/**
 * Where built modules lie: `.airloom/modules/` in their world folder, found by hash only.
 *
 *   <hash>.wasm         the module
 *   <hash>.debug.wasm   the same code with the names of its functions
 *   <hash>.wasm.map     source map of both
 *   <hash>.json         what it was built from (built.ts)
 */

import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Hash } from "../values/brand.ts";
import { AirloomError } from "../values/errors.ts";
import { hashOf } from "../values/hash.ts";

export function modulesFolder(folder: string): string {
  return join(folder, ".airloom", "modules");
}

export function modulePath(folder: string, hash: Hash): string {
  return join(modulesFolder(folder), fileName(hash, ".wasm"));
}

export type ModuleFile = ".wasm" | ".debug.wasm" | ".wasm.map" | ".json";

function fileName(hash: Hash, file: ModuleFile): string {
  return `${hash.slice("sha256:".length)}${file}`;
}

/** Finds modules of a world folder; null for one that is not there. Throws `module.hash_mismatch`. */
export function folderModules(folder: string): (hash: Hash) => Promise<Uint8Array | null> {
  return async (hash) => {
    const path = modulePath(folder, hash);
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return null;
      throw new AirloomError("host", "module.unreadable", `${path} cannot be read`, { cause: error });
    });
    if (bytes === null || hashOf(bytes) === hash) return bytes === null ? null : new Uint8Array(bytes);
    throw new AirloomError(
      "corrupt",
      "module.hash_mismatch",
      `${path} does not hold the module of its name`,
      {
        fields: { hash, found: hashOf(bytes) },
      },
    );
  };
}

/** A file that lies beside a module, null when it is not there. Throws `module.unreadable`. */
export async function readBeside(
  folder: string,
  hash: Hash,
  file: ModuleFile,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const path = join(modulesFolder(folder), fileName(hash, file));
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new AirloomError("host", "module.unreadable", `${path} cannot be read`, { cause });
  }
}

/** Keeps a module and what belongs to it, each file whole or not at all; the module itself comes last. */
export async function keepModule(
  folder: string,
  hash: Hash,
  files: Readonly<Record<ModuleFile, Uint8Array | string>>,
): Promise<void> {
  await mkdir(modulesFolder(folder), { recursive: true });
  for (const file of [".json", ".wasm.map", ".debug.wasm", ".wasm"] as const) {
    await keepFile(folder, hash, file, files[file]);
  }
}

/** Replaces what is said of a module that is kept already. */
export function keepInfo(folder: string, hash: Hash, text: string): Promise<void> {
  return keepFile(folder, hash, ".json", text);
}

async function keepFile(
  folder: string,
  hash: Hash,
  file: ModuleFile,
  content: Uint8Array | string,
): Promise<void> {
  const path = join(modulesFolder(folder), fileName(hash, file));
  const draft = `${path}.${process.pid}.tmp`;
  await writeFile(draft, content);
  await rename(draft, path);
}
