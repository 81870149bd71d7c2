/**
 * Derives the committed recordings in processes that are told to run otherwise (engine, stack, locale, time zone,
 * working directory, instance pools, Node) and compares every digest, root and fuel count.
 *
 *     npm run build
 *     node scripts/matrix.mjs [--only TEXT] [--journals tests/replay/journals]
 *
 * Exits with 1 when a case differs or cannot run. What this machine or engine does not have is said and skipped.
 */

import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { cases, faultOf, runCase } from "./lib/matrix.mjs";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    journals: { type: "string", default: "tests/replay/journals" },
  },
});
const [first, ...others] = cases();
const chosen = [first, ...others.filter(({ name }) => name.includes(values.only))];
const journals = resolve(values.journals);

console.log(`${process.version}, V8 ${process.versions.v8}, ${process.platform} ${process.arch}`);
const results = await inTurn(chosen, (each) => runCase(each, { journals }));
const [reference] = results;
let wrong = 0;
for (const result of results) {
  const fault = result.skipped === undefined ? faultOf(result, reference) : null;
  if (fault !== null) wrong += 1;
  const verdict = result.skipped !== undefined ? "skipped" : fault === null ? "same" : "DIFFERS";
  console.log(`${verdict.padEnd(8)} ${result.name}${note(result, fault)}`);
}
if (reference.lines !== undefined) summary(reference.lines.map((line) => JSON.parse(line)));
process.exitCode = wrong > 0 ? 1 : 0;

function note({ skipped }, fault) {
  const words = skipped ?? fault;
  return words === null || words === undefined ? "" : `: ${words}`;
}

function summary(lines) {
  const fuel = lines.reduce((sum, line) => sum + BigInt(line.fuel), 0n);
  const ran = results.filter(({ skipped }) => skipped === undefined).length;
  console.log(`${lines.length} recordings, ${ran} ways to run, ${fuel.toLocaleString("en")} fuel each`);
}

/** As many at a time as there are cores, in order. */
async function inTurn(items, work) {
  const results = new Array(items.length);
  const waiting = items.entries();
  const lane = async () => {
    for (const [i, item] of waiting) results[i] = await work(item);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  return results;
}
