/**
 * The retry world in memory: deliveries a second live and replayed, beside the bare call of its module.
 *
 *     npm run build && node dist/cli/bin.cjs build air/worlds/retry-backoff && npm run bench [rounds]
 *
 * The four are run in turn, round after round, in one process; what counts are the ratios of their medians.
 */

import { fileURLToPath } from "node:url";
import { loadWorldFolder } from "../dist/build/directory.js";
import { folderModules } from "../dist/build/modules.js";
import { MemoryCells } from "../dist/kernel/cells.js";
import { World } from "../dist/kernel/world.js";
import { replay } from "../dist/replay/core/replay.js";
import { loadModules, makeDefinitions } from "../dist/runtime/definitions.js";
import { encodeJson } from "../dist/runtime/scenario.js";
import { encodeCbor } from "../dist/values/cbor.js";
import { jsonFrom } from "../dist/values/json.js";
import { encodeStepInput } from "../dist/wasm/envelope.js";
import { createModuleHost } from "../dist/wasm/host.js";

const ROUNDS = Number(process.argv[2] ?? 9);
const CYCLES = 40;
const T = 1_700_000_000_000_000_000n;

const folder = fileURLToPath(new URL("../air/worlds/retry-backoff/", import.meta.url));
const { manifest, settings } = loadWorldFolder(folder);
const definitions = makeDefinitions(manifest, settings);
const wasm = await loadModules(manifest, folderModules(folder));
const reducer = manifest.reducers.get("demo/RetrySM@1");
const schema = manifest.schemas.get("demo/StartWork@1");
const start = { payload: "hello world payload", max_attempts: 3, base_delay_ms: 10, now_ns: T };
const events = Array.from({ length: CYCLES }, (_, i) =>
  encodeJson(schema, jsonFrom({ req_id: `req-${i}`, ...start })),
);

/** Each cycle: a start, and two timers that fire; six deliveries. */
function live() {
  const modules = createModuleHost((hash) => wasm.get(hash));
  const frames = [];
  let now = T;
  const stamp = () => ({
    logicalNs: now++,
    wallNs: T,
    entropy: new Uint8Array(32),
    by: null,
    ingressId: null,
    requestDigest: null,
  });
  const genesis = {
    worldId: "0".repeat(32),
    limitsProfile: 1n,
    fuelSchedule: 1n,
    behaviourFlags: [],
    publicKey: new Uint8Array(32),
  };
  const { world, outcome } = World.create(
    { modules, cells: new MemoryCells() },
    genesis,
    definitions,
    stamp(),
  );
  frames.push(outcome.frame);
  const step = (ingress) => frames.push(world.step(ingress, stamp()).frame);
  for (const value of events) {
    step({ kind: "event", schema: "demo/StartWork@1", value, key: null });
    for (let intent = next(world); intent !== undefined; intent = next(world)) {
      const payload = encodeCbor(
        new Map([
          ["delivered_at_ns", now],
          ["key", null],
        ]),
      );
      const receipt = {
        adapterId: "timer.set",
        status: "ok",
        payload,
        costCents: 0n,
        signature: new Uint8Array(64),
        tries: 1n,
      };
      step({ kind: "receipt", intent, receipt });
    }
  }
  return frames;
}

function next(world) {
  return world.state.intents.keys().next().value;
}

const frames = live();
const deliveries = frames.flatMap(({ records }) => records).filter(({ kind }) => kind === "delivery").length;

function replayed() {
  return replay({
    frames: frames.map(({ bytes }) => bytes),
    modules: createModuleHost((hash) => wasm.get(hash)),
    definitions: async () => definitions,
    mode: "recorded",
    head: null,
  });
}

/** What the kernel gave the module, call by call. */
const inputs = [];
{
  const modules = createModuleHost((hash) => wasm.get(hash));
  const step = (hash, input) => {
    inputs.push(input);
    return modules.step(hash, input);
  };
  await replay({
    frames: frames.map(({ bytes }) => bytes),
    modules: { step },
    definitions: async () => definitions,
    mode: "recorded",
    head: null,
  });
}

/** The calls alone, as the kernel makes them: a fresh instance each. */

function isolated() {
  const modules = createModuleHost((hash) => wasm.get(hash));
  for (const input of inputs) modules.step(reducer.module.wasmHash, input);
}

/** The same calls in one instance that is never reset: what the module itself costs. */
function bare() {
  const [bytes] = wasm.values();
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {});
  for (const input of inputs) {
    const envelope = encodeStepInput(input);
    const at = exports.alloc(envelope.length);
    new Uint8Array(exports.memory.buffer, at, envelope.length).set(envelope);
    exports.step(exports.alloc(8), at, envelope.length);
  }
}

async function time(work) {
  const from = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - from) / 1000 / deliveries;
}

const contenders = { live, replayed, isolated, bare };
const times = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
for (let round = -2; round < ROUNDS; round++) {
  for (const [name, work] of Object.entries(contenders)) {
    const us = await time(work);
    if (round >= 0) times[name].push(us);
  }
}

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
console.log(`${deliveries} deliveries in ${frames.length} frames, ${ROUNDS} rounds, Node ${process.version}`);
for (const [name, list] of Object.entries(times)) {
  const us = median(list);
  const rate = Math.round(1e6 / us).toLocaleString("en");
  console.log(
    `${name.padEnd(9)} ${us.toFixed(1).padStart(7)} us a delivery  ${rate.padStart(9)} deliveries/s`,
  );
}
const ratio = (a, b) => (median(times[a]) / median(times[b])).toFixed(2);
console.log(
  `live / isolated ${ratio("live", "isolated")}   replayed / live ${ratio("replayed", "live")}   isolated / bare ${ratio("isolated", "bare")}`,
);
