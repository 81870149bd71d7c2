import { resolve } from "node:path";
import type { Command } from "commander";
import { buildWorld } from "../../build/build.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { renderDiagnostic } from "../render/error.ts";
import { paletteOf } from "../render/text.ts";
import type { Run } from "../run.ts";

interface Options {
  readonly check?: boolean;
  readonly json?: boolean;
}

export function buildCommand(program: Command, io: Io, run: Run): void {
  program
    .command("build")
    .description("compile the reducers of world folders, admit them, and stamp their hashes")
    .argument("<folders...>", "world folders")
    .option("--check", "stamp nothing; fail when a hash is stale")
    .option("--json", "one JSON object a module")
    .action((folders: string[], options: Options) => run(options, () => build(io, folders, options)));
}

async function build(io: Io, folders: readonly string[], options: Options): Promise<number> {
  const p = paletteOf(io);
  for (const folder of folders) {
    for (const module of await buildWorld(resolve(io.cwd, folder), { check: options.check ?? false })) {
      const changed = module.stampedBefore !== module.hash;
      if (options.json) {
        const { name, hash, sizeBytes } = module;
        io.stdout(
          `${JSON.stringify({ type: "module", folder, name, hash, size_bytes: sizeBytes, changed })}\n`,
        );
        continue;
      }
      const state = changed ? p.green("stamped") : p.dim("unchanged");
      io.stdout(`${module.name}  ${module.sizeBytes} bytes  ${module.hash}  ${state}\n`);
      for (const warning of module.warnings) io.stderr(`${renderDiagnostic(io, warning).join("\n")}\n`);
    }
  }
  return EXIT.fine;
}
