import { resolve } from "node:path";
import type { Command } from "commander";
import { requireBuilt } from "../../build/build.ts";
import { loadWorldFolder } from "../../build/directory.ts";
import { folderModules } from "../../build/modules.ts";
import { assemble, framesIn, readCarried, recordedWorld } from "../../replay/recording/assemble.ts";
import { readRecording, writeRecording } from "../../replay/recording/file.ts";
import { shrink } from "../../replay/shrink.ts";
import { loadModules, makeDefinitions } from "../../runtime/definitions.ts";
import { type Json, jsonInteger, stringifyJson } from "../../values/json.ts";
import { createModuleHost } from "../../wasm/host.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { clean, plural } from "../render/text.ts";
import type { Run } from "../run.ts";
import { modulesPlace } from "../world.ts";

interface Options {
  readonly against: string;
  readonly modules?: string;
  readonly output?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Example:
  airloom shrink tests/journals/long.airj --against . -o tests/journals/least.airj`;

export function shrinkCommand(program: Command, io: Io, run: Run): void {
  program
    .command("shrink")
    .description("find the shortest run of ingress that still replays differently")
    .argument("<recording>", "a recording (.airj)")
    .requiredOption("--against <folder>", "world folder whose definitions and modules make the difference")
    .option("--modules <folder>", "world folder with modules the recording names by hash only")
    .option("-o, --output <file>", "write what is left as a recording")
    .option("--json", "one JSON object")
    .addHelpText("after", EXAMPLES)
    .action((recording: string, options: Options) =>
      run(options, () => shrinkRecording(io, recording, options)),
    );
}

/** Exit code 0 when there is nothing to shrink, else 1: it found a divergence. */
async function shrinkRecording(io: Io, recording: string, options: Options): Promise<number> {
  const path = resolve(io.cwd, recording);
  const carried = await readCarried(readRecording(path));
  const folder = resolve(io.cwd, options.against);
  const { manifest, settings } = loadWorldFolder(folder);
  await requireBuilt(folder);
  const definitions = makeDefinitions(manifest, settings);
  const modules = await loadModules(manifest, folderModules(folder));
  const shrunk = await shrink({
    frames: () => framesIn(readRecording(path)),
    recorded: recordedWorld(carried, folderModules(modulesPlace(io, options.modules ?? options.against))),
    against: {
      definitions: async () => definitions,
      modules: createModuleHost((hash) => modules.get(hash)),
    },
  });
  if (shrunk === null) {
    io.stdout(options.json ? '{"type":"shrunk","divergence":null}\n' : "there is no divergence\n");
    return EXIT.fine;
  }
  const { frames, states, divergence, ingress, runs } = shrunk;
  if (options.output !== undefined) {
    await writeRecording(
      resolve(io.cwd, options.output),
      "text",
      assemble(carried.header, carried.blobs, frames, states),
    );
  }
  if (options.json) {
    const json = new Map<string, Json>([
      ["type", "shrunk"],
      ["ingress", jsonInteger(BigInt(ingress))],
      ["frames", jsonInteger(BigInt(frames.length))],
      ["runs", jsonInteger(BigInt(runs))],
      ["kind", divergence.kind],
      ["field", divergence.field],
      ["recorded", divergence.recorded],
      ["replayed", divergence.replayed],
    ]);
    io.stdout(`${stringifyJson(json)}\n`);
    return EXIT.found;
  }
  io.stdout(
    `${plural(ingress, "ingress record")} of ${carried.length} frames still ${ingress === 1 ? "shows" : "show"} it (${plural(runs, "run")}):\n` +
      `  frame ${divergence.frame}, record ${divergence.record} (${divergence.kind}): ${clean(divergence.field)}\n` +
      `    recorded  ${clean(divergence.recorded, 2000)}\n    replayed  ${clean(divergence.replayed, 2000)}\n`,
  );
  return EXIT.found;
}
