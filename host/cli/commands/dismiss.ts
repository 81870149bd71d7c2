import type { Command } from "commander";
import type { RecordPlace } from "../../runtime/queries/places.ts";
import { type Json, jsonInteger } from "../../values/json.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { printJson, type QueryOptions, queryOptions, readRecordPlace, requireWorld } from "../querying.ts";
import type { Run } from "../run.ts";
import { openForWriting, placeOf } from "../world.ts";
import { requestOf } from "./redeliver.ts";

interface Options extends QueryOptions {
  readonly id?: string;
  readonly by?: string;
  readonly reason?: string;
}

const HELP = `
Nothing follows from it but that the fault is no longer open; who saw it and why stand in the journal.

With --json: {"type": "dismissed", "frame", "duplicate"}.

Example:
  airloom dismiss air/worlds/retry-backoff 3.1 --reason 'the order was cancelled' --by ada`;

export function dismissCommand(program: Command, io: Io, run: Run): void {
  const command = program
    .command("dismiss")
    .description("note in the journal that a fault was seen and may stay as it is")
    .argument("<world>", "world folder")
    .argument("<frame.record>", "the fault, as `faults` names it: 3.1", readRecordPlace)
    .option("--reason <text>", "why it may stay as it is")
    .option("--by <name>", "who saw it, for the audit")
    .option("--id <text>", "ingress id: the same request made again under it is accepted once");
  queryOptions(command, "one JSON object")
    .addHelpText("after", HELP)
    .action((world: string, fault: RecordPlace, options: Options) =>
      run(options, () => dismiss(io, world, fault, options)),
    );
}

async function dismiss(io: Io, world: string, fault: RecordPlace, options: Options): Promise<number> {
  const place = placeOf(io, world, options.store);
  await requireWorld(place);
  const { engine, close } = await openForWriting(place, { upgrade: false });
  try {
    const reason = options.reason === undefined ? {} : { reason: options.reason };
    const { frame, duplicate } = await engine.dismiss({ fault, ...reason, ...requestOf(options) });
    if (options.json) {
      const json = new Map<string, Json>([
        ["type", "dismissed"],
        ["frame", jsonInteger(frame)],
        ["duplicate", duplicate],
      ]);
      printJson(io, json);
    } else {
      const what = duplicate ? "was dismissed before" : "dismissed";
      io.stdout(`${fault.frame}.${fault.record} ${what} in frame ${frame}\n`);
    }
    return EXIT.fine;
  } finally {
    await close();
  }
}
