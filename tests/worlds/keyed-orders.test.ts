import { describe, expect, it } from "vitest";
import { keepRecording } from "../support/keep-recording.ts";
import { T } from "../support/world.ts";
import { onDisk } from "./disk.ts";
import { type Example, openExample } from "./world.ts";

const MS = 1_000_000n;
const ORDERS = "demo/Orders@1";

const create = (world: Example, order_id: string, more: object = {}) =>
  world.send("demo/CreateOrder@1", { order_id, item: "tea", cents: 450, pay_within_ms: 1000, ...more });
const pay = (world: Example, order_id: string, cents = 450) =>
  world.send("demo/PayOrder@1", { order_id, cents });
const ship = (world: Example, order_id: string) => world.send("demo/ShipOrder@1", { order_id });
const cancel = (world: Example, order_id: string) =>
  world.send("demo/CancelOrder@1", { order_id, reason: "no" });
const remove = (world: Example, order_id: string) => world.send("demo/DeleteOrder@1", { order_id });
const ask = (world: Example, ask_id: string) => world.send("demo/AskForOrders@1", { ask_id });

async function statusOf(world: Example, id: string): Promise<string | null> {
  const order = (await world.state(ORDERS, id)) as { status: { $tag: string } } | null;
  return order === null ? null : order.status.$tag;
}

async function faults(world: Example): Promise<(string | null)[]> {
  return (await world.recordsOfKind("delivery")).flatMap((each) =>
    each.outcome === "fault" ? [each.faultMessage] : [],
  );
}

/** What the last plan's result lists, by key. */
async function listed(world: Example): Promise<{ key: string; last_active_ns: string; size: number }[]> {
  const result = (await world.recordsOfKind("plan_result")).at(-1)!;
  const { cells } = world.json(result.schema, result.value) as {
    cells: { key: string; last_active_ns: string; size: number }[];
  };
  return cells.map(({ key, ...more }) => ({
    ...more,
    key: Buffer.from(key, "base64").subarray(4).toString(), // behind the tag and the length
  }));
}

