import type { Command } from "commander";
import { resolve } from "node:path";
import { folderModules } from "../../build/modules.ts";
import { loadModules } from "../../runtime/definitions.ts";
import { AirloomError, type Diagnostic } from "../../values/errors.ts";
import { admitModule } from "../../wasm/admission.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { renderDiagnostic } from "../render/error.ts";
import { paletteOf, plural } from "../render/text.ts";
import type { Run } from "../run.ts";
import { readDefinitions } from "../world.ts";

interface Options {
  readonly json?: boolean;
}

export function checkCommand(program: Command, io: Io, run: Run): void {
  program
    .command("check")
    .description("validate the definitions and modules of world folders; prints every fault")
    .argument("<folders...>", "world folders")
    .option("--json", "one JSON object a folder")
    .action((folders: string[], options: Options) => run(options, () => check(io, folders, options)));
}

async function check(io: Io, folders: readonly string[], options: Options): Promise<number> {
  let failed = false;
  for (const folder of folders) {
    const { manifest, diagnostics } = await inspect(resolve(io.cwd, folder));
    const errors = diagnostics.filter(({ severity }) => severity === "error").length;
    failed ||= errors > 0;
    if (options.json) {
      io.stdout(`${JSON.stringify({ type: "check", folder, ok: errors === 0, manifest, diagnostics })}\n`);
      continue;
    }
    const p = paletteOf(io);
    const warnings = plural(diagnostics.length - errors, "warning");
    const verdict = errors === 0 ? p.green("valid") : p.red(plural(errors, "error"));
    io.stdout(`${folder}: ${verdict}, ${warnings}${manifest === null ? "" : `  ${p.dim(manifest)}`}\n`);
    for (const diagnostic of diagnostics) io.stdout(`${renderDiagnostic(io, diagnostic).join("\n")}\n`);
  }
  return failed ? EXIT.found : EXIT.fine;
}

async function inspect(folder: string): Promise<{ manifest: string | null; diagnostics: readonly Diagnostic[] }> {
  try {
    const { definitions, warnings } = readDefinitions(folder);
    const { manifest } = definitions;
    const modules = await loadModules(manifest, folderModules(folder)).catch((error: unknown) => error);
    if (modules instanceof AirloomError) return { manifest: manifest.hash, diagnostics: [...warnings, asWarning(modules)] };
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
