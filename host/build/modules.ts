/** Where built modules lie: `.airloom/modules/<hash>.wasm` in their world folder, found by hash only. */

import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Hash } from "../values/brand.ts";
import { AirloomError } from "../values/errors.ts";
import { hashOf } from "../values/hash.ts";

export function modulePath(folder: string, hash: Hash): string {
  return join(folder, ".airloom", "modules", `${hash.slice("sha256:".length)}.wasm`);
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

/** Keeps a module under its hash; whole or not at all. */
export async function keepModule(folder: string, hash: Hash, wasm: Uint8Array): Promise<void> {
  const path = modulePath(folder, hash);
  await mkdir(join(folder, ".airloom", "modules"), { recursive: true });
  const draft = `${path}.${process.pid}.tmp`;
  await writeFile(draft, wasm);
  await rename(draft, path);
}
