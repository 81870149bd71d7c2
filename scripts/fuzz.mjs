/**
 * Fuzzes the built package with random and changed byte strings.
 *
 *     npm run build
 *     node --expose-gc scripts/fuzz.mjs [--target cbor|walker|frame|loader|all] [--cases 1000000] [--seed N] [--from 0]
 *
 * Each target gets so many cases. A failure prints its seed, the number of the case and the input, and exits
 * with 1; `--seed N --from CASE --cases 1` tries that one again.
 */

import { parseArgs } from "node:util";
import { FuzzFailure, fuzz, TARGET_NAMES } from "./lib/fuzz.mjs";
import { builtModules } from "./lib/fuzz-modules.mjs";

const { values } = parseArgs({
  options: {
    target: { type: "string", default: "all" },
    cases: { type: "string", default: "1000000" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    from: { type: "string", default: "0" },
  },
});
const targets = values.target === "all" ? TARGET_NAMES : [values.target];
const [cases, seed, from] = [values.cases, values.seed, values.from].map(Number);
if (
  !targets.every((name) => TARGET_NAMES.includes(name)) ||
  ![cases, seed, from].every(Number.isSafeInteger)
) {
  console.error(`targets: ${TARGET_NAMES.join(", ")}, all; the others are whole numbers`);
  process.exit(2);
}

console.log(`seed ${seed}, ${cases.toLocaleString("en")} cases for each of ${targets.join(", ")}`);
try {
  const reports = fuzz({
    modules: await builtModules(),
    targets,
    cases,
    seed,
    from,
    onProgress: showProgress,
  });
  for (const report of reports) showReport(report);
} catch (error) {
  if (!(error instanceof FuzzFailure)) throw error;
  console.log(`\nFAILED ${error.message}`);
  console.log(error.cause instanceof Error ? error.cause.stack : error.cause);
  console.log(`seed ${error.seed}, case ${error.caseNumber}, input ${error.hex || "(empty)"}`);
  console.log(
    `again: node scripts/fuzz.mjs --target ${error.target} --seed ${seed} --from ${error.caseNumber} --cases 1`,
  );
  process.exitCode = 1;
}

function showProgress({ target, done, cases: of, perSecond, accepted }) {
  const share = ((100 * accepted) / done).toFixed(1);
  const line = `${target}: ${done.toLocaleString("en")} of ${of.toLocaleString("en")}, ${perSecond.toLocaleString("en")}/s, ${share} % accepted`;
  process.stdout.write(process.stdout.isTTY ? `\r${line.padEnd(78)}` : `${line}\n`);
}

function showReport({
  target,
  cases: tried,
  accepted,
  perSecond,
  bytes,
  operationsPerByte,
  slowestMs,
  heapGrowth,
  peakGrowth,
}) {
  const mib = (size) => `${(size / 2 ** 20).toFixed(1)} MiB`;
  const heap = heapGrowth === null ? "not measured without --expose-gc" : mib(heapGrowth);
  console.log(
    `\n${target}: ${tried.toLocaleString("en")} cases, ${mib(bytes)} of input, ${perSecond.toLocaleString("en")}/s\n` +
      `  accepted ${((100 * accepted) / tried).toFixed(2)} %\n` +
      `  operations for each byte: at most ${operationsPerByte.toFixed(2)}\n` +
      `  slowest input: ${slowestMs.toFixed(1)} ms\n` +
      `  memory: heap grew by ${heap}, peak by ${mib(peakGrowth)}`,
  );
}
