/**
 * A long journal as a recording: how fast it is written, verified and replayed, in how much memory, and what a second
 * core brings over a corpus of two.
 *
 *     npm run build && node dist/cli/bin.cjs build air/worlds/retry-backoff && node bench/journal.mjs [records]
 *
 * Each measurement is a process of its own; memory is the most it ever had resident. The journal is made by the
 * kernel itself, of the retry world: a start, two timers that fire, and again.
 */

import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const RECORDS = Number(process.argv[2] ?? 1_000_000);
const MEASURE = fileURLToPath(new URL("lib/measure.mjs", import.meta.url));
const WORLD = fileURLToPath(new URL("../air/worlds/retry-backoff/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "airloom-journal-"));

try {
  const recording = Object.fromEntries(
    ["binary", "text"].map((form) => [form, join(folder, `${form}.airj`)]),
  );
  for (const [form, path] of Object.entries(recording)) {
    report(`write ${form}`, measured("write", path, form, String(RECORDS), WORLD), path);
  }
  for (const [form, path] of Object.entries(recording)) {
    report(`verify ${form}`, measured("airloom", "journal", "verify", path), path);
  }
  for (const [form, path] of Object.entries(recording)) {
    report(`replay ${form}`, measured("airloom", "replay", path, "--modules", WORLD), path);
  }
  const corpus = [recording.binary, join(folder, "again.airj")];
  copyFileSync(...corpus);
  const seconds = [1, 2].map((jobs) => {
    const found = measured("airloom", "replay", ...corpus, "--modules", WORLD, "--jobs", String(jobs));
    report(`replay two, --jobs ${jobs}`, found, ...corpus);
    return found.seconds;
  });
  console.log(`two cores do ${(seconds[0] / seconds[1]).toFixed(2)} times the work of one`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function measured(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MEASURE, ...args], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`${args.join(" ")}: ${stderr}${stdout}`);
  return JSON.parse(stdout.trimEnd().split("\n").at(-1));
}

function report(what, { seconds, maxRssMiB }, ...paths) {
  const megabytes = paths.reduce((sum, path) => sum + statSync(path).size / 1e6, 0);
  const rate = Math.round((RECORDS * paths.length) / seconds).toLocaleString("en");
  console.log(
    `${what.padEnd(22)} ${seconds.toFixed(1).padStart(6)} s  ${rate.padStart(9)} records/s  ` +
      `${(megabytes / seconds).toFixed(1).padStart(6)} MB/s  ${maxRssMiB.toFixed(0).padStart(4)} MiB at most  ` +
      `(${megabytes.toFixed(0)} MB)`,
  );
}
