/**
 * Worlds of many cells: what a delivery costs among a thousand of them and among a million, how long such a world
 * takes to open, and what the cache's size does.
 *
 *     npm run build && node bench/cells.mjs [cells]
 *
 * The reducer of air/worlds/retry-backoff (`airloom build` makes its module) with a cell for each request. Cells are
 * put into the store as the first delivery left one, and a snapshot says what they add up to: making a million by
 * deliveries gives the same rows. Deliveries are fed to the kernel a thousand to a commit, because a commit each
 * would only measure the disk.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { DatabaseSync } from "@photostructure/sqlite";
import { loadWorldDefinitions } from "../dist/air/load.js";
import { readWorldFolder } from "../dist/build/directory.js";
import { folderModules } from "../dist/build/modules.js";
import { MemoryCells } from "../dist/kernel/cells.js";
import { decodeSnapshot } from "../dist/kernel/snapshot.js";
import { World } from "../dist/kernel/world.js";
import { CELL_BOUNDS, loadCells } from "../dist/runtime/cells.js";
import { loadModules, makeDefinitions, saveDefinitions } from "../dist/runtime/definitions.js";
import { openWorld } from "../dist/runtime/open.js";
import { CellTable } from "../dist/store/cells.js";
import { openStore } from "../dist/store/sqlite.js";
import { canon } from "../dist/values/cbor.js";
import { createModuleHost } from "../dist/wasm/host.js";

const MANY = Number(process.argv[2] ?? 1_000_000);
const FEW = 1_000;
const COMMIT = 1_000;
const ROUNDS = 5;
const ROUND_EVENTS = 10_000;
const T = 1_700_000_000_000_000_000n;
const WORLDS = join(dirname(fileURLToPath(import.meta.url)), "../air/worlds");
const NO_SENDER = { by: null, ingressId: null, requestDigest: null };
const folders = mkdtempSync(join(tmpdir(), "airloom-cells-"));

/** Definitions of an example world; `edit` changes a file. */
function definitionsOf(name, edit = (_, text) => text) {
  const { files, settingsFile } = readWorldFolder(join(WORLDS, name));
  const edited = files.map(({ path, text }) => ({ path, text: edit(path, text) }));
  const { manifest, settings } = loadWorldDefinitions(edited, settingsFile);
  return { definitions: makeDefinitions(manifest, settings), findModule: folderModules(join(WORLDS, name)) };
}

/** A cell for each request, and no plan: one delivery an event, which ends with an event that nobody takes. */
function keyed(path, text) {
  if (path === "module.air.json") return text.replace(`"abi":`, `"key_schema": "demo/Key@1", "abi":`);
  if (path === "schemas.air.json")
    return text.replace("[", `[{ "$kind": "defschema", "name": "demo/Key@1", "type": { "text": {} } },`);
  if (path === "plans.air.json") return "[]";
  if (path !== "manifest.air.json") return text;
  const manifest = JSON.parse(text);
  manifest.schemas.push({ name: "demo/Key@1" });
  manifest.routing.events[0].key_field = "$value.req_id";
  return JSON.stringify({ ...manifest, plans: [], triggers: [] });
}

const BEHAVIOUR = { limitsProfile: 1n, fuelSchedule: 1n, behaviourFlags: [], publicKey: new Uint8Array(32) };
let now = T;
const entry = () => ({ logicalNs: ++now, wallNs: now, entropy: new Uint8Array(32), ...NO_SENDER });

async function newStore(name) {
  const store = await openStore(join(folders, name), { mode: "write", create: true });
  const worldId = name.padStart(32, "0").replace(/[^0-9a-f]/g, "e");
  return { store, worldId, epoch: await store.claim(worldId) };
}

/** A world that is fed by hand, its frames kept until there are enough for a commit. */
async function newWorld(name, definitions, cells) {
  const place = await newStore(name);
  await saveDefinitions(place.store, place.worldId, definitions.definitions, definitions.findModule);
  const ports = await portsOf(definitions, cells);
  const genesis = { worldId: place.worldId, ...BEHAVIOUR };
  const { world, outcome } = World.create(ports, genesis, definitions.definitions, entry());
  return fed(place, world, cells, outcome);
}

async function portsOf({ definitions, findModule }, cells) {
  const modules = await loadModules(definitions.manifest, findModule);
  return { modules: createModuleHost((hash) => modules.get(hash)), cells };
}

async function fed({ store, worldId, epoch }, kernel, cells, first) {
  let held = { frames: [], cells: [], blobs: [], snapshots: [] };
  let durable = (await store.head(worldId)).nextFrame;
  const commit = async () => {
    if (held.frames.length === 0) return;
    const { head } = kernel.state;
    const result = await store.append({
      world: worldId,
      epoch,
      expected: durable,
      ingress: [],
      head,
      ...held,
    });
    if (result !== "durable") throw new Error(result);
    durable = head.nextFrame;
    held = { frames: [], cells: [], blobs: [], snapshots: [] };
    cells.release(durable);
  };
  const keep = ({ frame, cells: writes, blobs }) => {
    held.frames.push(frame.bytes);
    held.cells.push(...writes);
    held.blobs.push(...blobs);
  };
  const enter = async (ingress) => {
    const stamp = entry();
    let result = kernel.step(ingress, stamp);
    while (result.kind === "missing") {
      await loadCells({ journal: store, worldId, cells }, { nextFrame: durable }, result);
      result = kernel.step(ingress, stamp);
    }
    keep(result);
    if (held.frames.length >= COMMIT) await commit();
    return result;
  };
  const snapshot = async () => {
    const { frame, blobs } = await enter({ kind: "snapshot" });
    held.snapshots.push({ frame: frame.head.frame, hash: frame.records[0].snapshotHash });
    await commit();
    return { frame, blob: blobs[0] };
  };
  if (first !== undefined) keep(first);
  await commit();
  return { enter, commit, snapshot, worldId, epoch, store, close: () => store.close() };
}

