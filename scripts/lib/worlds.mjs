import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./run.mjs";

const FOLDER = "air/worlds";

/** The example worlds, as paths from the root, sorted. Git keeps no empty folder: none at all is a broken clone. */
export function worldFolders() {
  const folders = existsSync(join(ROOT, FOLDER))
    ? readdirSync(join(ROOT, FOLDER), { withFileTypes: true })
    : [];
  const names = folders.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return names.sort().map((name) => `${FOLDER}/${name}`);
}

/** The built-in definitions, as paths from the root. */
export function builtinFiles() {
  return ["schemas", "effects", "caps", "modules"].map((name) => `air/builtin/${name}.json`);
}
