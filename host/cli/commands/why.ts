import type { Command } from "commander";
import type { Cell } from "../../journal/record.ts";
import { type RecordPlace, recordPlace } from "../../runtime/queries/places.ts";
import {
  type FieldChange,
  passOver,
  type Why,
  type WhyJournal,
  type WhyStep,
  whyOf,
} from "../../runtime/queries/why.ts";
import { EMPTY } from "../../values/bytes.ts";
import { AirloomError } from "../../values/errors.ts";
import { type Json, jsonInteger } from "../../values/json.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { keyOf } from "../keys.ts";
import { printJson, type QueryOptions, queryOptions, watched } from "../querying.ts";
import { cellName, placeName } from "../render/notes.ts";
import { recordJson } from "../render/record.ts";
import { clean, instant, type Palette, paletteOf } from "../render/text.ts";
import { Timeline } from "../render/timeline.ts";
import type { Run } from "../run.ts";
import {
  authoredDefinitions,
  definitionsInForce,
  placeOf,
  type Reading,
  reading,
  reducerNamed,
} from "../world.ts";
import { intentPlace, noRecord, readCount, readIntent } from "./trace.ts";

interface Options extends QueryOptions {
  readonly key?: string;
  readonly intent?: string;
  readonly limit: number;
}

const LIMIT = 1000;

const HELP = `
The target is a reducer (why is its state as it is), a record as FRAME.RECORD (a fault, a delivery, anything), or an
intent. What led to it follows, each line caused by the one below it, up to what entered from outside.

With --json, a line for each step: {"type": "why", "record": what \`journal show --json\` prints, "logical_ns",
"changes": [{"field", "before", "after"}] or null where the state before is not kept any more, "plan_started":
{"frame", "record"} or null}; then {"type": "why_end", "steps", "cut"}.

Examples:
  airloom why air/worlds/retry-backoff demo/RetrySM@1
  airloom why air/worlds/keyed-orders demo/Orders@1 --key A-1
  airloom why air/worlds/retry-backoff 3.1
  airloom why air/worlds/retry-backoff --intent 1.0`;

export function whyCommand(program: Command, io: Io, run: Run): void {
  const command = program
    .command("why")
    .description("show what led to a state, an intent or a fault, back to what entered from outside")
    .argument("<world>", "world folder")
    .argument("[target]", "a reducer, or a record as FRAME.RECORD")
    .option("--key <key>", "which cell of a reducer with keys: JSON, or a text")
    .option("--intent <frame.ordinal>", "why there is this intent", readIntent)
    .option("--limit <n>", "how many steps to show", readCount, LIMIT);
  queryOptions(command, "one JSON object a step")
    .addHelpText("after", HELP)
    .action((world: string, target: string | undefined, options: Options) => {
      if ((target === undefined) === (options.intent === undefined)) {
        command.error("error: give one of a reducer, FRAME.RECORD and --intent");
      }
      return run(options, () => why(io, world, target, options));
    });
}

async function why(io: Io, world: string, target: string | undefined, options: Options): Promise<number> {
  const place = placeOf(io, world, options.store);
  return reading(place, async (open) => {
    const of: WhyJournal = { journal: open.store, worldId: open.worldId };
    const named = target === undefined ? null : recordPlace(target);
    const cell = target === undefined || named !== null ? null : await cellOf(open, target, options.key);
    const passed = await passOver(watched(io, open, authoredDefinitions(place.folder)), cell);
    const at = named ?? (cell === null ? await intentPlace(open, options.intent!) : passed.last);
    if (at === null) throw noState(cell!);
    const found = await whyOf(of, passed, at, options.limit);
    if (found === null) throw noRecord(at as RecordPlace);
    if (options.json) printWhy(io, found);
    else for (const line of whyLines(io, found)) io.stdout(`${line}\n`);
    return EXIT.fine;
  });
}

