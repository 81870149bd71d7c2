import { type Command, InvalidArgumentError } from "commander";
import type { RecordPlace } from "../../runtime/queries/places.ts";
import { type Trace, type TraceNode, traceFrom } from "../../runtime/queries/trace.ts";
import { intentAt } from "../../runtime/queries/why.ts";
import { AirloomError } from "../../values/errors.ts";
import { type Json, jsonInteger } from "../../values/json.ts";
import { quote } from "../../values/quote.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { printJson, type QueryOptions, queryOptions, readRecordPlace, watched } from "../querying.ts";
import { momentJson, placeName } from "../render/notes.ts";
import { recordJson } from "../render/record.ts";
import { duration, paletteOf, plural } from "../render/text.ts";
import { Timeline } from "../render/timeline.ts";
import type { Run } from "../run.ts";
import { authoredDefinitions, placeOf, type Reading, reading } from "../world.ts";

interface Options extends QueryOptions {
  readonly ingressId?: string;
  readonly intent?: string;
  readonly limit: number;
}

const LIMIT = 1000;

const HELP = `
Times are since the record that the trace begins with. A plan's turn stands below what woke it, or below the start of
its instance where something else did.

With --json, a line for each record, causes first: {"type": "trace", "depth", "cause": {"frame", "record",
"logical_ns"} or null, "since_ns", "record": what \`journal show --json\` prints}; then {"type": "trace_end", "records",
"beyond"}.

Examples:
  airloom trace air/worlds/retry-backoff 1.0
  airloom trace air/worlds/retry-backoff --ingress-id ok-1
  airloom trace air/worlds/retry-backoff --intent 1.0`;

export function traceCommand(program: Command, io: Io, run: Run): void {
  const command = program
    .command("trace")
    .description("show everything that an event, a receipt or an intent caused, across frames")
    .argument("<world>", "world folder")
    .argument("[frame.record]", "where it begins, as `run` and `journal show` count: 3.1", readRecordPlace)
    .option("--ingress-id <id>", "begin with what was sent under this ingress id")
    .option("--intent <frame.ordinal>", "begin with this intent", readIntent)
    .option("--limit <n>", "how many records to show", readCount, LIMIT);
  queryOptions(command, "one JSON object a record")
    .addHelpText("after", HELP)
    .action((world: string, at: RecordPlace | undefined, options: Options) => {
      const given = [at, options.ingressId, options.intent].filter((each) => each !== undefined).length;
      if (given !== 1) command.error("error: give one of FRAME.RECORD, --ingress-id and --intent");
      return run(options, () => trace(io, world, at, options));
    });
}

export function readIntent(text: string): string {
  if (/^\d{1,18}\.\d{1,9}$/.test(text)) return text;
  throw new InvalidArgumentError("It is two numbers with a dot between them, such as 3.0.");
}

export function readCount(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new InvalidArgumentError("It is a number from 1 on.");
}

async function trace(io: Io, world: string, at: RecordPlace | undefined, options: Options): Promise<number> {
  const place = placeOf(io, world, options.store);
  return reading(place, async (open) => {
    const root = at ?? (await rootOf(open, options));
    const frames = watched(io, open, authoredDefinitions(place.folder));
    const found = await traceFrom(frames, { root, countMax: options.limit });
    if (found === null) throw noRecord(root);
    if (options.json) printTrace(io, found);
    else for (const line of traceLines(io, found)) io.stdout(`${line}\n`);
    return EXIT.fine;
  });
}

/** Throws `ingress.unknown` and `intent.unknown` (kind `request`). */
async function rootOf(open: Reading, { ingressId, intent }: Options): Promise<RecordPlace> {
  if (intent !== undefined) return intentPlace(open, intent);
  const entry = await open.store.findIngress(open.worldId, ingressId ?? "");
  if (entry !== null) return { frame: entry.frame, record: 0 };
  const message = `nothing was accepted under the ingress id ${quote(ingressId ?? "")}`;
  throw new AirloomError("request", "ingress.unknown", message);
}

