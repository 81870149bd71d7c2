/**
 * One call of the retry reducer, in several ways, in one process and in turn:
 *
 *     npm run build && node dist/cli/bin.cjs build air/worlds/retry-backoff && node bench/wasm.mjs [rounds]
 *
 *   bare         the module as compiled, in an instance that is never set back: nothing is isolated
 *   counted      the rewritten module (fuel, stack, noted stores) set back after each call, input written as bytes
 *   pooled       `ModuleHost.step`: the same with its envelopes and checks, what the kernel calls
 *   fresh        the rewritten module in a new instance for each call
 *   function     the same reducer as a plain function over decoded values
 *   with bytes   the same function between decoding its input and encoding its output, as a module works
 */

import { fileURLToPath } from "node:url";
import { loadWorldFolder } from "../dist/build/directory.js";
import { folderModules } from "../dist/build/modules.js";
import { loadModules } from "../dist/runtime/definitions.js";
import { encodeJson } from "../dist/runtime/scenario.js";
import { equalBytes } from "../dist/values/bytes.js";
import { withoutSelfDescribe } from "../dist/values/cbor.js";
import { jsonFrom } from "../dist/values/json.js";
import { admitModule } from "../dist/wasm/admission.js";
import { encodeStepInput } from "../dist/wasm/envelope.js";
import { createGuest } from "../dist/wasm/guest.js";
import { createModuleHost } from "../dist/wasm/host.js";
import { reduce } from "./lib/retry-reducer.mjs";
import { inTurn, sink } from "./lib/rounds.mjs";

const ROUNDS = Number(process.argv[2] ?? 15);
const FUEL = 1_000_000_000;
const MEMORY_BYTES_MAX = 1 << 20;
const T = 1_700_000_000_000_000_000n;
const REDUCER = "demo/RetrySM@1";

const folder = fileURLToPath(new URL("../air/worlds/retry-backoff/", import.meta.url));
const { manifest } = loadWorldFolder(folder);
const found = await loadModules(manifest, folderModules(folder));
const hash = manifest.modules.get(REDUCER).wasmHash;
const bytes = found.get(hash);
const { state: stateSchema, event: eventSchema } = manifest.reducers.get(REDUCER);
const host = createModuleHost(() => bytes);

/** The calls of one piece of work that fails three times: state and event of each, as the kernel gives them. */
function calls() {
  const req_id = "req-1001";
  const tagged = (tag, value) => encodeJson(eventSchema, jsonFrom({ [tag]: value }));
  const start = { req_id, payload: "hello world payload", max_attempts: 4, base_delay_ms: 10, now_ns: T };
  const failed = { req_id, transient: true, message: "the service is down" };
  const events = [
    tagged("Start", start),
    ...Array.from({ length: 3 }, () => tagged("Err", failed)),
    tagged("Ok", { req_id }),
  ];
  const made = [];
  let state = null;
  for (const value of events) {
    const input = { state, schema: eventSchema.name, value, key: null, context: null };
    const result = host.step(hash, input);
    if (!result.ok) throw new Error(`${result.fault.code}: ${result.fault.message}`);
    made.push({ input, envelope: encodeStepInput(input), output: result.output, fuel: result.fuel });
    state = result.output.state.slice();
  }
  return made;
}

const made = calls();
const decoded = made.map(({ input: { state, value } }) => ({
  state: state === null ? null : stateSchema.decode(state),
  event: eventSchema.decode(value),
}));

const unrewritten = new WebAssembly.Module(bytes);
let bareInstance = new WebAssembly.Instance(unrewritten);

function bare() {
  for (const { envelope } of made) {
    const { alloc, step, memory } = bareInstance.exports;
    const at = alloc(envelope.length);
    new Uint8Array(memory.buffer).set(envelope, at);
    step(alloc(8), at, envelope.length);
    if (memory.buffer.byteLength > MEMORY_BYTES_MAX) bareInstance = new WebAssembly.Instance(unrewritten);
  }
  return made.length;
}

const admitted = admitModule(bytes);
const guest = createGuest(admitted);

function counted() {
  for (const { envelope } of made) {
    const at = guest.enter(envelope.length, FUEL);
    guest.memory.set(envelope, at);
    guest.run(at, envelope.length);
    sink.value += guest.left();
    guest.reset();
  }
  return made.length;
}

function pooled() {
  for (const { input } of made) if (host.step(hash, input).ok) sink.value++;
  return made.length;
}

function fresh() {
  for (const { envelope } of made) {
    const one = createGuest(admitted);
    const at = one.enter(envelope.length, FUEL);
    one.memory.set(envelope, at);
    one.run(at, envelope.length);
    sink.value += one.left();
  }
  return made.length;
}

function plainFunction() {
  for (const { state, event } of decoded) sink.value += reduce(state, event).events.length;
  return decoded.length;
}

const requested = manifest.schemas.get("demo/WorkRequested@1");
const { params: timerParams } = manifest.effects.get("timer.set");

/** What a module does: bytes in, bytes out. */
function bytesThrough({ state, value }) {
  const before = state === null ? null : stateSchema.decode(state);
  const after = reduce(before, eventSchema.decode(value));
  return {
    state: stateSchema.encode(after.state),
    events: after.events.map((event) => withoutSelfDescribe(requested.encode(event.value))),
    effects: after.effects.map((effect) => withoutSelfDescribe(timerParams.encode(effect.params))),
  };
}

function withBytes() {
  for (const { input } of made) sink.value += bytesThrough(input).state.length;
  return made.length;
}

for (const { input, output } of made) {
  const { events, effects } = bytesThrough(input);
  const same =
    events.every((event, i) => equalBytes(event, output.events[i]?.value ?? new Uint8Array(0))) &&
    effects.every((params, i) => equalBytes(params, output.effects[i]?.params ?? new Uint8Array(0)));
  if (!same) throw new Error("the function and the module do not agree");
}

const contenders = { bare, counted, pooled, fresh, function: plainFunction, "with bytes": withBytes };
const times = inTurn(contenders, { rounds: ROUNDS, msEach: 40 });
const fuel = made.map((call) => call.fuel).join(" ");
console.log(`${made.length} calls (fuel ${fuel}), ${ROUNDS} rounds in turn, Node ${process.version}`);
for (const [name, ns] of times) {
  const ratio = (ns / times.get("bare")).toFixed(2);
  console.log(
    `${name.padEnd(11)} ${(ns / 1000).toFixed(2).padStart(7)} us a call  ${ratio.padStart(6)} of bare`,
  );
}
