/**
 * Derives every recording of a folder again, and prints one line of JSON for each: `node [flags] matrix-child.mjs
 * DIST JOURNALS '{"passes":2,"pools":true,"threadStackMb":null}'`. It is run under whatever engine the matrix wants.
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

if (isMainThread) await begin(process.argv.slice(2));
else parentPort.postMessage(await derive(workerData));

async function begin([dist, journals, text]) {
  const options = { ...JSON.parse(text), dist, journals };
  const lines = options.threadStackMb === null ? await derive(options) : await inThread(options);
  for (const line of lines) console.log(JSON.stringify(line));
}

function inThread(options) {
  return new Promise((resolve, reject) => {
    const resourceLimits = { stackSizeMb: options.threadStackMb };
    const worker = new Worker(new URL(import.meta.url), { workerData: options, resourceLimits });
    worker.on("message", resolve);
    worker.on("error", reject);
  });
}

async function derive({ dist, journals, passes, pools }) {
  const load = (path) => import(pathToFileURL(`${dist}/${path}`).href);
  const [
    { discover },
    { readRecording },
    assemble,
    { rederive, stepsOf },
    recordings,
    { TextWriter },
    { Pool },
  ] = await Promise.all([
    load("replay/discover.js"),
    load("replay/recording/file.js"),
    load("replay/recording/assemble.js"),
    load("replay/rederive.js"),
    load("replay/recording/replay.js"),
    load("replay/recording/text.js"),
    load("wasm/pool.js"),
  ]);
  // An instance that is not given back is not used again: every call gets a new one.
  if (!pools) Pool.prototype.give = () => {};
  const noModule = async () => null;
  const lines = [];
  for (const { name, path } of discover(journals, ["."])) {
    const digests = new Set();
    let fuel = 0n;
    for (let pass = 0; pass < passes; pass++) {
      const whole = await assemble.readWhole(readRecording(path));
      const { definitions, modules } = assemble.recordedWorld(whole, noModule);
      const frames = [...rederive(await stepsOf(whole.frames, definitions), modules)];
      const records = frames.flatMap(({ frame }) => frame.records);
      fuel = records.reduce((sum, record) => (record.kind === "delivery" ? sum + record.fuel : sum), 0n);
      digests.add(Buffer.from(frames.at(-1).frame.digest).toString("hex"));
    }
    const options = { against: null, findModule: noModule };
    const { verdict, root } = await recordings.replayRecording(readRecording(path), options);
    const writer = new TextWriter();
    const text = createHash("sha256");
    for await (const entry of readRecording(path)) text.update(writer.write(entry));
    const asItWas = createHash("sha256").update(readFileSync(path)).digest("hex") === text.digest("hex");
    lines.push({ name, verdict, root, digest: [...digests].join(" "), fuel: String(fuel), asItWas });
  }
  return lines;
}
