/** `npm test`: installs, builds, compiles every world's modules, then runs vitest with our arguments. */

import { prepare } from "./lib/prepare.mjs";
import { BIN, node, VITEST } from "./lib/run.mjs";
import { worldFolders } from "./lib/worlds.mjs";

prepare();
const worlds = worldFolders();
const built = worlds.length === 0 ? 0 : node(BIN, "build", ...worlds);
process.exitCode = built !== 0 ? built : node(VITEST, "run", ...process.argv.slice(2));
