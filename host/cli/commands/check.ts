import { relative, resolve, sep } from "node:path";
import { type Command, Option } from "commander";
import type { Manifest } from "../../air/manifest.ts";
import type { Settings } from "../../air/settings.ts";
import { loadWorldFolder } from "../../build/directory.ts";
import { folderModules } from "../../build/modules.ts";
import { unsupportedFeatures } from "../../kernel/supported.ts";
import { loadModules } from "../../runtime/modules.ts";
import type { Hash } from "../../values/brand.ts";
import { AirloomError, type Diagnostic } from "../../values/errors.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { renderDiagnostic } from "../render/error.ts";
import { githubAnnotation } from "../render/github.ts";
import { clean, paletteOf, plural } from "../render/text.ts";
import type { Run } from "../run.ts";

interface Options {
  readonly strict?: boolean;
  readonly format: "text" | "github";
  readonly json?: boolean;
}

const HELP = `
Example:
  airloom check air/worlds/retry-backoff --strict`;

export function checkCommand(program: Command, io: Io, run: Run): void {
  const format = new Option("--format <format>", "text, or annotations for GitHub Actions")
    .choices(["text", "github"])
    .default("text");
  program
    .command("check")
    .description("validate the definitions and modules of world folders; prints every fault")
    .argument("<folders...>", "world folders")
    .option("--strict", "warnings are errors")
    .addOption(format)
    .option("--json", "one JSON object a folder")
    .addHelpText("after", HELP)
    .action((folders: string[], options: Options) => run(options, () => check(io, folders, options)));
}

/** What checking one folder came to. */
interface Checked {
  readonly folder: string;
  /** Null when there is none. */
  readonly manifest: string | null;
  readonly diagnostics: readonly Diagnostic[];
  readonly errors: number;
}

async function check(io: Io, folders: readonly string[], options: Options): Promise<number> {
  const report = options.json ? reportJson : options.format === "github" ? reportGithub : reportText;
  let failed = false;
  for (const folder of folders) {
    const { manifest, diagnostics: found } = await inspect(resolve(io.cwd, folder));
    const diagnostics = options.strict === true ? found.map(asError) : found;
    const errors = diagnostics.filter(({ severity }) => severity === "error").length;
    failed ||= errors > 0;
    report(io, { folder, manifest, diagnostics, errors });
  }
  return failed ? EXIT.found : EXIT.fine;
}

function asError(diagnostic: Diagnostic): Diagnostic {
  return { ...diagnostic, severity: "error" };
}

function reportJson(io: Io, { folder, manifest, diagnostics, errors }: Checked): void {
  io.stdout(`${JSON.stringify({ type: "check", folder, ok: errors === 0, manifest, diagnostics })}\n`);
}

function reportText(io: Io, { folder, manifest, diagnostics, errors }: Checked): void {
  const p = paletteOf(io);
  const warnings = plural(diagnostics.length - errors, "warning");
  const verdict = errors === 0 ? p.green("valid") : p.red(plural(errors, "error"));
  io.stdout(`${clean(folder)}: ${verdict}, ${warnings}${manifest === null ? "" : `  ${p.dim(manifest)}`}\n`);
  for (const diagnostic of diagnostics) io.stdout(`${renderDiagnostic(io, diagnostic).join("\n")}\n`);
  const [first] = diagnostics;
  if (first !== undefined) io.stdout(p.dim(`  airloom explain ${first.code} says more\n`));
}

/** Annotations only: the runner looks for commands in every other line too. */
function reportGithub(io: Io, { folder, diagnostics }: Checked): void {
  for (const diagnostic of diagnostics) {
    const { file } = diagnostic;
    const path = file === undefined ? null : relative(io.cwd, resolve(io.cwd, folder, file));
    io.stdout(`${githubAnnotation(diagnostic, path === null ? null : path.split(sep).join("/"))}\n`);
  }
}

async function inspect(
  folder: string,
): Promise<{ manifest: string | null; diagnostics: readonly Diagnostic[] }> {
  try {
    const { manifest, settings, warnings } = loadWorldFolder(folder);
    const modules = await builtModules(manifest, folder);
    const refused = modules instanceof Map ? await refusals(manifest, settings, modules) : [modules];
    return {
      manifest: manifest.hash,
      diagnostics: [...warnings, ...unsupportedFeatures(manifest), ...refused],
    };
  } catch (error) {
    if (!(error instanceof AirloomError) || error.kind !== "manifest") throw error;
    return { manifest: null, diagnostics: error.diagnostics };
  }
}

/** Modules by hash, or the warning that one is not built: definitions are sound before their modules are. */
async function builtModules(manifest: Manifest, folder: string): Promise<Map<Hash, Uint8Array> | Diagnostic> {
  try {
    return await loadModules(manifest, folderModules(folder));
  } catch (error) {
    if (!(error instanceof AirloomError) || error.code !== "module.missing") throw error;
    return { code: error.code, severity: "warning", message: error.message };
  }
}

/** Admission is much to load: only for those who have a module. */
async function refusals(
  manifest: Manifest,
  settings: Settings,
  modules: ReadonlyMap<Hash, Uint8Array>,
): Promise<readonly Diagnostic[]> {
  if (modules.size === 0) return [];
  const { moduleFaults } = await import("../built.ts");
  return moduleFaults(manifest, settings, modules);
}
