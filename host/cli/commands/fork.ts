import { resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { FaultList } from "../../air/source.ts";
import { parseJsonText } from "../../air/text/parse.ts";
import { folderModules } from "../../build/modules.ts";
import type { Receipt, ReceiptStatus } from "../../effects/receipt.ts";
import { type ForkOptions, type ForkReport, fork } from "../../replay/fork.ts";
import { readRecording } from "../../replay/recording/file.ts";
import type { FindModule } from "../../runtime/definitions.ts";
import { encodeJson, readEvent } from "../../runtime/scenario.ts";
import type { IntentId } from "../../values/brand.ts";
import { EMPTY } from "../../values/bytes.ts";
import { AirloomError } from "../../values/errors.ts";
import { isJsonObject, type Json, JsonNumber, jsonInteger, stringifyJson } from "../../values/json.ts";
import type { Schema } from "../../values/schema.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { type RecordingOptions, recordingOptions, saveOptions, saveRecording } from "../recording.ts";
import { frameDifferenceJson, frameLines } from "../render/branches.ts";
import { clean, plural } from "../render/text.ts";
import type { Run } from "../run.ts";
import { version } from "../version.ts";
import { modulesPlace, readDefinitions } from "../world.ts";

interface Options extends RecordingOptions {
  readonly at: bigint;
  readonly event?: readonly string[];
  readonly insert?: boolean;
  readonly receipt?: readonly GivenReceipt[];
  readonly against?: string;
  readonly modules?: string;
  readonly save?: string;
  readonly json?: boolean;
}

interface GivenReceipt {
  readonly intent: IntentId;
  readonly text: string;
}

const HELP = `
Without --event the frame keeps its ingress, and --against or --receipt make the difference. A frame one behind the
last goes on from the end. Later ingress of the recording enters the fork where it still fits; a receipt goes to the
intent that took the place of its own. Exits with 1 when the branches differ.

Examples:
  airloom fork retry.airj --at 1 --event '{"schema": "demo/StartWork@1", "value": {...}}' --save fork.airj
  airloom fork retry.airj --at 2 --receipt 1.0='{"status": "timeout"}'
  airloom fork retry.airj --at 2 --against air/worlds/retry-backoff-recovers`;

const NAMES = { left: "recorded", right: "forked" };

export function forkCommand(program: Command, io: Io, run: Run): void {
  const command = program
    .command("fork")
    .description(
      "say what would have happened: with another event, receipt, policy or module from a frame on",
    )
    .argument("<recording>", "a recording (.airj)")
    .requiredOption("--at <frame>", "the first frame that may be another, from 1", readFrame)
    .option("--event <json>", "in place of that frame's ingress, as `send` takes it; may be repeated", gather)
    .option("--insert", "let that frame's own ingress enter as well, behind the events")
    .option(
      "--receipt <intent=json>",
      "answer an intent of the fork: status, payload, cost_cents",
      readAnswer,
    )
    .option("--against <folder>", "run that world folder's definitions and modules from that frame on")
    .option("--modules <folder>", "world folder with modules the recording names by hash only", ".")
    .option("--save <file>", "write the fork as a recording of its own")
    .option("--json", "one JSON object a line");
  recordingOptions(command)
    .addHelpText("after", HELP)
    .action((recording: string, options: Options) =>
      run(options, () => forkRecording(io, recording, options)),
    );
}

async function forkRecording(io: Io, recording: string, options: Options): Promise<number> {
  const path = resolve(io.cwd, recording);
  const forked = await fork(() => readRecording(path), forkOptions(io, options));
  if (options.save === undefined) for await (const _ of forked.entries);
  else await saveRecording(io, forked.entries, saveOptions(options.save, options));
  const report = forked.report();
  const lines = options.json
    ? reportJson(report).map((json) => stringifyJson(json))
    : reportLines(io, report);
  io.stdout(lines.map((line) => `${line}\n`).join(""));
  return report.differing === 0 ? EXIT.fine : EXIT.found;
}

function forkOptions(io: Io, options: Options): ForkOptions {
  const { at, event = [], insert = false, receipt = [], against, modules } = options;
  const folders = [against, modules].flatMap((folder) =>
    folder === undefined ? [] : [folderModules(modulesPlace(io, folder))],
  );
  const findModule: FindModule = async (hash) => {
    for (const find of folders) {
      const bytes = await find(hash);
      if (bytes !== null) return bytes;
    }
    return null;
  };
  return {
    at,
    insert,
    findModule,
    engine: `airloom ${version}`,
    against: against === undefined ? null : readDefinitions(resolve(io.cwd, against)).definitions,
    events: event.map((text) => ({ definitions }, nowNs) => {
      const { schema, value, key } = readEvent(definitions.manifest, { file: "--event", line: 1, text });
      return { kind: "event", schema, value: value(nowNs as Parameters<typeof value>[0]), key: key ?? null };
    }),
    receipts: new Map(
      receipt.map(({ intent, text }) => [
        intent,
        ({ kind }, { definitions }) => receiptOf(text, kind, definitions.manifest.effects.get(kind)?.receipt),
      ]),
    ),
  };
}

/** Throws `InvalidArgumentError`. */
function readFrame(text: string): bigint {
  if (/^\d{1,18}$/.test(text)) return BigInt(text);
  throw new InvalidArgumentError("It is the number of a frame.");
}

function gather(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** Throws `InvalidArgumentError`. */
function readAnswer(text: string, before: readonly GivenReceipt[] = []): readonly GivenReceipt[] {
  const [, intent, json] = /^(\d{1,18}\.\d{1,9})=([\s\S]+)$/.exec(text) ?? [];
  if (intent === undefined || json === undefined) {
    throw new InvalidArgumentError('It is an intent and its receipt, such as 1.0={"status":"ok"}.');
  }
  return [...before, { intent: intent as IntentId, text: json }];
}

const STATUSES: readonly string[] = ["ok", "error", "timeout"];

/** Throws `fork.receipt` (kind `request`), and `value.invalid` for a payload of another type. */
function receiptOf(text: string, kind: string, schema: Schema | undefined): Receipt {
  const faults = new FaultList();
  const { json } = parseJsonText("--receipt", text, (origin) => faults.at(origin));
  if (faults.failed || json === null || !isJsonObject(json)) throw badReceipt("a receipt is a JSON object");
  const unknown = [...json.keys()].find((name) => !["status", "payload", "cost_cents"].includes(name));
  if (unknown !== undefined) throw badReceipt(`a receipt has no member ${unknown}`);
  const status = json.get("status") ?? "ok";
  if (typeof status !== "string" || !STATUSES.includes(status)) {
    throw badReceipt(`a receipt's status is ${STATUSES.join(", ")}`);
  }
  const payload = json.get("payload");
  if (payload === undefined && status === "ok")
    throw badReceipt(`a receipt of ${kind} that is ok has a payload`);
  if (schema === undefined) throw badReceipt(`the world has no effect ${kind}`);
  return {
    adapterId: "fork",
    status: status as ReceiptStatus,
    payload: payload === undefined ? EMPTY : encodeJson(schema, payload),
    costCents: costOf(json.get("cost_cents") ?? null),
    signature: new Uint8Array(64),
    tries: 1n,
  };
}

function costOf(json: Json): bigint | null {
  if (json === null) return null;
  if (json instanceof JsonNumber && /^\d{1,20}$/.test(json.raw)) return BigInt(json.raw);
  throw badReceipt("a receipt's cost_cents is a natural number");
}

function badReceipt(message: string): AirloomError {
  return new AirloomError("request", "fork.receipt", message);
}

function reportLines(io: Io, report: ForkReport): readonly string[] {
  const { differences, differing, leftOut, assumed, open, frames } = report;
  const more = differing - differences.length;
  const same = "the branches are alike";
  return [
    ...differences.flatMap((difference) => frameLines(io, difference, NAMES)),
    ...(more > 0 ? [`and ${plural(more, "frame")} more`] : []),
    ...leftOut.map(
      ({ frame, title, reason }) => `left out: frame ${frame} ${clean(title)} (${clean(reason)})`,
    ),
    ...assumed.map(
      ({ frame, intent }) =>
        `assumed: the receipt of frame ${frame} answers intent ${intent}, which asks otherwise`,
    ),
    ...open.map(({ id, kind, origin }) => `open: intent ${id}, ${clean(kind)} of ${clean(origin.name)}`),
    `fork: ${differing === 0 ? same : `${plural(differing, "frame")} differ`} (${frames.recorded} recorded, ${frames.forked} forked)`,
  ];
}

function reportJson(report: ForkReport): readonly Json[] {
  const { differences, differing, leftOut, assumed, open, frames } = report;
  const summary = new Map<string, Json>([
    ["type", "fork"],
    ["differing", jsonInteger(BigInt(differing))],
    ["frames_recorded", jsonInteger(BigInt(frames.recorded))],
    ["frames_forked", jsonInteger(BigInt(frames.forked))],
    [
      "left_out",
      leftOut.map(({ frame, title, reason }) => {
        return new Map<string, Json>([
          ["frame", jsonInteger(frame)],
          ["title", title],
          ["reason", reason],
        ]);
      }),
    ],
    [
      "assumed",
      assumed.map(
        ({ frame, intent }) =>
          new Map<string, Json>([
            ["frame", jsonInteger(frame)],
            ["intent", intent],
          ]),
      ),
    ],
    [
      "open",
      open.map(
        ({ id, kind }) =>
          new Map<string, Json>([
            ["intent", id],
            ["kind", kind],
          ]),
      ),
    ],
  ]);
  return [...differences.map(frameDifferenceJson), summary];
}
