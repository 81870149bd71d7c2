import type { Command } from "commander";
import type { RecordPlace } from "../../runtime/queries/places.ts";
import type { Acknowledgement } from "../../runtime/requests.ts";
import { type Json, jsonInteger } from "../../values/json.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { printJson, type QueryOptions, queryOptions, readRecordPlace, requireWorld } from "../querying.ts";
import { faultGuide } from "../render/fault.ts";
import { plural } from "../render/text.ts";
import type { Run } from "../run.ts";
import { openForWriting, placeOf } from "../world.ts";
import { faultLines } from "./send.ts";

interface Options extends QueryOptions {
  readonly id?: string;
  readonly by?: string;
  readonly upgrade?: boolean;
}

const HELP = `
The event goes to the cell whose delivery faulted and to nobody else; no plan hears of it again. It exits with 1 when
the delivery faults again: that is then the fault that is open.

With --json: {"type": "redelivered", "frame", "duplicate", "faulted", "open_intents"}.

Example:
  airloom redeliver air/worlds/retry-backoff 3.1 --upgrade`;

export function redeliverCommand(program: Command, io: Io, run: Run): void {
  const command = program
    .command("redeliver")
    .description("carry the event of a faulted delivery to its cell again, after its cause was mended")
    .argument("<world>", "world folder")
    .argument("<frame.record>", "the delivery, as `faults` names it: 3.1", readRecordPlace)
    .option("--id <text>", "ingress id: the same request made again under it is accepted once")
    .option("--by <name>", "who asks for it, for the audit")
    .option("--upgrade", "adopt the folder's definitions where the world runs others");
  queryOptions(command, "one JSON object")
    .addHelpText("after", HELP)
    .action((world: string, fault: RecordPlace, options: Options) =>
      run(options, () => redeliver(io, world, fault, options)),
    );
}

async function redeliver(io: Io, world: string, fault: RecordPlace, options: Options): Promise<number> {
  const place = placeOf(io, world, options.store);
  await requireWorld(place);
  const { engine, definitions, close } = await openForWriting(place, { upgrade: options.upgrade ?? false });
  try {
    const guide = await faultGuide(io, place.folder, definitions.manifest, world, options.store);
    const faults: string[] = [];
    engine.onFrame((notice) => {
      faults.push(...faultLines(io, notice, guide));
    });
    const done = await engine.redeliver({ fault, ...requestOf(options) });
    await engine.settled();
    const open = engine.state.intents.size;
    const faulted = faults.length > 0;
    if (options.json) printJson(io, redeliveredJson(done, faulted, open));
    else {
      const name = `${fault.frame}.${fault.record}`;
      const what = done.duplicate ? "was redelivered before" : "redelivered";
      io.stdout(`${name} ${what} in frame ${done.frame}\n`);
      for (const line of faults) io.stdout(`${line}\n`);
      if (open > 0) io.stdout(`${plural(open, "intent")} open; \`airloom run\` goes on with them\n`);
    }
    return faulted ? EXIT.found : EXIT.fine;
  } finally {
    await close();
  }
}

/** Who asks, and under which id. */
export function requestOf({ id, by }: Pick<Options, "id" | "by">): { ingressId?: string; by?: string } {
  return { ...(id === undefined ? {} : { ingressId: id }), ...(by === undefined ? {} : { by }) };
}

function redeliveredJson({ frame, duplicate }: Acknowledgement, faulted: boolean, open: number): Json {
  return new Map<string, Json>([
    ["type", "redelivered"],
    ["frame", jsonInteger(frame)],
    ["duplicate", duplicate],
    ["faulted", faulted],
    ["open_intents", jsonInteger(BigInt(open))],
  ]);
}
