/** `airloom`: the command line as a function, so that tests run it in process. */

import { Command, CommanderError } from "commander";
import { buildCommand } from "./commands/build.ts";
import { checkCommand } from "./commands/check.ts";
import { diffCommand } from "./commands/diff.ts";
import { explainCommand } from "./commands/explain.ts";
import { fmtCommand } from "./commands/fmt.ts";
import { hashCommand } from "./commands/hash.ts";
import { journalCommand } from "./commands/journal.ts";
import { replayCommand } from "./commands/replay.ts";
import { runCommand } from "./commands/run.ts";
import { sendCommand } from "./commands/send.ts";
import { showCommand } from "./commands/show.ts";
import { stateCommand } from "./commands/state.ts";
import { EXIT } from "./exit.ts";
import { guarded, type Io } from "./io.ts";
import { createRun } from "./run.ts";
import { version } from "./version.ts";

const EXIT_CODES = `
Exit codes:
  0  fine
  1  found what it looks for: a divergence, a fault, an invalid manifest, a refused event
  2  wrong usage
  3  corrupt or lost data
  4  a module, definition or world is missing
  5  busy, or held by another process
  70 a bug, or a failure of this machine`;

/** Runs one command line (without node and script) and gives its exit code. Never throws. */
export async function main(argv: readonly string[], terminal: Io): Promise<number> {
  const io = guarded(terminal);
  let exitCode: number = EXIT.fine;
  const program = new Command("airloom")
    .description("deterministic worlds that never forget")
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .addHelpText("after", EXIT_CODES);
  const run = createRun(io, (code) => {
    exitCode = code;
  });
  const commands = [
    buildCommand,
    checkCommand,
    explainCommand,
    fmtCommand,
    hashCommand,
    showCommand,
    diffCommand,
    runCommand,
    sendCommand,
    stateCommand,
    journalCommand,
    replayCommand,
  ];
  for (const add of commands) add(program, io, run);
  try {
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
  }
}
