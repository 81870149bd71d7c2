/** A journal of the retry world of any length, as the entries of a recording: made by the kernel, one frame at a time. */

import { settingsToNode } from "../../dist/air/settings.js";
import { loadWorldFolder } from "../../dist/build/directory.js";
import { folderModules } from "../../dist/build/modules.js";
import { MemoryCells } from "../../dist/kernel/cells.js";
import { World } from "../../dist/kernel/world.js";
import { Footing } from "../../dist/replay/recording/footing.js";
import { loadModules, makeDefinitions } from "../../dist/runtime/definitions.js";
import { encodeJson } from "../../dist/runtime/scenario.js";
import { encodeCbor } from "../../dist/values/cbor.js";
import { jsonFrom } from "../../dist/values/json.js";
import { createModuleHost } from "../../dist/wasm/host.js";

const T = 1_700_000_000_000_000_000n;
const MS = 1_000_000n;

/** Ends with the first cycle that reaches so many records. */
export async function* retryJournal(folder, records) {
  const { manifest, settings } = loadWorldFolder(folder);
  const definitions = makeDefinitions(manifest, settings);
  const modules = await loadModules(manifest, folderModules(folder));
  const genesis = {
    worldId: "0".repeat(32),
    limitsProfile: 1n,
    fuelSchedule: 1n,
    behaviourFlags: [],
    publicKey: new Uint8Array(32),
  };
  const header = {
    engine: "airloom bench",
    ...genesis,
    manifestHash: manifest.hash,
    settingsHash: definitions.settingsHash,
    modules: [...manifest.reducers.values()].map(({ module }) => ({
      name: module.name,
      hash: module.wasmHash,
    })),
    embedded: false,
    redaction: null,
    fork: null,
  };
  yield { kind: "header", header };
  for (const [hash, bytes] of manifest.nodes) yield blob("node", hash, bytes);
  yield blob("settings", definitions.settingsHash, settingsToNode(settings));
  const footing = new Footing();
  let made = 0;
  for (const frame of frames(
    definitions,
    createModuleHost((hash) => modules.get(hash)),
    genesis,
  )) {
    yield { kind: "frame", frame };
    footing.add(frame);
    made += frame.records.length;
    if (made >= records) break;
  }
  yield { kind: "footer", footer: footing.footer(header, () => null) };
}

function blob(role, hash, bytes) {
  return { kind: "blob", blob: { role, hash, bytes, reducer: null } };
}

/** Without end: each cycle is a start, and its timers one after another. */
function* frames(definitions, modules, genesis) {
  const schema = definitions.manifest.schemas.get("demo/StartWork@1");
  let now = T;
  let draws = 0;
  const stamp = () => {
    now += MS;
    const entropy = new Uint8Array(32);
    new DataView(entropy.buffer).setUint32(0, draws++);
    return { logicalNs: now, wallNs: now, entropy, by: null, ingressId: null, requestDigest: null };
  };
  const { world, outcome } = World.create(
    { modules, cells: new MemoryCells() },
    genesis,
    definitions,
    stamp(),
  );
  yield outcome.frame;
  for (let i = 0; ; i++) {
    const start = { req_id: `req-${i}`, payload: "hello", max_attempts: 3, base_delay_ms: 10, now_ns: now };
    const value = encodeJson(schema, jsonFrom(start));
    yield world.step({ kind: "event", schema: schema.name, value, key: null }, stamp()).frame;
    for (let intent = next(world); intent !== undefined; intent = next(world)) {
      yield world.step({ kind: "receipt", intent, receipt: fired(now) }, stamp()).frame;
    }
  }
}

function next(world) {
  return world.state.intents.keys().next().value;
}

function fired(now) {
  const payload = encodeCbor(
    new Map([
      ["delivered_at_ns", now],
      ["key", null],
    ]),
  );
  return {
    adapterId: "timer.set",
    status: "ok",
    payload,
    costCents: 0n,
    signature: new Uint8Array(64),
    tries: 1n,
  };
}
