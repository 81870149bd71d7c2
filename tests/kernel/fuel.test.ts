/** Fuel in the journal: counted alike everywhere, bounded by the settings, and a limit of the frame. */

import { describe, expect, it } from "vitest";
import { DEFAULT_MODULE_SETTINGS, type ModuleLimits } from "../../host/air/settings.ts";
import type { Frame } from "../../host/journal/frame.ts";
import { makeDefinitions } from "../../host/runtime/definitions.ts";
import { type Cbor, canon } from "../../host/values/cbor.ts";
import { hashOf } from "../../host/values/hash.ts";
import { LIMITS } from "../../host/values/limits.ts";
import { envelope, op, tinyReducer } from "../support/modules.ts";
import { type TestWorld, testWorld } from "../support/world.ts";
import { asking, bareWorld } from "./bare.ts";

const ADDRESS = 1024;

/** A world whose reducer turns a loop so many times, and then asks to be called again when it should. */
async function spinner(turns: number, again = false, limits: Partial<ModuleLimits> = {}): Promise<TestWorld> {
  const zeros = ["attempt", "max_attempts", "base_delay_ms", "anchor_ns"].map((name) => [name, 0n] as const);
  const texts = ["pc", "payload", "req_id"].map((name) => [name, ""] as const);
  const state = canon(new Map<string, Cbor>([...zeros, ...texts]));
  const event = new Map<string, Cbor>([
    ["schema", "demo/WorkOk@1"],
    ["value", canon(new Map([["req_id", "r"]]))],
  ]);
  const output = envelope(["state", state], ["domain_events", again ? [event] : []]);
  const answer = [
    ...[...op.get(0), ...op.const(ADDRESS), ...op.store()],
    ...[...op.get(0), ...op.const(output.length), ...op.store(4)],
  ];
  // Local 1, the input's address, counts down: a turn has ten instructions, its head and end among them.
  const turn = [...op.get(1), ...op.const(1), 0x6b, 0x22, 1, 0x01, 0x01, 0x01, 0x0d, 0];
  const spin = [...op.const(turns), 0x21, 1, 0x03, 0x40, ...turn, 0x0b];
  const wasm = tinyReducer({ output, stepCode: turns === 0 ? answer : [...spin, ...answer] });
  const world = await testWorld({ module: { wasm, hash: hashOf(wasm) } });
  const { manifest, settings } = world.definitions;
  const own = { ...DEFAULT_MODULE_SETTINGS, limits: { ...DEFAULT_MODULE_SETTINGS.limits, ...limits } };
  const modules = new Map([...settings.modules, ["demo/RetrySM@1", own]] as const);
  return { ...world, definitions: makeDefinitions(manifest, { ...settings, modules }) };
}

const deliveriesOf = (frame: Frame) => frame.records.filter((record) => record.kind === "delivery");

async function deliver(world: TestWorld) {
  const bare = await bareWorld(world);
  const [delivery] = deliveriesOf(bare.frame(asking(bare, "go")));
  expect(await bare.replay()).toMatchObject({ verdict: "identical" });
  return delivery!;
}

describe("a delivery", () => {
  it("records the fuel it took: a turn of a loop costs what its instructions are", async () => {
    const [none, some, more] = [await spinner(1), await spinner(1001), await spinner(2001)];
    const used = [(await deliver(none)).fuel, (await deliver(some)).fuel, (await deliver(more)).fuel];
    expect(used[1]! - used[0]!).toBe(1000n * 10n);
    expect(used[2]! - used[1]!).toBe(1000n * 10n);
    expect((await deliver(more)).fuel).toBe(used[2]);
  });

  it("ends when its fuel does: a fault that took all there was, and nothing of it applies", async () => {
    const limits = { fuelMax: 100_000n };
    const delivery = await deliver(await spinner(1_000_000, true, limits));
    expect(delivery).toMatchObject({ outcome: "fault", faultCode: "module.out_of_fuel", state: null });
    expect(delivery.fuel).toBe(100_000n);
    expect(await deliver(await spinner(1_000_000))).toMatchObject({ outcome: "ok" });
  });

  it("may use exactly what the settings allow", async () => {
    const { fuel } = await deliver(await spinner(100));
    expect(await deliver(await spinner(100, false, { fuelMax: fuel }))).toMatchObject({
      outcome: "ok",
      fuel,
    });
    expect(await deliver(await spinner(100, false, { fuelMax: fuel - 1n }))).toMatchObject({
      faultCode: "module.out_of_fuel",
      fuel: fuel - 1n,
    });
  });

  it("of a module that asks for more memory at first than the settings allow never happens", async () => {
    const world = await spinner(1, false, { memoryPagesMax: 7 });
    const bare = await bareWorld(world);
    const event = asking(bare, "go");
    expect(() => bare.frame(event)).toThrow(expect.objectContaining({ code: "module.memory_too_large" }));
    expect(bare.frames).toHaveLength(1);
  });
});

describe("a frame", () => {
  it("starts nothing more once its deliveries took too much fuel; continue frames do the rest", async () => {
    const turns = 60_000_000;
    const bare = await bareWorld(await spinner(turns, true));
    const [first, ...others] = deliveriesOf(bare.frame(asking(bare, "go")));
    expect(first!.outcome).toBe("ok");
    const used = [first!, ...others].reduce((sum, { fuel }) => sum + fuel, 0n);
    expect(used).toBeGreaterThanOrEqual(BigInt(LIMITS.frameFuelMax));
    expect(used - others.at(-1)!.fuel).toBeLessThan(BigInt(LIMITS.frameFuelMax));
    expect(bare.world.isBusy).toBe(true);
  });
});
