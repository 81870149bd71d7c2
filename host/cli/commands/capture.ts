import { resolve } from "node:path";
import type { Command } from "commander";
import { capture } from "../../replay/recording/capture.ts";
import { signedBytes } from "../../replay/recording/entry.ts";
import { type RecordingForm, readRecording, writeRecording } from "../../replay/recording/file.ts";
import { verifyRecording } from "../../replay/recording/verify.ts";
import { signWithWorldKey } from "../../runtime/keys.ts";
import { stringifyJson } from "../../values/json.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { renderVerified, verifiedJson } from "../render/recording.ts";
import type { Run } from "../run.ts";
import { version } from "../version.ts";
import { placeOf, reading } from "../world.ts";

interface Options {
  readonly output: string;
  readonly binary?: boolean;
  readonly embedModules?: boolean;
  readonly store?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  airloom capture air/worlds/retry-backoff -o tests/journals/retry.airj
  airloom capture air/worlds/retry-backoff -o retry.airj --binary --embed-modules`;

export function captureCommand(program: Command, io: Io, run: Run): void {
  program
    .command("capture")
    .description("write a world's journal as a recording, to replay elsewhere and in CI")
    .argument("<world>", "world folder")
    .requiredOption("-o, --output <file>", "where the recording goes (.airj)")
    .option("--binary", "the binary form: smaller, and any frame is one read away (default: lines of JSON)")
    .option("--embed-modules", "put the modules themselves into the recording (default: their hashes)")
    .option("--store <folder>", "where the world's store is (default: .airloom in the folder)")
    .option("--json", "one JSON object")
    .addHelpText("after", EXAMPLES)
    .action((world: string, options: Options) => run(options, () => captureWorld(io, world, options)));
}

async function captureWorld(io: Io, world: string, options: Options): Promise<number> {
  const place = placeOf(io, world, options.store);
  const path = resolve(io.cwd, options.output);
  const form: RecordingForm = options.binary ? "binary" : "text";
  await reading(place, async ({ store, worldId }) => {
    const entries = capture(store, worldId, {
      embedModules: options.embedModules ?? false,
      engine: `airloom ${version}`,
      sign: (root) => signWithWorldKey(place.store, worldId, signedBytes(root)),
    });
    await writeRecording(path, form, entries);
  });
  const verified = await verifyRecording(readRecording(path));
  io.stdout(
    options.json
      ? `${stringifyJson(verifiedJson(options.output, verified))}\n`
      : renderVerified(io, "captured", options.output, verified),
  );
  return EXIT.fine;
}
