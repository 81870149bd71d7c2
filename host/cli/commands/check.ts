import { relative, resolve, sep } from "node:path";
import { type Command, Option } from "commander";
import { folderModules } from "../../build/modules.ts";
import { unsupportedFeatures } from "../../kernel/supported.ts";
import { loadModules } from "../../runtime/definitions.ts";
import { AirloomError, type Diagnostic } from "../../values/errors.ts";
import { admitModule } from "../../wasm/admission.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { renderDiagnostic } from "../render/error.ts";
import { githubAnnotation } from "../render/github.ts";
import { clean, paletteOf, plural } from "../render/text.ts";
import type { Run } from "../run.ts";
import { readDefinitions } from "../world.ts";

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
    const { definitions, warnings: found } = readDefinitions(folder);
    const { manifest } = definitions;
    const warnings = [...found, ...unsupportedFeatures(manifest)];
    const modules = await loadModules(manifest, folderModules(folder)).catch((error: unknown) => error);
    if (modules instanceof AirloomError && modules.code === "module.missing")
      return { manifest: manifest.hash, diagnostics: [...warnings, asWarning(modules)] };
    if (!(modules instanceof Map)) throw modules;
    const refused = [...modules.values()].flatMap((bytes: Uint8Array) => admissionFaults(bytes));
    return { manifest: manifest.hash, diagnostics: [...warnings, ...refused] };
  } catch (error) {
    if (!(error instanceof AirloomError) || error.kind !== "manifest") throw error;
    return { manifest: null, diagnostics: error.diagnostics };
  }
}

/** Definitions are sound before their modules are built. */
function asWarning(error: AirloomError): Diagnostic {
  return { code: error.code, severity: "warning", message: error.message };
}

function admissionFaults(bytes: Uint8Array): readonly Diagnostic[] {
  try {
    admitModule(bytes);
    return [];
  } catch (error) {
    if (!(error instanceof AirloomError)) throw error;
    const own: Diagnostic = { code: error.code, severity: "error", message: error.message };
    return error.diagnostics.length > 0 ? error.diagnostics : [own];
  }
}
