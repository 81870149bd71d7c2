import type { Command } from "commander";
import { type Json, jsonInteger, stringifyJson } from "../../values/json.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { clean, plural } from "../render/text.ts";
import type { Run } from "../run.ts";
import { addFrom, type From, openForWriting, placeOf } from "../world.ts";

interface Options {
  readonly prune?: boolean;
  readonly from?: From;
  readonly store?: string;
  readonly json?: boolean;
}

const HELP = `
Opening a world starts from its newest snapshot and replays only what came after. A snapshot changes nothing else:
the journal stays whole, and replays from genesis.

Example:
  airloom snapshot air/worlds/keyed-orders`;

export function snapshotCommand(program: Command, io: Io, run: Run): void {
  const command = program
    .command("snapshot")
    .description("record a snapshot of a world, from which it opens faster")
    .argument("<world>", "world folder")
    .option("--prune", "drop versions of cells that only frames before the snapshot could see")
    .option("--store <folder>", "where the world's store is (default: .airloom in the folder)")
    .option("--json", "one JSON object")
    .addHelpText("after", HELP)
    .action((world: string, options: Options) => run(options, () => snapshot(io, world, options)));
  addFrom(command);
}

async function snapshot(io: Io, world: string, options: Options): Promise<number> {
  const place = placeOf(io, world, options.store);
  const { engine, store, close } = await openForWriting(place, { upgrade: false, ...fromOf(options) });
  try {
    await engine.snapshot();
    const { frame, hash } = (await store.newestSnapshot(engine.worldId))!;
    const pruned = options.prune === true ? await store.pruneCells(engine.worldId, frame) : null;
    const json = new Map<string, Json>([
      ["type", "snapshot"],
      ["frame", jsonInteger(frame)],
      ["hash", hash],
      ["pruned", pruned === null ? null : jsonInteger(BigInt(pruned))],
    ]);
    const dropped = pruned === null ? "" : `; ${plural(pruned, "old version")} of cells dropped`;
    io.stdout(
      options.json ? `${stringifyJson(json)}\n` : `snapshot in frame ${frame}, ${clean(hash)}${dropped}\n`,
    );
  } finally {
    await close();
  }
  return EXIT.fine;
}

function fromOf({ from }: Options): { readonly from?: From } {
  return from === undefined ? {} : { from };
}