describe("the world keyed-orders", () => {
  it("takes each order through its states in a cell of its own", async () => {
    const world = await openExample("keyed-orders");
    for (const id of ["A-1", "A-2", "A-3"]) await create(world, id);
    await pay(world, "A-1");
    await ship(world, "A-1");
    await pay(world, "A-2");
    await cancel(world, "A-2");
    expect(await Promise.all(["A-1", "A-2", "A-3"].map((id) => statusOf(world, id)))).toEqual([
      "Shipped",
      "Cancelled",
      "Unpaid",
    ]);
    expect(await faults(world)).toEqual([]);
    await world.replays();
  });

  it("refuses what does not fit the state of the order, and changes nothing", async () => {
    const world = await openExample("keyed-orders");
    await pay(world, "A-1");
    await create(world, "A-1");
    await create(world, "A-1", { cents: 1 });
    await ship(world, "A-1");
    await pay(world, "A-1", 449);
    await remove(world, "A-1");
    expect(await faults(world)).toEqual([
      "there is no such order",
      "there is an order of this id",
      "the order is not in a state for that",
      "the order costs 450 cents",
      "the order is still open",
    ]);
    expect(await world.state(ORDERS, "A-1")).toMatchObject({ status: { $tag: "Unpaid" }, cents: 450 });
    await world.replays();
  });

  it("expires each order that is not paid in its own time, and no other", async () => {
    const world = await openExample("keyed-orders");
    await create(world, "slow", { pay_within_ms: 3000 });
    await create(world, "quick", { pay_within_ms: 1000 });
    await create(world, "paid", { pay_within_ms: 1000 });
    await pay(world, "paid");
    await world.advance(1000n * MS - 1n);
    expect(await statusOf(world, "quick")).toBe("Unpaid");
    await world.advance(1n);
    expect([
      await statusOf(world, "quick"),
      await statusOf(world, "paid"),
      await statusOf(world, "slow"),
    ]).toEqual(["Expired", "Paid", "Unpaid"]);
    await world.advance(2000n * MS);
    expect(await statusOf(world, "slow")).toBe("Expired");
    const receipts = await world.recordsOfKind("effect_receipt");
    const intents = await world.recordsOfKind("effect_intent");
    expect(receipts.map(({ cell }) => cell)).toEqual([intents[1]!.cell, intents[2]!.cell, intents[0]!.cell]);
    await world.replays();
  });

  it("deletes an order; its timer makes no cell, nor does it expire the next order of that id", async () => {
    const world = await openExample("keyed-orders");
    for (const id of ["gone", "again"]) {
      await create(world, id);
      await cancel(world, id);
      await remove(world, id);
      expect(await world.state(ORDERS, id)).toBeNull();
    }
    await world.advance(500n * MS);
    await create(world, "again");
    await world.advance(500n * MS); // both first timers fire
    expect([await world.state(ORDERS, "gone"), await statusOf(world, "again")]).toEqual([null, "Unpaid"]);
    await world.advance(500n * MS);
    expect(await statusOf(world, "again")).toBe("Expired");
    expect(await faults(world)).toEqual([]);
    await world.replays();
  });

  it("refuses a key beside the event that is another order's", async () => {
    const world = await openExample("keyed-orders");
    const event = { order_id: "A-1", item: "tea", cents: 1, pay_within_ms: 1 };
    await expect(world.send("demo/CreateOrder@1", event, { key: "A-2" })).rejects.toMatchObject({
      kind: "request",
      code: "route.key_mismatch",
    });
    expect(await world.recordsOfKind("domain_event")).toEqual([]);
    await world.send("demo/CreateOrder@1", event, { key: "A-1" });
    expect(await statusOf(world, "A-1")).toBe("Unpaid");
  });

  it("lists the orders there are, in the order of their keys", async () => {
    const world = await openExample("keyed-orders");
    await ask(world, "none");
    expect(await listed(world)).toEqual([]);
    await create(world, "b");
    await world.advance(5n * MS);
    for (const id of ["a", "c"]) await create(world, id);
    await cancel(world, "c");
    await remove(world, "c");
    await ask(world, "two");
    expect(await listed(world)).toMatchObject([
      { key: "a", last_active_ns: String(T + 5n * MS) },
      { key: "b", last_active_ns: String(T) },
    ]);
    await world.replays();
  });

  it("goes on after a restart from a snapshot with few cells in memory, as if it had never stopped", async () => {
    const open = await onDisk("keyed-orders");
    let world = await open();
    for (const id of ["a", "b", "c", "d"]) await create(world, id);
    await pay(world, "a");
    await world.engine.snapshot();
    await ship(world, "a");
    await cancel(world, "b");
    await remove(world, "b");
    world = await open();
    await world.idle();
    await ask(world, "after");
    expect((await listed(world)).map(({ key }) => key)).toEqual(["a", "c", "d"]);
    expect(await Promise.all(["a", "b", "c"].map((id) => statusOf(world, id)))).toEqual([
      "Shipped",
      null,
      "Expired",
    ]);
    await world.replays();
  });

  it("is kept as a recording", async () => {
    const world = await openExample("keyed-orders");
    for (const id of ["A-1", "A-2", "A-3", "A-4"]) await create(world, id);
    await pay(world, "A-1");
    await ship(world, "A-1");
    await pay(world, "A-2", 1);
    await cancel(world, "A-3");
    await remove(world, "A-3");
    await ask(world, "before");
    await world.engine.snapshot();
    await world.advance(700n * MS);
    await create(world, "A-3", { item: "jam" });
    await world.advance(300n * MS);
    await ask(world, "after");
    await world.idle();
    await world.engine.snapshot();
    await world.replays();
    await keepRecording("keyed-orders", world.journal);
  });
});
