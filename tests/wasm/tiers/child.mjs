/**
 * Runs modules in a process of its own, whose engine was told how to compile: `node [flags] child.mjs DIST JOBS`.
 * Prints for each of its modules the results of all calls as one hash.
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [dist, jobs] = process.argv.slice(2);
const { createModuleHost } = await import(pathToFileURL(`${dist}/wasm/host.js`).href);
const { hashOf } = await import(pathToFileURL(`${dist}/values/hash.js`).href);

for (const { wasm, floats, fuelMax, inputs, calls } of JSON.parse(readFileSync(jobs, "utf8"))) {
  const bytes = new Uint8Array(Buffer.from(wasm, "base64"));
  const hash = hashOf(bytes);
  const host = createModuleHost(
    () => bytes,
    () => ({ floats, fuelMax: BigInt(fuelMax) }),
  );
  const steps = inputs.map(({ state, value }) => ({
    state: state === null ? null : new Uint8Array(Buffer.from(state, "base64")),
    schema: "demo/RetryEvent@1",
    value: new Uint8Array(Buffer.from(value, "base64")),
    key: null,
    context: null,
  }));
  const digest = createHash("sha256");
  for (let i = 0; i < calls; i++) digest.update(wordsOf(() => host.step(hash, steps[i % steps.length])));
  console.log(digest.digest("hex"));
}

/** Everything a call says that is journaled; a refusal of admission by its code. */
function wordsOf(step) {
  try {
    const { ok, output, fault, fuel } = step();
    const words = (_, value) => {
      if (typeof value === "bigint") return `${value}n`;
      return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
    };
    return JSON.stringify(ok ? [output, fuel] : [fault.code, fault.message, fuel], words);
  } catch (error) {
    if (error?.kind !== "module") throw error;
    return error.code;
  }
}
