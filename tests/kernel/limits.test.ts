/** What a frame may hold, what is left over goes on, and what a busy world refuses. */

import { describe, expect, it } from "vitest";
import type { Frame } from "../../host/journal/frame.ts";
import type { Ingress } from "../../host/kernel/ingress.ts";
import { pendingCount } from "../../host/kernel/state.ts";
import type { Engine } from "../../host/runtime/engine.ts";
import { type Cbor, canon } from "../../host/values/cbor.ts";
import { hashOf } from "../../host/values/hash.ts";
import { LIMITS } from "../../host/values/limits.ts";
import { envelope, op, tinyReducer } from "../support/modules.ts";
import {
  framesOf,
  openVirtual,
  replayJournal,
  stateOf,
  type TestWorld,
  type TestWorldOptions,
  testWorld,
} from "../support/world.ts";
import { asking, type Bare, bareWorld } from "./bare.ts";
import { ask, probe } from "./probe.ts";

const probeWorld = async (): Promise<TestWorld> => testWorld({ module: await probe() });

const nextFrame = (engine: Engine): Promise<unknown> => new Promise((resolve) => engine.onFrame(resolve));

const deliveriesOf = (frame: Frame) => frame.records.filter((record) => record.kind === "delivery");
const kindsOf = (frames: readonly Frame[]) => frames.map((frame) => frame.records[0]!.kind);

describe("a frame", () => {
  it("does a limited number of tasks; continue frames do the rest, and replay agrees", async () => {
    const { engine, journal } = await openVirtual(await probeWorld());
    await ask(engine, "again", { max_attempts: 1100 });
    await engine.whenIdle();
    const frames = await framesOf(journal);
    expect(kindsOf(frames)).toEqual(["genesis", "domain_event", "continue"]);
    const max = LIMITS.frameTasksMax;
    expect(frames.map((frame) => deliveriesOf(frame).length)).toEqual([0, max, 1101 - max]);
    expect(stateOf(engine)).toMatchObject({ attempt: 1101 });
    expect(await replayJournal(journal)).toMatchObject({ verdict: "identical", deliveries: 1101 });
  });

  it("of a reducer that emits for ever is followed by others until the world is closed, and after", async () => {
    const world = await breeder(1);
    const { engine, journal } = await openVirtual(world);
    const others = new Promise((resolve) => setTimeout(resolve, 1));
    await ask(engine, "for ever");
    await others; // are not kept out
    await engine.close();
    await expect(ask(engine, "more")).rejects.toMatchObject({ code: "world.closed" });
    const before = await framesOf(journal);
    expect(deliveriesOf(before.at(-1)!)).toHaveLength(LIMITS.frameTasksMax);

    // Opening it with other definitions is refused, and leaves it as it is.
    const other = await breeder(1, (_path, text) => text.replace("the service is down", "try again"));
    const upgraded = openVirtual(other, { journal, upgrade: true });
    await expect(upgraded).rejects.toMatchObject({ kind: "retry", code: "manifest.world_busy" });
    expect(await framesOf(journal)).toEqual(before);

    const reopened = await openVirtual(world, { journal });
    await ask(reopened.engine, "more"); // joins the tail of what is pending
    await reopened.engine.close();
    const after = await framesOf(journal);
    expect(kindsOf(after.slice(before.length, before.length + 2))).toEqual(["continue", "domain_event"]);
  });

  it("takes no further task once its bytes reach the limit", async () => {
    const bare = await bareWorld(await breeder(1000));
    const frame = bare.frame(asking(bare, "breed"));
    const bytesOf = (count: number) => Math.floor((frame.bytes.length * count) / deliveriesOf(frame).length);
    expect(frame.bytes.length).toBeGreaterThanOrEqual(LIMITS.frameBytesMax);
    expect(frame.bytes.length - bytesOf(1)).toBeLessThan(LIMITS.frameBytesMax);
    expect(deliveriesOf(frame).length).toBeLessThan(LIMITS.frameTasksMax);
    expect(await bare.replay()).toMatchObject({ verdict: "identical", frames: 2 });
  });
});

