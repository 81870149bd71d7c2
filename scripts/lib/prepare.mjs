/** From a fresh clone to a built project: packages when they are older than the lock, `dist/` when it is stale. */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isInRange } from "./node-range.mjs";
import { BUNDLE, node, npm, ROOT, TSC } from "./run.mjs";

/** Installs and builds; ends the process when either fails. */
export function prepare() {
  install();
  const exitCode = build();
  if (exitCode !== 0) fail("the build failed", exitCode);
}

function checkNode() {
  const { engines } = JSON.parse(read("package.json"));
  if (isInRange(process.versions.node, engines.node)) return;
  fail(`airloom needs Node ${engines.node}; this is ${process.versions.node}`);
}

/**
 * Ends the process when it fails. npm writes its own lock into `node_modules` last, so one that is there stands
 * for a whole installation.
 */
export function install() {
  checkNode();
  const installed = modifiedMs("node_modules/.package-lock.json");
  if (installed !== null && installed >= modifiedMs("package-lock.json")) return;
  console.log("installing packages (npm ci)");
  const { exitCode, output } = npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--include=dev");
  if (exitCode !== 0) fail(`${output}npm ci failed; the packages are not installed`, exitCode);
}

const STAMP = "dist/.sources";

/**
 * Gives the exit code of the compiler, or of what bundles its output. `dist/` is what its stamp says: the hash of
 * all it is made from, written once both are done.
 */
export function build() {
  const sources = sourcesHash();
  if (readOrNull(STAMP) === sources) return 0;
  console.log("building dist (tsc)");
  rmSync(join(ROOT, "dist"), { recursive: true, force: true });
  const exitCode = node(TSC, "-p", "tsconfig.build.json") || node(BUNDLE);
  if (exitCode === 0) writeFileSync(join(ROOT, STAMP), sources);
  return exitCode;
}

function sourcesHash() {
  const hash = createHash("sha256");
  const project = [
    "package.json",
    "tsconfig.json",
    "tsconfig.build.json",
    "node_modules/typescript/package.json",
    "node_modules/rolldown/package.json",
    BUNDLE,
  ];
  for (const file of [...project, ...filesIn("host")]) hash.update(`${file}\0${read(file)}\0`);
  return hash.digest("hex");
}

function filesIn(folder) {
  const entries = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.map((file) => file.slice(ROOT.length).replaceAll("\\", "/")).sort();
}

function modifiedMs(file) {
  return statSync(join(ROOT, file), { throwIfNoEntry: false })?.mtimeMs ?? null;
}

function read(file) {
  return readFileSync(join(ROOT, file), "utf8");
}

function readOrNull(file) {
  return modifiedMs(file) === null ? null : read(file);
}

function fail(message, exitCode = 1) {
  console.error(message);
  process.exit(exitCode);
}
