import { describe, expect, it } from "vitest";
import { keepRecording } from "../support/keep-recording.ts";
import { onDisk } from "./disk.ts";
import { type Example, openExample } from "./world.ts";

const start = (world: Example, target: number) => world.send("demo/Start@1", { target });
const tick = (world: Example) => world.send("demo/Tick@1", {});
const reset = (world: Example) => world.send("demo/Reset@1", {});
const state = (world: Example) => world.state("demo/Counter@1");
const at = (phase: string, count: number, target: number) => ({ phase: { $tag: phase }, count, target });

describe("the world counter", () => {
  it("counts ticks up to its target, once for each", async () => {
    const world = await openExample("counter");
    expect(await state(world)).toBeNull();
    await start(world, 2);
    expect(await state(world)).toEqual(at("Counting", 0, 2));
    await tick(world);
    expect(await state(world)).toEqual(at("Counting", 1, 2));
    await tick(world);
    await tick(world);
    expect(await state(world)).toEqual(at("Done", 2, 2));

    const kinds = (await world.records()).map(({ kind }) => kind);
    expect(kinds).toEqual(["genesis", ...Array(4).fill(["domain_event", "delivery"]).flat()]);
    const deliveries = await world.recordsOfKind("delivery");
    expect(deliveries.map(({ outcome }) => outcome)).toEqual(["ok", "ok", "ok", "ok"]);
    await world.replays();
  });

  it("hears no tick before it is started, and is started by nobody while it counts", async () => {
    const world = await openExample("counter");
    await tick(world);
    expect(await state(world)).toEqual(at("Idle", 0, 0));
    await start(world, 5);
    await tick(world);
    await start(world, 9);
    expect(await state(world)).toEqual(at("Counting", 1, 5));
    await reset(world);
    expect(await state(world)).toEqual(at("Idle", 0, 0));
    await start(world, 9);
    expect(await state(world)).toEqual(at("Counting", 0, 9));
    await world.replays();
  });

  it("is done at once with a target of 0, and counts again when it is done", async () => {
    const world = await openExample("counter");
    await start(world, 0);
    expect(await state(world)).toEqual(at("Done", 0, 0));
    await start(world, 1);
    await tick(world);
    expect(await state(world)).toEqual(at("Done", 1, 1));
    await world.replays();
  });

  it.each([
    ["of another type", "demo/Start@1", { target: -1 }],
    ["with a field too many", "demo/Tick@1", { twice: true }],
  ])("refuses an event %s and goes on as if it had not come", async (_, schema, value) => {
    const world = await openExample("counter");
    await start(world, 3);
    await expect(world.send(schema, value)).rejects.toMatchObject({ code: "value.invalid" });
    await tick(world);
    expect(await state(world)).toEqual(at("Counting", 1, 3));
    expect(await world.recordsOfKind("domain_event")).toHaveLength(2);
  });

  it("goes on counting after a restart; an event that was sent before is not sent twice", async () => {
    const open = await onDisk("counter");
    const before = await open();
    await start(before, 2);
    expect(await before.send("demo/Tick@1", {}, { id: "tick-1" })).toMatchObject({ duplicate: false });
    const after = await open();
    expect(await after.send("demo/Tick@1", {}, { id: "tick-1" })).toMatchObject({ duplicate: true });
    expect(await state(after)).toEqual(at("Counting", 1, 2));
    await tick(after);
    expect(await state(after)).toEqual(at("Done", 2, 2));
    await after.replays();
  });

  it("is kept as a recording", async () => {
    const world = await openExample("counter");
    await tick(world);
    await start(world, 2);
    await tick(world);
    await start(world, 9);
    await world.engine.snapshot();
    await tick(world);
    await tick(world);
    await reset(world);
    await start(world, 0);
    await world.replays();
    await keepRecording("counter", world.journal);
  });
});
