/**
 * The commands about definitions, quickly: editors and commit hooks start them all day, and finding, reading and
 * compiling their hundred and more modules would be most of what they cost. The build makes one script of them;
 * the first check keeps what V8 compiled of it, for the next run. Nothing depends on either: without the script, or with
 * one that is older than the modules, they run from the modules, and without what was compiled V8 compiles again.
 * This file imports none of ours: each would be one more to find.
 */

import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";
import { crc32 } from "node:zlib";
import type { start } from "./start.ts";

/** What the script holds. They need nothing but Node itself. */
export const QUICK_COMMANDS: readonly string[] = ["check", "diff", "explain", "fmt", "hash", "show"];

/** Where the build puts the script, below the package. */
export const QUICK_SCRIPT = "dist/quick/quick.cjs";

const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));

type Start = typeof start;

/** The script is a function, which leaves `start` in the first of these. */
type Bundle = (exports: { start?: Start }, require: NodeJS.Require, filename: string) => void;

/** `start` of the script; null for other commands, and where the modules have to do. */
export function quickStart([command = ""]: readonly string[]): Start | null {
  // Maps lead from the modules to the sources, and coverage is counted there.
  const observed = process.sourceMapsEnabled || process.env.NODE_V8_COVERAGE !== undefined;
  if (observed || !(QUICK_COMMANDS.includes(command) || command === "--version")) return null;
  const path = join(PACKAGE, QUICK_SCRIPT);
  if (!isCurrent(path)) return null;
  const source = readFileSync(path);
  const keeps = process.env.NODE_DISABLE_COMPILE_CACHE === undefined;
  const kept = `${path}.${process.version}-${process.arch}.cache`;
  const cachedData = keeps ? readCompiled(kept, source) : undefined;
  // It is ASCII: as Latin-1 it stays what it is, a byte a character.
  const script = new Script(source.toString("latin1"), {
    filename: path,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  const exported: { start?: Start } = {};
  (script.runInThisContext() as Bundle)(exported, createRequire(path), path);
  const run = exported.start!;
  // What another command leaves would lack most of what a check runs, and be used for ever after.
  if (!keeps || command !== "check" || script.cachedDataRejected === false) return run;
  return async (argv) => {
    const exitCode = await run(argv);
    if (exitCode <= EXIT_CHECKED) await keepCompiled(kept, source, script, run);
    return exitCode;
  };
}

/** In a checkout the compiler may have run alone, and made all modules anew. */
function isCurrent(path: string): boolean {
  const bundled = statSync(path, { throwIfNoEntry: false });
  if (bundled === undefined) return false;
  if (!existsSync(join(PACKAGE, "tsconfig.build.json"))) return true;
  return statSync(fileURLToPath(new URL("./main.js", import.meta.url))).mtimeMs <= bundled.mtimeMs;
}

/** A valid world is 0, an invalid one 1; beyond, nothing was checked. */
const EXIT_CHECKED = 1;

/** Checksums of the script and of what follows, which V8 looks at neither of; it looks at its own version. */
const HEADER_BYTES = 8;

/** Undefined when there is none, or one that is not whole or of another script. */
function readCompiled(path: string, source: Uint8Array): Buffer | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const file = readFileSync(path);
    const data = file.subarray(HEADER_BYTES);
    return header(source, data).equals(file.subarray(0, HEADER_BYTES)) ? data : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps what was compiled by now, and for the check of a whole world; says nothing where that cannot be done. */
async function keepCompiled(path: string, source: Uint8Array, script: Script, run: Start): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    const silent = { stdout: () => {}, stderr: () => {}, cwd: PACKAGE, color: false };
    await run(["check", join("examples", "starter")], silent);
    const data = script.createCachedData();
    writeFileSync(draft, Buffer.concat([header(source, data), data]));
    renameSync(draft, path);
  } catch {
    discard(draft);
  }
}

function discard(draft: string): void {
  try {
    rmSync(draft, { force: true });
  } catch {
    // It could be written in part, and not be removed: the next run does without it.
  }
}

function header(source: Uint8Array, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt32LE(crc32(source), 0);
  bytes.writeUInt32LE(crc32(data), 4);
  return bytes;
}
