import type { Command } from "commander";
import type { Passing } from "../../runtime/queries/survey.ts";
import type { Json } from "../../values/json.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { nowNs, printJson, type QueryOptions, queryOptions, surveyed } from "../querying.ts";
import { deniedJson, deniedLine, intentJson, intentLine, settledJson, settledLine } from "../render/notes.ts";
import { paletteOf } from "../render/text.ts";
import type { Run } from "../run.ts";

interface Options extends QueryOptions {
  readonly all?: boolean;
}

const HELP = `
With --json, a line for each: {"type": "intent", "state": "open", "intent", "effect_kind", "cap_name", "params",
"origin_kind", "origin_name", "cell": {"reducer", "key"}, "instance", "step",
"emitted_at": {"frame", "record", "logical_ns"}}; with --all also "state": "settled" with "status", "adapter_id",
"tries" and "settled_at", and "state": "denied" with "denied_by" ("capability" or "policy"), "policy", "rule",
"message" and "denied_at".

Example:
  airloom intents air/worlds/retry-backoff --all`;

export function intentsCommand(program: Command, io: Io, run: Run): void {
  const command = program
    .command("intents")
    .description("list the effects that wait for their receipt")
    .argument("<world>", "world folder")
    .option("--all", "those that were settled or denied as well, first, in the order of the journal");
  queryOptions(command, "one JSON object an intent")
    .addHelpText("after", HELP)
    .action((world: string, options: Options) => run(options, () => intents(io, world, options)));
}

async function intents(io: Io, world: string, options: Options): Promise<number> {
  const p = paletteOf(io);
  let shown = 0;
  const print = (line: string, json: Json): void => {
    shown += 1;
    if (options.json) printJson(io, json);
    else io.stdout(`${line}\n`);
  };
  const passing: Passing = {
    settled: (note) => print(settledLine(p, note), settledJson(note)),
    denied: (note) => print(deniedLine(p, note), deniedJson(note)),
  };
  const found = await surveyed(io, world, options, options.all ? passing : {});
  const now = nowNs();
  for (const note of found.intents) print(intentLine(p, note, now), intentJson(note));
  if (shown === 0 && !options.json)
    io.stdout(options.all ? "no effect was asked for\n" : "no intent is open\n");
  return EXIT.fine;
}
