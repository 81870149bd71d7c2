import { existsSync, writeFileSync } from "node:fs";
import { basename, dirname, relative, resolve, sep } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { folderModules } from "../../build/modules.ts";
import { readWhole } from "../../replay/recording/assemble.ts";
import type { Entry } from "../../replay/recording/entry.ts";
import { readRecording } from "../../replay/recording/file.ts";
import { generateTest } from "../../testing/generate/generate.ts";
import { AirloomError } from "../../values/errors.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { clean } from "../render/text.ts";
import type { Run } from "../run.ts";

interface Options {
  readonly output: string;
  readonly world: string;
  readonly frames: number;
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
    .option("--frames <n>", "take the first frames only", readCount, Number.MAX_SAFE_INTEGER)
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
  const text = await generateTest(
    await readWhole(first(readRecording(resolve(io.cwd, recording)), options.frames)),
    {
      name: basename(recording),
      folder: `${relative(dirname(output), world).split(sep).join("/") || "."}/`,
      findModule: folderModules(world),
      framesMax: options.frames,
    },
  );
  writeFileSync(output, text);
  const lines = text.split("\n").length - 1;
  io.stdout(
    options.json
      ? `${JSON.stringify({ type: "test", name: options.output, lines })}\n`
      : `wrote ${clean(options.output)}: ${lines} lines\n`,
  );
  return EXIT.fine;
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
