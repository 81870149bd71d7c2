/**
 * Checking definitions: in this process for worlds of 200, 1,000 and 5,000 of them, and as `airloom check`
 * beside a Node that does nothing.
 *
 *     npm run build && node bench/check.mjs [rounds]
 *
 * Everything is run in turn, round after round; what counts are medians, and ratios of them. Exits with 1
 * when checking 200 definitions costs 150 ms or more beside Node's start.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadWorldDefinitions } from "../dist/air/load.js";
import { generatedWorld } from "./lib/generate.mjs";
import { median } from "./lib/rounds.mjs";

const ROUNDS = Number(process.argv[2] ?? 7);
const COUNTS = [200, 1000, 5000];
const TARGET_MS = 150;
const TARGET_COUNT = 200;
const BIN = fileURLToPath(new URL("../dist/cli/bin.cjs", import.meta.url));

const worlds = new Map(COUNTS.map((count) => [count, generatedWorld(count)]));
const folders = mkdtempSync(join(tmpdir(), "airloom-bench-"));
try {
  for (const [count, files] of worlds) write(count, files);
  console.log(`medians of ${ROUNDS} rounds in turn, Node ${process.version}`);
  inProcess();
  process.exitCode = asCommand() ? 0 : 1;
} finally {
  rmSync(folders, { recursive: true });
}

function inProcess() {
  const first = load(worlds.get(TARGET_COUNT));
  const times = new Map(COUNTS.map((count) => [count, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [count, files] of worlds) times.get(count).push(load(files));
  }
  console.log(`\nin this process (the first ${TARGET_COUNT} took ${first.toFixed(0)} ms)`);
  console.log("definitions         ms   us each   to 200");
  const each = (count) => (1000 * median(times.get(count))) / count;
  for (const count of COUNTS) {
    const ratio = `${(each(count) / each(COUNTS[0])).toFixed(2)}x`;
    console.log(figures(count, median(times.get(count)).toFixed(1), each(count).toFixed(1), ratio));
  }
}

/** Whether the target is met. Others on the machine only ever add: the least of all rounds is compared. */
function asCommand() {
  const contenders = new Map([
    ["node -e 0", ["-e", "0"]],
    ["airloom --version", [BIN, "--version"]],
    ...COUNTS.map((count) => [`airloom check, ${count}`, [BIN, "check", folderOf(count)]]),
  ]);
  const times = new Map([...contenders.keys()].map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, args] of contenders) times.get(name).push(spawned(args));
  }
  const least = (name) => Math.min(...times.get(name));
  const bare = least("node -e 0");
  console.log("\nas a command             median     least   beside node   ratio");
  for (const [name, list] of times) {
    const ms = least(name);
    const ratio = (ms / bare).toFixed(2).padStart(8);
    console.log(
      name.padEnd(20) + figures(median(list).toFixed(0), ms.toFixed(0), (ms - bare).toFixed(0)) + ratio,
    );
  }
  const cost = least(`airloom check, ${TARGET_COUNT}`) - bare;
  const met = cost < TARGET_MS;
  const verdict = `${met ? "met" : "MISSED"} (${cost.toFixed(0)} ms)`;
  console.log(`target: ${TARGET_COUNT} definitions under ${TARGET_MS} ms beside Node's start: ${verdict}`);
  return met;
}

function load(files) {
  const from = performance.now();
  loadWorldDefinitions(files, null);
  return performance.now() - from;
}

function spawned(args) {
  const from = performance.now();
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
  const ms = performance.now() - from;
  if (status !== 0) throw new Error(`exit code ${status}: ${stdout.slice(0, 500)}`);
  return ms;
}

function write(count, files) {
  mkdirSync(folderOf(count));
  for (const { path, text } of files) writeFileSync(join(folderOf(count), path), text);
}

function folderOf(count) {
  return join(folders, String(count));
}

function figures(...columns) {
  return columns.map((column, i) => String(column).padStart(i === 0 ? 11 : 10)).join("");
}
