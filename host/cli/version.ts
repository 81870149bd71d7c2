import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE } from "./package.ts";

/** Version of the package. */
export const version: string = (
  JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as { version: string }
).version;
