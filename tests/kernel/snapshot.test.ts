/** A snapshot of an idle world: what is restored from it goes on as if it had never stopped. */

import { describe, expect, it } from "vitest";
import { type CellSum, sumCells } from "../../host/journal/cell-sum.ts";
import type { Frame } from "../../host/journal/frame.ts";
import type { Journal } from "../../host/journal/port.ts";
import { MemoryCells } from "../../host/kernel/cells.ts";
import { decodeSnapshot } from "../../host/kernel/snapshot.ts";
import { World } from "../../host/kernel/world.ts";
import { entryOf, ingressOf } from "../../host/replay/core/feed.ts";
import { loadModules } from "../../host/runtime/definitions.ts";
import type { Engine } from "../../host/runtime/engine.ts";
import { runToIdle } from "../../host/testing/clock.ts";
import type { FrameSeq, Hash } from "../../host/values/brand.ts";
import { toHex } from "../../host/values/bytes.ts";
import { canon, decodeCbor, encodeCbor } from "../../host/values/cbor.ts";
import { AirloomError } from "../../host/values/errors.ts";
import { hashOf } from "../../host/values/hash.ts";
import { createModuleHost } from "../../host/wasm/host.ts";
import { Draw } from "../support/draw.ts";
import { envelope, tinyReducer } from "../support/modules.ts";
import {
  framesOf,
  type Opened,
  openVirtual,
  replayJournal,
  send,
  startWork,
  type TestWorld,
  testWorld,
} from "../support/world.ts";
import { ask, keyed, probe } from "./probe.ts";

const draw = new Draw("snapshot");

/** A world that waits for a timer, with a snapshot taken meanwhile. */
async function snapshotted(world: TestWorld): Promise<Opened> {
  const opened = await openVirtual(world);
  await startWork(opened.engine, { req_id: "a" });
  if (opened.engine.state.definitions.manifest.reducers.get("demo/RetrySM@1")!.key !== null) {
    await startWork(opened.engine, { req_id: "b", base_delay_ms: 7 });
    await send(opened.engine, "demo/WorkOk@1", { req_id: "c" });
  }
  expect(opened.engine.state.intents.size).toBeGreaterThan(0);
  await opened.engine.snapshot();
  return opened;
}

interface Taken {
  readonly frame: Frame;
  readonly hash: Hash;
  readonly blob: Uint8Array;
}

async function snapshotOf(journal: Journal): Promise<Taken> {
  const [id] = await journal.worlds();
  const frame = (await framesOf(journal)).find((each) => each.records[0]!.kind === "snapshot")!;
  const [record] = frame.records;
  if (record?.kind !== "snapshot") throw new Error("no snapshot");
  return { frame, hash: record.snapshotHash, blob: (await journal.getBlob(id!, record.snapshotHash))! };
}

/** The world as the snapshot and the cells of the store have it. */
async function restored({ definitions, findModule }: TestWorld, journal: Journal): Promise<World> {
  const { frame, blob } = await snapshotOf(journal);
  const [id] = await journal.worlds();
  const cells = new MemoryCells();
  const asOf = frame.head.frame;
  for await (const { reducer, key } of journal.cells(id!)) {
    cells.load({ reducer, key }, await journal.readCell(id!, reducer, key, asOf as FrameSeq));
  }
  const snapshot = decodeSnapshot(blob);
  expect(sumCells(cells.existing())).toEqual(snapshot.cells);
  const found = await loadModules(definitions.manifest, findModule);
  const modules = createModuleHost((hash) => found.get(hash));
  return World.restore({ modules, cells }, snapshot, definitions, frame);
}

describe("a world restored from a snapshot", () => {
  it.each([
    ["with a single cell", {}],
    ["with a cell for each key", { edit: keyed }],
  ])("%s gives the frames of the one that never stopped, byte for byte", async (_what, options) => {
    const world = await testWorld(options);
    const { engine, clock, journal } = await snapshotted(world);
    await runToIdle(engine, clock);
    await startWork(engine, { req_id: "d" });
    await engine.snapshot();
    const { frame: at } = await snapshotOf(journal);
    const later = (await framesOf(journal)).filter(({ head }) => head.frame > at.head.frame);
    expect(later.length).toBeGreaterThan(3);

    const again = await restored(world, journal);
    for (const frame of later) {
      const outcome = again.step(await ingressOf(frame, async () => world.definitions), entryOf(frame));
      expect(outcome.kind).toBe("frame");
      if (outcome.kind !== "frame") return;
      expect(toHex(outcome.frame.bytes)).toBe(toHex(frame.bytes));
      expect(outcome.frame.digest).toEqual(frame.digest);
    }
    expect(again.state.head).toEqual(engine.state.head);
    expect([...again.state.intents]).toEqual([...engine.state.intents]);
  });

  it("has what the snapshotted one had", async () => {
    const world = await testWorld({ edit: keyed });
    const { engine, journal } = await snapshotted(world);
    const again = await restored(world, journal);
    expect(again.state).toEqual(engine.state);
    expect([...again.state.intents.keys()]).toEqual(["1.0", "2.0"]);
  });

  it("is the same for a journal that holds it: replay takes it as any ingress", async () => {
    const { journal } = await snapshotted(await testWorld());
    expect(await replayJournal(journal)).toMatchObject({ verdict: "identical", frames: 3 });
  });
});

