/** Cells: one for each key, loaded when they are not in memory, and summed up in the ledger. */

import { describe, expect, it, vi } from "vitest";
import { MemoryCells } from "../../host/kernel/cells.ts";
import { runToIdle } from "../../host/testing/clock.ts";
import { EMPTY, toHex } from "../../host/values/bytes.ts";
import { canon, decodeCbor } from "../../host/values/cbor.ts";
import {
  framesOf,
  type Opened,
  openVirtual,
  recordsOfKind,
  replayJournal,
  send,
  startWork,
  testWorld,
  valueJson,
} from "../support/world.ts";
import { asking, bareWorld, entryOf } from "./bare.ts";
import { keyed, probe } from "./probe.ts";

const REDUCER = "demo/RetrySM@1";
const cell = (key: string) => ({ reducer: REDUCER, key: canon(key) });
const keyText = (key: Uint8Array) => decodeCbor(key);

function states({ engine }: Opened): Record<string, unknown> {
  const { definitions } = engine.state;
  return Object.fromEntries(
    [...engine.cells.existing()].map(({ cell: { key }, state }) => [
      keyText(key),
      valueJson(definitions, "demo/RetryState@1", state),
    ]),
  );
}

describe("a keyed reducer", () => {
  it("has a cell for each key, whose events, plans and timers do not meet", async () => {
    const opened = await openVirtual(await testWorld({ edit: keyed }));
    await startWork(opened.engine, { req_id: "a", base_delay_ms: 10 });
    await startWork(opened.engine, { req_id: "b", base_delay_ms: 30, payload: "q" });
    await send(opened.engine, "demo/WorkOk@1", { req_id: "b" });
    await runToIdle(opened.engine, opened.clock);
    expect(states(opened)).toMatchObject({
      a: { pc: "Failed", attempt: 3, payload: "p", req_id: "a" },
      b: { pc: "Done", attempt: 2, payload: "q", req_id: "b" },
    });
    const intents = await recordsOfKind(opened.journal, "effect_intent");
    expect(intents.map((intent) => keyText(intent.cell!.key))).toEqual(["a", "b", "a"]);
    const receipts = await recordsOfKind(opened.journal, "effect_receipt");
    expect(receipts.map((receipt) => keyText(receipt.cell!.key))).toEqual(["a", "a", "b"]);
    expect(await replayJournal(opened.journal)).toMatchObject({ verdict: "identical" });
  });

  it("is refused a key that is not the one in the value, and takes the one that is", async () => {
    const { engine, journal } = await openVirtual(await testWorld({ edit: keyed }));
    const value = () => canon(new Map([["req_id", "a"]]));
    const event = { schema: "demo/WorkOk@1", value };
    const frames = await framesOf(journal);
    const wrong = engine.send({ ...event, key: canon("b") });
    await expect(wrong).rejects.toMatchObject({ kind: "request", code: "route.key_mismatch" });
    expect(await framesOf(journal)).toEqual(frames);
    await engine.send({ ...event, key: canon("a") });
    expect((await framesOf(journal)).at(-1)!.records[1]!.cell).toEqual(cell("a"));
  });

  it("is not sent a key where it has a single cell", async () => {
    const { engine } = await openVirtual(await testWorld());
    const value = () => canon(new Map([["req_id", "a"]]));
    const sent = engine.send({ schema: "demo/WorkOk@1", value, key: canon("a") });
    await expect(sent).rejects.toMatchObject({ kind: "request", code: "route.unexpected_key" });
    await engine.send({ schema: "demo/WorkOk@1", value });
  });
});

describe("cells that are not in memory", () => {
  const world = async () => testWorld({ module: await probe(), edit: keyed });

  it("are named, nothing has happened, and once they are loaded the frame is the same", async () => {
    const complete = await bareWorld(await world());
    const expected = complete.frame(asking(complete, "others"));
    expect(expected.records.filter(({ kind }) => kind === "delivery")).toHaveLength(3);

    const cells = new MemoryCells({ complete: false });
    const bare = await bareWorld(await world(), cells);
    const event = asking(bare, "others");
    const { head } = bare.world.state;
    expect(bare.enter(event)).toEqual({ kind: "missing", cells: [cell("r")], lists: [] });
    expect(bare.enter(event)).toEqual({ kind: "missing", cells: [cell("r")], lists: [] });
    expect(bare.world.state).toMatchObject({ head, intents: new Map(), instances: new Map() });
    expect([...cells.existing()]).toEqual([]);

    cells.load(cell("r"), null);
    // The one asked for, and those that are queued already.
    expect(bare.enter(event)).toEqual({ kind: "missing", cells: [cell("r.a"), cell("r.b")], lists: [] });
    expect(bare.world.state.head).toBe(head);
    cells.load(cell("r.a"), null);
    cells.load(cell("r.b"), null);
    const frame = bare.frame(event);
    expect(toHex(frame.bytes)).toBe(toHex(expected.bytes));
    expect(bare.world.state.head.digest).toEqual(complete.world.state.head.digest);
    expect(bare.enter({ kind: "snapshot" })).toEqual(complete.enter({ kind: "snapshot" }));
  });

  it("let a frame go on where it waited, calling nothing twice, unless something else came between", async () => {
    const complete = await bareWorld(await world());
    const expected = complete.frame(asking(complete, "others"));
    for (const between of [false, true]) {
      const cells = new MemoryCells({ complete: false });
      const bare = await bareWorld(await world(), cells);
      const step = vi.spyOn(bare.modules, "step");
      const [event, entry] = [asking(bare, "others"), entryOf(1n)];
      const calls: number[] = [];
      let outcome = bare.world.step(event, entry);
      while (outcome.kind === "missing") {
        calls.push(step.mock.calls.length);
        if (between) {
          const refused = () =>
            bare.world.step({ kind: "event", schema: "demo/No@1", value: EMPTY, key: null }, entry);
          expect(refused).toThrowError(expect.objectContaining({ code: "event.unknown_schema" }));
        }
        for (const missing of outcome.cells) cells.load(missing, null);
        outcome = bare.world.step(event, entry);
      }
      expect(calls).toEqual([0, 1]);
      expect(step).toHaveBeenCalledTimes(between ? 4 : 3);
      expect(outcome).toMatchObject({ kind: "frame", frame: { bytes: expected.bytes } });
      expect(bare.world.state.head).toEqual(complete.world.state.head);
    }
  });

  it("go on from the state they are loaded with", async () => {
    const complete = await bareWorld(await world());
    complete.frame(asking(complete, "one"));
    const cells = new MemoryCells({ complete: false });
    const bare = await bareWorld(await world(), cells);
    cells.load(cell("r"), null);
    bare.frame(asking(bare, "one"));
    const state = cells.read(cell("r")) as Uint8Array;

    const evicted = new MemoryCells({ complete: false });
    const later = await bareWorld(await world(), evicted);
    evicted.load(cell("r"), null);
    later.frame(asking(later, "one"));
    evicted.load(cell("r"), state.slice());
    expect(later.frame(asking(later, "two")).bytes).toEqual(complete.frame(asking(complete, "two")).bytes);
  });
});
