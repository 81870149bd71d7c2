/** What is fuzzed, from the built package. */

import { worldFolders } from "./worlds.mjs";

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
  return { ...modules, worlds: worldFolders().map((folder) => modules.readWorldFolder(folder)) };
}
