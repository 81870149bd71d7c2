/**
 * Plans that wait: what an event costs among few of them and among many.
 *
 *     npm run build && node bench/plans.mjs [rounds]
 *
 * Worlds of plans alone, in memory. Every unit is two events: one starts an instance, the other ends its wait.
 * The worlds are run in turn, round after round, in one process; what counts are the ratios.
 */

import { loadWorldDefinitions } from "../dist/air/load.js";
import { MemoryCells } from "../dist/kernel/cells.js";
import { World } from "../dist/kernel/world.js";
import { makeDefinitions } from "../dist/runtime/definitions.js";
import { record } from "../dist/values/value.js";
import { createModuleHost } from "../dist/wasm/host.js";
import { inTurn } from "./lib/rounds.mjs";

const ROUNDS = Number(process.argv[2] ?? 9);
const T = 1_700_000_000_000_000_000n;
const op = (name, ...args) => ({ op: name, args });
const own = op("eq", { ref: "@event.id" }, { ref: "@plan.input.id" });

function definitionsOf(where) {
  const type = { record: { id: { text: {} }, n: { nat: {} } } };
  const nodes = [
    {
      $kind: "manifest",
      air_version: "1",
      schemas: [{ name: "b/Go@1" }, { name: "b/Heard@1" }],
      modules: [],
      plans: [{ name: "b/Wait@1" }],
      caps: [],
      policies: [],
      triggers: [{ event: "b/Go@1", plan: "b/Wait@1" }],
    },
    { $kind: "defschema", name: "b/Go@1", type },
    { $kind: "defschema", name: "b/Heard@1", type },
    {
      $kind: "defplan",
      name: "b/Wait@1",
      input: "b/Go@1",
      steps: [
        {
          id: "seen",
          op: "assign",
          expr: op("add", { ref: "@plan.input.n" }, { nat: 1 }),
          bind: { as: "n" },
        },
        { id: "wait", op: "await_event", event: "b/Heard@1", where, bind: { as: "event" } },
      ],
      edges: [{ from: "seen", to: "wait" }],
    },
  ];
  const file = { path: "manifest.air.json", text: JSON.stringify(nodes) };
  const { manifest, settings } = loadWorldDefinitions([file], null);
  return makeDefinitions(manifest, settings);
}

/** A world in which so many instances wait, each for an event of its own. */
function waitingWorld(count, where = own) {
  const definitions = definitionsOf(where);
  let frame = 0n;
  const entry = () => {
    const now = T + frame++;
    const sender = { by: null, ingressId: null, requestDigest: null };
    return { logicalNs: now, wallNs: now, entropy: new Uint8Array(32), ...sender };
  };
  const genesis = {
    worldId: "0".repeat(32),
    limitsProfile: 1n,
    fuelSchedule: 1n,
    behaviourFlags: [],
    publicKey: new Uint8Array(32),
  };
  const ports = { modules: createModuleHost(() => undefined), cells: new MemoryCells() };
  const { world } = World.create(ports, genesis, definitions, entry());
  const send = (name, id) => {
    const value = record([
      ["id", { kind: "text", value: id }],
      ["n", { kind: "nat", value: 1n }],
    ]);
    const bytes = definitions.manifest.schemas.get(name).encode(value);
    return world.step({ kind: "event", schema: name, value: bytes, key: null }, entry());
  };
  for (let i = 0; i < count; i++) send("b/Go@1", `id-${i}`);
  let next = count;
  return () => {
    send("b/Go@1", `id-${next}`);
    send("b/Heard@1", `id-${next - count}`);
    next += 1;
    if (world.state.instances.size !== count) throw new Error("an instance was not woken");
    return 1;
  };
}

const unkeyed = op("and", own, op("gt", { ref: "@event.n" }, { nat: 0 }));
const costs = inTurn(
  {
    "10 waiters": waitingWorld(10),
    "100 waiters": waitingWorld(100),
    "1000 waiters": waitingWorld(1_000),
    "10000 waiters": waitingWorld(10_000),
    "10 waiters, no key": waitingWorld(10, unkeyed),
    "1000 waiters, no key": waitingWorld(1_000, unkeyed),
  },
  { rounds: ROUNDS, msEach: 100 },
);
for (const [name, ns] of costs)
  console.log(`${name.padEnd(24)}${(ns / 1000).toFixed(1).padStart(9)} us a pair`);
const ratio = (a, b) => (costs.get(a) / costs.get(b)).toFixed(2);
console.log(`1000 waiters beside 10: ${ratio("1000 waiters", "10 waiters")} (budget 2)`);
console.log(`10000 instances beside 100: ${ratio("10000 waiters", "100 waiters")} (budget 2)`);
console.log(`without a key, 1000 beside 10: ${ratio("1000 waiters, no key", "10 waiters, no key")}`);
