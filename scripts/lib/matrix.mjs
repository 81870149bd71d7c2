/** The determinism matrix: in which ways a process may be told to run, and whether all of them derive the same. */

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "./run.mjs";

const CHILD = fileURLToPath(new URL("matrix-child.mjs", import.meta.url));
/** Majors that the package supports, and what comes next. */
const MAJORS = [20, 22, 24, 25, 26];
/** Passes over the corpus in one process: the second runs what the first has warmed up. */
const PASSES = 2;

/** `flags` of node, `env` beside its own; `skip` is a reason. */
export function cases() {
  return [
    { name: "as it is" },
    ...[
      ["wasm: baseline only", "--liftoff-only"],
      ["wasm: baseline, never compiled anew", "--no-wasm-tier-up"],
      ["wasm: optimised only", "--no-liftoff"],
      ["wasm: optimised only, all of it at once", "--no-liftoff", "--no-wasm-lazy-compilation"],
      ["js: never optimised", "--no-opt", "--no-sparkplug"],
      ["js: baseline at once", "--always-sparkplug"],
      ["js: another optimiser before the last", "--maglev"],
      ["other hash seed", "--hash-seed=7", "--random-seed=7"],
      ["one thread, no background work", "--single-threaded"],
      ["collecting garbage at random points", "--stress-scavenge=50"],
    ].map(([name, ...flags]) => ({ name, flags })),
    ...[512, 700, 2000, 4000].map((kib) => ({ name: `stack of ${kib} KiB`, flags: [`--stack-size=${kib}`] })),
    ...[1, 16, 64].map((mib) => ({ name: `thread with a stack of ${mib} MiB`, threadStackMb: mib })),
    { name: "no pool: an instance for each call", pools: false },
    { name: "no pool, optimised only", pools: false, flags: ["--no-liftoff"] },
    ...[
      ["time zone Pacific/Kiritimati", { TZ: "Pacific/Kiritimati" }],
      ["time zone America/St_Johns", { TZ: "America/St_Johns" }],
      ["locale tr_TR", { LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8", LANGUAGE: "tr" }],
      ["locale ar_EG", { LANG: "ar_EG.UTF-8", LC_ALL: "ar_EG.UTF-8" }],
      ["locale C, no colour, no home", { LANG: "C", LC_ALL: "C", NO_COLOR: "1", HOME: "/nonexistent" }],
      ["one thread of the thread pool", { UV_THREADPOOL_SIZE: "1" }],
    ].map(([name, env]) => ({ name, env })),
    { name: "another working directory", cwd: "elsewhere, à côté" },
    ...otherNodes(),
  ];
}

/** One case for each Node major that is not this one, found or not. */
function otherNodes() {
  const own = Number(process.versions.node.split(".")[0]);
  return MAJORS.filter((major) => major !== own).map((major) => {
    const binary = nodeOf(major);
    const name = `Node ${major}`;
    return binary === null
      ? { name, skip: `no Node ${major} on this machine (AIRLOOM_NODES may name one)` }
      : { name, binary };
  });
}

function nodeOf(major) {
  const { AIRLOOM_NODES = "", NVM_DIR = "", RUNNER_TOOL_CACHE = "" } = process.env;
  const places = [
    ...AIRLOOM_NODES.split(delimiter),
    ...versionsBelow(join(NVM_DIR, "versions", "node"), `v${major}.`).map((at) => join(at, "bin", "node")),
    ...versionsBelow(join(RUNNER_TOOL_CACHE, "node"), `${major}.`).map((at) =>
      join(at, process.arch, "bin", "node"),
    ),
    `node${major}`,
  ];
  return places.find((place) => place !== "" && versionOf(place)?.startsWith(`v${major}.`)) ?? null;
}

function versionsBelow(folder, start) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith(start))
    .map((name) => join(folder, name));
}

function versionOf(binary) {
  const { stdout, error } = spawnSync(binary, ["--version"], { encoding: "utf8" });
  return error === undefined ? stdout.trim() : null;
}

/** Runs a case; gives its lines, or why there are none. */
export async function runCase(given, { journals, dist = join(ROOT, "dist") }) {
  const {
    name,
    flags = [],
    env = {},
    binary = process.execPath,
    pools = true,
    threadStackMb = null,
    skip,
  } = given;
  if (skip !== undefined) return { name, skipped: skip };
  const unknown = unknownFlag(binary, flags);
  if (unknown !== null) return { name, skipped: `this engine has no ${unknown}` };
  const folder = given.cwd === undefined ? null : mkdtempSync(join(tmpdir(), `airloom ${given.cwd} `));
  try {
    const options = JSON.stringify({ passes: PASSES, pools, threadStackMb });
    const args = [...flags, CHILD, dist, journals, options];
    const { code, stdout, stderr } = await finished(binary, args, {
      cwd: folder ?? ROOT,
      env: { ...process.env, ...env },
    });
    if (code !== 0) return { name, failed: stderr.trim().split("\n").at(-1) ?? `it ended with ${code}` };
    return { name, lines: stdout.trim().split("\n") };
  } finally {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  }
}

const known = new Map();

/** The first flag that this node does not have. */
function unknownFlag(binary, flags) {
  if (flags.length === 0) return null;
  if (!known.has(binary)) known.set(binary, spawnSync(binary, ["--v8-options"], { encoding: "utf8" }).stdout);
  const has = (flag) => new RegExp(`^\\s+--${flag} \\(`, "m").test(known.get(binary));
  const nameOf = (flag) => flag.replace(/^--(no-)?/, "").replace(/=.*/, "");
  return flags.find((flag) => !has(nameOf(flag))) ?? null;
}

function finished(binary, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"]) {
      child[stream].setEncoding("utf8").on("data", (text) => {
        output[stream] += text;
      });
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...output }));
  });
}

/**
 * What is wrong with a case beside the first one that ran: every line of it must be that one's, and say that the
 * recording replayed and is written again as it is. Null where nothing is.
 */
export function faultOf(result, reference) {
  if (result.failed !== undefined) return result.failed;
  for (const [i, text] of result.lines.entries()) {
    const line = JSON.parse(text);
    if (line.verdict !== "identical") return `${line.name}: ${line.verdict}`;
    if (line.digest.includes(" ")) return `${line.name}: one process derived several digests`;
    if (!line.asItWas) return `${line.name}: it is written otherwise than it was read`;
    if (text !== reference.lines[i])
      return `${line.name}: ${text} where another process said ${reference.lines[i]}`;
  }
  return result.lines.length === reference.lines.length ? null : "recordings are missing";
}
