/**
 * `npm run verify`: every gate of the project but its tests, all of them whatever fails. The gate for a clean
 * tree runs in CI, or with `--clean`: beside work in progress it would always fail.
 */

import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { build, install } from "./lib/prepare.mjs";
import { BIN, BIOME, git, node, ROOT, TSC } from "./lib/run.mjs";
import { builtinFiles, worldFolders } from "./lib/worlds.mjs";

/** What `airloom init` copies: a world too. */
const STARTER = "examples/starter";

const GATES = [
  { name: "build", passes: () => build() === 0 },
  { name: "format and lint", passes: () => node(BIOME, "check", "--error-on-warnings", ".") === 0 },
  { name: "types", passes: () => node(TSC, "-p", "tsconfig.json") === 0 },
  { name: "types of assembly", passes: () => node(TSC, "-p", "assembly/tsconfig.json") === 0 },
  { name: "modules are built from their sources", passes: () => allWorlds("build", "--check") },
  { name: "worlds are valid", passes: () => everyWorld("check") },
  { name: "definitions are formatted", passes: definitionsAreFormatted },
  { name: "every way to run derives the same", passes: () => node("scripts/matrix.mjs") === 0 },
  { name: "the tree is clean", passes: treeIsClean, applies: asksForCleanTree },
];

install();
const results = GATES.filter(({ applies }) => applies?.() ?? true).map(runGate);
report(results);
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;

function runGate({ name, passes }) {
  console.log(`\n== ${name}`);
  const start = performance.now();
  const passed = passes();
  return { name, passed, seconds: (performance.now() - start) / 1000 };
}

function report(results) {
  console.log("\n== verify");
  for (const { name, passed, seconds } of results) {
    console.log(`${passed ? "PASS" : "FAIL"}  ${`${seconds.toFixed(1)} s`.padStart(7)}  ${name}`);
  }
}

/** Every world has its turn, whatever the others do; none at all is a failure. */
function everyWorld(command, ...options) {
  const exitCodes = [...worldFolders(), STARTER].map((world) => node(BIN, command, ...options, world));
  if (exitCodes.length === 0) console.log("there is no world in air/worlds");
  return exitCodes.length > 0 && exitCodes.every((exitCode) => exitCode === 0);
}

/** By airloom itself: biome lays definitions out otherwise, and leaves them alone. */
function definitionsAreFormatted() {
  return node(BIN, "fmt", "--check", ...worldFolders(), STARTER, ...builtinFiles()) === 0;
}

/** All worlds in one process: the compiler is loaded once. */
function allWorlds(command, ...options) {
  const worlds = worldFolders();
  if (worlds.length === 0) console.log("there is no world in air/worlds");
  return worlds.length > 0 && node(BIN, command, ...options, ...worlds, STARTER) === 0;
}

/** Only of a checkout of this project: unpacked inside another one, the tree is not ours to judge. */
function asksForCleanTree() {
  if (process.env.CI !== "true" && !process.argv.includes("--clean")) return false;
  const top = git("rev-parse", "--show-toplevel");
  return top !== null && existsSync(join(top, "package.json")) && realpathSync(top) === realpathSync(ROOT);
}

function treeIsClean() {
  const status = git("status", "--porcelain");
  if (status !== "") console.log(status ?? "git status failed");
  return status === "";
}
