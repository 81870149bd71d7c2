/** Runs programs from the project's root, one after another, with this process's own streams. */

import { spawnSync } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export const BIN = "dist/cli/bin.cjs";
export const BUNDLE = "scripts/bundle.mjs";
export const TSC = "node_modules/typescript/bin/tsc";
export const BIOME = "node_modules/@biomejs/biome/bin/biome";
export const VITEST = "node_modules/vitest/vitest.mjs";

/** Runs a JavaScript file with this Node; gives its exit code, 128 + n after signal n. */
export function node(file, ...args) {
  return exitCodeOf(spawnSync(process.execPath, [file, ...args], { cwd: ROOT, stdio: "inherit" }));
}

/** Runs npm without showing what it says; `output` is for the case that it fails. */
export function npm(...args) {
  const options = { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] };
  const result = spawnNpm(args, options);
  return { exitCode: exitCodeOf(result), output: `${result.stdout ?? ""}${result.stderr ?? ""}` };
}

/** What git says, trimmed; null when there is no git or it fails. */
export function git(...args) {
  const { status, stdout } = spawnSync("git", args, { cwd: ROOT, encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}

/** The npm that started us when there is one; on Windows `npm` itself is a script, which needs a shell. */
function spawnNpm(args, options) {
  const cli = process.env.npm_execpath ?? "";
  if (/[\\/]npm-cli\.[cm]?js$/.test(cli)) return spawnSync(process.execPath, [cli, ...args], options);
  if (process.platform !== "win32") return spawnSync("npm", args, options);
  return spawnSync(["npm", ...args].join(" "), { ...options, shell: true });
}

function exitCodeOf({ error, status, signal }) {
  if (error !== undefined) throw error;
  return status ?? 128 + (constants.signals[signal] ?? 0);
}
