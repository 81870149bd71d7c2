import type { Command } from "commander";
import { readEvent } from "../../runtime/scenario.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { plural } from "../render/text.ts";
import type { Run } from "../run.ts";
import { openForWriting, placeOf } from "../world.ts";

interface Options {
  readonly id?: string;
  readonly store?: string;
  readonly upgrade?: boolean;
  readonly json?: boolean;
}

export function sendCommand(program: Command, io: Io, run: Run): void {
  program
    .command("send")
    .description("send one event to a world; it is durable when the command ends")
    .argument("<world>", "world folder")
    .argument(
      "<event>",
      `as JSON: {"schema": "demo/StartWork@1", "value": {...}}; {"$now": true} is logical time`,
    )
    .option("--id <text>", "ingress id: the same event sent again under it is accepted once")
    .option("--store <folder>", "where the world's store is (default: .airloom in the folder)")
    .option("--upgrade", "adopt the folder's definitions where the world runs others")
    .option("--json", "one JSON object")
    .action((world: string, event: string, options: Options) =>
      run(options, () => send(io, world, event, options)),
    );
}

async function send(io: Io, world: string, text: string, options: Options): Promise<number> {
  const place = placeOf(io, world, options.store);
  const { engine, close } = await openForWriting(place, { upgrade: options.upgrade ?? false });
  try {
    const event = readEvent(engine.state.definitions.manifest, { file: "event", line: 1, text });
    const request = options.id === undefined ? {} : { ingressId: options.id, text };
    let faulted = false;
    engine.onFrame(({ frame }) => {
      faulted ||= frame.records.some((record) => record.kind === "delivery" && record.outcome === "fault");
    });
    const { frame, duplicate } = await engine.send({ ...event, ...request });
    const open = engine.state.intents.size;
    if (options.json) {
      io.stdout(
        `${JSON.stringify({ type: "sent", frame: Number(frame), duplicate, faulted, open_intents: open })}\n`,
      );
    } else {
      const what = duplicate ? `was accepted before, in frame ${frame}` : `accepted in frame ${frame}`;
      io.stdout(
        `${event.schema} ${what}${faulted ? "; a delivery faulted, see `airloom journal show`" : ""}\n`,
      );
      if (open > 0) io.stdout(`${plural(open, "intent")} open; \`airloom run\` goes on with them\n`);
    }
    return faulted ? EXIT.found : EXIT.fine;
  } finally {
    await close();
  }
}