const secondsSince = (start) => (performance.now() - start) / 1000;
const retry = definitionsOf("retry-backoff", keyed);

/** Starts a piece of work, or ends it. */
function event(key, starts) {
  const req = ["req_id", `order-${key}`];
  const fields = [
    ["payload", "resize photo 7"],
    ["max_attempts", "3"],
    ["base_delay_ms", "500"],
    ["now_ns", "1"],
  ];
  const schema = retry.definitions.manifest.schemas.get(starts ? "demo/StartWork@1" : "demo/WorkOk@1");
  const value = schema.encode(schema.parse(new Map(starts ? [req, ...fields] : [req])));
  return { kind: "event", schema: schema.name, value, key: null };
}

/** A world of so many cells, each as the first delivery left the first one. */
async function filled(name, count) {
  const only = new MemoryCells();
  const world = await newWorld(name, retry, only);
  const { cells: written, frame } = await world.enter(event(0, true));
  await world.commit();
  const { store, worldId, epoch } = world;
  const db = new DatabaseSync(join(folders, name, "store.db"), { timeout: 5000, readBigInts: true });
  const table = new CellTable(db);
  db.exec("BEGIN");
  for (let key = 1; key < count; key++) table.put(worldId, { ...written[0], key: canon(`order-${key}`) });
  db.exec("COMMIT");
  db.close();
  const { frame: at, blob } = await world.snapshot();
  const { sums } = await store.sumCells(worldId, frame.head.frame);
  const cells = new MemoryCells({ complete: false, bounds: CELL_BOUNDS });
  const ports = await portsOf(retry, cells);
  const restored = World.restore(ports, { ...decodeSnapshot(blob), cells: sums }, retry.definitions, at);
  return fed({ store, worldId, epoch }, restored, cells);
}

/** The same numbers in every run. */
let seed = 7;
function draw(below) {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return (seed >>> 0) % below;
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

async function cost(world, pick) {
  const begun = performance.now();
  for (let i = 0; i < ROUND_EVENTS; i++) await world.enter(event(pick(), draw(2) === 0));
  await world.commit();
  return ((performance.now() - begun) * 1000) / ROUND_EVENTS;
}

async function deliveries(worlds, picks) {
  const costs = new Map(Object.keys(picks).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, { world, pick }] of Object.entries(picks))
      costs.get(name).push(await cost(worlds[world], pick));
  }
  return new Map([...costs].map(([name, all]) => [name, median(all)]));
}

async function opening(name, world, from) {
  const store = await openStore(join(folders, name), { mode: "write" });
  global.gc?.();
  const before = process.memoryUsage();
  const begun = performance.now();
  const engine = await openWorld({
    ...world,
    journal: store,
    publicKey: () => new Uint8Array(32),
    adapters: {},
    from,
  });
  const seconds = secondsSince(begun);
  const after = process.memoryUsage();
  const mib = (after.heapUsed + after.external - before.heapUsed - before.external) / 2 ** 20;
  console.log(`open ${name} from ${from}: ${seconds.toFixed(2)} s, ${mib.toFixed(0)} MiB more in use`);
  return { engine, store };
}

async function close({ engine, store }) {
  await engine.close();
  await store.close();
}

try {
  let begun = performance.now();
  const few = await filled("few", FEW);
  begun = performance.now();
  const many = await filled("many", MANY);
  const seconds = secondsSince(begun);
  console.log(
    `made ${MANY} cells in ${seconds.toFixed(0)} s (${((seconds * 1e6) / MANY).toFixed(1)} us each)`,
  );

  const hot = Array.from({ length: FEW }, () => draw(MANY));
  const costs = await deliveries(
    { few, many },
    {
      "among few": { world: "few", pick: () => draw(FEW) },
      "among many, a thousand in use": { world: "many", pick: () => hot[draw(FEW)] },
      "among many, any": { world: "many", pick: () => draw(MANY) },
    },
  );
  for (const [name, us] of costs)
    console.log(`${name.padEnd(34)}${us.toFixed(1).padStart(8)} us a durable delivery`);
  const base = costs.get("among few");
  console.log(
    `ratio, a thousand in use: ${(costs.get("among many, a thousand in use") / base).toFixed(2)} (budget 2)`,
  );
  console.log(`ratio, any of ${MANY}: ${(costs.get("among many, any") / base).toFixed(2)}`);
  for (const world of [few, many]) {
    await world.snapshot();
    await world.close();
  }
  await close(await opening("few", retry, "snapshot"));
  await close(await opening("many", retry, "snapshot"));
  for (const countMax of [1, 1_000, 65_536, MANY]) {
    const store = await openStore(join(folders, "many"), { mode: "write" });
    const bounds = { countMax, bytesMax: Number.POSITIVE_INFINITY };
    const engine = await openWorld({
      ...retry,
      journal: store,
      publicKey: () => new Uint8Array(32),
      adapters: {},
      cellBounds: bounds,
    });
    const send = (key) => {
      const { schema, value } = event(key, draw(2) === 0);
      return engine.send({ schema, value: () => value });
    };
    for (let i = 0; i < 2 * FEW; i++) await send(hot[i % FEW]);
    const lap = performance.now();
    for (let i = 0; i < 2 * FEW; i++) await send(hot[i % FEW]);
    const us = ((performance.now() - lap) * 1000) / (2 * FEW);
    console.log(`one durable event, a thousand cells in use, ${countMax} in memory: ${us.toFixed(0)} us`);
    await close({ engine, store });
  }
} finally {
  rmSync(folders, { recursive: true, force: true });
}
