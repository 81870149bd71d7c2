import type { Command } from "commander";
import { cellText } from "../../replay/core/diff.ts";
import type { FrameNotice } from "../../runtime/engine.ts";
import { readEvent } from "../../runtime/scenario.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { type FaultGuide, faultGuide } from "../render/fault.ts";
import { clean, paletteOf, plural } from "../render/text.ts";
import type { Run } from "../run.ts";
import { addFrom, type From, openForWriting, placeOf } from "../world.ts";

interface Options {
  readonly id?: string;
  readonly store?: string;
  readonly upgrade?: boolean;
  readonly from?: From;
  readonly json?: boolean;
}

const HELP = `
It exits with 1 when the event is refused, and when a delivery faults or a plan fails in the frame it is accepted in.

With --json: {"type": "sent", "frame", "duplicate", "faulted", "open_intents"}.

Example:
  airloom send air/worlds/retry-backoff '{"schema": "demo/WorkOk@1", "value": {"req_id": "req-1"}}' --id ok-1`;

export function sendCommand(program: Command, io: Io, run: Run): void {
  const command = program
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
    .addHelpText("after", HELP)
    .action((world: string, event: string, options: Options) =>
      run(options, () => send(io, world, event, options)),
    );
  addFrom(command);
}

async function send(io: Io, world: string, text: string, options: Options): Promise<number> {
  const place = placeOf(io, world, options.store);
  const { engine, definitions, close } = await openForWriting(place, {
    upgrade: options.upgrade ?? false,
    ...(options.from === undefined ? {} : { from: options.from }),
  });
  try {
    const event = readEvent(engine.state.definitions.manifest, { file: "event", line: 1, text });
    const request = options.id === undefined ? {} : { ingressId: options.id, text };
    const guide = await faultGuide(io, place.folder, definitions.manifest, world, options.store);
    const lines = new Map<bigint, readonly string[]>();
    engine.onFrame((notice) => {
      lines.set(notice.frame.head.frame, faultLines(io, notice, guide));
    });
    const { frame, duplicate } = await engine.send({ ...event, ...request });
    // Of later frames only some are done by now.
    const faults = lines.get(frame) ?? [];
    const open = engine.state.intents.size;
    const faulted = faults.length > 0;
    if (options.json) {
      io.stdout(
        `${JSON.stringify({ type: "sent", frame: Number(frame), duplicate, faulted, open_intents: open })}\n`,
      );
    } else {
      const what = duplicate ? `was accepted before, in frame ${frame}` : `accepted in frame ${frame}`;
      io.stdout(`${event.schema} ${what}\n`);
      for (const line of faults) io.stdout(`${line}\n`);
      if (open > 0) io.stdout(`${plural(open, "intent")} open; \`airloom run\` goes on with them\n`);
    }
    return faulted ? EXIT.found : EXIT.fine;
  } finally {
    await close();
  }
}

/** Two lines for each delivery that faulted and each plan that failed: why and where, and the command to go on with. */
export function faultLines(io: Io, { frame, notes }: FrameNotice, guide: FaultGuide): readonly string[] {
  const p = paletteOf(io);
  return frame.records.flatMap((record, index) => {
    if (record.kind === "plan_ended" && record.status === "error") {
      const { plan, instance, errorStep, errorCode, errorMessage } = record;
      const at = errorStep === null ? "" : ` at ${clean(errorStep)}`;
      return [
        `${p.red("fault")} plan ${clean(plan)} #${instance}${at}: ${errorCode} ${clean(errorMessage ?? "")}`,
        `  ${p.dim(guide.command(frame.head.frame, index, "why"))}`,
      ];
    }
    if (record.kind !== "delivery" || record.outcome !== "fault") return [];
    const place = guide.place(record, notes.find((note) => note.record === index)?.trace ?? []);
    const what = `${record.faultCode} ${clean(record.faultMessage ?? "")}${place === null ? "" : ` (${place})`}`;
    return [
      `${p.red("fault")} ${clean(cellText(record.cell) ?? "")}: ${what}`,
      `  ${p.dim(guide.command(frame.head.frame, index))}`,
    ];
  });
}
