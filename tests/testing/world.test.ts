import { beforeEach, describe, expect, it } from "vitest";
import { type TestWorld, testWorld } from "../../host/testing/index.ts";
import {
  codeOf,
  failureOf,
  MS,
  RETRY,
  recovers,
  retryWorld,
  start,
  T,
  type World,
  waiting,
} from "./retry.ts";

let world: TestWorld<World>;

beforeEach(async () => {
  world = await testWorld(retryWorld);
});

describe("testWorld", () => {
  it("runs an event through reducers, plans and the gate, and stops where time is needed", async () => {
    await world.when("demo/StartWork@1", start);
    world
      .thenStateHas(RETRY, { pc: "Waiting", attempt: 2n })
      .thenEvents(
        { schema: "demo/WorkRequested@1", value: { req_id: "req-1", payload: "resize photo 7" } },
        {
          schema: "demo/WorkErr@1",
          value: { req_id: "req-1", transient: true, message: "the service is down" },
        },
      )
      .thenEffects({ kind: "timer.set", params: { deliver_at_ns: T + 500n * MS, key: "req-1" } });
    expect(world.openIntents).toMatchObject([{ id: "1.0", kind: "timer.set", origin: RETRY }]);
    expect(world.plansEnded).toMatchObject([{ plan: "demo/WorkPlan@1", status: "ok", error: null }]);
    expect(world.faults).toEqual([]);
    await world.thenReplaysIdentically();
  });

  it("fires a timer when its time comes, and not a nanosecond before", async () => {
    await world.when("demo/StartWork@1", start);
    await world.advance({ ms: 499, ns: 999_999n });
    world.thenNothingHappened().thenStateHas(RETRY, { attempt: 2n });
    await world.advance({ ns: 1n });
    world.thenStateHas(RETRY, { attempt: 3n });
    expect(world.nowNs).toBe(T + 500n * MS);
    await world.thenReplaysIdentically();
  });

  it("fires on its way what each instant sets for a later one", async () => {
    await world.when("demo/StartWork@1", start);
    await world.advance({ s: 60 });
    world.thenStateHas(RETRY, { pc: "Failed", attempt: 3n });
    expect(world.nowNs).toBe(T + 60_000n * MS);
  });

  it("lets time jump until nothing is left to do", async () => {
    await world.when("demo/StartWork@1", start);
    await world.untilIdle();
    world.thenState(RETRY, { ...waiting, pc: "Failed", attempt: 3n });
    expect(world.openIntents).toEqual([]);
    expect(world.events.filter(({ schema }) => schema === "demo/WorkErr@1")).toHaveLength(3);
    expect(world.nowNs).toBe(T + 1000n * MS);
  });

  it("counts what was given as the past, and the act alone as what happened", async () => {
    await world.given("demo/StartWork@1", start);
    await world.when("demo/WorkOk@1", { req_id: "another" });
    world.thenNothingHappened().thenEvents().thenEffects();
    const said = failureOf(() => world.thenStateHas(RETRY, { pc: "Done" }));
    expect(said).toContain('found    "Waiting"');
  });

  it("shows what differs where something happened after all", async () => {
    await world.when("demo/StartWork@1", start);
    const said = failureOf(() => world.thenNothingHappened());
    for (const part of ["a changed state", "the event demo/WorkErr@1", "the effect timer.set", "the plan "]) {
      expect(said).toContain(part);
    }
  });

  it("gives the same journal to the same story and seed, another one to another seed", async () => {
    const digests = [];
    for (const seed of ["a", "a", "b"]) {
      const told = await testWorld(recovers, { seed });
      await told.when("demo/StartWork@1", start);
      await told.untilIdle();
      digests.push(Buffer.from(told.frames.at(-1)!.digest).toString("hex"));
    }
    expect(digests[0]).toBe(digests[1]);
    expect(digests[0]).not.toBe(digests[2]);
  });
});