describe("a world with pending work", () => {
  const CONTINUE: Ingress = { kind: "continue" };

  async function busy(): Promise<Bare> {
    const bare = await bareWorld(await probeWorld());
    bare.frame(asking(bare, "again", { max_attempts: 1100 }));
    expect(bare.world.isBusy).toBe(true);
    return bare;
  }

  it("refuses other definitions until it is idle, and takes a snapshot at any time", async () => {
    const bare = await busy();
    const [digest, pending] = [bare.world.state.head.digest, bare.world.state.pending];
    const { definitions } = bare.world.state;
    const worldBusy = expect.objectContaining({ kind: "retry", code: "manifest.world_busy" });
    expect(() => bare.enter({ kind: "manifest", definitions })).toThrow(worldBusy);
    expect(bare.world.state.head.digest).toBe(digest);
    expect(bare.world.state.pending).toBe(pending);

    expect(bare.frame({ kind: "snapshot" }).records.map(({ kind }) => kind)).toEqual(["snapshot"]);
    expect(bare.world.state.pending).toEqual(pending);
    bare.frame(CONTINUE);
    expect(bare.world.isBusy).toBe(false);
    expect(bare.frame({ kind: "manifest", definitions }).records.map(({ kind }) => kind)).toEqual([
      "manifest",
    ]);
    expect(await bare.replay()).toMatchObject({ verdict: "identical", frames: 5 });
  });

  it("refuses the same from the runtime, which goes on", async () => {
    const world = await breeder(1);
    const { engine, journal } = await openVirtual(world);
    const refusals = [ask(engine, "for ever"), engine.upgrade(world.definitions)];
    expect(await Promise.allSettled(refusals)).toMatchObject([
      { status: "fulfilled" },
      { reason: { kind: "retry", code: "manifest.world_busy" } },
    ]);
    await nextFrame(engine);
    await engine.close();
    expect(kindsOf(await framesOf(journal)).slice(0, 3)).toEqual(["genesis", "domain_event", "continue"]);
    expect(await replayJournal(journal)).toMatchObject({ verdict: "identical" });
  });

  it("does what was pending before a new event's work", async () => {
    const bare = await busy();
    const left = bare.world.state.pending.deliveries.map(({ event }) => event);
    expect(left).toHaveLength(1);
    const frame = bare.frame(asking(bare, "new", { req_id: "new" }));
    const events = deliveriesOf(frame).map(({ event }) => event);
    expect(events.slice(0, 2)).toEqual([...left, frame.head.firstRecord]);
    expect(events).toHaveLength(1101 - LIMITS.frameTasksMax + 1);
    expect(bare.world.isBusy).toBe(false);
    expect(await bare.replay()).toMatchObject({ verdict: "identical", frames: 3 });
  });

  it("tells external events that it is busy once too much is pending, and takes the rest", async () => {
    const bare = await bareWorld(await breeder(1000));
    const event = asking(bare, "breed");
    bare.frame(event);
    while (pendingCount(bare.world.state.pending) < LIMITS.pendingMax) bare.frame(CONTINUE);
    const frames = bare.frames.length;
    expect(() => bare.enter(event)).toThrow(expect.objectContaining({ kind: "retry", code: "world.busy" }));
    expect(bare.frames).toHaveLength(frames);
    const { enter } = bare;
    expect(enter(CONTINUE).kind).toBe("frame");
    expect(enter({ kind: "receipt", intent: "9.9" as never, receipt: null as never }).kind).toBe("ignored");
  });
});

/** A reducer that answers every event with so many events for itself. */
async function breeder(count: number, edit?: TestWorldOptions["edit"]): Promise<TestWorld> {
  const zeros = ["attempt", "max_attempts", "base_delay_ms", "anchor_ns"].map((name) => [name, 0n] as const);
  const texts = ["pc", "payload", "req_id"].map((name) => [name, ""] as const);
  const state = canon(new Map<string, Cbor>([...zeros, ...texts]));
  const event = new Map<string, Cbor>([
    ["schema", "demo/WorkOk@1"],
    ["value", canon(new Map([["req_id", "r"]]))],
  ]);
  const events = Array.from({ length: count }, () => event);
  const output = envelope(["state", state], ["domain_events", events]);
  const pages = Math.ceil((OUTPUT_AT + output.length) / PAGE_BYTES);
  const behind = op.const(pages * PAGE_BYTES);
  const wasm = tinyReducer({ output, memories: [[0, pages + 1]], allocCode: behind });
  return testWorld({ module: { wasm, hash: hashOf(wasm) }, ...(edit === undefined ? {} : { edit }) });
}

const PAGE_BYTES = 65_536;
/** Where modules made byte by byte keep their output. */
const OUTPUT_AT = 1024;
