import type { Command } from "commander";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { nowNs, printJson, type QueryOptions, queryOptions, surveyed } from "../querying.ts";
import { faultJson, faultLine } from "../render/notes.ts";
import { paletteOf } from "../render/text.ts";
import type { Run } from "../run.ts";

const HELP = `
A fault is open until its event is redelivered or somebody dismisses it. It exits with 1 when there is one.

With --json, a line for each: {"type": "fault", "of": "delivery" or "plan", "at": {"frame", "record", "logical_ns"},
"cell": {"reducer", "key"}, "plan", "instance", "step", "code", "message", "file", "line", "event", "denied",
"first_at", "redelivered"}.

Example:
  airloom faults air/worlds/retry-backoff`;

export function faultsCommand(program: Command, io: Io, run: Run): void {
  const command = program
    .command("faults")
    .description("list deliveries that faulted and plans that failed, as far as nobody took care of them")
    .argument("<world>", "world folder");
  queryOptions(command, "one JSON object a fault")
    .addHelpText("after", HELP)
    .action((world: string, options: QueryOptions) => run(options, () => faults(io, world, options)));
}

async function faults(io: Io, world: string, options: QueryOptions): Promise<number> {
  const p = paletteOf(io);
  const found = await surveyed(io, world, options);
  const now = nowNs();
  for (const note of found.faults) {
    if (options.json) printJson(io, faultJson(note));
    else io.stdout(`${faultLine(p, note, now)}\n`);
  }
  if (found.faults.length > 0) return EXIT.found;
  if (!options.json) io.stdout("no fault is open\n");
  return EXIT.fine;
}