describe("a snapshot", () => {
  it("is the same bytes for the same world, and others after another event", async () => {
    const world = await testWorld();
    const [a, b] = await Promise.all([snapshotted(world), snapshotted(world)]);
    expect(await snapshotOf(a.journal)).toEqual(await snapshotOf(b.journal));
    const other = await openVirtual(world);
    await startWork(other.engine, { req_id: "other" });
    await other.engine.snapshot();
    expect((await snapshotOf(other.journal)).hash).not.toBe((await snapshotOf(a.journal)).hash);
  });

  it("counts and sums the cells there are, with those that changed and without those that went", async () => {
    const { engine, journal } = await openVirtual(await testWorld({ module: await probe(), edit: keyed }));
    const sums = async (of: Engine): Promise<ReadonlyMap<string, CellSum>> => {
      await of.snapshot();
      const last = (await framesOf(journal)).at(-1)!.records[0]!;
      if (last.kind !== "snapshot") throw new Error("no snapshot");
      return decodeSnapshot((await journal.getBlob(of.worldId, last.snapshotHash))!).cells;
    };
    expect(await sums(engine)).toEqual(new Map());
    for (const reqId of ["a", "b", "c", "a"]) await ask(engine, "one", { req_id: reqId });
    const three = await sums(engine);
    expect(three.get("demo/RetrySM@1")).toMatchObject({ count: 3n });
    expect(three).toEqual(sumCells(engine.cells.existing()));
    await ask(engine, "", { req_id: "c", base_delay_ms: 5000 }); // a state that is a blob
    const larger = await sums(engine);
    expect(larger).toEqual(sumCells(engine.cells.existing()));
    expect(larger).not.toEqual(three);

    await engine.close();
    const wasm = tinyReducer({ output: envelope(["state", null]) });
    const deleting = await testWorld({ module: { wasm, hash: hashOf(wasm) }, edit: keyed });
    const { engine: later } = await openVirtual(deleting, { journal, upgrade: true });
    await ask(later, "delete", { req_id: "b" });
    const two = await sums(later);
    expect(two.get("demo/RetrySM@1")).toMatchObject({ count: 2n });
    expect(two).toEqual(
      (await journal.sumCells(later.worldId, (await framesOf(journal)).at(-1)!.head.frame)).sums,
    );
  });

  it("that was changed has another hash, and is refused or read, never anything else", async () => {
    const { journal } = await snapshotted(await testWorld());
    const { blob, frame, hash } = await snapshotOf(journal);
    const { definitions } = await testWorld();
    expect(hashOf(blob)).toBe(hash);
    let refused = 0;
    for (let at = 0; at < blob.length; at++) {
      const changed = blob.slice();
      changed[at]! ^= draw.bits();
      expect(hashOf(changed)).not.toBe(hash);
      try {
        decodeSnapshot(changed).restore(definitions, frame);
      } catch (error) {
        expect(error instanceof AirloomError && error.code, `byte ${at}, seed ${draw.seed}: ${error}`).toBe(
          "snapshot.corrupt",
        );
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(blob.length / 4);
  });

  it.each(["version", "world", "intents", "cells", "plan_next"])("without %s is refused", async (name) => {
    const { journal } = await snapshotted(await testWorld());
    const { blob } = await snapshotOf(journal);
    const map = new Map(decodeCbor(blob) as ReadonlyMap<string, never>);
    expect(decodeSnapshot(encodeCbor(map)).cells.size).toBe(1);
    map.delete(name);
    const corrupt = expect.objectContaining({ kind: "corrupt", code: "snapshot.corrupt" });
    expect(() => decodeSnapshot(encodeCbor(map))).toThrow(corrupt);
    expect(() => decodeSnapshot(canon("snapshot"))).toThrow(corrupt);
    expect(() => decodeSnapshot(new Uint8Array(0))).toThrow(corrupt);
  });
});
