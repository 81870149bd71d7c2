import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** World folders: the examples, and what stands beside each refused one and is accepted. Not all are whole worlds. */
export function exampleFolders(): readonly string[] {
  const below = (folder: string): readonly string[] =>
    readdirSync(join(ROOT, folder)).map((name) => join(ROOT, folder, name));
  return [...below("air/worlds"), ...below("tests/rejected").map((folder) => join(folder, "accepted"))];
}
