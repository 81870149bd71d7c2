import type { Command } from "commander";
import type { Reducer } from "../../air/manifest.ts";
import type { LiveCell } from "../../journal/port.ts";
import type { FrameSeq } from "../../values/brand.ts";
import { AirloomError } from "../../values/errors.ts";
import { stringifyJson } from "../../values/json.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { keyOf } from "../keys.ts";
import { cellState, stateJson } from "../render/state.ts";
import { clean } from "../render/text.ts";
import type { Run } from "../run.ts";
import {
  authoredDefinitions,
  definitionsInForce,
  placeOf,
  type Reading,
  reading,
  reducerNamed,
} from "../world.ts";

interface Options {
  readonly key?: string;
  readonly store?: string;
  readonly json?: boolean;
}

const HELP = `
Example:
  airloom state air/worlds/retry-backoff demo/RetrySM@1`;

export function stateCommand(program: Command, io: Io, run: Run): void {
  program
    .command("state")
    .description("show the durable state of a world's cells")
    .argument("<world>", "world folder")
    .argument("[reducer]", "name of a reducer; all of them without it")
    .option("--key <json>", "key of one cell of that reducer: a text as it stands, or JSON")
    .option("--store <folder>", "where the world's store is (default: .airloom in the folder)")
    .option("--json", "one JSON object a cell")
    .addHelpText("after", HELP)
    .action((world: string, reducer: string | undefined, options: Options) =>
      run(options, () => state(io, world, reducer, options)),
    );
}

async function state(io: Io, world: string, name: string | undefined, options: Options): Promise<number> {
  const place = placeOf(io, world, options.store);
  return reading(place, async (open) => {
    const { manifest } = await definitionsInForce(open, authoredDefinitions(place.folder));
    const reducer = name === undefined ? null : reducerNamed(manifest, name);
    let shown = 0;
    for await (const cell of wanted(open, reducer, options.key)) {
      const found = cellState(cell, cell.state, manifest);
      shown += 1;
      io.stdout(
        options.json
          ? `${stringifyJson(stateJson(found))}\n`
          : `${clean(found.name)}\n${stringifyJson(found.json, 2)}\n`,
      );
    }
    if (shown > 0 || options.json) return EXIT.fine;
    io.stdout("no cell holds a state\n");
    return EXIT.fine;
  });
}

/** A cell that is asked for by its key is read alone, whatever else there is. */
async function* wanted(
  { store, worldId }: Reading,
  reducer: Reducer | null,
  key: string | undefined,
): AsyncIterable<LiveCell> {
  if (reducer === null) {
    if (key !== undefined) throw new AirloomError("request", "key.refused", "a key needs its reducer's name");
    return yield* store.cells(worldId);
  }
  const { name } = reducer.module;
  if (key === undefined) {
    return yield* await store.listCells(worldId, { reducer: name, limit: Number.POSITIVE_INFINITY });
  }
  const head = await store.head(worldId);
  const last = (head!.nextFrame - 1n) as FrameSeq;
  const [found] = await store.findCells(worldId, [{ reducer: name, key: keyOf(reducer, key) }], last);
  if (found !== null && found !== undefined && found.state !== null) yield { ...found, state: found.state };
}
