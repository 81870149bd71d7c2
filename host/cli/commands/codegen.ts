import { relative, resolve } from "node:path";
import type { Command } from "commander";
import {
  type GeneratedFile,
  generateSources,
  refuseConflicts,
  staleSources,
  writeSources,
} from "../../build/codegen/generate.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { paletteOf, plural } from "../render/text.ts";
import type { Run } from "../run.ts";

interface Options {
  readonly check?: boolean;
  readonly json?: boolean;
}

const HELP = `
Beside the source of each module goes air.ts: classes for the world's schemas, and an abstract class for the
module to extend. TypeScript types for hosts and tests go to "types" of world.json, else to tests/air.ts where
the definitions lie in a folder of their own. Both are meant to be committed.

Example:
  airloom codegen air/worlds/retry-backoff --check`;

export function codegenCommand(program: Command, io: Io, run: Run): void {
  program
    .command("codegen")
    .description("write AssemblyScript classes and TypeScript types for the schemas of world folders")
    .argument("<folders...>", "world folders")
    .option("--check", "write nothing; fail when a file would change")
    .option("--json", "one JSON object a file")
    .addHelpText("after", HELP)
    .action((folders: string[], options: Options) => run(options, async () => codegen(io, folders, options)));
}

function codegen(io: Io, folders: readonly string[], options: Options): number {
  const all = folders.flatMap((folder) => generateSources(resolve(io.cwd, folder)));
  const files = refuseConflicts(all);
  const stale = options.check === true ? staleSources(files) : writeSources(files);
  if (options.json) for (const file of files) io.stdout(fileJson(io, file, stale.includes(file)));
  else report(io, files.length, stale, options);
  return options.check === true && stale.length > 0 ? EXIT.found : EXIT.fine;
}

function fileJson(io: Io, { path }: GeneratedFile, changed: boolean): string {
  return `${JSON.stringify({ type: "file", file: shown(io, path), changed })}\n`;
}

function report(io: Io, total: number, stale: readonly GeneratedFile[], options: Options): void {
  const p = paletteOf(io);
  const word = options.check === true ? p.yellow("stale") : p.green("written");
  for (const { path } of stale) io.stdout(`${word}  ${shown(io, path)}\n`);
  io.stdout(`${plural(total - stale.length, "file")} ${p.dim("unchanged")}\n`);
}

/** As the user would write it. */
function shown(io: Io, path: string): string {
  const near = relative(io.cwd, path);
  return near === "" || near.startsWith("..") ? path : near;
}
