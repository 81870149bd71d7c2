import { resolve } from "node:path";
import type { Command } from "commander";
import { folderModules } from "../../build/modules.ts";
import { readRecording } from "../../replay/recording/file.ts";
import type { RedactPath } from "../../replay/redact/paths.ts";
import { stringifyJson } from "../../values/json.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { type RecordingOptions, recordingOptions, saveOptions, saveRecording } from "../recording.ts";
import { parsePaths, type RedactingOptions, redacting, tellRedacted } from "../redacting.ts";
import { renderVerified, verifiedJson } from "../render/recording.ts";
import type { Run } from "../run.ts";
import { modulesPlace } from "../world.ts";

interface Options extends RecordingOptions, RedactingOptions {
  readonly output: string;
  readonly redact: readonly RedactPath[];
  readonly modules?: string;
  readonly json?: boolean;
}

const HELP = `
A path is a schema's name and a pointer into its values: demo/StartWork@1/payload. \`*\` is every field, item or
entry; demo/Open@1/$key is the key an event is sent with where its value does not hold it, demo/Check@1/$correlation
the correlation id a plan was started with by hand; a receipt's values stand under its receipt schema.

Example:
  airloom redact production.airj -o tests/journals/case.airj --redact demo/StartWork@1/payload --modules .`;

export function redactCommand(program: Command, io: Io, run: Run): void {
  const command = program
    .command("redact")
    .description("replace values of a recording by others of their type, and run it again with them")
    .argument("<recording>", "a recording (.airj)")
    .requiredOption("-o, --output <file>", "where the redacted recording goes")
    .requiredOption("--redact <path>", "replace the values at this path; may be repeated", parsePaths)
    .option("--salt-file <file>", "decides the substitutes: the same file, the same ones (default: random)")
    .option("--modules <folder>", "world folder with modules the recording names by hash only", ".")
    .option("--json", "one JSON object");
  recordingOptions(command)
    .addHelpText("after", HELP)
    .action((recording: string, options: Options) =>
      run(options, () => redactRecording(io, recording, options)),
    );
}

async function redactRecording(io: Io, recording: string, options: Options): Promise<number> {
  const path = resolve(io.cwd, recording);
  const findModule = folderModules(modulesPlace(io, options.modules ?? "."));
  const redacted = await redacting(io, () => readRecording(path), {
    ...options,
    paths: options.redact,
    findModule,
  });
  tellRedacted(io, redacted);
  const { verified } = await saveRecording(io, redacted.entries, saveOptions(options.output, options));
  io.stdout(
    options.json
      ? `${stringifyJson(verifiedJson(options.output, verified))}\n`
      : renderVerified(io, "redacted", options.output, verified),
  );
  return EXIT.fine;
}
