import { resolve } from "node:path";
import type { Command } from "commander";
import type { Hashed } from "../../air/hashes.ts";
import { hashesOf, valueHash } from "../../build/hashes.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { hashJson, hashLine, preimageLines } from "../render/hash.ts";
import type { Run } from "../run.ts";

interface Options {
  readonly schema?: string;
  readonly value?: string;
  readonly world?: string;
  readonly explain?: boolean;
  readonly json?: boolean;
}

const HELP = `
Example:
  airloom hash air/worlds/retry-backoff --explain
  airloom hash --schema sys/TimerSetParams@1 --value '{"deliver_at_ns": 1000000}'`;

export function hashCommand(program: Command, io: Io, run: Run): void {
  program
    .command("hash")
    .description("hashes of definitions, manifests and values, and what they are taken over")
    .argument("[targets...]", "world folders, definition files, or names of definitions")
    .option("--schema <name>", "hash a value of this schema")
    .option("--value <json>", "the value, as plain or tagged JSON")
    .option("--world <folder>", "world folder that names are looked up in")
    .option("--explain", "show the bytes that are hashed, item by item, and the rule")
    .option("--json", "one JSON object a hash")
    .addHelpText("after", HELP)
    .action((targets: string[], options: Options, command: Command) => {
      const wrong = wrongUsage(targets, options);
      if (wrong !== null) command.error(`error: ${wrong}`);
      return run(options, async () => hash(io, targets, options));
    });
}

function wrongUsage(targets: readonly string[], { schema, value }: Options): string | null {
  if ((schema === undefined) !== (value === undefined)) return "--schema and --value go together";
  if (targets.length > 0 || schema !== undefined) return null;
  return "name a world folder, a file or a definition, or give --schema and --value";
}

function hash(io: Io, targets: readonly string[], options: Options): number {
  const world = options.world === undefined ? null : resolve(io.cwd, options.world);
  const { schema, value } = options;
  if (schema !== undefined && value !== undefined) print(io, valueHash(schema, value, world), options);
  for (const target of targets) {
    for (const each of hashesOf(target, resolve(io.cwd, target), world)) print(io, each, options);
  }
  return EXIT.fine;
}

function print(io: Io, hashed: Hashed, { json, explain }: Options): void {
  if (json) {
    io.stdout(`${hashJson(hashed, explain === true)}\n`);
    return;
  }
  io.stdout(`${hashLine(io, hashed)}\n`);
  if (explain) io.stdout(`${preimageLines(io, hashed).join("\n")}\n`);
}
