import type { Command } from "commander";
import { capture } from "../../replay/recording/capture.ts";
import { type Entry, signedBytes } from "../../replay/recording/entry.ts";
import type { RedactPath } from "../../replay/redact/paths.ts";
import { signWithWorldKey } from "../../runtime/keys.ts";
import { blobFinder } from "../../runtime/open.ts";
import { stringifyJson } from "../../values/json.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { type RecordingOptions, recordingOptions, saveOptions, saveRecording } from "../recording.ts";
import { parsePaths, type RedactingOptions, redacting, tellRedacted } from "../redacting.ts";
import { renderVerified, verifiedJson } from "../render/recording.ts";
import type { Run } from "../run.ts";
import { version } from "../version.ts";
import { placeOf, type Reading, reading, type WorldPlace } from "../world.ts";

interface Options extends RecordingOptions, RedactingOptions {
  readonly output: string;
  readonly embedModules?: boolean;
  readonly redact?: readonly RedactPath[];
  readonly store?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
A recording that is there stays unless it is the same; --re-record replaces it after printing what differs.

Examples:
  airloom capture air/worlds/retry-backoff -o tests/journals/retry.airj
  airloom capture air/worlds/retry-backoff -o retry.airj --binary --embed-modules
  airloom capture air/worlds/retry-backoff -o retry.airj --redact demo/StartWork@1/payload`;

export function captureCommand(program: Command, io: Io, run: Run): void {
  const command = program
    .command("capture")
    .description("write a world's journal as a recording, to replay elsewhere and in CI")
    .argument("<world>", "world folder")
    .requiredOption("-o, --output <file>", "where the recording goes (.airj)")
    .option("--embed-modules", "put the modules themselves into the recording (default: their hashes)")
    .option("--redact <path>", "replace the values at this path and run again; may be repeated", parsePaths)
    .option("--salt-file <file>", "decides the substitutes: the same file, the same ones (default: random)")
    .option("--store <folder>", "where the world's store is (default: .airloom in the folder)")
    .option("--json", "one JSON object");
  recordingOptions(command)
    .addHelpText("after", EXAMPLES)
    .action((world: string, options: Options) => run(options, () => captureWorld(io, world, options)));
}

async function captureWorld(io: Io, world: string, options: Options): Promise<number> {
  const place = placeOf(io, world, options.store);
  const saved = await reading(place, async (open) => {
    const entries = await entriesOf(io, place, open, options);
    return saveRecording(io, entries, saveOptions(options.output, options));
  });
  const { verified, outcome } = saved;
  io.stdout(
    options.json
      ? `${stringifyJson(verifiedJson(options.output, verified))}\n`
      : renderVerified(io, outcome === "unchanged" ? "unchanged" : "captured", options.output, verified),
  );
  return EXIT.fine;
}

/** A redacted recording is not signed: its world never did this. */
async function entriesOf(
  io: Io,
  place: WorldPlace,
  { store, worldId }: Reading,
  options: Options,
): Promise<AsyncIterable<Entry>> {
  const embedModules = options.embedModules ?? false;
  const engine = `airloom ${version}`;
  if (options.redact === undefined) {
    const sign = (root: Uint8Array): Uint8Array | null =>
      signWithWorldKey(place.store, worldId, signedBytes(root));
    return capture(store, worldId, { embedModules, engine, sign });
  }
  const findModule = blobFinder(store, worldId);
  const open = (): AsyncIterable<Entry> => capture(store, worldId, { embedModules, engine, sign: null });
  const redacted = await redacting(io, open, { ...options, paths: options.redact, findModule });
  tellRedacted(io, redacted);
  return redacted.entries;
}
