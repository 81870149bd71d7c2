import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Manifest } from "../../air/manifest.ts";
import type { ReceiptStatus } from "../../effects/receipt.ts";
import { intentAt, type WhyJournal } from "../../runtime/queries/why.ts";
import { type OutsideReceipt, type ReceiptOutcome, signReceipt } from "../../runtime/receipts.ts";
import { readTyped } from "../../runtime/typed-text.ts";
import type { IntentId, LogicalTimeNs, WorldId } from "../../values/brand.ts";
import { EMPTY, fromHex, toHex } from "../../values/bytes.ts";
import { AirloomError } from "../../values/errors.ts";
import { type Json, jsonInteger } from "../../values/json.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { printJson, type QueryOptions, queryOptions, requireWorld } from "../querying.ts";
import { faultGuide } from "../render/fault.ts";
import type { Run } from "../run.ts";
import { definitionsInForce, openForWriting, placeOf, reading } from "../world.ts";
import { faultLines } from "./send.ts";
import { readIntent } from "./trace.ts";

interface Options extends QueryOptions {
  readonly adapter: string;
  readonly status: ReceiptStatus;
  readonly payload?: string;
  readonly costCents?: bigint;
  readonly key?: string;
  readonly signature?: Uint8Array;
}

const INJECT_HELP = `
The payload is JSON of the effect's receipt schema; one that is not "ok" may be without. It exits with 1 when what
the receipt leads to faults. A receipt for an intent that had another before is ignored.

With --json: {"type": "receipt", "intent", "outcome": "settled" or "ignored", "frame" (null when ignored), "faulted"}.

Example:
  airloom receipt inject my-world 1.0 --adapter desk --status ok --payload '{"by": "ada"}' --key desk.pem`;

const SIGN_HELP = `
It opens the world for reading only, and prints the signature as hex, for \`receipt inject --signature\`.

With --json: {"type": "signature", "intent", "signature"}.

Example:
  airloom receipt sign my-world 1.0 --adapter desk --status ok --payload '{"by": "ada"}' --key desk.pem`;

export function receiptCommand(program: Command, io: Io, run: Run): void {
  const receipt = program.command("receipt").description("answer effects that are done outside");
  const inject = common(receipt, "inject", "hand in the signed receipt of an effect that was done outside")
    .option("--key <file>", "sign it with this private key: PKCS #8 of Ed25519, as PEM")
    .option("--signature <hex>", "the signature, where it was signed elsewhere", readSignature);
  queryOptions(inject, "one JSON object")
    .addHelpText("after", INJECT_HELP)
    .action((world: string, intent: string, options: Options) => {
      if ((options.key === undefined) === (options.signature === undefined)) {
        inject.error("error: give one of --key and --signature");
      }
      return run(options, () => injectReceipt(io, world, intent, options));
    });
  const sign = common(receipt, "sign", "sign a receipt, to be handed in elsewhere").requiredOption(
    "--key <file>",
    "the private key: PKCS #8 of Ed25519, as PEM",
  );
  queryOptions(sign, "one JSON object")
    .addHelpText("after", SIGN_HELP)
    .action((world: string, intent: string, options: Options) =>
      run(options, () => printSignature(io, world, intent, options)),
    );
}

function common(receipt: Command, name: string, description: string): Command {
  return receipt
    .command(name)
    .description(description)
    .argument("<world>", "world folder")
    .argument("<intent>", "which intent, as `intents` names it: 1.0", readIntent)
    .requiredOption("--adapter <id>", "who did it: one that the settings have keys for")
    .addOption(
      new Option("--status <status>", "how it went")
        .choices(["ok", "error", "timeout"])
        .makeOptionMandatory(),
    )
    .option("--payload <json>", "what came back")
    .option("--cost-cents <n>", "what it cost", readCents);
}

function readSignature(written: string): Uint8Array {
  const bytes = fromHex(written);
  if (bytes?.length === 64) return bytes;
  throw new InvalidArgumentError("It is 64 bytes as hex.");
}

function readCents(written: string): bigint {
  if (/^\d{1,18}$/.test(written)) return BigInt(written);
  throw new InvalidArgumentError("It is a whole number of cents.");
}

