import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { DEFAULT_MODULE_LIMITS, DEFAULT_MODULE_SETTINGS } from "../../air/settings.ts";
import { loadWorldFolder } from "../../build/directory.ts";
import { folderModules } from "../../build/modules.ts";
import { loadModules } from "../../runtime/definitions.ts";
import { AirloomError } from "../../values/errors.ts";
import type { AdmissionOptions } from "../../wasm/admission.ts";
import { inspectModule } from "../../wasm/inspect.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { moduleJson, moduleLines } from "../render/module.ts";
import type { Run } from "../run.ts";

interface Options {
  readonly floats?: "refuse" | "canonicalize";
  readonly json?: boolean;
}

const HELP = `
Of a world folder every built module is inspected, with the limits its world.json gives it.
Examples:
  airloom inspect air/worlds/retry-backoff
  airloom inspect reducer.wasm --floats canonicalize`;

export function inspectCommand(program: Command, io: Io, run: Run): void {
  const floats = new Option("--floats <word>", "what floats come to, for a wasm file").choices([
    "refuse",
    "canonicalize",
  ]);
  program
    .command("inspect")
    .description(
      "what admission says of wasm modules: verdict, exports, sizes beside their limits, call chains",
    )
    .argument("<targets...>", "wasm files or world folders")
    .addOption(floats)
    .option("--json", "one JSON object a module")
    .addHelpText("after", HELP)
    .action((targets: string[], options: Options) => run(options, () => inspect(io, targets, options)));
}

interface Target {
  /** The module's name in its manifest, or the path of the file. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly options: Partial<AdmissionOptions>;
}

async function inspect(io: Io, targets: readonly string[], options: Options): Promise<number> {
  let refused = false;
  for (const target of targets) {
    for (const { name, bytes, options: limits } of await modulesOf(
      resolve(io.cwd, target),
      target,
      options,
    )) {
      const report = inspectModule(bytes, limits);
      refused ||= !report.admitted;
      io.stdout(
        options.json ? `${moduleJson(name, report)}\n` : `${moduleLines(io, name, report).join("\n")}\n`,
      );
    }
  }
  return refused ? EXIT.found : EXIT.fine;
}

async function modulesOf(path: string, shown: string, { floats }: Options): Promise<readonly Target[]> {
  if (!(await isFolder(path, shown))) {
    const bytes = new Uint8Array(await readFile(path));
    return [{ name: shown, bytes, options: { floats: floats ?? DEFAULT_MODULE_LIMITS.floats } }];
  }
  const { manifest, settings } = loadWorldFolder(path);
  const modules = await loadModules(manifest, folderModules(path));
  return [...manifest.reducers.values()].map(({ module: { name, wasmHash } }) => {
    const { limits } = settings.modules.get(name) ?? DEFAULT_MODULE_SETTINGS;
    return { name, bytes: modules.get(wasmHash)!, options: { ...limits, entry: "step" } };
  });
}

async function isFolder(path: string, shown: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw new AirloomError("missing", "module.missing", `there is no module or world folder ${shown}`, {
      cause,
    });
  }
}
