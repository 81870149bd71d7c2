/**
 * Shows why modules are rewritten before they run: in one process, the same call of an unprotected module gives
 * other bits of a NaN, and recurses to another depth, once the engine has compiled it anew. The same module,
 * admitted, gives one result.
 *
 *     npm run build
 *     node scripts/drift.mjs [--calls 1000000]
 *
 * Which of the two drifts show depends on engine and processor; that the admitted module has none does not: exits
 * with 1 when it has.
 */

import { parseArgs } from "node:util";
import { admitted, changes, unprotected } from "./lib/drift.mjs";

const { values } = parseArgs({ options: { calls: { type: "string", default: "1000000" } } });
const calls = Number(values.calls);
if (!Number.isSafeInteger(calls) || calls < 1) {
  console.error("--calls: a whole number above 0");
  process.exit(2);
}
/** Changes shown of each. */
const SHOWN = 6;
/** A call that recurses to its end costs as much as thousands of others. */
const DEEP_SHARE = 1000;

const [{ createModuleHost }, { hashOf }] = await Promise.all([
  import("../dist/wasm/host.js"),
  import("../dist/values/hash.js"),
]);
const subjects = [
  ["as it is", unprotected()],
  ["admitted", admitted({ createModuleHost, hashOf })],
];

console.log(`${process.version}, V8 ${process.versions.v8}, ${process.arch}\n`);
let drifted = false;
for (const [title, kind, count] of [
  ["the bits of a NaN", "nan", calls],
  ["a recursion without an end", "deep", Math.ceil(calls / DEEP_SHARE)],
]) {
  console.log(`${title}, ${count.toLocaleString("en")} calls`);
  for (const [name, subject] of subjects) {
    const found = await changes(count, subject[kind]);
    show(name, found);
    drifted ||= name === "admitted" && found.length > 1;
  }
  console.log();
}
process.exitCode = drifted ? 1 : 0;

function show(name, found) {
  const [first, ...rest] = found;
  console.log(`  ${name.padEnd(10)} ${first.result}`);
  for (const { result, from } of rest.slice(0, SHOWN)) {
    console.log(`  ${"".padEnd(10)} ${result}  from call ${(from + 1).toLocaleString("en")} on`);
  }
  if (rest.length > SHOWN) console.log(`  ${"".padEnd(10)} and ${rest.length - SHOWN} more changes`);
  if (rest.length === 0) console.log(`  ${"".padEnd(10)} the same every time`);
}