/** Throws `reducer.missing`, `key.refused`, `key.needed`. */
async function cellOf(open: Reading, name: string, key: string | undefined): Promise<Cell> {
  const { manifest } = await definitionsInForce(open, null);
  const reducer = reducerNamed(manifest, name);
  if (key !== undefined) return { reducer: name, key: keyOf(reducer, key) };
  if (reducer.key === null) return { reducer: name, key: EMPTY };
  const message = `${name} has a cell for each key: say which with --key; \`airloom cells\` lists them`;
  throw new AirloomError("request", "key.needed", message, { fields: { reducer: name } });
}

function noState(cell: Cell): AirloomError {
  const message = `nothing was ever delivered to ${cellName(cell)}`;
  return new AirloomError("request", "cell.unknown", message, { fields: { reducer: cell.reducer } });
}

function whyLines(io: Io, { steps, cut }: Why): readonly string[] {
  const p = paletteOf(io);
  const timeline = new Timeline(io);
  const lines: string[] = [];
  for (const [i, step] of steps.entries()) {
    const text = textOf(p, timeline, step);
    if (text === null && i > 0) continue;
    const because = i === 0 ? "" : "because of ";
    const at = `${p.bold(placeName(step.at))} ${p.dim(instant(step.at.atNs))}`;
    lines.push(`${because}${at}  ${text ?? step.record.kind}`, ...changeLines(p, step));
  }
  const last = steps.at(-1)!.frame.head;
  if (cut) lines.push(p.dim("and so on: see --limit"));
  else if (last.by !== null || last.ingressId !== null) {
    const by = last.by === null ? "" : ` by ${clean(last.by)}`;
    lines.push(`sent${by}${last.ingressId === null ? "" : ` under the ingress id ${clean(last.ingressId)}`}`);
  }
  return lines;
}

function textOf(p: Palette, timeline: Timeline, { frame, record, definitions }: WhyStep): string | null {
  if (record.kind === "delivery" && record.outcome === "ok" && record.cell !== null) {
    return `${p.green(cellName(record.cell))} took it`;
  }
  if (record.kind === "plan_started")
    return `${p.magenta("plan")} ${clean(record.plan)} #${record.instance} was started`;
  return timeline.record(frame, record, definitions.manifest);
}

function changeLines(p: Palette, { record, changes, started }: WhyStep): readonly string[] {
  if (record.kind === "plan_turn" && started !== null) {
    return [p.dim(`    its instance was started in ${started.frame}.${started.record}`)];
  }
  if (record.kind !== "delivery" || record.outcome !== "ok") return [];
  if (changes === null) return [p.dim("    the state before is not kept any more")];
  return changes.length === 0
    ? [p.dim("    unchanged")]
    : changes.map((change) => `    ${changeText(p, change)}`);
}

function changeText(p: Palette, { field, before, after }: FieldChange): string {
  const now = after === null ? "gone" : p.bold(clean(after, 200));
  return `${clean(field)} ${before === null ? "" : `${clean(before, 200)} → `}${now}`;
}

function printWhy(io: Io, { steps, cut }: Why): void {
  for (const { at, frame, record, definitions, changes, started } of steps) {
    const json = new Map<string, Json>([
      ["type", "why"],
      ["record", recordJson(frame, at.record, definitions.manifest)],
      ["logical_ns", jsonInteger(at.atNs)],
      ["changes", record.kind === "delivery" ? (changes?.map(changeJson) ?? null) : []],
      ["plan_started", started === null ? null : startJson(started)],
    ]);
    printJson(io, json);
  }
  const end = new Map<string, Json>([
    ["type", "why_end"],
    ["steps", jsonInteger(BigInt(steps.length))],
    ["cut", cut],
  ]);
  printJson(io, end);
}

function changeJson({ field, before, after }: FieldChange): Json {
  return new Map([
    ["field", field],
    ["before", before],
    ["after", after],
  ]);
}

function startJson({ frame, record }: RecordPlace): Json {
  return new Map([
    ["frame", jsonInteger(frame)],
    ["record", jsonInteger(BigInt(record))],
  ]);
}
