/** Compiles the AssemblyScript of a module to bytes that depend on its sources and the compiler alone. */

import type { ModuleLimits } from "../air/settings.ts";
import type { Hash } from "../values/brand.ts";
import { AirloomError, type Diagnostic } from "../values/errors.ts";
import { hashOf } from "../values/hash.ts";
import { type AdmissionOptions, admitModule } from "../wasm/admission.ts";
import { type CompilerRun, runCompiler } from "./asc.ts";
import { type CompilerOptions, compilerOptions, configText } from "./asconfig.ts";
import { explainMessages } from "./explain.ts";
import { CONFIG, createLayout, ENTRY, type Layout, nameOf, readSource } from "./layout.ts";
import { explainFinding } from "./outside.ts";
import { findModuleClass } from "./reducer-class.ts";
import { withoutCustomSections } from "./sections.ts";

/** What a definition says a module is; a workflow is compiled as a reducer is. */
export type ModuleKind = "reducer" | "workflow" | "pure";

export interface CompileOptions {
  /** Path of the `.ts` file that exports the module's class; messages show it as it is given. */
  readonly source: string;
  /** `reducer` unless given. */
  readonly kind?: ModuleKind;
  /** Those of the package unless given. */
  readonly options?: CompilerOptions;
  /** What the settings allow the module; the defaults unless given. */
  readonly limits?: ModuleLimits;
}

export interface CompiledModule {
  /** The release: the debug build without its custom sections. */
  readonly wasm: Uint8Array;
  /** sha256 of `wasm`. */
  readonly hash: Hash;
  /** The same code with the names of its functions. */
  readonly debug: Uint8Array;
  /** JSON text; its places hold for `wasm` as for `debug`. */
  readonly sourceMap: string;
  readonly warnings: readonly Diagnostic[];
  /** What the compiler read, by name in the layout: the hash of each text, null for what was not there. */
  readonly inputs: ReadonlyMap<string, Hash | null>;
}

/**
 * Compiles and admits. Throws `AirloomError`: `build.source_missing`, `build.no_reducer_class`,
 * `build.many_reducer_classes`, `build.compile` with every error and its place in the author's files,
 * `build.compiler_crash`, `module.imports` and admission's other refusals.
 */
export async function compileModule(options: CompileOptions): Promise<CompiledModule> {
  const { source, kind = "reducer", limits } = options;
  const layout = await layoutOf(options);
  const { wasm: debug, sourceMap, messages, failure } = await compileLayout(source, layout);
  const diagnostics = await explainMessages(messages, layout, failure?.includes("parse error") ?? false);
  if (debug === null || sourceMap === null) throw compileError(source, diagnostics, failure);
  const wasm = withoutCustomSections(debug);
  admitOutput(wasm, { ...limits, entry: entryOf(kind) }, layout);
  const warnings = diagnostics.filter(({ severity }) => severity === "warning");
  return { wasm, hash: hashOf(wasm), debug, sourceMap, warnings, inputs: layout.inputs };
}

/** The same for a reducer. */
export function compileReducer(options: { readonly source: string }): Promise<CompiledModule> {
  return compileModule({ ...options, kind: "reducer" });
}

/** What the compiler would see. Throws what `compileModule` throws before it compiles. */
export async function layoutOf({ source, kind = "reducer", options }: CompileOptions): Promise<Layout> {
  const text = await readSource(source);
  if (text === null || !source.endsWith(".ts")) {
    const message = `${source} is no AssemblyScript file that exists`;
    throw new AirloomError("missing", "build.source_missing", message, { fields: { source } });
  }
  const name = findModuleClass(source, text);
  const config = configText(options ?? (await compilerOptions(null)));
  return createLayout(source, { entry: entryText(source, name, kind), config });
}

/** The function that a module of this kind is called by. */
export function entryOf(kind: ModuleKind): "run" | "step" {
  return kind === "pure" ? "run" : "step";
}

/** The file the compiler starts from: the exports of every module, around the author's class. */
function entryText(source: string, className: string, kind: ModuleKind): string {
  const specifier = `./${nameOf(source).replace(/\.ts$/, "")}`;
  const called = entryOf(kind);
  return `import { ${className} as Authored } from ${JSON.stringify(specifier)};
import { allocate, answer } from "airloom/assembly/abi/call";
export { fault } from "airloom/assembly/abi/fault";

export function alloc(length: i32): i32 {
  return allocate(length);
}

export function ${called}(at: i32, start: i32, length: i32): void {
  answer(at, new Authored().${kind === "pure" ? "call" : "run"}(start, length));
}
`;
}

async function compileLayout(source: string, layout: Layout): Promise<CompilerRun> {
  try {
    return await runCompiler(ENTRY, CONFIG, layout.read);
  } catch (error) {
    if (!(error instanceof AirloomError) || error.code !== "build.compiler_crash") throw error;
    const diagnostic: Diagnostic = {
      code: error.code,
      severity: "error",
      message: error.message,
      file: source,
      found: String(error.fields.found),
      hint: "the compiler fails on some wrong code: undo the last change and look for a type error in it",
    };
    throw new AirloomError("module", error.code, error.message, { diagnostics: [diagnostic], cause: error });
  }
}

function compileError(
  source: string,
  diagnostics: readonly Diagnostic[],
  failure: string | null,
): AirloomError {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  const message = `${source} does not compile: ${errors[0]?.message ?? failure ?? "no output"}`;
  return new AirloomError("module", "build.compile", message, { diagnostics });
}

/** Admission, with the place in the author's files that most likely led to each finding. */
function admitOutput(wasm: Uint8Array, options: Partial<AdmissionOptions>, layout: Layout): void {
  try {
    admitModule(wasm, options);
  } catch (error) {
    if (!(error instanceof AirloomError) || error.diagnostics.length === 0) throw error;
    const diagnostics = error.diagnostics.map((finding) => explainFinding(finding, layout));
    throw new AirloomError(error.kind, error.code, error.message, { diagnostics, fields: error.fields });
  }
}
