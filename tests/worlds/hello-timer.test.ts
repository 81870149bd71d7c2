import { describe, expect, it } from "vitest";
import { keepRecording } from "../support/keep-recording.ts";
import { T } from "../support/world.ts";
import { onDisk } from "./disk.ts";
import { type Example, openExample } from "./world.ts";

const MS = 1_000_000n;

const greet = (world: Example, name: string, delay_ms: number) =>
  world.send("demo/Greet@1", { name, delay_ms });
const state = (world: Example) => world.state("demo/Greeter@1");
const hellos = async (world: Example) => (await world.events("demo/Hello@1")) as { name: string }[];

describe("the world hello-timer", () => {
  it("greets when the time has come, neither before nor twice", async () => {
    const world = await openExample("hello-timer");
    await greet(world, "Ada", 1500);
    expect(await state(world)).toEqual({ waiting: 1, greeted: 0 });

    const [intent] = await world.recordsOfKind("effect_intent");
    expect(intent).toMatchObject({ effectKind: "timer.set", capName: "timer_grant" });
    expect(world.json("sys/TimerSetParams@1", intent!.params)).toEqual({
      deliver_at_ns: String(T + 1500n * MS),
      key: "Ada",
    });

    await world.advance(1500n * MS - 1n);
    expect(await hellos(world)).toEqual([]);
    await world.advance(1n);
    expect(await hellos(world)).toEqual([{ name: "Ada" }]);
    expect(await state(world)).toEqual({ waiting: 0, greeted: 1 });

    const [receipt] = await world.recordsOfKind("effect_receipt");
    expect(receipt).toMatchObject({ adapterId: "timer.set", status: "ok" });
    await world.advance(10_000n * MS);
    expect(await hellos(world)).toHaveLength(1);
    await world.replays();
  });

  it("greets in the order timers fall due; of those due at once, the one asked for first", async () => {
    const world = await openExample("hello-timer");
    await greet(world, "last", 30);
    await greet(world, "second", 20);
    await greet(world, "third", 20);
    await greet(world, "first", 0);
    await world.idle();
    expect(await hellos(world)).toEqual(["first", "second", "third", "last"].map((name) => ({ name })));
    await world.replays();
  });

  it("takes a delay beyond the end of time for the end of time", async () => {
    const world = await openExample("hello-timer");
    await world.send("demo/Greet@1", { name: "nobody", delay_ms: "18446744073709551615" });
    const [intent] = await world.recordsOfKind("effect_intent");
    expect(world.json("sys/TimerSetParams@1", intent!.params)).toMatchObject({
      deliver_at_ns: String(2n ** 64n - 1n),
    });
    await world.replays();
  });

  it("goes on waiting after a restart, and fires what fell due in between", async () => {
    const open = await onDisk("hello-timer");
    const before = await open();
    await greet(before, "Ada", 1000);
    await greet(before, "Grace", 5000);
    before.clock.advance(400n * MS);
    await before.close();
    before.clock.advance(2000n * MS);

    const after = await open();
    expect([...after.engine.state.intents.keys()]).toEqual(["1.0", "2.0"]);
    await after.idle();
    expect(await hellos(after)).toEqual([{ name: "Ada" }, { name: "Grace" }]);
    expect(await state(after)).toEqual({ waiting: 0, greeted: 2 });
    await after.replays();
  });

  it("is denied its timer by a policy that does not allow it: nothing of the delivery applies", async () => {
    const world = await openExample("hello-timer", {
      edit: (path, text) => (path === "policies.air.json" ? text.replace('"allow"', '"deny"') : text),
    });
    await greet(world, "Ada", 10);
    const [decision] = await world.recordsOfKind("policy_decision");
    expect(decision).toMatchObject({ decision: "deny", policy: "demo/only-timers@1", ruleIndex: 0n });
    const [delivery] = await world.recordsOfKind("delivery");
    expect(delivery).toMatchObject({ outcome: "fault", faultCode: "policy.denied" });
    expect(await world.recordsOfKind("effect_intent")).toEqual([]);
    expect(await state(world)).toBeNull();
    await world.replays();
  });

  it("is not fooled by a timer that nobody set", async () => {
    const world = await openExample("hello-timer");
    await greet(world, "Ada", 10);
    await world.idle();
    const [fired] = await world.events("sys/TimerFired@1");
    await world.send("sys/TimerFired@1", fired);
    expect(await hellos(world)).toHaveLength(1);
    expect(await state(world)).toEqual({ waiting: 0, greeted: 1 });
    await world.replays();
  });

  it("is kept as a recording", async () => {
    const world = await openExample("hello-timer");
    await greet(world, "Ada", 1500);
    await greet(world, "Grace", 500);
    await world.advance(700n * MS);
    await world.engine.snapshot();
    await greet(world, "Ada", 0);
    await world.idle();
    const [fired] = await world.events("sys/TimerFired@1");
    await world.send("sys/TimerFired@1", fired);
    await world.replays();
    await keepRecording("hello-timer", world.journal);
  });
});
