import { relative, resolve } from "node:path";
import type { Command } from "commander";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { clean, paletteOf } from "../render/text.ts";
import type { Run } from "../run.ts";
import { type Scaffolded, scaffold } from "../scaffold.ts";

interface Options {
  readonly name?: string;
  readonly json?: boolean;
}

const HELP = `
Example:
  airloom init my-world && cd my-world && npm install && npm test`;

export function initCommand(program: Command, io: Io, run: Run): void {
  program
    .command("init")
    .description("make a new world folder: definitions, a reducer, tests, editor and CI settings")
    .argument("<folder>", "a folder that does not exist, or an empty one")
    .option("--name <name>", "namespace of its definitions and name of its package (default: the folder's)")
    .option("--json", "one JSON object")
    .addHelpText("after", HELP)
    .action((folder: string, options: Options) => run(options, () => init(io, folder, options)));
}

async function init(io: Io, folder: string, options: Options): Promise<number> {
  const path = resolve(io.cwd, folder);
  const made = await scaffold(path, options.name ?? null);
  if (options.json) {
    io.stdout(`${JSON.stringify({ type: "init", folder: path, name: made.name, files: made.files })}\n`);
  } else {
    io.stdout(summary(io, path, made));
  }
  return EXIT.fine;
}

function summary(io: Io, path: string, { name, files }: Scaffolded): string {
  const p = paletteOf(io);
  const here = relative(io.cwd, path);
  const lines = [
    `made the world ${p.bold(name)} in ${clean(here === "" ? "this folder" : here)}`,
    ...files.map((file) => p.dim(`  ${file}`)),
    "",
    ...(here === "" ? [] : [`  cd ${clean(here)}`]),
    "  npm install",
    "  npm test",
  ];
  return `${lines.join("\n")}\n`;
}
