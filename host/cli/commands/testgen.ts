import { existsSync } from "node:fs";
import { basename, dirname, relative, resolve, sep } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { folderModules } from "../../build/modules.ts";
import { readWhole } from "../../replay/recording/assemble.ts";
import type { Entry } from "../../replay/recording/entry.ts";
import { readRecording } from "../../replay/recording/file.ts";
import type { FindModule } from "../../runtime/modules.ts";
import { generateTest } from "../../testing/generate/generate.ts";
import { AirloomError } from "../../values/errors.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { writeOutput } from "../output.ts";
import { clean } from "../render/text.ts";
import type { Run } from "../run.ts";

interface Options {
  readonly output: string;
  readonly world: string;
  readonly frames?: number;
  readonly force?: boolean;
  readonly json?: boolean;
}

const HELP = `
The test runs the world folder on virtual time, tells it what the recording was told, and expects what the recorded
definitions do: the states that change, events, effects and faults.

Example:
  airloom testgen tests/journals/first-order.airj -o tests/first-order.test.ts`;

export function testgenCommand(program: Command, io: Io, run: Run): void {
  program
    .command("testgen")
    .description("write a recording as a test for vitest, in given-when-then form")
    .argument("<recording>", "a recording (.airj)")
    .requiredOption("-o, --output <file>", "where the test goes (.test.ts)")
    .option("--world <folder>", "the world folder that the test runs", ".")
    .option("--frames <n>", "take the first frames only (default: all)", readCount)
    .option("--force", "replace a file that is there")
    .option("--json", "one JSON object")
    .addHelpText("after", HELP)
    .action((recording: string, options: Options) => run(options, () => testgen(io, recording, options)));
}

async function testgen(io: Io, recording: string, options: Options): Promise<number> {
  const output = resolve(io.cwd, options.output);
  if (existsSync(output) && !options.force) {
    const message = `${options.output} is there already; --force replaces it`;
    throw new AirloomError("request", "testgen.exists", message, { fields: { path: options.output } });
  }
  const world = resolve(io.cwd, options.world);
  const { frames = Number.MAX_SAFE_INTEGER } = options;
  const text = await generateTest(await readWhole(first(readRecording(resolve(io.cwd, recording)), frames)), {
    name: basename(recording),
    folder: `${relative(dirname(output), world).split(sep).join("/") || "."}/`,
    findModule: modulesOf(world, options.world),
    framesMax: frames,
  });
  writeOutput(output, text);
  const lines = text.split("\n").length - 1;
  io.stdout(
    options.json
      ? `${JSON.stringify({ type: "test", name: options.output, lines })}\n`
      : `wrote ${clean(options.output)}: ${lines} lines\n`,
  );
  return EXIT.fine;
}

/** Modules of the folder that the test runs: whoever is told of a missing one has no other option to give. */
function modulesOf(world: string, given: string): FindModule {
  const find = folderModules(world);
  return async (hash) => {
    const bytes = await find(hash);
    if (bytes !== null) return bytes;
    const message = `no module with hash ${hash} is in the recording or in ${given}; name a world folder that has it (\`--world\`), or capture with \`--embed-modules\``;
    throw new AirloomError("missing", "module.missing", message, { fields: { hash } });
  };
}

/** A recording that ends after so many frames: what is behind them is not kept in memory. */
async function* first(entries: AsyncIterable<Entry>, frames: number): AsyncIterable<Entry> {
  let count = 0;
  for await (const entry of entries) {
    if (entry.kind === "frame" && count++ >= frames) continue;
    if (entry.kind !== "blob" || entry.blob.role !== "state") yield entry;
  }
}

/** Throws `InvalidArgumentError`. */
function readCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It takes a number of frames, from 1.");
}
