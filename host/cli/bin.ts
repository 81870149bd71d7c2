#!/usr/bin/env node
import { processIo } from "./io.ts";
import { main } from "./main.ts";

// A reader that has seen enough (`airloom journal show … | head`) is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

process.exitCode = await main(process.argv.slice(2), processIo());
