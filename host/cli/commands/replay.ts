import { resolve } from "node:path";
import type { Command } from "commander";
import { stringifyJson } from "../../values/json.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { renderReplay, replayJson } from "../render/replay.ts";
import { replayPlace } from "../replaying.ts";
import type { Run } from "../run.ts";
import { placeOf } from "../world.ts";

interface Options {
  readonly store?: string;
  readonly against?: string;
  readonly json?: boolean;
}

export function replayCommand(program: Command, io: Io, run: Run): void {
  program
    .command("replay")
    .description("derive a world again from its journal and compare every record")
    .argument("<world>", "world folder")
    .option("--against <folder>", "use the definitions and modules of this world folder")
    .option("--store <folder>", "where the world's store is (default: .airloom in the folder)")
    .option("--json", "one JSON object")
    .action((world: string, options: Options) => run(options, () => replayWorld(io, world, options)));
}

async function replayWorld(io: Io, world: string, options: Options): Promise<number> {
  const against = options.against === undefined ? null : resolve(io.cwd, options.against);
  const report = await replayPlace(placeOf(io, world, options.store), against);
  io.stdout(options.json ? `${stringifyJson(replayJson(report))}\n` : renderReplay(io, report));
  return report.verdict === "diverged" ? EXIT.found : EXIT.fine;
}
