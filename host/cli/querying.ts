/** What commands that look into a world share: its frames with a progress bar, and how they are called. */

import { type Command, InvalidArgumentError } from "commander";
import type { Definitions } from "../kernel/state.ts";
import { type RecordPlace, recordPlace } from "../runtime/queries/places.ts";
import { type Passing, type Survey, survey, type Told } from "../runtime/queries/survey.ts";
import { AirloomError } from "../values/errors.ts";
import { type Json, stringifyJson } from "../values/json.ts";
import type { Io } from "./io.ts";
import { progressOf } from "./progress.ts";
import { framesOf, placeOf, type Reading, reading, type WorldPlace } from "./world.ts";

export interface QueryOptions {
  readonly store?: string;
  readonly json?: boolean;
}

/** Adds what every query takes; `json`: what `--json` prints. */
export function queryOptions(command: Command, json: string): Command {
  return command
    .option("--store <folder>", "where the world's store is (default: .airloom in the folder)")
    .option("--json", json);
}

/** `FRAME.RECORD` on a command line. */
export function readRecordPlace(text: string): RecordPlace {
  const place = recordPlace(text);
  if (place === null) {
    throw new InvalidArgumentError("It is two numbers with a dot between them, such as 3.1.");
  }
  return place;
}

/** Throws `store.missing` or `world.missing`, where opening for writing would make a new world. */
export function requireWorld(place: WorldPlace): Promise<void> {
  return reading(place, async () => {});
}

/** Passes over a world's journal, beside whoever writes it. Throws what `reading` throws. */
export function surveyed(
  io: Io,
  world: string,
  options: QueryOptions,
  passing: Passing = {},
): Promise<Survey> {
  return reading(placeOf(io, world, options.store), async (open) => {
    const found = await survey(watched(io, open, null), passing);
    if (found === null)
      throw new AirloomError("missing", "world.missing", `${world} holds no world; run it first`);
    return found;
  });
}

/** The frames of a world, with a bar where that takes long. */
export async function* watched(io: Io, open: Reading, authored: Definitions | null): AsyncIterable<Told> {
  const head = await open.store.head(open.worldId);
  const progress = progressOf(io, "reading the journal", Number(head?.nextFrame ?? 0n));
  try {
    for await (const told of framesOf(open, authored)) {
      progress.step(1);
      yield told;
    }
  } finally {
    progress.stop();
  }
}

/** Now, as the logical clock counts: nanoseconds since the Unix epoch. */
export function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

export function printJson(io: Io, json: Json): void {
  io.stdout(`${stringifyJson(json)}\n`);
}
