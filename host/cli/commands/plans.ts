import type { Command } from "commander";
import type { EndedNote } from "../../runtime/queries/notes.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { nowNs, printJson, type QueryOptions, queryOptions, surveyed } from "../querying.ts";
import { endedJson, endedLine, planJson, planLines } from "../render/notes.ts";
import { paletteOf } from "../render/text.ts";
import type { Run } from "../run.ts";

interface Options extends QueryOptions {
  readonly all?: boolean;
  readonly ended?: boolean;
}

const HELP = `
With --json, a line for each instance: {"type": "plan", "state": "running", "plan", "instance", "correlation",
"started_at": {"frame", "record", "logical_ns"}, "steps_done", "steps", "waits"}, where each wait is
{"for": "receipt", "event" or "turn", "step", "since"} with "intent", or "event" and "where"; of one that is over,
"state": "ended" with "ended_at", "status", "error": {"code", "step", "message"} or null, and "result".

Examples:
  airloom plans air/worlds/approval
  airloom plans air/worlds/approval --ended`;

export function plansCommand(program: Command, io: Io, run: Run): void {
  const command = program
    .command("plans")
    .description("list the plan instances that run: the step each waits at, since when, for what")
    .argument("<world>", "world folder")
    .option("--all", "those that ended as well, first, each as it ended")
    .option("--ended", "only those that ended, with their result or error");
  queryOptions(command, "one JSON object an instance")
    .addHelpText("after", HELP)
    .action((world: string, options: Options) => run(options, () => plans(io, world, options)));
}

async function plans(io: Io, world: string, options: Options): Promise<number> {
  const p = paletteOf(io);
  let shown = 0;
  const print = (note: EndedNote): void => {
    shown += 1;
    if (options.json) printJson(io, endedJson(note));
    else io.stdout(`${endedLine(p, note)}\n`);
  };
  const found = await surveyed(io, world, options, options.all || options.ended ? { ended: print } : {});
  const now = nowNs();
  for (const note of options.ended && !options.all ? [] : found.plans) {
    shown += 1;
    if (options.json) printJson(io, planJson(note));
    else for (const line of planLines(p, note, now)) io.stdout(`${line}\n`);
  }
  if (shown === 0 && !options.json) io.stdout(options.ended ? "no plan ended\n" : "no plan runs\n");
  return EXIT.fine;
}
