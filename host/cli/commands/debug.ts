import { resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { DEFAULT_MODULE_LIMITS } from "../../air/settings.ts";
import { plainBuild } from "../../build/plain.ts";
import { moduleSymbols, type SourceFrame, type Symbols } from "../../build/symbols.ts";
import type { RecordOf } from "../../journal/record.ts";
import { cellText } from "../../replay/core/diff.ts";
import { toHex } from "../../values/bytes.ts";
import { AirloomError } from "../../values/errors.ts";
import { hashOf } from "../../values/hash.ts";
import { type Json, jsonFrom, jsonInteger, stringifyJson } from "../../values/json.ts";
import { LIMITS } from "../../values/limits.ts";
import { createModuleHost } from "../../wasm/host.ts";
import { type Debugged, debugDelivery, type RecordPlace } from "../debugging.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { faultFrame, placeText, sourceLines, stackLines } from "../render/fault.ts";
import { sugarOrHex } from "../render/state.ts";
import { clean, instant, paletteOf } from "../render/text.ts";
import type { Run } from "../run.ts";
import { placeOf } from "../world.ts";

interface Options {
  readonly against?: string;
  readonly store?: string;
  readonly json?: boolean;
}

const HELP = `
The delivery gets the event, the state and the context it got then. It exits with 1 when the delivery faults, with 0
when it does not: with --against, when a change has mended it.

Example:
  airloom debug air/worlds/retry-backoff 3.1 --against air/worlds/retry-backoff`;

/** Characters of a value that are shown; --json has all of it. */
const VALUE_MAX = 2000;

export function debugCommand(program: Command, io: Io, run: Run): void {
  program
    .command("debug")
    .description("call one delivery of the journal again, and show where in the source it stops")
    .argument("<world>", "world folder")
    .argument("<frame.record>", "which delivery, as `run` and `journal show` count them: 3.1", readPlace)
    .option("--against <folder>", "call the module that this world folder has for the reducer")
    .option("--store <folder>", "where the world's store is (default: .airloom in the folder)")
    .option("--json", "one JSON object")
    .addHelpText("after", HELP)
    .action((world: string, at: RecordPlace, options: Options) =>
      run(options, () => debug(io, world, at, options)),
    );
}

function readPlace(text: string): RecordPlace {
  const [, frame, record] = /^(\d{1,18})\.(\d{1,9})$/.exec(text) ?? [];
  if (frame === undefined || record === undefined) {
    throw new InvalidArgumentError("It is two numbers with a dot between them, such as 3.1.");
  }
  return { frame: BigInt(frame), record: Number(record) };
}

async function debug(io: Io, world: string, at: RecordPlace, options: Options): Promise<number> {
  const place = placeOf(io, world, options.store);
  const against = options.against === undefined ? null : resolve(io.cwd, options.against);
  const debugged = await debugDelivery(place, at, against);
  const found = await traced(against ?? place.folder, debugged);
  if (options.json) io.stdout(`${stringifyJson(debugJson(io, found))}\n`);
  else for (const line of debugLines(io, found)) io.stdout(`${line}\n`);
  return debugged.now.outcome === "fault" ? EXIT.found : EXIT.fine;
}

/** The fault with its places: by a build without optimising where that one fails alike. */
async function traced(folder: string, debugged: Debugged): Promise<Found> {
  const { module, now, note } = debugged;
  const built = await moduleSymbols(folder, module);
  if (now.outcome === "ok" || built === null)
    return { debugged, symbols: built, stack: [], frame: null, text: null };
  const exact = await plainTrace(folder, built, debugged);
  const { symbols, trace } = exact ?? { symbols: built, trace: note?.trace ?? [] };
  const frame = faultFrame(now, trace, symbols);
  const text = frame === null || frame.source === null ? null : await symbols.text(frame.source);
  return { debugged, symbols, stack: symbols.frames(trace), frame, text };
}

/** Null where the plain build cannot be made, or does something else. */
async function plainTrace(folder: string, built: Symbols, { now, input, note }: Debugged) {
  if (note === null || note.trace.length === 0) return null;
  if (now.faultCode !== "module.abort" && now.faultCode !== "module.trap") return null;
  const plain = await plainBuild(folder, built);
  if (plain === null) return null;
  try {
    const limits = { ...DEFAULT_MODULE_LIMITS, ...input.limits, fuelMax: BigInt(LIMITS.fuelMax) };
    const result = createModuleHost(() => plain.wasm).step(hashOf(plain.wasm), { ...input, limits });
    if (result.ok || result.fault.code !== now.faultCode || result.fault.message !== now.faultMessage)
      return null;
    return { symbols: plain.symbols, trace: result.fault.trace ?? [] };
  } catch (error) {
    // Without optimising, a module may be too large for admission or for the engine's stack.
    if (error instanceof AirloomError && (error.kind === "module" || error.kind === "host")) return null;
    throw error;
  }
}

interface Found {
  readonly debugged: Debugged;
  readonly symbols: Symbols | null;
  readonly stack: readonly SourceFrame[];
  /** Where the author should look. */
  readonly frame: SourceFrame | null;
  /** The source of that frame. */
  readonly text: string | null;
}

function debugLines(io: Io, { debugged, symbols, stack, frame, text }: Found): readonly string[] {
  const p = paletteOf(io);
  const { at, recorded, now, note, input, module } = debugged;
  const values = valuesOf(debugged);
  const value = (json: Json): string => clean(stringifyJson(json), VALUE_MAX);
  const lines = [
    `delivery ${at.frame}.${at.record} to ${p.green(clean(cellText(now.cell) ?? ""))}  ${instant(debugged.frame.head.logicalNs)}`,
    `  ${p.bold("event")} ${clean(input.schema)} ${value(values.event)}`,
    `  ${p.bold("state before")} ${value(values.stateBefore)}`,
    `  ${p.bold("module")} ${module}${symbols === null ? "" : ` ${p.dim(clean(symbols.info.source, 200))}`}`,
    "",
    outcomeLine(io, recorded, now),
  ];
  if (now.outcome === "ok") return [...lines, `  ${p.bold("state after")} ${value(values.stateAfter)}`];
  if (frame !== null) lines.push(`  ${frame.exact ? "at" : "near"} ${p.cyan(placeText(io, frame))}`);
  if (note !== null && note.text !== "") lines.push(`  ${p.dim(clean(note.text))}`);
  if (frame !== null && text !== null) lines.push("", ...sourceLines(p, text, frame));
  if (stack.length > 0) lines.push("", p.bold("calls, innermost first"), ...stackLines(io, p, stack));
  else if (symbols === null && (note?.trace.length ?? 0) > 0) {
    lines.push(p.dim("  this module was not built here: `airloom build` keeps what names its places"));
  }
  return lines;
}

function outcomeLine(io: Io, recorded: RecordOf<"delivery">, now: RecordOf<"delivery">): string {
  const p = paletteOf(io);
  if (now.outcome === "ok") {
    const then = recorded.outcome === "ok" ? "" : `; in the journal it is ${clean(recorded.faultCode ?? "")}`;
    return `${p.green("applies")}${then}`;
  }
  const same = recorded.faultCode === now.faultCode && recorded.faultMessage === now.faultMessage;
  const then = same ? "" : p.dim(`  (in the journal: ${clean(recorded.faultCode ?? "it applies")})`);
  return `${p.red("fault")} ${now.faultCode} ${clean(now.faultMessage ?? "")}${then}`;
}

function valuesOf({ manifest, input, now, stateAfter }: Debugged) {
  const reducer = manifest.reducers.get(now.cell?.reducer ?? "");
  const state = (bytes: Uint8Array | null): Json =>
    bytes === null ? null : sugarOrHex(reducer?.state, bytes);
  return {
    event: sugarOrHex(manifest.schemas.get(input.schema), input.value),
    stateBefore: state(input.state),
    stateAfter: state(stateAfter),
  };
}

function debugJson(io: Io, { debugged, stack, frame, text }: Found): Json {
  const { at, recorded, now, note, input, module, manifest } = debugged;
  const values = valuesOf(debugged);
  const contextSchema = manifest.modules.get(now.cell?.reducer ?? "")?.reducer?.context ?? "";
  const context =
    input.context === null ? null : sugarOrHex(manifest.schemas.get(contextSchema), input.context);
  return new Map<string, Json>([
    ["type", "debug"],
    ["frame", jsonInteger(at.frame)],
    ["record", jsonInteger(BigInt(at.record))],
    ["cell", cellText(now.cell)],
    ["module", module],
    [
      "event",
      new Map<string, Json>([
        ["schema", input.schema],
        ["value", values.event],
        ["key", input.key && toHex(input.key)],
      ]),
    ],
    ["state_before", values.stateBefore],
    ["context", context],
    ["outcome", now.outcome],
    ["state_after", values.stateAfter],
    ["fault", faultJson(now)],
    ["recorded_fault", faultJson(recorded)],
    ["engine", note?.text ?? null],
    ["at", frame === null ? null : frameJson(io, frame)],
    ["stack", stack.map((each) => frameJson(io, each))],
    [
      "source",
      frame === null || text === null
        ? null
        : jsonFrom(sourceLines(paletteOf({ ...io, color: false }), text, frame)),
    ],
  ]);
}

function faultJson(record: RecordOf<"delivery">): Json {
  if (record.outcome === "ok") return null;
  const { faultCode, faultMessage, faultFile, faultLine, faultColumn } = record;
  return jsonFrom({
    code: faultCode,
    message: faultMessage,
    file: faultFile,
    line: faultLine,
    column: faultColumn,
  });
}

function frameJson(io: Io, frame: SourceFrame): Json {
  const { origin, functionName, source, file, line, column, exact, functionIndex, offset } = frame;
  const path = file === null ? null : placeText(io, { ...frame, line: null });
  return jsonFrom({
    origin,
    function: functionName,
    source,
    file: path,
    line,
    column,
    exact,
    index: functionIndex,
    offset,
  });
}
