import type { Command } from "commander";
import type { FrameNotice } from "../../runtime/engine.ts";
import type { StartPlan } from "../../runtime/requests.ts";
import { readTyped } from "../../runtime/typed-text.ts";
import { AirloomError } from "../../values/errors.ts";
import { type Json, jsonInteger } from "../../values/json.ts";
import { nearest } from "../../values/nearest.ts";
import { quote } from "../../values/quote.ts";
import { text, type Value } from "../../values/value.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { printJson, type QueryOptions, queryOptions } from "../querying.ts";
import { clean, paletteOf, plural } from "../render/text.ts";
import type { Run } from "../run.ts";
import { openForWriting, placeOf } from "../world.ts";
import { requestOf } from "./redeliver.ts";

interface Options extends QueryOptions {
  readonly id?: string;
  readonly by?: string;
  readonly correlation?: string;
  readonly upgrade?: boolean;
}

const HELP = `
It exits with 1 when the instance fails in its first frame.

With --json: {"type": "plan_started", "plan", "instance" (null for a duplicate), "frame", "duplicate", "failed",
"open_intents"}.

Example:
  airloom plan start air/worlds/approval demo/ApprovalPlan@1 '{"id": "r-1"}' --correlation r-1`;

export function planCommand(program: Command, io: Io, run: Run): void {
  const command = program
    .command("plan")
    .description("start plans by hand")
    .command("start")
    .description("start an instance of a plan; it is durable when the command ends")
    .argument("<world>", "world folder")
    .argument("<plan>", "name of the plan")
    .argument("<input>", `its input as JSON; {"$now": true} is logical time`)
    .option("--correlation <value>", "the instance's correlation id: a text, or an integer")
    .option("--id <text>", "ingress id: the same start asked for again under it is accepted once")
    .option("--by <name>", "who starts it, for the audit")
    .option("--upgrade", "adopt the folder's definitions where the world runs others");
  queryOptions(command, "one JSON object")
    .addHelpText("after", HELP)
    .action((world: string, plan: string, input: string, options: Options) =>
      run(options, () => start(io, world, plan, input, options)),
    );
}

async function start(io: Io, world: string, name: string, input: string, options: Options): Promise<number> {
  const place = placeOf(io, world, options.store);
  const { engine, close } = await openForWriting(place, { upgrade: options.upgrade ?? false });
  try {
    const { plans } = engine.state.definitions.manifest;
    const plan = plans.get(name);
    if (plan === undefined) throw unknownPlan(name, plans.keys());
    const read = readTyped(plan.input, { what: "input", text: input, code: "plan.invalid_input" });
    const request: StartPlan = {
      plan: name,
      input: read,
      ...requestOf(options),
      ...(options.correlation === undefined ? {} : { correlation: correlationOf(options.correlation) }),
    };
    const seen = new Seen();
    engine.onFrame((notice) => seen.note(notice));
    const { frame, duplicate } = await engine.startPlan(request);
    const open = engine.state.intents.size;
    if (options.json) printJson(io, seen.json(name, { frame, duplicate, open }));
    else for (const line of seen.lines(io, name, { frame, duplicate, open })) io.stdout(`${line}\n`);
    return seen.failure === null ? EXIT.fine : EXIT.found;
  } finally {
    await close();
  }
}

interface Started {
  readonly frame: bigint;
  readonly duplicate: boolean;
  readonly open: number;
}

/** What the first frame of the instance tells of it. */
class Seen {
  #instance: bigint | null = null;
  failure: string | null = null;

  note({ frame }: FrameNotice): void {
    if (frame.records[0]?.kind !== "plan_start") return;
    for (const record of frame.records) {
      if (record.kind === "plan_started") this.#instance ??= record.instance;
      if (record.kind !== "plan_ended" || record.instance !== this.#instance || record.status === "ok")
        continue;
      this.failure = `${record.errorCode} ${record.errorMessage ?? ""}`;
    }
  }

  lines(io: Io, plan: string, { frame, duplicate, open }: Started): readonly string[] {
    const p = paletteOf(io);
    if (duplicate) return [`${clean(plan)} was started before, in frame ${frame}`];
    const lines = [`${clean(plan)} #${this.#instance} started in frame ${frame}`];
    if (this.failure !== null) lines.push(`${p.red("plan failed")} ${clean(this.failure)}`);
    if (open > 0) lines.push(`${plural(open, "intent")} open; \`airloom run\` goes on with them`);
    return lines;
  }

  json(plan: string, { frame, duplicate, open }: Started): Json {
    return new Map<string, Json>([
      ["type", "plan_started"],
      ["plan", plan],
      ["instance", this.#instance === null ? null : jsonInteger(this.#instance)],
      ["frame", jsonInteger(frame)],
      ["duplicate", duplicate],
      ["failed", this.failure !== null],
      ["open_intents", jsonInteger(BigInt(open))],
    ]);
  }
}

function correlationOf(written: string): Value {
  if (!/^-?(?:0|[1-9]\d{0,18})$/.test(written)) return text(written);
  const value = BigInt(written);
  return value < 0n ? { kind: "int", value } : { kind: "nat", value };
}

function unknownPlan(name: string, known: Iterable<string>): AirloomError {
  const near = nearest(name, known);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  return new AirloomError("request", "plan.unknown", `the world has no plan ${quote(name)}${hint}`);
}
