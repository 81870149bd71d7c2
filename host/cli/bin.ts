#!/usr/bin/env node
/**
 * The program. The build makes a CommonJS script of this file and `quick.ts`, `bin.cjs` beside them, which is what
 * is called: to start an ES module, Node first sets up a loader, and streams that most commands never read.
 */
import { quickStart } from "./quick.ts";

/** Their exit code says nothing that their output does not. */
const ONLY_PRINT: readonly string[] = ["cells", "explain", "journal show", "show", "state", "trace", "why"];

const argv = process.argv.slice(2);

// A reader that has seen enough (`airloom journal show … | head`) is no fault. What judges or changes something goes
// on unheard, and ends with its own exit code.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  if (ONLY_PRINT.includes(argv[0]!) || ONLY_PRINT.includes(argv.slice(0, 2).join(" "))) process.exit(0);
});

void airloom(argv);

async function airloom(line: readonly string[]): Promise<void> {
  const start = quickStart(line) ?? (await import("./start.ts")).start;
  process.exitCode = await start(line);
}
