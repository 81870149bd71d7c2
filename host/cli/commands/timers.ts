import type { Command } from "commander";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { nowNs, printJson, type QueryOptions, queryOptions, surveyed } from "../querying.ts";
import { timerJson, timerLine } from "../render/notes.ts";
import { paletteOf } from "../render/text.ts";
import type { Run } from "../run.ts";

const HELP = `
With --json, a line for each timer, the earliest first: {"type": "timer", "intent", "due_ns", "in_ns", "overdue",
"timer_key", "origin_kind", "origin_name", "cell": {"reducer", "key"}, "instance", "step",
"set_at": {"frame", "record", "logical_ns"}}.

Example:
  airloom timers air/worlds/retry-backoff`;

export function timersCommand(program: Command, io: Io, run: Run): void {
  const command = program
    .command("timers")
    .description("list the timers that are pending: when each is due, and for whom")
    .argument("<world>", "world folder");
  queryOptions(command, "one JSON object a timer")
    .addHelpText("after", HELP)
    .action((world: string, options: QueryOptions) => run(options, () => timers(io, world, options)));
}

async function timers(io: Io, world: string, options: QueryOptions): Promise<number> {
  const p = paletteOf(io);
  const { intents } = await surveyed(io, world, options);
  const pending = intents.filter(({ timer }) => timer !== null).sort((a, b) => compare(dueOf(a), dueOf(b)));
  const now = nowNs();
  for (const note of pending) {
    if (options.json) printJson(io, timerJson(note, now));
    else io.stdout(`${timerLine(p, note, now)}\n`);
  }
  if (pending.length === 0 && !options.json) io.stdout("no timer is pending\n");
  return EXIT.fine;
}

function dueOf({ timer }: { readonly timer: { readonly dueNs: bigint } | null }): bigint {
  return timer?.dueNs ?? 0n;
}

/** Timers due at one instant stay in the order they were set, in which they fire. */
function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
