/**
 * Runs the AssemblyScript compiler in this process. It keeps global state, so that runs take turns; and where
 * it fails itself it writes to the console and ends the process, which is caught here.
 */

import { createRequire } from "node:module";
import type { DiagnosticMessage } from "assemblyscript/asc";
import { AirloomError } from "../values/errors.ts";
import { plain } from "../values/quote.ts";

const CRASHED = /crashed during ([\w ()]+)/;
const WORDS_MAX = 400;

const OUT_FILE = "module.wasm";

export interface CompilerRun {
  /** The debug build; null when there were errors. */
  readonly wasm: Uint8Array | null;
  /** Source map of `wasm`, as JSON text. */
  readonly sourceMap: string | null;
  readonly messages: readonly DiagnosticMessage[];
  /** What the compiler said when it gave up. */
  readonly failure: string | null;
}

let last: Promise<unknown> = Promise.resolve();

/** Version of the compiler that `runCompiler` runs; known without loading it. */
export function compilerVersion(): string {
  const { version } = createRequire(import.meta.url)("assemblyscript/package.json") as { version: string };
  return version;
}

/**
 * Compiles `entry`, with names of functions and a source map; the settings are those of the asconfig named
 * `config`, and `read` gives files by name. Throws `build.compiler_crash`.
 */
export function runCompiler(
  entry: string,
  config: string,
  read: (name: string) => Promise<string | null>,
): Promise<CompilerRun> {
  const turn = last.then(() => guarded(() => run(entry, config, read)));
  last = turn.catch(() => undefined);
  return turn;
}

async function run(
  entry: string,
  config: string,
  read: (name: string) => Promise<string | null>,
): Promise<CompilerRun> {
  // Loading the compiler takes half a second: only who compiles pays it.
  const asc = await import("assemblyscript/asc");
  const messages: DiagnosticMessage[] = [];
  let wasm: Uint8Array | null = null;
  let sourceMap: string | null = null;
  const out = ["--outFile", OUT_FILE, "--baseDir", "/", "--debug", "--sourceMap"];
  const result = await asc.main([entry, "--config", config, ...out], {
    readFile: read,
    writeFile: (_name, contents) => {
      if (contents instanceof Uint8Array) wasm = new Uint8Array(contents);
      else sourceMap = withoutLibraryTexts(contents);
    },
    listFiles: () => [],
    stdout: asc.createMemoryStream(),
    stderr: asc.createMemoryStream(),
    reportDiagnostic: (message) => messages.push(message),
  });
  return { wasm, sourceMap, messages, failure: result.error && plain(result.error.message, WORDS_MAX) };
}

/** The map holds the text of every source; those of the libraries lie in their packages. */
function withoutLibraryTexts(text: string): string {
  const map = JSON.parse(text) as { sources: string[]; sourcesContent?: (string | null)[] };
  const sourcesContent = map.sources.map((name, i) =>
    name.startsWith("~lib/") ? null : (map.sourcesContent?.[i] ?? null),
  );
  return JSON.stringify({ ...map, sourcesContent });
}

class Crash extends Error {}

/** Turns the compiler's way of ending the process into an error; anyone else's goes through. */
async function guarded<T>(work: () => Promise<T>): Promise<T> {
  const { exit } = process;
  const { error } = console;
  let words: string | null = null;
  console.error = (...args: unknown[]) => {
    const text = args.map(String).join(" ");
    if (CRASHED.test(text)) words = text;
    else error.apply(console, args);
  };
  process.exit = (code) => {
    if (words !== null) throw new Crash();
    return exit.call(process, code);
  };
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof AirloomError) throw cause;
    throw crash(words ?? String(cause), cause);
  } finally {
    process.exit = exit;
    console.error = error;
  }
}

function crash(words: string, cause: unknown): AirloomError {
  const stage = CRASHED.exec(words)?.[1]?.trim() ?? "compilation";
  const found = plain(/\b\w*Error: [^\n]*/.exec(words)?.[0] ?? words, WORDS_MAX);
  return new AirloomError(
    "module",
    "build.compiler_crash",
    `the AssemblyScript compiler crashed during ${stage}`,
    {
      fields: { stage, found },
      cause,
    },
  );
}
