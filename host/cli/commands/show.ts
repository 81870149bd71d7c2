import { resolve } from "node:path";
import type { Command } from "commander";
import { viewManifest } from "../../air/view.ts";
import { loadWorldFolder } from "../../build/directory.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { manifestJson, manifestTree } from "../render/manifest.ts";
import type { Run } from "../run.ts";

interface Options {
  readonly json?: boolean;
}

const HELP = `
Example:
  airloom show air/worlds/retry-backoff`;

export function showCommand(program: Command, io: Io, run: Run): void {
  program
    .command("show")
    .description("show what a world's manifest comes to: modules, routes, triggers, plans, grants, policy")
    .argument("<folder>", "world folder")
    .option("--json", "one JSON object")
    .addHelpText("after", HELP)
    .action((folder: string, options: Options) => run(options, async () => show(io, folder, options)));
}

function show(io: Io, folder: string, options: Options): number {
  const view = viewManifest(loadWorldFolder(resolve(io.cwd, folder)).manifest);
  io.stdout(options.json ? `${manifestJson(view, folder)}\n` : manifestTree(io, view));
  return EXIT.fine;
}
