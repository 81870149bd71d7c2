/** The world a file belongs to: the folder whose loading would read it. */

import { basename, dirname, relative, sep } from "node:path";
import { AirloomError } from "../values/errors.ts";
import { holdsDefinitions, readWorldFolder, type WorldFolder } from "./directory.ts";

export interface OwnedFile {
  readonly world: WorldFolder;
  /** Its path in the world, with forward slashes. */
  readonly path: string;
}

/** `file` is an absolute path. Null when it belongs to no world. */
export function ownerOf(file: string): OwnedFile | null {
  let inner = "";
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    // The file's own folder, or one that has it under `air...`, `defs` or `plans`; others are not read.
    if (inner === "" || holdsDefinitions(inner) || holdsDefinitions(basename(folder))) {
      const owned = ownedBy(folder, file);
      if (owned !== null) return owned;
    }
    inner = basename(folder);
    if (dirname(folder) === folder) return null;
  }
}

function ownedBy(folder: string, file: string): OwnedFile | null {
  const path = relative(folder, file).split(sep).join("/");
  const world = read(folder);
  if (world === null || !hasManifest(world)) return null;
  const files = world.settingsFile === null ? world.files : [...world.files, world.settingsFile];
  return files.some((each) => each.path === path) ? { world, path } : null;
}

/** Null for a folder with files that cannot be read: it may be anything. */
function read(folder: string): WorldFolder | null {
  try {
    return readWorldFolder(folder);
  } catch (error) {
    if (error instanceof AirloomError && error.code === "world.unreadable") return null;
    throw error;
  }
}

/** A look at the text is enough: a folder without a manifest is no world, and is not loaded to find out. */
function hasManifest({ files }: WorldFolder): boolean {
  return files.some(({ text }) => /"\$kind"\s*:\s*"manifest"/.test(text));
}