async function injectReceipt(io: Io, world: string, intent: string, options: Options): Promise<number> {
  const place = placeOf(io, world, options.store);
  await requireWorld(place);
  const { engine, store, definitions, close } = await openForWriting(place, { upgrade: false });
  try {
    const { worldId } = engine;
    const { manifest } = engine.state.definitions;
    const unsigned = await unsignedReceipt({ journal: store, worldId }, manifest, intent, options);
    const receipt = await signed(io, worldId, unsigned, options);
    const guide = await faultGuide(io, place.folder, definitions.manifest, world, options.store);
    const faults: string[] = [];
    engine.onFrame((notice) => {
      faults.push(...faultLines(io, notice, guide));
    });
    const done = await engine.receive(receipt);
    await engine.settled();
    if (options.json) printJson(io, outcomeJson(intent, done, faults.length > 0));
    else {
      const what =
        done.outcome === "ignored" ? "ignored: it had a receipt before" : `settled in frame ${done.frame}`;
      io.stdout(`${intent} ${what}\n`);
      for (const line of faults) io.stdout(`${line}\n`);
    }
    return faults.length > 0 ? EXIT.found : EXIT.fine;
  } finally {
    await close();
  }
}

async function printSignature(io: Io, world: string, intent: string, options: Options): Promise<number> {
  return reading(placeOf(io, world, options.store), async (open) => {
    const { manifest } = await definitionsInForce(open, null);
    const of: WhyJournal = { journal: open.store, worldId: open.worldId };
    const unsigned = await unsignedReceipt(of, manifest, intent, options);
    const signature = toHex((await signed(io, open.worldId, unsigned, options)).signature);
    if (!options.json) io.stdout(`${signature}\n`);
    else {
      const json = new Map<string, Json>([
        ["type", "signature"],
        ["intent", intent],
        ["signature", signature],
      ]);
      printJson(io, json);
    }
    return EXIT.fine;
  });
}

/** Throws `receipt.unknown`, `receipt.unknown_effect`, `receipt.invalid_payload` (kind `request`). */
async function unsignedReceipt(
  of: WhyJournal,
  manifest: Manifest,
  intent: string,
  { adapter, status, payload, costCents }: Options,
): Promise<Omit<OutsideReceipt, "signature">> {
  const [frame, ordinal] = intent.split(".") as [string, string];
  const record = (await intentAt(of, BigInt(frame), BigInt(ordinal)))?.record;
  if (record?.kind !== "effect_intent") {
    throw new AirloomError("request", "receipt.unknown", `the world never had an intent ${intent}`);
  }
  const effect = manifest.effects.get(record.effectKind);
  if (effect === undefined) {
    const message = `the manifest no longer has ${record.effectKind}`;
    throw new AirloomError("request", "receipt.unknown_effect", message);
  }
  const text = { what: "payload", text: payload ?? "", code: "receipt.invalid_payload" };
  const empty = payload === undefined && status !== "ok";
  const bytes = empty ? EMPTY : readTyped(effect.receipt, text)(0n as LogicalTimeNs);
  const cost = costCents === undefined ? {} : { costCents };
  return { intent: intent as IntentId, adapter, status, payload: bytes, ...cost };
}

/** Throws `receipt.unreadable_key` (kind `request`). */
async function signed(
  io: Io,
  worldId: WorldId,
  receipt: Omit<OutsideReceipt, "signature">,
  { key, signature }: Options,
): Promise<OutsideReceipt> {
  if (signature !== undefined) return { ...receipt, signature };
  const path = resolve(io.cwd, key ?? "");
  try {
    return signReceipt(await readFile(path, "utf8"), worldId, receipt);
  } catch (cause) {
    const message = `${path} holds no private key of Ed25519 as PEM`;
    throw new AirloomError("request", "receipt.unreadable_key", message, { fields: { path }, cause });
  }
}

function outcomeJson(intent: string, done: ReceiptOutcome, faulted: boolean): Json {
  return new Map<string, Json>([
    ["type", "receipt"],
    ["intent", intent],
    ["outcome", done.outcome],
    ["frame", done.outcome === "settled" ? jsonInteger(done.frame) : null],
    ["faulted", faulted],
  ]);
}
