/**
 * Replay of retries beside Temporal's replayer (`Worker.runReplayHistory`): the same number of attempts on both sides,
 * one history at a time. Optional: it runs where @temporalio/worker and @temporalio/workflow are installed.
 *
 *     npm run build && node dist/cli/bin.cjs build air/worlds/retry-backoff && node bench/temporal.mjs [attempts]
 *
 * Temporal's history is made here, event by event, as a server writes it: an activity that fails, a timer, again. Its
 * replay compares commands with events, not what activities were given; ours compares every record and state.
 */

import { fileURLToPath } from "node:url";
import { loadWorldFolder } from "../dist/build/directory.js";
import { folderModules } from "../dist/build/modules.js";
import { replay } from "../dist/replay/core/replay.js";
import { loadModules, makeDefinitions } from "../dist/runtime/definitions.js";
import { createModuleHost } from "../dist/wasm/host.js";
import { retryJournal } from "./lib/retry-journal.mjs";
import { median } from "./lib/rounds.mjs";
import { retryHistory } from "./lib/temporal-history.mjs";

const ATTEMPTS = Number(process.argv[2] ?? 900);
const ROUNDS = 5;
const WORLD = fileURLToPath(new URL("../air/worlds/retry-backoff/", import.meta.url));
const WORKFLOWS = fileURLToPath(new URL("lib/temporal-workflow.mjs", import.meta.url));

const temporal = await loadTemporal();
if (temporal !== null) await compare(temporal);

async function loadTemporal() {
  try {
    return await import("@temporalio/worker");
  } catch (error) {
    console.log(
      `nothing to compare with: @temporalio/worker cannot be loaded (${error.code ?? error.message})`,
    );
    console.log(
      "install it beside this repository's packages, without saving it: it is no dependency of ours",
    );
    return null;
  }
}

async function compare({ Worker, bundleWorkflowCode, Runtime, DefaultLogger }) {
  Runtime.install({ logger: new DefaultLogger("ERROR") });
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: WORKFLOWS,
    logger: new DefaultLogger("ERROR"),
  });
  const history = retryHistory(ATTEMPTS);
  const ours = await journal(ATTEMPTS);
  const contenders = {
    temporal: () => Worker.runReplayHistory({ workflowBundle, replayName: "bench" }, history),
    airloom: ours.replay,
  };
  const sizes = { temporal: history.events.length, airloom: ours.records };
  const times = { temporal: [], airloom: [] };
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, work] of Object.entries(contenders)) {
      const from = performance.now();
      await work();
      if (round >= 0) times[name].push((performance.now() - from) / 1000);
    }
  }
  console.log(`${ATTEMPTS} attempts, ${ROUNDS} rounds in turn, medians, Node ${process.version}`);
  for (const [name, list] of Object.entries(times)) {
    const seconds = median(list);
    const rate = (count) => Math.round(count / seconds).toLocaleString("en");
    console.log(
      `${name.padEnd(9)} ${(seconds * 1000).toFixed(0).padStart(6)} ms  ${rate(ATTEMPTS).padStart(8)} attempts/s  ` +
        `${rate(sizes[name]).padStart(9)} events/s (${sizes[name]} events)`,
    );
  }
  console.log(`airloom replays ${(median(times.temporal) / median(times.airloom)).toFixed(1)} times as fast`);
}

/** The retry world's frames for so many attempts: three of them to a piece of work. */
async function journal(attempts) {
  const frames = [];
  let records = 0;
  let made = 0;
  for await (const entry of retryJournal(WORLD, Number.POSITIVE_INFINITY)) {
    if (entry.kind !== "frame") continue;
    frames.push(entry.frame.bytes);
    records += entry.frame.records.length;
    if (entry.frame.records.some(({ kind }) => kind === "plan_started")) made += 1;
    if (made >= attempts) break;
  }
  const { manifest, settings } = loadWorldFolder(WORLD);
  const definitions = makeDefinitions(manifest, settings);
  const wasm = await loadModules(manifest, folderModules(WORLD));
  const modules = createModuleHost((hash) => wasm.get(hash));
  const run = async () => {
    const report = await replay({
      frames,
      modules,
      definitions: async () => definitions,
      mode: "recorded",
      head: null,
    });
    if (report.verdict !== "identical") throw new Error(`the replay is ${report.verdict}`);
  };
  return { records, replay: run };
}
