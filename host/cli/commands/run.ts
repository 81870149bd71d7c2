import { readFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import type { Command } from "commander";
import type { Manifest } from "../../air/manifest.ts";
import type { Frame } from "../../journal/frame.ts";
import type { LiveCell } from "../../journal/port.ts";
import type { LiveNote } from "../../kernel/draft.ts";
import type { Engine } from "../../runtime/engine.ts";
import { type EventText, lineIngressId, readEvent, scenarioLines } from "../../runtime/scenario.ts";
import { AirloomError } from "../../values/errors.ts";
import { stringifyJson } from "../../values/json.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { type FaultGuide, faultGuide } from "../render/fault.ts";
import { frameJson, recordJson } from "../render/record.ts";
import { renderReplay, replayJson } from "../render/replay.ts";
import { cellState, stateJson } from "../render/state.ts";
import { clean, paletteOf } from "../render/text.ts";
import { Timeline } from "../render/timeline.ts";
import { replayPlace } from "../replaying.ts";
import type { Run } from "../run.ts";
import { addFrom, type From, framesOf, openForWriting, placeOf, type WorldPlace } from "../world.ts";

interface Options {
  readonly scenario?: string;
  readonly store?: string;
  readonly upgrade?: boolean;
  readonly from?: From;
  readonly verify?: boolean;
  readonly json?: boolean;
}

const HELP = `
Example:
  airloom run air/worlds/retry-backoff --verify`;

export function runCommand(program: Command, io: Io, run: Run): void {
  const command = program
    .command("run")
    .description("open a world, send its scenario, run until nothing is pending or open, print a timeline")
    .argument("<world>", "world folder")
    .option("--scenario <file>", "events to send, one a line (default: scenario.jsonl in the folder)")
    .option("--store <folder>", "where the world's store is (default: .airloom in the folder)")
    .option("--upgrade", "adopt the folder's definitions where the world runs others")
    .option("--verify", "replay the journal afterwards and print the verdict")
    .option("--json", "one JSON object a line")
    .addHelpText("after", HELP)
    .action((world: string, options: Options) => run(options, () => runWorld(io, world, options)));
  addFrom(command);
}

async function runWorld(io: Io, world: string, options: Options): Promise<number> {
  const place = placeOf(io, world, options.store);
  const printer = new Printer(io, options.json ?? false);
  const scenario = await readScenario(io, place, options.scenario);
  const { engine, store, definitions, close } = await openForWriting(place, {
    upgrade: options.upgrade ?? false,
    ...(options.from === undefined ? {} : { from: options.from }),
  });
  try {
    printer.guide(await faultGuide(io, place.folder, definitions.manifest, world, options.store));
    const past = framesOf({ store, worldId: engine.worldId }, definitions);
    for await (const { frame, definitions: used } of past) printer.frame(frame, used.manifest, []);
    printer.live();
    engine.onFrame(({ frame, notes }) => printer.frame(frame, definitions.manifest, notes));
    const lines = scenarioLines(scenario.file, scenario.text);
    const events = lines.map((line) => readEvent(engine.state.definitions.manifest, line)); // all, or none is sent
    for (const [i, line] of lines.entries()) await sendLine(engine, line, events[i]!, printer);
    await engine.whenIdle();
    for await (const cell of store.cells(engine.worldId)) printer.state(cell, definitions.manifest);
  } finally {
    await close();
  }
  if (options.verify !== true) return printer.exitCode;
  const report = await replayPlace(place, null);
  io.stdout(options.json ? `${stringifyJson(replayJson(report))}\n` : renderReplay(io, report));
  return report.verdict === "diverged" ? EXIT.found : printer.exitCode;
}

async function readScenario(io: Io, place: WorldPlace, given: string | undefined) {
  const path = given === undefined ? join(place.folder, "scenario.jsonl") : resolve(io.cwd, given);
  try {
    return { file: relative(io.cwd, path), text: await readFile(path, "utf8") };
  } catch (error) {
    // What is no folder at all is told of when its definitions are read.
    const absent = ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");
    if (given === undefined && absent) return { file: path, text: "" };
    throw new AirloomError("missing", "scenario.missing", `the scenario ${path} cannot be read`, {
      cause: error,
    });
  }
}

async function sendLine(
  engine: Engine,
  line: EventText,
  event: ReturnType<typeof readEvent>,
  printer: Printer,
): Promise<void> {
  const ingressId = lineIngressId(engine.worldId, line);
  const { duplicate, frame } = await engine.send({ ...event, ingressId, text: line.text });
  if (duplicate)
    printer.note(`${line.file}:${line.line} was accepted before, in frame ${frame}; nothing is sent`);
}

/** Prints what happens: as a timeline, or a JSON object a frame and a record. */
class Printer {
  readonly #io: Io;
  readonly #json: boolean;
  readonly #timeline: Timeline;
  #past = true;
  #faults = 0;

  constructor(io: Io, json: boolean) {
    this.#io = io;
    this.#json = json;
    this.#timeline = new Timeline(io);
  }

  /** Tells of faults what it knows beyond their records. */
  guide(guide: FaultGuide): void {
    this.#timeline.guide = guide;
  }

  /** From here on what is printed happens now. */
  live(): void {
    this.#past = false;
  }

  /** 1 when a delivery faulted or a plan failed in this run. */
  get exitCode(): number {
    return this.#faults > 0 ? EXIT.found : EXIT.fine;
  }

  frame(frame: Frame, manifest: Manifest, notes: readonly LiveNote[]): void {
    if (!this.#past) this.#faults += frame.records.filter(isFault).length;
    if (this.#json) {
      this.#io.stdout(`${stringifyJson(frameJson(frame))}\n`);
      for (let i = 0; i < frame.records.length; i++) {
        this.#io.stdout(`${stringifyJson(recordJson(frame, i, manifest))}\n`);
      }
      return;
    }
    for (const line of this.#timeline.frame(frame, manifest, notes)) this.#io.stdout(`${line}\n`);
  }

  note(text: string): void {
    if (this.#json) return;
    this.#io.stdout(`${paletteOf(this.#io).dim(clean(text))}\n`);
  }

  state(cell: LiveCell, manifest: Manifest): void {
    const found = cellState(cell, cell.state, manifest);
    if (this.#json) this.#io.stdout(`${stringifyJson(stateJson(found))}\n`);
    else this.#io.stdout(`\nstate of ${clean(found.name)}\n${stringifyJson(found.json, 2)}\n`);
  }
}

function isFault(record: Frame["records"][number]): boolean {
  if (record.kind === "delivery") return record.outcome === "fault";
  return record.kind === "plan_ended" && record.status === "error";
}
