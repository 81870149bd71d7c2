import { describe, expect, it } from "vitest";
import { keepRecording } from "../support/keep-recording.ts";
import { T } from "../support/world.ts";
import { onDisk } from "./disk.ts";
import { type Example, openExample } from "./world.ts";

const MS = 1_000_000n;
const WITHIN_MS = 1000;

const request = (world: Example, id: string, what = "deploy", within_ms: number | string = WITHIN_MS) =>
  world.send("demo/Request@1", { id, what, within_ms });
const answer = (world: Example, id: string, choice: string, by: string) =>
  world.send("demo/Answer@1", { id, choice: { $tag: choice }, by });
const state = (world: Example, id: string) => world.state("demo/Desk@1", id);
const desk = (phase: string, by = "") => ({
  what: "deploy",
  phase: { $tag: phase },
  by,
  deadline_ns: String(T + BigInt(WITHIN_MS) * MS),
});
const endings = async (world: Example) =>
  (await world.recordsOfKind("plan_ended")).map(({ status }) => status);

describe("the world approval", () => {
  it.each([
    ["Approved", "Granted", { "demo/Granted@1": [{ id: "r", by: "Ada" }], "demo/Refused@1": [] }],
    [
      "Rejected",
      "Rejected",
      { "demo/Granted@1": [], "demo/Refused@1": [{ id: "r", by: "Ada", expired: false }] },
    ],
  ])("a request that is %s in time is %s, by whoever answered", async (choice, phase, raised) => {
    const world = await openExample("approval");
    await request(world, "r");
    expect(await state(world, "r")).toEqual(desk("Waiting"));
    expect(await world.recordsOfKind("plan_started")).toHaveLength(1);
    await world.advance(BigInt(WITHIN_MS) * MS - 1n);
    await answer(world, "r", choice, "Ada");
    expect(await state(world, "r")).toEqual(desk(phase, "Ada"));
    for (const [schema, values] of Object.entries(raised)) expect(await world.events(schema)).toEqual(values);
    expect(await endings(world)).toEqual(["ok"]);

    await world.idle();
    expect(await state(world, "r")).toEqual(desk(phase, "Ada"));
    expect(await world.recordsOfKind("effect_receipt")).toMatchObject([
      { effectKind: "timer.set", status: "ok" },
    ]);
    await world.replays();
  });

  it("expires at its deadline, not before, when nobody answers", async () => {
    const world = await openExample("approval");
    await request(world, "r");
    await world.advance(BigInt(WITHIN_MS) * MS - 1n);
    expect(await state(world, "r")).toEqual(desk("Waiting"));
    await world.advance(1n);
    expect(await state(world, "r")).toEqual(desk("Expired", "the deadline"));
    expect(await world.events("demo/Answer@1")).toEqual([
      { id: "r", choice: { $tag: "Expired" }, by: "the deadline" },
    ]);
    expect(await endings(world)).toEqual(["ok"]);
    await world.replays();
  });

  it.each([
    ["with no time at all", 0, "Expired"],
    ["whose deadline is the end of time", "18446744073709551615", "Waiting"],
  ])("takes a request %s", async (_, within, phase) => {
    const world = await openExample("approval");
    await request(world, "r", "deploy", within);
    await world.advance(1n);
    expect(await state(world, "r")).toMatchObject({ phase: { $tag: phase } });
    await world.replays();
  });

  it("takes an answer for the request it names, and leaves the others waiting", async () => {
    const world = await openExample("approval");
    await request(world, "mine");
    await request(world, "another");
    await answer(world, "another", "Approved", "Ada");
    expect(await state(world, "mine")).toEqual(desk("Waiting"));
    expect(await state(world, "another")).toEqual(desk("Granted", "Ada"));
    expect(await endings(world)).toEqual(["ok"]);
    await answer(world, "nobody's", "Approved", "Ada");
    expect(await endings(world)).toEqual(["ok"]);
    expect(await state(world, "nobody's")).toBeNull();
    await answer(world, "mine", "Rejected", "Grace");
    expect(await state(world, "mine")).toEqual(desk("Rejected", "Grace"));
    await world.replays();
  });

  it.each([
    [
      "an answer before there is a request",
      async (world: Example) => {
        await answer(world, "r", "Approved", "Ada");
        await request(world, "r");
      },
      desk("Waiting"),
    ],
    [
      "a second answer",
      async (world: Example) => {
        await request(world, "r");
        await answer(world, "r", "Rejected", "Ada");
        await answer(world, "r", "Approved", "Grace");
      },
      desk("Rejected", "Ada"),
    ],
    [
      "an answer behind the deadline",
      async (world: Example) => {
        await request(world, "r");
        await world.idle();
        await answer(world, "r", "Approved", "Ada");
      },
      desk("Expired", "the deadline"),
    ],
  ])("%s is in the journal, and changes nothing", async (_, act, end) => {
    const world = await openExample("approval");
    await act(world);
    expect(await state(world, "r")).toEqual(end);
    expect(await world.events("demo/Granted@1")).toEqual([]);
    const answers = (await world.events("demo/Answer@1")) as { by: string }[];
    expect(answers.map(({ by }) => by)).toContain("Ada");
    await world.replays();
  });

  it("asks only once for a request that is made twice", async () => {
    const world = await openExample("approval");
    await request(world, "r");
    await world.advance(400n * MS);
    await request(world, "r", "something else", 9000);
    expect(await state(world, "r")).toEqual(desk("Waiting"));
    expect(await world.recordsOfKind("effect_intent")).toHaveLength(1);
    await answer(world, "r", "Approved", "Ada");
    await world.idle();
    expect(await state(world, "r")).toEqual(desk("Granted", "Ada"));
    await request(world, "r");
    await world.idle();
    expect(await world.events("demo/Granted@1")).toEqual([{ id: "r", by: "Ada" }]);
    expect(await world.recordsOfKind("plan_started")).toHaveLength(1);
    expect(await endings(world)).toEqual(["ok"]);
    await world.replays();
  });

  it("goes on waiting after a restart: for the answer, and for the deadline", async () => {
    const open = await onDisk("approval");
    const first = await open();
    await request(first, "answered");
    await request(first, "forgotten");
    const second = await open();
    await answer(second, "answered", "Approved", "Ada");
    expect(await state(second, "answered")).toEqual(desk("Granted", "Ada"));
    const third = await open();
    await third.idle();
    expect(await state(third, "answered")).toEqual(desk("Granted", "Ada"));
    expect(await state(third, "forgotten")).toEqual(desk("Expired", "the deadline"));
    expect(await endings(third)).toEqual(["ok", "ok"]);
    await third.replays();
  });

  it("is denied its deadline by a policy that allows no timer: then there is no request, and an answer finds none", async () => {
    const world = await openExample("approval", {
      edit: (path, text) => (path === "policies.air.json" ? text.replace('"allow"', '"deny"') : text),
    });
    await request(world, "r");
    expect(await world.recordsOfKind("policy_decision")).toMatchObject([
      { decision: "deny", policy: "demo/only-timers@1", originName: "demo/Desk@1" },
    ]);
    const [delivery] = await world.recordsOfKind("delivery");
    expect(delivery).toMatchObject({ outcome: "fault", faultCode: "policy.denied" });
    expect(await state(world, "r")).toBeNull();
    await answer(world, "r", "Approved", "Ada");
    expect(await state(world, "r")).toBeNull();
    expect(await world.recordsOfKind("plan_started")).toEqual([]);
    expect(await world.events("demo/Granted@1")).toEqual([]);
    await world.replays();
  });

  it("is kept as a recording", async () => {
    const world = await openExample("approval");
    await answer(world, "a", "Approved", "too early");
    for (const id of ["a", "b", "c"]) await request(world, id);
    await request(world, "a", "again");
    await answer(world, "b", "Rejected", "Grace");
    await world.engine.snapshot();
    await answer(world, "a", "Approved", "Ada");
    await answer(world, "a", "Rejected", "too late");
    await world.idle();
    await answer(world, "c", "Approved", "too late");
    await request(world, "d", "deploy", 0);
    await world.idle();
    await world.replays();
    await keepRecording("approval", world.journal);
  });
});
