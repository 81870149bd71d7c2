/** `npm start`: from a fresh clone to the retry world, run and replayed. Arguments go to `airloom run`. */

import { prepare } from "./lib/prepare.mjs";
import { BIN, node } from "./lib/run.mjs";

const WORLD = "air/worlds/retry-backoff";

prepare();
const built = node(BIN, "build", WORLD);
process.exitCode = built !== 0 ? built : node(BIN, "run", WORLD, "--verify", ...process.argv.slice(2));
