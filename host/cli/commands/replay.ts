import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { stringifyJson } from "../../values/json.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { progressOf } from "../progress.ts";
import { renderReplay, replayJson } from "../render/replay.ts";
import { replayPlace } from "../replaying.ts";
import type { Run } from "../run.ts";
import { placeOf } from "../world.ts";
import { type CorpusCommandOptions, parseJobs, parseReport, replayRecordings } from "./corpus.ts";

interface Options extends CorpusCommandOptions {
  readonly store?: string;
}

const EXAMPLES = `
Examples:
  airloom replay air/worlds/retry-backoff
  airloom replay air/worlds/retry-backoff --against air/worlds/retry-backoff-workflow
  airloom replay tests/journals --against . --report junit=replay.xml --report markdown=replay.md
  airloom replay tests/journals --against . --compare ../before --report markdown=upgrade.md
  airloom replay 'tests/journals/**/*.airj' --modules .`;

export function replayCommand(program: Command, io: Io, run: Run): void {
  program
    .command("replay")
    .description("derive worlds or recordings again from their journals and compare every record")
    .argument("<targets...>", "a world folder; or recordings: files, folders, glob patterns")
    .option("--against <folder>", "use the definitions and modules of this world folder")
    .option("--compare <folder>", "compare --against with this world folder, and not with what was recorded")
    .option("--store <folder>", "where a world's store is (default: .airloom in the folder)")
    .option("--modules <folder>", "world folder whose built modules stand in for those not in a recording")
    .option("--jobs <n>", "recordings at a time (default: one for each core)", parseJobs)
    .option(
      "--index <file>",
      "names and roots the corpus must have (default: index.json in a replayed folder)",
    )
    .option("--write-index", "take new recordings over into the index, after printing what changes")
    .option("--re-record", "with --write-index: also those that were replaced or are missing")
    .option("--allow-shrink", "do not fail when a recording of the index is missing")
    .option("--strict-fuel", "take other fuel for a difference")
    .option(
      "--report <form=file>",
      "json, junit, markdown, github or sarif, to a file; may be repeated",
      parseReport,
    )
    .option("--json", "JSON for machines")
    .addHelpText("after", EXAMPLES)
    .action((targets: string[], options: Options, command: Command) => {
      const worlds = targets.filter((target) => isWorld(io, target, options.store));
      if (worlds.length > 0 && targets.length > 1) {
        command.error(`error: a world is replayed alone, and ${worlds[0]} is one; capture it to replay many`);
      }
      if (options.compare !== undefined && (options.against === undefined || worlds.length > 0)) {
        command.error(
          "error: --compare takes recordings, and --against for the definitions they would go to",
        );
      }
      return run(options, () =>
        worlds.length === 0 ? replayRecordings(io, targets, options) : replayWorld(io, targets[0]!, options),
      );
    });
}

/** A folder with definitions or a store, and every folder whose store is named. */
function isWorld(io: Io, target: string, store: string | undefined): boolean {
  if (store !== undefined) return true;
  const path = resolve(io.cwd, target);
  const signs = ["manifest.air.json", "world.json", ".airloom", "air"];
  return signs.some((sign) => existsSync(join(path, sign)));
}

async function replayWorld(io: Io, world: string, options: Options): Promise<number> {
  const against = options.against === undefined ? null : resolve(io.cwd, options.against);
  const report = await replayPlace(placeOf(io, world, options.store), against, (frames) =>
    progressOf(io, "replaying", frames),
  );
  io.stdout(options.json ? `${stringifyJson(replayJson(report))}\n` : renderReplay(io, report));
  return report.verdict === "diverged" ? EXIT.found : EXIT.fine;
}
