#!/usr/bin/env node
/**
 * The program. The build makes a CommonJS script of this file and `quick.ts`, `bin.cjs` beside them, which is what
 * is called: to start an ES module, Node first sets up a loader, and streams that most commands never read.
 */
import { quickStart } from "./quick.ts";

// A reader that has seen enough (`airloom journal show … | head`) is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

void airloom(process.argv.slice(2));

async function airloom(argv: readonly string[]): Promise<void> {
  const start = quickStart(argv) ?? (await import("./start.ts")).start;
  process.exitCode = await start(argv);
}