describe("a scripted receipt", () => {
  it("takes the place of the timer, at once or on virtual time", async () => {
    world.onEffect("timer.set", ({ params }) => ({
      payload: { delivered_at_ns: params.deliver_at_ns, key: params.key },
      afterMs: 5,
    }));
    await world.when("demo/StartWork@1", start);
    await world.untilIdle();
    world.thenStateHas(RETRY, { pc: "Failed" });
    expect(world.nowNs).toBe(T + 10n * MS);
    await world.thenReplaysIdentically();
  });

  it("may fail, and the reducer hears that it did", async () => {
    world.onEffect("timer.set", () => ({ status: "timeout" }));
    await world.when("demo/StartWork@1", start);
    await world.untilIdle();
    expect(world.openIntents).toEqual([]);
    const settled = world.frames
      .flatMap(({ records }) => records)
      .find(({ kind }) => kind === "effect_receipt");
    expect(settled).toMatchObject({ status: "timeout", adapterId: "scripted" });
    await world.thenReplaysIdentically();
  });

  it("may be left to the test, which answers an open intent once", async () => {
    world.onEffect("timer.set", () => null);
    await world.when("demo/StartWork@1", start);
    await expect(world.untilIdle()).rejects.toThrow(/timer\.set 1\.0 of demo\/RetrySM@1/);
    const [intent] = world.openIntents;
    const receipt = { payload: { delivered_at_ns: T, key: "req-1" } };
    await world.answer(intent!, receipt);
    world.thenStateHas(RETRY, { attempt: 3n });
    await expect(world.answer(intent!, receipt)).rejects.toThrow("no intent 1.0 is open");
  });

  it("that is not of its schema fails the test", async () => {
    world.onEffect("timer.set", () => ({ payload: { delivered_at_ns: 5, key: "k" } as never }));
    await expect(world.when("demo/StartWork@1", start)).rejects.toThrow(/\/delivered_at_ns: .*write 5n/);
    const other = await testWorld(retryWorld);
    other.onEffect("timer.set", () => ({}));
    await expect(other.when("demo/StartWork@1", start)).rejects.toThrow("has a payload");
    const third = await testWorld(retryWorld);
    third.onEffect("timer.set", () => {
      throw new Error("the script's own");
    });
    await expect(third.when("demo/StartWork@1", start)).rejects.toThrow("the script's own");
  });

  it("is for effects that the world has", () => {
    expect(failureOf(() => world.onEffect("http.request", () => null))).toContain("it has timer.set");
  });
});

describe("what is refused", () => {
  it("is an event whose value is not of its schema, before anything is sent", async () => {
    const event = { ...start, max_attempts: -1n, req_id: undefined } as unknown as typeof start;
    const said = await world.when("demo/StartWork@1", event).catch((error: Error) => error.message);
    expect(said).toContain("the event demo/StartWork@1 is not of its type");
    expect(said).toContain("/max_attempts: expected an integer from 0 to 2^64-1, found -1");
    expect(said).toContain('the field "req_id" is missing');
    expect(world.frames).toEqual([]);
  });

  it("is a schema, a reducer or a key that the world does not have", async () => {
    const loose = await testWorld(retryWorld.path as string);
    await expect(loose.when("demo/StartWrk@1", {})).rejects.toThrow("did you mean demo/StartWork@1?");
    expect(failureOf(() => loose.state("demo/Retry@1"))).toContain("no reducer");
    expect(failureOf(() => world.state(RETRY, "k" as unknown as null))).toContain("single cell");
    await expect(world.when("demo/StartWork@1", start, { key: "k" })).rejects.toThrow("no keyed reducer");
  });

  it("is an event sent twice under one id with another text, and the same one is accepted once", async () => {
    await world.given("demo/StartWork@1", start, { ingressId: "one" });
    await world.when("demo/StartWork@1", start, { ingressId: "one" });
    world.thenNothingHappened();
    const other = { ...start, req_id: "req-2" };
    const conflict = world.when("demo/StartWork@1", other, { ingressId: "one" });
    expect(await codeOf(conflict)).toBe("ingress.conflict");
  });

  it("is time that goes back, and anything after the end", async () => {
    await expect(world.advance({ ms: -1 })).rejects.toThrow("forward only");
    await world.close();
    expect(await codeOf(world.when("demo/StartWork@1", start))).toBe("world.closed");
  });

  it("is a folder that is no world", async () => {
    expect(await codeOf(testWorld("no/such/folder"))).toBe("world.missing");
  });
});
