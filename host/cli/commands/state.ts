import type { Command } from "commander";
import type { Definitions } from "../../kernel/state.ts";
import { keyBytes } from "../../runtime/scenario.ts";
import { equalBytes } from "../../values/bytes.ts";
import { AirloomError } from "../../values/errors.ts";
import { jsonFrom, stringifyJson } from "../../values/json.ts";
import { nearest } from "../../values/nearest.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { cellState, stateJson } from "../render/state.ts";
import { clean } from "../render/text.ts";
import type { Run } from "../run.ts";
import { authoredDefinitions, framesOf, placeOf, type Reading, reading } from "../world.ts";

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
    .option("--key <json>", "key of one cell: a text or an integer, as JSON")
    .option("--store <folder>", "where the world's store is (default: .airloom in the folder)")
    .option("--json", "one JSON object a cell")
    .addHelpText("after", HELP)
    .action((world: string, reducer: string | undefined, options: Options) =>
      run(options, () => state(io, world, reducer, options)),
    );
}

async function state(io: Io, world: string, reducer: string | undefined, options: Options): Promise<number> {
  const place = placeOf(io, world, options.store);
  return reading(place, async (open) => {
    const { manifest } = await definitionsInForce(open, authoredDefinitions(place.folder));
    if (reducer !== undefined && !manifest.reducers.has(reducer))
      throw unknownReducer(reducer, manifest.reducers.keys());
    const key = options.key === undefined ? null : parseKey(options.key);
    let shown = 0;
    for await (const cell of open.store.cells(open.worldId)) {
      if (reducer !== undefined && cell.reducer !== reducer) continue;
      if (key !== null && !equalBytes(cell.key, key)) continue;
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

async function definitionsInForce(open: Reading, authored: Definitions | null): Promise<Definitions> {
  let last: Definitions | undefined;
  for await (const { definitions } of framesOf(open, authored)) last = definitions;
  return last!;
}

function parseKey(text: string): Uint8Array {
  try {
    return keyBytes(jsonFrom(JSON.parse(text)));
  } catch {
    return keyBytes(text);
  }
}

function unknownReducer(name: string, known: Iterable<string>): AirloomError {
  const near = nearest(name, known);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  return new AirloomError("missing", "reducer.missing", `the world has no reducer ${name}${hint}`);
}
