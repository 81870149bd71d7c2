/** However few cells stay in memory, the journal is the same, byte for byte. */

import { describe, expect, it } from "vitest";
import { createMemoryJournal } from "../../host/journal/memory.ts";
import type { Journal } from "../../host/journal/port.ts";
import type { Cell } from "../../host/journal/record.ts";
import { type CellBounds, MemoryCells } from "../../host/kernel/cells.ts";
import { runToIdle } from "../../host/testing/clock.ts";
import type { FrameSeq, LogicalTimeNs } from "../../host/values/brand.ts";
import { toHex } from "../../host/values/bytes.ts";
import { canon } from "../../host/values/cbor.ts";
import { AirloomError } from "../../host/values/errors.ts";
import { ask, keyed, probe } from "../kernel/probe.ts";
import { frameBytes, openVirtual, recordsOfKind, replayJournal, testWorld } from "../support/world.ts";
import { runsOf, seedOf } from "../values/support.ts";
import { type Example, openExample } from "../worlds/world.ts";

const MIB = 1024 * 1024;
const FEW: readonly (readonly [string, CellBounds])[] = [
  ["one cell", { countMax: 1, bytesMax: MIB }],
  ["two cells", { countMax: 2, bytesMax: MIB }],
  ["eight cells", { countMax: 8, bytesMax: MIB }],
  ["no cell", { countMax: 0, bytesMax: 0 }],
  ["a hundred bytes", { countMax: 1000, bytesMax: 100 }],
];

