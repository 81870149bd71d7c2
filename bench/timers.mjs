/**
 * Worlds of many pending timers: how long one takes to open from a snapshot, and what it costs to fire one.
 *
 *     npm run build && node bench/timers.mjs [timers]
 *
 * The world of air/worlds/hello-timer. One timer is set by a delivery; the others are put into the snapshot beside it
 * as copies with ids and deadlines of their own, because a million deliveries would give the same bytes.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadWorldDefinitions } from "../dist/air/load.js";
import { readWorldFolder } from "../dist/build/directory.js";
import { folderModules } from "../dist/build/modules.js";
import { intentId } from "../dist/effects/intent.js";
import { makeDefinitions } from "../dist/runtime/definitions.js";
import { openWorld } from "../dist/runtime/open.js";
import { openStore } from "../dist/store/sqlite.js";
import { decodeCbor, encodeCbor } from "../dist/values/cbor.js";

const MANY = Number(process.argv[2] ?? 1_000_000);
const FEW = 1_000;
const FIRED = 500;
const YEAR_NS = 31_536_000_000_000_000n;
const WORLD = join(dirname(fileURLToPath(import.meta.url)), "../air/worlds/hello-timer");
const folders = mkdtempSync(join(tmpdir(), "airloom-timers-"));
const { files, settingsFile } = readWorldFolder(WORLD);
const { manifest, settings } = loadWorldDefinitions(files, settingsFile);
const world = {
  definitions: makeDefinitions(manifest, settings),
  findModule: folderModules(WORLD),
  publicKey: () => new Uint8Array(32),
};

const secondsSince = (start) => (performance.now() - start) / 1000;
const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

/** Has a store with that many timers for next year, and besides some that are due by now. */
async function fill(name, count) {
  const journal = await openStore(join(folders, name), { mode: "write", create: true });
  const engine = await openWorld({ ...world, journal });
  const schema = manifest.schemas.get("demo/Greet@1");
  const fields = [
    ["name", "n"],
    ["delay_ms", "100000000"],
  ];
  const value = schema.encode(schema.parse(new Map(fields)));
  await engine.send({ schema: schema.name, value: () => value });
  const { intents, lastLogicalNs } = engine.state;
  const [[, first]] = intents;
  const params = decodeCbor(first.params);
  for (let i = 1; i < count + FIRED; i++) {
    const due = i < count ? lastLogicalNs + YEAR_NS + BigInt((i * 7_919) % count) : lastLogicalNs + 1n;
    const id = intentId(first.frame, i);
    intents.set(id, {
      ...first,
      id,
      ordinal: i,
      params: encodeCbor(new Map([...params, ["deliver_at_ns", due]])),
    });
  }
  await engine.snapshot();
  await engine.close();
  await journal.close();
}

async function opening(name, count) {
  const journal = await openStore(join(folders, name), { mode: "write" });
  global.gc?.();
  const before = process.memoryUsage();
  const begun = performance.now();
  const engine = await openWorld({ ...world, journal });
  const seconds = secondsSince(begun);
  const after = process.memoryUsage();
  const mib = (after.heapUsed + after.external - before.heapUsed - before.external) / 2 ** 20;
  console.log(`open with ${count} timers: ${seconds.toFixed(2)} s, ${mib.toFixed(0)} MiB more in use`);
  return { engine, seconds, close: () => engine.close().then(() => journal.close()) };
}

/** Microseconds for each of the timers that were due. */
async function firing({ engine }) {
  const laps = [];
  let last = performance.now();
  await new Promise((resolve) => {
    engine.onFrame(() => {
      const now = performance.now();
      laps.push((now - last) * 1000);
      last = now;
      if (laps.length === FIRED) resolve();
    });
  });
  return median(laps);
}

try {
  const figures = {};
  for (const [name, count] of [
    ["few", FEW],
    ["tenth", MANY / 10],
    ["many", MANY],
  ]) {
    await fill(name, count);
    const opened = await opening(name, count);
    figures[name] = { seconds: opened.seconds, us: await firing(opened) };
    await opened.close();
  }
  const { few, tenth, many } = figures;
  console.log(`ten times the timers open in ${(many.seconds / tenth.seconds).toFixed(1)} times the time`);
  console.log(`open with ${MANY}: ${many.seconds.toFixed(2)} s (budget 5 s for 1000000)`);
  console.log(`firing one among ${FEW}: ${few.us.toFixed(0)} us; among ${MANY}: ${many.us.toFixed(0)} us`);
  console.log(`ratio, firing: ${(many.us / few.us).toFixed(2)} (budget 2)`);
} finally {
  rmSync(folders, { recursive: true, force: true });
}
