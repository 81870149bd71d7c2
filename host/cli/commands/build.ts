import { relative, resolve } from "node:path";
import type { Command } from "commander";
import { type BuiltModule, type BuiltWorld, buildWorld } from "../../build/build.ts";
import { type GeneratedFile, generateSources, refuseConflicts } from "../../build/codegen/generate.ts";
import type { BuildNews } from "../../build/watch.ts";
import { AirloomError } from "../../values/errors.ts";
import { EXIT, exitCodeOf } from "../exit.ts";
import type { Io } from "../io.ts";
import { errorJson, renderDiagnostic, renderError, shownFrom } from "../render/error.ts";
import { clean, duration, paletteOf, plural } from "../render/text.ts";
import type { Run } from "../run.ts";

interface Options {
  readonly check?: boolean;
  readonly watch?: boolean;
  readonly json?: boolean;
}

const HELP = `
A module is built from its sources, the SDK, the compiler and asconfig.json alone; what was built from the same
before is taken from .airloom in the world folder. A folder's own asconfig.json changes the package's options.

Examples:
  airloom build air/worlds/retry-backoff
  airloom build air/worlds/retry-backoff --watch`;

export function buildCommand(program: Command, io: Io, run: Run): void {
  program
    .command("build")
    .description("compile the modules of world folders, admit them, and stamp their hashes")
    .argument("<folders...>", "world folders")
    .option("--check", "write nothing; name what is stale, and fail")
    .option("--watch", "build again after each change, until interrupted")
    .option("--json", "one JSON object a module")
    .addHelpText("after", HELP)
    .action((folders: string[], options: Options) =>
      run(options, () => (options.watch ? watch(io, folders, options) : build(io, folders, options))),
    );
}

/** Every folder has its turn, whatever the others do. */
async function build(io: Io, folders: readonly string[], options: Options): Promise<number> {
  refuseConflicts(folders.flatMap((folder) => sourcesOf(resolve(io.cwd, folder))));
  let exitCode: number = EXIT.fine;
  for (const folder of folders) {
    try {
      const built = await buildWorld(resolve(io.cwd, folder), { check: options.check ?? false });
      tellBuilt(io, folder, built, options);
    } catch (error) {
      if (!(error instanceof AirloomError)) throw error;
      tellError(io, error, options);
      exitCode = exitCodeOf(error);
    }
  }
  return exitCode;
}

/** Worlds may share a source; what is wrong with a folder, its own turn tells. */
function sourcesOf(folder: string): readonly GeneratedFile[] {
  try {
    return generateSources(folder);
  } catch (error) {
    if (error instanceof AirloomError) return [];
    throw error;
  }
}

function tellBuilt(io: Io, folder: string, { generated, modules }: BuiltWorld, options: Options): void {
  for (const path of generated) {
    const file = relative(io.cwd, path);
    if (options.json) io.stdout(`${JSON.stringify({ type: "generated", folder, file })}\n`);
    else io.stdout(`${clean(file, 200)}  ${paletteOf(io).green("generated")}\n`);
  }
  for (const module of modules) tellModule(io, folder, module, options);
}

function tellModule(io: Io, folder: string, module: BuiltModule, options: Options): void {
  const { name, hash, sizeBytes, compiled, info, warnings } = module;
  const p = paletteOf(io);
  const changed = module.stampedBefore !== hash;
  if (options.json) {
    const { kind, source, assemblyscript, asconfig, inputs } = info;
    const how = { kind, source, compiled, assemblyscript, asconfig, inputs };
    const line = { type: "module", folder, name, hash, size_bytes: sizeBytes, changed, ...how, warnings };
    io.stdout(`${JSON.stringify(line)}\n`);
    return;
  }
  const state = changed ? p.green("stamped") : p.dim("unchanged");
  io.stdout(`${name}  ${sizeBytes} bytes  ${hash}  ${state}\n`);
  for (const warning of warnings) io.stderr(`${renderDiagnostic(io, warning).join("\n")}\n`);
}

/** People read paths as they are from here, machines as they are. */
function tellError(io: Io, error: AirloomError, options: Options): void {
  if (options.json) io.stdout(`${errorJson(error)}\n`);
  else io.stderr(renderError(io, shownFrom(io, error)));
}

/** Ends with SIGINT or SIGTERM, and then well: whoever watches has seen what failed. */
async function watch(io: Io, folders: readonly string[], options: Options): Promise<number> {
  const interrupted = new Promise<void>((done) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => done());
  });
  const { watchWorlds } = await import("../../build/watch.ts");
  const paths = folders.map((folder) => resolve(io.cwd, folder));
  const watching = await watchWorlds(paths, { check: options.check ?? false }, (news) =>
    tellNews(io, news, options),
  );
  const worlds = folders.length;
  if (options.json) io.stdout(`${JSON.stringify({ type: "watching", worlds })}\n`);
  else io.stdout(`${paletteOf(io).dim(`watching ${plural(worlds, "world")}`)}\n`);
  await interrupted;
  await watching.close();
  return EXIT.fine;
}

function tellNews(io: Io, { folder, changed, built, error, tookMs }: BuildNews, options: Options): void {
  const here = relative(io.cwd, folder) || ".";
  const p = paletteOf(io);
  const files = changed.map((path) => clean(relative(io.cwd, path), 100));
  if (options.json) {
    const ok = error === null;
    io.stdout(
      `${JSON.stringify({ type: "build", folder: here, ok, changed: files, took_ms: Math.round(tookMs) })}\n`,
    );
  } else {
    const because = files.length === 0 ? "" : ` ${p.dim(`after ${files.slice(0, 3).join(", ")}`)}`;
    const verdict = error === null ? p.green("built") : p.red("failed");
    io.stdout(`${verdict} ${clean(here)} in ${duration(BigInt(Math.round(tookMs * 1e6)))}${because}\n`);
  }
  if (built !== null) tellBuilt(io, here, built, options);
  if (error !== null) tellError(io, error, options);
}