/** Throws `intent.unknown` (kind `request`). */
export async function intentPlace({ store, worldId }: Reading, intent: string): Promise<RecordPlace> {
  const [frame, ordinal] = intent.split(".") as [string, string];
  const found = await intentAt({ journal: store, worldId }, BigInt(frame), BigInt(ordinal));
  if (found !== null) return { frame: found.frame.head.frame, record: found.index };
  const message = `the world never had an intent ${intent}; \`airloom intents --all\` lists those it had`;
  throw new AirloomError("request", "intent.unknown", message, { fields: { intent } });
}

export function noRecord({ frame, record }: RecordPlace): AirloomError {
  const message = `the journal has no record ${frame}.${record}; \`airloom journal show\` lists those there are`;
  return new AirloomError("request", "record.unknown", message, { fields: { frame, record } });
}

/** A record that has a text; others leave their place to their effects. */
interface Shown {
  readonly text: string;
  readonly effects: Shown[];
}

function traceLines(io: Io, { root, beyond }: Trace): readonly string[] {
  const p = paletteOf(io);
  const timeline = new Timeline(io);
  const shown = new Map<TraceNode, Shown>();
  const causes = new Map(inOrder(root).flatMap((node) => node.effects.map((each) => [each, node] as const)));
  // In the order of the journal: what changed is told against the state before.
  for (const node of inOrder(root)) {
    const said = timeline.record(node.frame, node.record, node.definitions.manifest);
    const cause = causes.get(node);
    const above = cause === undefined ? undefined : shown.get(cause);
    if (said === null && above !== undefined) {
      shown.set(node, above);
      continue;
    }
    const since = p.dim(`${placeName(node.at)} +${duration(node.at.atNs - root.at.atNs)}`);
    const fresh: Shown = { text: `${since}  ${said ?? node.record.kind}`, effects: [] };
    above?.effects.push(fresh);
    shown.set(node, fresh);
  }
  const lines = linesOf(shown.get(root)!, "", "");
  return beyond === 0 ? lines : [...lines, p.dim(`${plural(beyond, "record")} more: see --limit`)];
}

/** What has one effect stands above it, so that a long chain stays narrow; what has several branches. */
function linesOf(first: Shown, begin: string, margin: string): readonly string[] {
  const lines = [`${begin}${first.text}`];
  let last = first;
  for (; last.effects.length === 1; last = last.effects[0]!)
    lines.push(`${margin}→ ${last.effects[0]!.text}`);
  for (const [i, each] of last.effects.entries()) {
    const end = i === last.effects.length - 1;
    lines.push(...linesOf(each, `${margin}${end ? "└─ " : "├─ "}`, `${margin}${end ? "   " : "│  "}`));
  }
  return lines;
}

function inOrder(root: TraceNode): readonly TraceNode[] {
  const nodes: TraceNode[] = [];
  for (const stack = [root]; stack.length > 0; ) {
    const node = stack.pop()!;
    nodes.push(node);
    stack.push(...node.effects);
  }
  return nodes.sort((a, b) => Number(a.at.frame - b.at.frame) || a.at.record - b.at.record);
}

function printTrace(io: Io, { root, count, beyond }: Trace): void {
  const stack: { readonly node: TraceNode; readonly cause: TraceNode | null; readonly depth: number }[] = [
    { node: root, cause: null, depth: 0 },
  ];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { node, cause, depth } = next;
    const { at, frame, definitions } = node;
    const json = new Map<string, Json>([
      ["type", "trace"],
      ["depth", jsonInteger(BigInt(depth))],
      ["cause", cause === null ? null : momentJson(cause.at)],
      ["since_ns", jsonInteger(at.atNs - root.at.atNs)],
      ["record", recordJson(frame, at.record, definitions.manifest)],
    ]);
    printJson(io, json);
    stack.push(...node.effects.map((each) => ({ node: each, cause: node, depth: depth + 1 })).reverse());
  }
  const end = new Map<string, Json>([
    ["type", "trace_end"],
    ["records", jsonInteger(BigInt(count))],
    ["beyond", jsonInteger(BigInt(beyond))],
  ]);
  printJson(io, end);
}
