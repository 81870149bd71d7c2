import { relative, resolve } from "node:path";
import { type Command, Option } from "commander";
import type { Lens } from "../../air/format/lens.ts";
import { type FormattedFile, formatPaths } from "../../build/format.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { writeOutput } from "../output.ts";
import { paletteOf, plural } from "../render/text.ts";
import type { Run } from "../run.ts";

interface Options {
  readonly check?: boolean;
  readonly write?: boolean;
  readonly stdout?: boolean;
  readonly lens: Lens | "keep";
  readonly json?: boolean;
}

const HELP = `
Formatting moves members and white space, never what a definition says: the hashes of the world are taken
before and after, and must be equal. Values in plans can be brought to one lens; the parameters of grants
are only ever brought to the tagged one, which is all that AgentOS reads.

Example:
  airloom fmt air/worlds/retry-backoff --check`;

export function fmtCommand(program: Command, io: Io, run: Run): void {
  const lens = new Option("--lens <lens>", "write values as plain JSON, as tagged JSON, or as they are")
    .choices(["sugar", "tagged", "keep"])
    .default("keep");
  program
    .command("fmt")
    .description("format definition files: one order of members, one layout, the same hashes")
    .argument("<paths...>", "world folders or definition files")
    .addOption(new Option("--write", "write the files that change (the default)"))
    .addOption(new Option("--check", "write nothing; fail when a file would change").conflicts("write"))
    .addOption(new Option("--stdout", "write the texts to stdout").conflicts(["write", "check"]))
    .addOption(lens)
    .option("--json", "one JSON object a file")
    .addHelpText("after", HELP)
    .action((paths: string[], options: Options) => run(options, async () => fmt(io, paths, options)));
}

function fmt(io: Io, paths: readonly string[], options: Options): number {
  const absolute = paths.map((path) => resolve(io.cwd, path));
  const files = formatPaths(absolute, options.lens);
  const changed = files.filter(({ before, after }) => before !== after);
  if (options.stdout === true) {
    for (const file of files) io.stdout(options.json ? fileJson(io, file, true) : file.after);
    return EXIT.fine;
  }
  if (options.check !== true) for (const { path, after } of changed) writeOutput(path, after);
  if (options.json) for (const file of files) io.stdout(fileJson(io, file, false));
  else report(io, files.length, changed, options);
  return options.check === true && changed.length > 0 ? EXIT.found : EXIT.fine;
}

function fileJson(io: Io, { path, before, after }: FormattedFile, text: boolean): string {
  const base = { type: "file", file: shown(io, path), changed: before !== after };
  return `${JSON.stringify(text ? { ...base, text: after } : base)}\n`;
}

function report(io: Io, total: number, changed: readonly FormattedFile[], options: Options): void {
  const p = paletteOf(io);
  const word = options.check === true ? p.yellow("would change") : p.green("formatted");
  for (const { path } of changed) io.stdout(`${word}  ${shown(io, path)}\n`);
  io.stdout(`${plural(total - changed.length, "file")} ${p.dim("unchanged")}\n`);
}

/** As the user would write it. */
function shown(io: Io, path: string): string {
  const near = relative(io.cwd, path);
  return near === "" || near.startsWith("..") ? path : near;
}
