/** `airloom`: the command line as a function, so that tests run it in process. */

import { Command, CommanderError } from "commander";
import { EXIT } from "./exit.ts";
import { guarded, type Io } from "./io.ts";
import { createRun, type Run } from "./run.ts";
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

type AddCommand = (program: Command, io: Io, run: Run) => void;

/**
 * The commands by name, in the order that help lists them. Each stands in a module of its own that is read only
 * when it is called: the compiler, the store and the engine would be most of what `check` costs.
 */
const COMMANDS: ReadonlyMap<string, () => Promise<AddCommand>> = new Map([
  ["init", async () => (await import("./commands/init.ts")).initCommand],
  ["build", async () => (await import("./commands/build.ts")).buildCommand],
  ["codegen", async () => (await import("./commands/codegen.ts")).codegenCommand],
  ["check", async () => (await import("./commands/check.ts")).checkCommand],
  ["explain", async () => (await import("./commands/explain.ts")).explainCommand],
  ["fmt", async () => (await import("./commands/fmt.ts")).fmtCommand],
  ["hash", async () => (await import("./commands/hash.ts")).hashCommand],
  ["show", async () => (await import("./commands/show.ts")).showCommand],
  ["diff", async () => (await import("./commands/diff.ts")).diffCommand],
  ["inspect", async () => (await import("./commands/inspect.ts")).inspectCommand],
  ["run", async () => (await import("./commands/run.ts")).runCommand],
  ["send", async () => (await import("./commands/send.ts")).sendCommand],
  ["state", async () => (await import("./commands/state.ts")).stateCommand],
  ["cells", async () => (await import("./commands/cells.ts")).cellsCommand],
  ["snapshot", async () => (await import("./commands/snapshot.ts")).snapshotCommand],
  ["timers", async () => (await import("./commands/timers.ts")).timersCommand],
  ["plans", async () => (await import("./commands/plans.ts")).plansCommand],
  ["intents", async () => (await import("./commands/intents.ts")).intentsCommand],
  ["faults", async () => (await import("./commands/faults.ts")).faultsCommand],
  ["trace", async () => (await import("./commands/trace.ts")).traceCommand],
  ["why", async () => (await import("./commands/why.ts")).whyCommand],
  ["diagnose", async () => (await import("./commands/diagnose.ts")).diagnoseCommand],
  ["redeliver", async () => (await import("./commands/redeliver.ts")).redeliverCommand],
  ["dismiss", async () => (await import("./commands/dismiss.ts")).dismissCommand],
  ["receipt", async () => (await import("./commands/receipt.ts")).receiptCommand],
  ["plan", async () => (await import("./commands/plan.ts")).planCommand],
  ["journal", async () => (await import("./commands/journal.ts")).journalCommand],
  ["capture", async () => (await import("./commands/capture.ts")).captureCommand],
  ["redact", async () => (await import("./commands/redact.ts")).redactCommand],
  ["fork", async () => (await import("./commands/fork.ts")).forkCommand],
  ["testgen", async () => (await import("./commands/testgen.ts")).testgenCommand],
  ["shrink", async () => (await import("./commands/shrink.ts")).shrinkCommand],
  ["coverage", async () => (await import("./commands/coverage.ts")).coverageCommand],
  ["replay", async () => (await import("./commands/replay.ts")).replayCommand],
  ["debug", async () => (await import("./commands/debug.ts")).debugCommand],
]);

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
  for (const add of await commandsFor(argv)) add(program, io, run);
  try {
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
  }
}

/** The command that is called; all of them where help, or a name that is none, needs their list. */
async function commandsFor(argv: readonly string[]): Promise<readonly AddCommand[]> {
  if (argv[0] === "--version" || argv[0] === "-V") return [];
  const called = COMMANDS.get(argv[0] ?? "");
  const wanted = called === undefined ? [...COMMANDS.values()] : [called];
  return Promise.all(wanted.map((load) => load()));
}
