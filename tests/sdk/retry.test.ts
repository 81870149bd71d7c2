/** The SDK's retry policy in wasm: the one table of delays, and a jitter that is fair, and the same on replay. */

import { beforeAll, describe, expect, it } from "vitest";
import { createMemoryJournal } from "../../host/journal/memory.ts";
import type { ModuleHost } from "../../host/kernel/ports.ts";
import { type Cbor, canon, decodeCbor } from "../../host/values/cbor.ts";
import { planWorld } from "../kernel/planned.ts";
import { BINS, CHI_SQUARE_MAX, chiSquare, DRAWS, seededBytes } from "../support/jitter.ts";
import { compileSource } from "../support/modules.ts";
import { entropyOf, RETRY_CASES } from "../support/retry-cases.ts";
import { openVirtual, recordsOfKind, replayJournal, send, type TestWorld } from "../support/world.ts";
import { type ProbeCalls, probeCalls } from "../wasm/probe.ts";

const SEED = 5;
const PER_CALL = 10;
/** Of 2 s, the wait after failure 1 in `JITTER`. */
const MOST = 1_000_000_000n;

/** Draws ten delays with half of the wait as jitter, and keeps them. */
const JITTER = `
import { Reader, Reducer, RetryPolicy, Value, Writer } from "airloom/assembly/sdk";

class Delays implements Value {
  constructor(public list: Array<u64> = []) {}
  schema(): string { return "t/Delays@1"; }
  encode(w: Writer): void {
    w.list(this.list.length);
    for (let i = 0; i < this.list.length; i++) w.nat(this.list[i]);
  }
}

export class Jitter extends Reducer<Delays> {
  protected eventSchema(): string { return "t/Draw@1"; }
  protected emptyState(): Delays { return new Delays(); }
  protected decodeState(r: Reader): Delays { r.skip(); return new Delays(); }
  protected dispatch(r: Reader): void {
    r.skip();
    const policy = new RetryPolicy();
    for (let i = 0; i < ${PER_CALL}; i++) this.state.list.push(policy.delay(1, this.random));
  }
}
`;

let calls: ProbeCalls;
let world: TestWorld;
beforeAll(async () => {
  calls = await probeCalls();
  world = await jitterWorld();
}, 300_000);

async function jitterWorld(): Promise<TestWorld> {
  const { wasm, hash } = await compileSource(JITTER);
  const abi = { state: "t/Delays@1", event: "t/Draw@1", context: "sys/ReducerContext@1" };
  const module = {
    $kind: "defmodule",
    name: "t/Jitter@1",
    module_kind: "reducer",
    wasm_hash: hash,
    abi: { reducer: abi },
  };
  return planWorld({
    plans: [],
    schemas: { "t/Draw@1": { record: {} }, "t/Delays@1": { list: { nat: {} } } },
    more: [{ list: "modules", definition: module }],
    modules: new Map([[hash, wasm]]),
    routes: [{ event: "t/Draw@1", reducer: "t/Jitter@1" }],
  });
}

function delaysIn(state: Uint8Array): bigint[] {
  return (decodeCbor(state) as (bigint | number)[]).map(BigInt);
}

/** Notes the delays that calls of the module answer with. */
function noting(delays: bigint[]): (modules: ModuleHost) => ModuleHost {
  return (modules) => ({
    ...modules,
    step(hash, input) {
      const result = modules.step(hash, input);
      if (result.ok) delays.push(...delaysIn(result.output.state!));
      return result;
    },
  });
}

describe("the SDK's policy", () => {
  it.each(RETRY_CASES)("waits $delay after failure $attempt, from $min to $max by $base", (row) => {
    const { attempt, min, max, base, jitterPercent, draw, delay } = row;
    const context = canon(new Map<string, Cbor>([["entropy", entropyOf(draw)]]));
    const policy = [attempt + 1n, min, max, base, 1n, jitterPercent, 100n];
    const emitted = (allowed: bigint) => {
      const { events } = calls.outputOf("policy", [allowed, ...policy.slice(1), attempt], { context });
      return events.map(({ value }) => BigInt(decodeCbor(value) as bigint));
    };
    expect(emitted(attempt + 1n).slice(1, 3)).toEqual([delay, 1n]);
    expect(emitted(attempt)[2]).toBe(0n);
  });

  it(`has a jitter that is even over ${BINS} bins in ${DRAWS} draws, and the same when its journal is replayed`, async () => {
    let drawn = 0;
    const journal = createMemoryJournal();
    const { engine } = await openVirtual(world, { journal, entropy: () => seededBytes(SEED, drawn++, 32) });
    for (let i = 0; i < DRAWS / PER_CALL; i++) await send(engine, "t/Draw@1", {});
    await engine.close();
    const deliveries = await recordsOfKind(journal, "delivery");
    const recorded = deliveries.flatMap(({ state }) => delaysIn(state!));
    const replayed: bigint[] = [];
    expect(await replayJournal(journal, { wrap: noting(replayed) })).toMatchObject({ verdict: "identical" });
    expect(replayed).toEqual(recorded);

    const jitters = recorded.map((delay) => delay - 2n * MOST);
    expect(jitters).toHaveLength(DRAWS);
    expect(jitters.every((jitter) => jitter >= 0n && jitter <= MOST)).toBe(true);
    const statistic = chiSquare(jitters, MOST);
    console.log(`SDK jitter: chi-square ${statistic.toFixed(2)} at seed ${SEED}, below ${CHI_SQUARE_MAX}`);
    expect(statistic).toBeLessThan(CHI_SQUARE_MAX);
  }, 120_000);
});

describe("the statistic", () => {
  const even = Array.from({ length: DRAWS }, (_, i) => BigInt(i));
  const most = BigInt(DRAWS - 1);

  it("is nothing for numbers that are perfectly even", () => {
    expect(chiSquare(even, most)).toBe(0);
  });

  it.each([
    ["never reaches the upper end", (n: bigint) => (n * 19n) / 20n],
    ["comes to the lower half more often", (n: bigint) => (n % 10n === 0n ? n / 2n : n)],
    ["leans to the lower end, as a product of two draws", (n: bigint) => (n * n) / most],
  ])("finds a jitter that %s", (_, skewed) => {
    expect(chiSquare(even.map(skewed), most)).toBeGreaterThan(CHI_SQUARE_MAX);
  });
});
