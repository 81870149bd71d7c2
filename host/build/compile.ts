/** Compiles a reducer's AssemblyScript to a module whose bytes depend on its sources alone. */

import type { DiagnosticMessage } from "assemblyscript/asc";
import type { Hash } from "../values/brand.ts";
import { AirloomError, type Diagnostic } from "../values/errors.ts";
import { hashOf } from "../values/hash.ts";
import { plain } from "../values/quote.ts";
import { admitModule, sourceOf } from "../wasm/admission.ts";
import { type CompilerRun, runCompiler } from "./asc.ts";
import { CONFIG, createLayout, ENTRY, type Layout, nameOf, readSource } from "./layout.ts";
import { blankOut, findReducerClass } from "./reducer-class.ts";

const MESSAGE_MAX = 400;

export interface CompileOptions {
  /** Path of the `.ts` file that exports the reducer class; messages show it as it is given. */
  readonly source: string;
}

export interface CompiledModule {
  readonly wasm: Uint8Array;
  /** sha256 of `wasm`. */
  readonly hash: Hash;
  readonly warnings: readonly Diagnostic[];
}

/**
 * Compiles with the options of the package's asconfig.json and admits the result. Throws `AirloomError`:
 * `build.source_missing`, `build.no_reducer_class`, `build.many_reducer_classes`, `build.compile` with every
 * error and its place in the author's files, `build.compiler_crash`, `module.imports` and admission's other
 * refusals.
 */
export async function compileReducer({ source }: CompileOptions): Promise<CompiledModule> {
  const text = await readSource(source);
  if (text === null || !source.endsWith(".ts")) {
    const message = `${source} is no AssemblyScript file that exists`;
    throw new AirloomError("missing", "build.source_missing", message, { fields: { source } });
  }
  const layout = createLayout(source, entryText(source, findReducerClass(source, text)));
  const { wasm, messages, failure } = await compileLayout(source, layout);
  const telling = messages.filter(({ category }) => category >= WARNING);
  const diagnostics = await Promise.all(telling.map((message) => toDiagnostic(message, layout)));
  if (wasm === null) throw compileError(source, diagnostics, failure);
  admitOutput(wasm, layout);
  const warnings = diagnostics.filter(({ severity }) => severity === "warning");
  return { wasm, hash: hashOf(wasm), warnings };
}

/** The file the compiler starts from: the exports of every module, around the author's class. */
function entryText(source: string, reducerClass: string): string {
  const specifier = `./${nameOf(source).replace(/\.ts$/, "")}`;
  return `import { ${reducerClass} as AuthoredReducer } from ${JSON.stringify(specifier)};
import { allocate, answer } from "airloom/assembly/abi/call";
export { fault } from "airloom/assembly/abi/fault";

export function alloc(length: i32): i32 {
  return allocate(length);
}

export function step(at: i32, start: i32, length: i32): void {
  answer(at, new AuthoredReducer().run(start, length));
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

/** The compiler's categories: pedantic and info are 0 and 1. */
const WARNING = 2;
/** Codes below this are the compiler's own (`AS`), others TypeScript's (`TS`). */
const TS_CODES = 1000;

async function toDiagnostic(message: DiagnosticMessage, layout: Layout): Promise<Diagnostic> {
  const { code, category, range } = message;
  const place = range && (await placeOf(range.source.normalizedPath, range.start, layout));
  return {
    code: `build.${code < TS_CODES ? "as" : "ts"}${code}`,
    severity: category > WARNING ? "error" : "warning",
    message: plain(message.message, MESSAGE_MAX),
    ...place,
  };
}

type Place = Pick<Diagnostic, "file" | "line" | "column">;

/** Of an offset in a file of the layout; the compiler's own library files have no place on disk. */
async function placeOf(name: string, offset: number, layout: Layout): Promise<Place> {
  const text = name === ENTRY ? null : await layout.read(name);
  if (text === null) return { file: name === ENTRY ? layout.pathOf(name) : name };
  return placeIn(text, offset, layout.pathOf(name));
}

function placeIn(text: string, offset: number, file: string): Place {
  const before = text.slice(0, offset);
  return { file, line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

/** Admission, with the place in the author's files that most likely led to each import. */
function admitOutput(wasm: Uint8Array, layout: Layout): void {
  try {
    admitModule(wasm);
  } catch (error) {
    if (!(error instanceof AirloomError) || error.code !== "module.imports") throw error;
    const diagnostics = error.diagnostics.map((finding) => ({ ...finding, ...findImport(finding, layout) }));
    throw new AirloomError("module", error.code, error.message, { diagnostics });
  }
}

function findImport({ found = "" }: Diagnostic, layout: Layout): Place {
  const dot = found.indexOf(".");
  const words = sourceOf(found.slice(0, dot), found.slice(dot + 1)).match(/\w+/g);
  if (words === null) return {};
  const written = new RegExp(`\\b${words.join("\\s*\\.\\s*")}\\b`);
  for (const [name, text] of layout.authored) {
    const at = blankOut(text).search(written);
    if (at >= 0) return placeIn(text, at, layout.pathOf(name));
  }
  return {};
}
