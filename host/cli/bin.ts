#!/usr/bin/env node
import { quickStart } from "./quick.ts";

// A reader that has seen enough (`airloom journal show … | head`) is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

const argv = process.argv.slice(2);
const start = quickStart(argv) ?? (await import("./start.ts")).start;
process.exitCode = await start(argv);
