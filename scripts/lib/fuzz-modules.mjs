/** What is fuzzed, from the built package. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./run.mjs";
import { worldFolders } from "./worlds.mjs";

/** Beside each world that is refused for one fault stands one that is not. */
const REJECTED = "tests/rejected";

const PARTS = [
  "values/bytes",
  "values/cbor",
  "values/errors",
  "values/hash",
  "values/json",
  "values/schema",
  "values/type-json",
  "values/zero",
  "journal/frame",
  "journal/record",
  "air/load",
  "build/directory",
];

export async function builtModules() {
  const parts = await Promise.all(PARTS.map((part) => import(`../../dist/${part}.js`)));
  const modules = Object.assign({}, ...parts);
  const neighbours = readdirSync(join(ROOT, REJECTED)).map((name) => `${REJECTED}/${name}/accepted`);
  const folders = [...worldFolders(), ...neighbours].map((folder) => join(ROOT, folder));
  return { ...modules, worlds: folders.map((folder) => modules.readWorldFolder(folder)) };
}