/** The same numbers for the same seed: xorshift32. */
function numbers(seed: number): (below: number) => number {
  let x = seed | 1;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

/** What all runs of one seed do, one thing after another. */
type Act = (world: Example) => Promise<unknown>;

const MS = 1_000_000n;

/** Orders come and go: created, paid, shipped, cancelled, deleted, made again, listed; time passes. */
function orderActs(seed: number, count: number): readonly Act[] {
  const draw = numbers(seed);
  return Array.from({ length: count }, (_, i): Act => {
    const order_id = `order-${draw(14)}`;
    switch (draw(11)) {
      case 0:
      case 1:
      case 2: {
        const pay_within_ms = draw(30);
        return (w) => w.send("demo/CreateOrder@1", { order_id, item: "tea", cents: 5, pay_within_ms });
      }
      case 3:
        return (w) => w.send("demo/PayOrder@1", { order_id, cents: 5 });
      case 4:
        return (w) => w.send("demo/ShipOrder@1", { order_id });
      case 5:
        return (w) => w.send("demo/CancelOrder@1", { order_id, reason: "x".repeat(i) });
      case 6:
      case 7:
        return (w) => w.send("demo/DeleteOrder@1", { order_id });
      case 8:
        return (w) => w.send("demo/AskForOrders@1", { ask_id: `${i}` });
      case 9:
        return (w) => w.engine.snapshot();
      default:
        return (w) => w.advance(5n * MS);
    }
  });
}

async function play(acts: readonly Act[], cellBounds?: CellBounds): Promise<Journal> {
  const world = await openExample("keyed-orders", cellBounds === undefined ? {} : { cellBounds });
  for (const act of acts) await act(world);
  await world.idle();
  await world.engine.snapshot();
  await world.close();
  await world.replays();
  return world.journal;
}

async function cellsIn(journal: Journal): Promise<unknown[]> {
  const [id] = await journal.worlds();
  const out: unknown[] = [];
  for await (const { reducer, key, state, frame, activeNs } of journal.cells(id!)) {
    out.push([reducer, toHex(key), toHex(state), frame, activeNs]);
  }
  return out;
}

const hexOf = async (journal: Journal) => (await frameBytes(journal)).map(toHex);

describe("random events, timers and receipts over keyed cells", () => {
  const seed = seedOf("cell cache");
  const runs = runsOf(3);

  it.each(FEW)("leave the same journal and the same cells with %s in memory", async (_what, cellBounds) => {
    for (let run = 0; run < runs; run++) {
      const acts = orderActs(seed + 7919 * run, 70);
      const all = await play(acts);
      const few = await play(acts, cellBounds);
      expect(await hexOf(few)).toEqual(await hexOf(all));
      expect(await cellsIn(few)).toEqual(await cellsIn(all));
      const deliveries = await recordsOfKind(few, "delivery");
      expect(deliveries.some(({ outcome, state }) => outcome === "ok" && state === null)).toBe(true);
    }
  });
});

describe("an engine with few cells in memory", () => {
  const bounds = { countMax: 1, bytesMax: MIB };

  it("makes a frame of several cells in few rounds: those queued are loaded together", async () => {
    const asked: number[] = [];
    const inner = createMemoryJournal();
    const journal = Object.assign(Object.create(inner) as Journal, {
      findCells: (...[world, cells, asOf]: Parameters<Journal["findCells"]>) => {
        asked.push(cells.length);
        return inner.findCells(world, cells, asOf);
      },
    });
    const world = await testWorld({ module: await probe(), edit: keyed });
    const { engine, clock } = await openVirtual(world, {
      journal: bound(journal, inner),
      cellBounds: bounds,
    });
    for (const req_id of ["q", "r", "s"]) await ask(engine, "one", { req_id });
    asked.length = 0;
    await ask(engine, "others", { req_id: "r" });
    // r itself, then the two it sends to; a cell that is not there is looked up like any other.
    expect(asked).toEqual([1, 2]);
    await runToIdle(engine, clock);
    expect(await replayJournal(inner)).toMatchObject({ verdict: "identical" });
  });

  it("stops when the store cannot give a cell, and nothing has happened", async () => {
    const inner = createMemoryJournal();
    const broken = new AirloomError("corrupt", "store.corrupt", "damaged");
    let fails = false;
    const journal = Object.assign(Object.create(inner) as Journal, {
      findCells: async (...[world, cells, asOf]: Parameters<Journal["findCells"]>) => {
        if (fails) throw broken;
        return inner.findCells(world, cells, asOf);
      },
    });
    const world = await testWorld({ module: await probe(), edit: keyed });
    const { engine } = await openVirtual(world, { journal: bound(journal, inner), cellBounds: bounds });
    for (const req_id of ["q", "r"]) await ask(engine, "one", { req_id });
    const before = await hexOf(inner);
    fails = true;
    await expect(ask(engine, "one", { req_id: "q" })).rejects.toBe(broken);
    await expect(ask(engine, "one", { req_id: "r" })).rejects.toBe(broken);
    expect(await hexOf(inner)).toEqual(before);
  });
});

/** The overlay's own methods; all others bound to the journal beneath. */
function bound(overlay: Journal, inner: Journal): Journal {
  return new Proxy(overlay, {
    get(target, name) {
      const own = Object.hasOwn(target, name);
      const member: unknown = Reflect.get(own ? target : inner, name);
      return typeof member === "function" && !own ? member.bind(inner) : member;
    },
  });
}

describe("cells in memory", () => {
  const cell = (key: string): Cell => ({ reducer: "demo/R@1", key: canon(key) });
  const state = (text: string) => canon(text);
  const write = (key: string, frame: bigint, text: string | null) => ({
    ...cell(key),
    frame: frame as FrameSeq,
    state: text === null ? null : state(text),
    activeNs: frame as LogicalTimeNs,
  });
  const next = (frame: bigint) => frame as FrameSeq;
  const few = (countMax: number, complete = true) =>
    new MemoryCells({ complete, bounds: { countMax, bytesMax: MIB } });

  it("stay until the frame that wrote them is durable, however many they are", () => {
    const cells = few(1);
    cells.apply([write("a", 1n, "1"), write("b", 1n, "1"), write("c", 2n, "1")]);
    cells.release(next(1n));
    expect(cells.count).toBe(3);
    cells.release(next(2n));
    expect(cells.read(cell("c"))).toEqual(state("1"));
    expect(cells.count).toBe(1);
    expect(cells.read(cell("a"))).toBe("missing");
  });

  it("stay while a frame is at work, and go when it is done", () => {
    const cells = few(2, false);
    for (const key of ["a", "b", "c", "d"]) cells.load(cell(key), state(key));
    for (const key of ["a", "b", "c", "d"]) expect(cells.read(cell(key))).toEqual(state(key));
    cells.release(next(1n));
    expect(cells.count).toBe(2);
  });

  it("are known not to exist while nothing was dropped, and are missing after", () => {
    const cells = few(2);
    expect(cells.read(cell("never"))).toBeNull();
    cells.apply(["a", "b", "c"].map((key) => write(key, 1n, "1")));
    expect(cells.read(cell("never"))).toBeNull();
    cells.release(next(2n));
    expect(cells.read(cell("never"))).toBe("missing");
    cells.load(cell("never"), null);
    expect(cells.read(cell("never"))).toBeNull();
  });

  it("that were used lately outlive those that were not", () => {
    const cells = few(3, false);
    for (const key of ["a", "b", "c"]) cells.load(cell(key), state(key));
    for (let round = 0n; round < 50n; round++) {
      cells.read(cell("a"));
      cells.load(cell(`new ${round}`), null);
      cells.release(next(round));
      expect(cells.read(cell("a")), `round ${round}`).toEqual(state("a"));
      expect(cells.count).toBe(3);
    }
  });

  it("count the bytes of keys and states, whatever becomes of them", () => {
    const cells = new MemoryCells({ complete: true, bounds: { countMax: 9, bytesMax: 100 } });
    cells.apply([write("a", 1n, "x".repeat(50))]);
    const size = cells.sizeBytes;
    cells.apply([write("a", 2n, null)]);
    cells.apply([write("a", 3n, "x".repeat(50))]);
    expect(cells.sizeBytes).toBe(size);
    cells.apply([write("b", 4n, "x".repeat(50))]);
    expect(cells.sizeBytes).toBe(2 * size);
    cells.release(next(5n));
    expect([cells.count, cells.sizeBytes]).toEqual([1, size]);
  });

  it("are listed by key, and only from a list that was loaded once they are no longer all there", () => {
    const cells = few(2);
    cells.apply([write("b", 1n, "1"), write("a", 2n, "2"), write("gone", 2n, null)]);
    const keys = () => {
      const notes = cells.list("demo/R@1", 3);
      return typeof notes === "string" ? notes : notes.map(({ key, activeNs }) => [toHex(key), activeNs]);
    };
    expect(keys()).toEqual([
      [toHex(canon("a")), 2n],
      [toHex(canon("b")), 1n],
    ]);
    expect(cells.list("demo/R@1", 1)).toBe("too_many");
    expect(cells.list("demo/Other@1", 1)).toEqual([]);
    cells.apply([write("c", 3n, "3")]);
    cells.release(next(4n));
    expect(keys()).toBe("missing");
    cells.loadList("demo/R@1", "too_many");
    expect(keys()).toBe("too_many");
    cells.release(next(4n));
    expect(keys()).toBe("missing");
  });
});
