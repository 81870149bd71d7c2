import { resolve } from "node:path";
import type { Command } from "commander";
import { manifestDifference } from "../../air/difference.ts";
import { loadWorldFolder } from "../../build/directory.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { differenceJson, differenceLines } from "../render/difference.ts";
import { paletteOf, plural } from "../render/text.ts";
import type { Run } from "../run.ts";

interface Options {
  readonly json?: boolean;
}

const HELP = `
Layout, comments and the order of definitions are no difference. Exit code 1 when there is one.

Example:
  airloom diff air/worlds/retry-backoff air/worlds/retry-backoff-recovers`;

export function diffCommand(program: Command, io: Io, run: Run): void {
  program
    .command("diff")
    .description("compare the definitions of two world folders by what they mean")
    .argument("<before>", "world folder")
    .argument("<after>", "world folder")
    .option("--json", "one JSON object a definition that differs")
    .addHelpText("after", HELP)
    .action((before: string, after: string, options: Options) =>
      run(options, async () => diff(io, before, after, options)),
    );
}

function diff(io: Io, before: string, after: string, options: Options): number {
  const [a, b] = [before, after].map((folder) => loadWorldFolder(resolve(io.cwd, folder)).manifest);
  const differences = manifestDifference(a!, b!);
  for (const difference of differences) {
    io.stdout(`${options.json ? differenceJson(difference) : differenceLines(io, difference).join("\n")}\n`);
  }
  if (!options.json) io.stdout(summary(io, differences.length, a!.hash === b!.hash));
  return differences.length > 0 ? EXIT.found : EXIT.fine;
}

function summary(io: Io, count: number, sameHash: boolean): string {
  const p = paletteOf(io);
  if (count > 0) return `${p.red(`${plural(count, "definition")} ${count === 1 ? "differs" : "differ"}`)}\n`;
  const note = sameHash ? "" : "; the manifests are listed in another order, so their hashes differ";
  return `${p.green("no difference")}${note}\n`;
}
