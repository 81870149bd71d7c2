/** Which events are offered to which instance: a key only where leaving the others out changes nothing. */

import { describe, expect, it } from "vitest";
import { Waiters } from "../../host/kernel/waiters.ts";
import { eventWaits } from "../../host/plan/waiting.ts";
import type { RecordSeq } from "../../host/values/brand.ts";
import { record, text, type Value } from "../../host/values/value.ts";
import { planned, planWorld } from "../kernel/planned.ts";
import { hear, input, op } from "../kernel/steps.ts";

const event = (path: string) => ({ ref: `@event.${path}` });
const own = op("eq", event("id"), input("id"));

/** The key of an instance that waits for an event under this condition. */
async function keyOf(where: object): Promise<string | null> {
  const w = await planned(planWorld({ plans: [{ steps: [hear("wait", where)] }] }));
  w.go();
  const [instance] = w.world.state.instances.values();
  const [wait] = eventWaits(instance!, w.world.state.definitions.manifest.schemas);
  return wait!.key === null ? null : wait!.key.path.join(".");
}

describe("a condition", () => {
  it.each([
    ["an equality with the event", own, "id"],
    ["the same the other way round", op("eq", input("n"), event("n")), "n"],
    ["one among others that cannot fail", op("and", op("gt", event("n"), { nat: 2 }), own), "id"],
    [
      "one beside a not, an or and an option",
      op("and", op("not", op("or", own, { bool: false })), op("eq", event("maybe"), { nat: 1 })),
      "maybe",
    ],
  ])("is told by the value in %s", async (_what, where, path) => {
    expect(await keyOf(where)).toBe(path);
  });

  it.each([
    ["has no equality", op("gt", event("n"), { nat: 2 })],
    ["has it only in one case of several", op("or", own, op("eq", event("n"), { nat: 1 }))],
    ["may fail on another part of the event", op("and", own, op("gt", event("maybe"), { nat: 2 }))],
    ["looks for what not every event has", op("eq", event("gone"), { nat: 1 })],
    ["looks into an option", op("eq", event("maybe.x"), { nat: 1 })],
    ["fails whatever the event", op("and", own, op("eq", { ref: "@step:wait" }, { nat: 1 }))],
    ["is no bool", op("and", own, event("n"))],
    ["compares parts that have no common order", op("and", own, op("lt", event("id"), { nat: 1 }))],
    ["compares two parts of the event", op("eq", event("n"), event("maybe"))],
  ])("must be asked for every event where it %s", async (_what, where) => {
    expect(await keyOf(where)).toBe(null);
  });
});

describe("those who wait", () => {
  const at = (since: number) => BigInt(since) as RecordSeq;
  const value =
    (id: string): (() => Value) =>
    () =>
      record([["id", text(id)]]);
  const wait = (since: number) => ({ step: "w", event: "t/E@1", since: at(since), key: null });
  const idsOf = (waiters: Waiters, id: string, schema = "t/E@1") =>
    waiters.candidates(schema, value(id)).map(({ instance }) => instance);
  // {"Text": "a"} is a1 64 54657874 61 61; a text's head says its length.
  const text1 = (id: string) => ({
    ...wait(0),
    key: {
      path: ["id"],
      value: `a16454657874${(0x60 + id.length).toString(16)}${Buffer.from(id).toString("hex")}`,
    },
  });

  it("are found by the value, and those without a key always, the oldest first", () => {
    const waiters = new Waiters();
    waiters.set(1n, [{ ...text1("a"), since: at(9) }]);
    waiters.set(2n, [{ ...text1("b"), since: at(1) }]);
    waiters.set(3n, [wait(4)]);
    expect(idsOf(waiters, "a")).toEqual([3n, 1n]);
    expect(idsOf(waiters, "b")).toEqual([2n, 3n]);
    expect(idsOf(waiters, "c")).toEqual([3n]);
    expect(idsOf(waiters, "a", "t/Other@1")).toEqual([]);
  });

  it("are offered their own event only, however many wait for others of its schema", () => {
    const waiters = new Waiters();
    const ids = Array.from({ length: 1_000 }, (_, i) => `order-${i}`);
    for (const [i, id] of ids.entries()) waiters.set(BigInt(i), [text1(id)]);
    for (const [i, id] of ids.entries()) expect(idsOf(waiters, id)).toEqual([BigInt(i)]);
    expect(idsOf(waiters, "order-1000")).toEqual([]);
  });

  it("are gone when they wait for something else, or no more", () => {
    const waiters = new Waiters();
    waiters.set(1n, [text1("a")]);
    waiters.set(1n, [text1("b")]);
    expect(idsOf(waiters, "a")).toEqual([]);
    expect(idsOf(waiters, "b")).toEqual([1n]);
    waiters.remove(1n);
    waiters.remove(1n);
    expect(idsOf(waiters, "b")).toEqual([]);
    expect(waiters.of(1n)).toEqual([]);
  });

  it("do not have the event read when nobody waits for its schema", () => {
    const never = () => {
      throw new Error("nobody needs it");
    };
    expect(new Waiters().candidates("t/E@1", never)).toEqual([]);
  });
});
