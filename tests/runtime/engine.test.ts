/** A world at run time: what is acknowledged, what starts when, and what a restart or a rival changes. */

import { describe, expect, it } from "vitest";
import type { Adapter, Settle } from "../../host/adapters/port.ts";
import { createMemoryJournal } from "../../host/journal/memory.ts";
import type { AppendResult } from "../../host/journal/port.ts";
import { makeDefinitions } from "../../host/runtime/definitions.ts";
import { runToIdle } from "../../host/testing/clock.ts";
import type { IntentId, WorldId } from "../../host/values/brand.ts";
import { canon } from "../../host/values/cbor.ts";
import { AirloomError } from "../../host/values/errors.ts";
import {
  frameBytes,
  framesOf,
  openVirtual,
  recordsOfKind,
  replayJournal,
  send,
  startWork,
  stateOf,
  testWorld,
} from "../support/world.ts";
import { appending, gated, turn } from "./journals.ts";

const MS = 1_000_000n;

describe("timers", () => {
  it("that are open are started again by a restart, and each is settled once", async () => {
    const world = await testWorld();
    const first = await openVirtual(world);
    await startWork(first.engine);
    await first.engine.close();
    expect(first.clock.fireNext()).toBe(false); // closing disarmed it

    const second = await openVirtual(world, { journal: first.journal, clock: first.clock });
    first.clock.advance(10n * MS);
    await second.engine.settled();
    expect(await recordsOfKind(first.journal, "effect_receipt")).toHaveLength(1);
    await second.engine.close();

    const third = await openVirtual(world, { journal: first.journal, clock: first.clock });
    await runToIdle(third.engine, first.clock);
    const receipts = await recordsOfKind(first.journal, "effect_receipt");
    expect(receipts.map(({ intentFrame, intentOrdinal }) => `${intentFrame}.${intentOrdinal}`)).toEqual([
      "1.0",
      "2.0",
    ]);
    expect(stateOf(third.engine)).toMatchObject({ pc: "Failed", attempt: 3 });
    expect(await replayJournal(first.journal)).toMatchObject({ verdict: "identical" });
  });

  it("that fell due while nobody ran fire at once, and not before", async () => {
    const world = await testWorld();
    const { engine, clock, journal } = await openVirtual(world);
    await startWork(engine);
    await engine.close();
    clock.advance(10n * MS - 1n);
    const early = await openVirtual(world, { journal, clock });
    await early.engine.settled();
    expect(await recordsOfKind(journal, "effect_receipt")).toHaveLength(0);
    await early.engine.close();
    clock.advance(3600n * 1000n * MS);
    const late = await openVirtual(world, { journal, clock });
    clock.advance(0n);
    await late.engine.settled();
    expect(await recordsOfKind(journal, "effect_receipt")).toHaveLength(1);
  });

  it("start only once their frame is durable", async () => {
    const started: string[] = [];
    const adapter: Adapter = {
      effectKinds: ["timer.set"],
      start: ({ id }) => started.push(id),
      settled: () => {},
      stop: () => {},
    };
    const { journal, open } = gated(createMemoryJournal());
    const { engine } = await openVirtual(await testWorld(), { journal, adapters: () => [adapter] });
    const told: bigint[] = [];
    engine.onFrame(({ frame }) => told.push(frame.head.frame));
    const sent = startWork(engine);
    await turn();
    expect({ started, told }).toEqual({ started: [], told: [] });
    open();
    await sent;
    expect({ started, told }).toEqual({ started: ["1.0"], told: [1n] });
  });
});

describe("a receipt", () => {
  const receipt = () => ({
    adapterId: "test",
    status: "ok" as const,
    payload: canon(
      new Map<string, bigint | null>([
        ["delivered_at_ns", 5n],
        ["key", null],
      ]),
    ),
    costCents: null,
    signature: new Uint8Array(64),
    tries: 1n,
  });

  it("that comes twice, late or for nothing is counted, and the journal stays as it is", async () => {
    const { engine, journal } = await openVirtual(await testWorld());
    await startWork(engine);
    engine.settle("1.0" as IntentId, receipt);
    engine.settle("1.0" as IntentId, receipt);
    await engine.settled();
    expect(engine.ignoredReceipts).toBe(1);
    expect(await recordsOfKind(journal, "effect_receipt")).toHaveLength(1);
    const frames = await frameBytes(journal);
    const state = stateOf(engine);
    for (const id of ["1.0", "1.1", "9.0"]) engine.settle(id as IntentId, receipt);
    await engine.settled();
    expect(engine.ignoredReceipts).toBe(4);
    expect(await frameBytes(journal)).toEqual(frames);
    expect(stateOf(engine)).toEqual(state);
    expect(await replayJournal(journal)).toMatchObject({ verdict: "identical" });
  });

  it("whose payload its schema refuses is settled as an error, and the reducer hears of it", async () => {
    const adapters = (settle: Settle): readonly Adapter[] => [
      {
        effectKinds: ["timer.set"],
        start: ({ id }) =>
          settle(id, () => ({
            adapterId: "broken",
            status: "ok",
            payload: canon("no receipt"),
            costCents: null,
            signature: new Uint8Array(64),
            tries: 1n,
          })),
        settled: () => {},
        stop: () => {},
      },
    ];
    const { engine, journal } = await openVirtual(await testWorld(), { adapters });
    await startWork(engine);
    await engine.whenIdle();
    const receipts = await recordsOfKind(journal, "effect_receipt");
    expect(receipts.map(({ status, payload }) => [status, payload.length])).toEqual([
      ["error", 0],
      ["error", 0],
    ]);
    expect(stateOf(engine)).toMatchObject({ pc: "Failed", attempt: 3 });
    expect(await replayJournal(journal)).toMatchObject({ verdict: "identical" });
  });

  it("of an adapter beats the timer that fires later", async () => {
    const { engine, journal, clock } = await openVirtual(await testWorld());
    await startWork(engine, { max_attempts: 2 });
    engine.settle("1.0" as IntentId, receipt);
    await runToIdle(engine, clock);
    const receipts = await recordsOfKind(journal, "effect_receipt");
    expect(receipts.map(({ adapterId }) => adapterId)).toEqual(["test"]);
    expect(engine.ignoredReceipts).toBe(0); // the timer was told
  });
});

describe("a rival", () => {
  it("that claims the world fences the engine that had it, and goes on", async () => {
    const world = await testWorld();
    const first = await openVirtual(world);
    await startWork(first.engine, {}, { id: "one" });
    const second = await openVirtual(world, { journal: first.journal });
    const frames = await frameBytes(first.journal);
    const idle = first.engine.whenIdle();
    const fenced = { kind: "retry", code: "store.fenced" };
    await expect(send(first.engine, "demo/WorkOk@1", { req_id: "req-1" })).rejects.toMatchObject(fenced);
    await expect(idle).rejects.toMatchObject(fenced);
    await expect(startWork(first.engine)).rejects.toMatchObject(fenced);
    await expect(first.engine.settled()).rejects.toMatchObject(fenced);
    expect(first.clock.fireNext()).toBe(false); // its timers are gone with it
    expect(await frameBytes(first.journal)).toEqual(frames);

    await expect(startWork(second.engine, {}, { id: "one" })).resolves.toMatchObject({ duplicate: true });
    await runToIdle(second.engine, second.clock);
    expect(stateOf(second.engine)).toMatchObject({ pc: "Failed", attempt: 3 });
    expect(await replayJournal(first.journal)).toMatchObject({ verdict: "identical" });
  });
});

describe("a folder that differs from the journal", () => {
  const changedPlan = () =>
    testWorld({ edit: (_path, text) => text.replace("the service is down", "try again") });

  it("is refused, naming what changed, and leaves no frame", async () => {
    const { engine, journal } = await openVirtual(await testWorld());
    await startWork(engine);
    await engine.close();
    const frames = await frameBytes(journal);
    await expect(openVirtual(await changedPlan(), { journal })).rejects.toMatchObject({
      kind: "request",
      code: "world.folder_changed",
      fields: { changes: ["demo/WorkPlan@1 changed"] },
    });
    const policyGone = testWorld({
      edit: (path, text) =>
        path === "manifest.air.json"
          ? text.replace(/"policies": \[[^\]]*\]/, `"policies": []`).replace(/"policy": "[^"]*",/, "")
          : text,
    });
    await expect(openVirtual(await policyGone, { journal })).rejects.toMatchObject({
      fields: { changes: ["demo/allow-all@1 removed"] },
    });
    const world = await testWorld();
    const { manifest, settings } = world.definitions;
    const opaque = {
      name: "demo/RetrySM@1",
      ...settings.modules.get("demo/RetrySM@1")!,
      state: "opaque" as const,
    };
    const modules = new Map([["demo/RetrySM@1", opaque]]);
    const other = makeDefinitions(manifest, { ...settings, modules });
    await expect(openVirtual({ ...world, definitions: other }, { journal })).rejects.toMatchObject({
      fields: { changes: ["settings changed"] },
    });
    expect(await frameBytes(journal)).toEqual(frames);
    await openVirtual(world, { journal }); // the same folder opens
  });

  it("is adopted when asked: a manifest record, and the world goes on with it", async () => {
    const { engine, journal, clock } = await openVirtual(await testWorld());
    await startWork(engine);
    await engine.close();
    const world = await changedPlan();
    const upgraded = await openVirtual(world, { journal, clock, upgrade: true });
    const last = (await framesOf(journal)).at(-1)!;
    expect(last.records).toMatchObject([{ kind: "manifest", manifestHash: world.definitions.manifest.hash }]);
    await runToIdle(upgraded.engine, clock);
    const messages = (await recordsOfKind(journal, "domain_event"))
      .filter(({ schema }) => schema === "demo/WorkErr@1")
      .map(({ value }) => new TextDecoder().decode(value).includes("try again"));
    expect(messages).toEqual([false, true, true]);
    expect(await replayJournal(journal)).toMatchObject({ verdict: "identical" });
    await upgraded.engine.close();
    const frames = await frameBytes(journal);
    await (await openVirtual(world, { journal })).engine.close();
    await (await openVirtual(world, { journal, upgrade: true })).engine.close(); // nothing to adopt
    expect(await frameBytes(journal)).toEqual(frames);
  });
});

describe("a store that fails", () => {
  const broken = new AirloomError("host", "store.io", "the disk is gone");
  const failures: readonly (readonly [string, () => Promise<AppendResult>, object])[] = [
    ["with an error", () => Promise.reject(broken), { kind: "host", code: "store.io" }],
    ["with an error of its own", () => Promise.reject(new Error("?")), { kind: "bug", code: "internal.bug" }],
    ["without saying whether it wrote", async () => "unknown", { kind: "retry", code: "store.unknown" }],
  ];

  it.each(failures)("%s stops the world; nothing is told, started or kept", async (_what, fail, expected) => {
    const inner = createMemoryJournal();
    let failing = true;
    const journal = appending(inner, (commit) =>
      commit.expected > 0n && failing ? fail() : inner.append(commit),
    );
    const world = await testWorld();
    const { engine, clock } = await openVirtual(world, { journal });
    const told: bigint[] = [];
    engine.onFrame(({ frame }) => told.push(frame.head.frame));
    await expect(startWork(engine, {}, { id: "one" })).rejects.toMatchObject(expected);
    failing = false; // once is enough: what memory holds is ahead of the disk
    await expect(startWork(engine, {}, { id: "two" })).rejects.toMatchObject(expected);
    expect(told).toEqual([]);
    expect(clock.fireNext()).toBe(false);
    expect(await frameBytes(inner)).toHaveLength(1);
    await engine.close();

    const again = await openVirtual(world, { journal });
    await expect(startWork(again.engine, {}, { id: "one" })).resolves.toEqual({
      frame: 1n,
      duplicate: false,
    });
    expect(await replayJournal(inner)).toMatchObject({ verdict: "identical", frames: 2 });
  });
});

describe("a world that is opened", () => {
  it("is the only one of its store", async () => {
    const journal = createMemoryJournal();
    for (const id of ["00", "11"]) await journal.claim(id.repeat(16) as WorldId);
    const opening = openVirtual(await testWorld(), { journal });
    await expect(opening).rejects.toMatchObject({ kind: "request", code: "store.many_worlds" });
  });

  it("needs its modules, and leaves no genesis without them", async () => {
    const journal = createMemoryJournal();
    const world = { ...(await testWorld()), findModule: async () => null };
    const missing = { kind: "missing", code: "module.missing" };
    await expect(openVirtual(world, { journal })).rejects.toMatchObject(missing);
    expect(await frameBytes(journal)).toEqual([]);
    await openVirtual(await testWorld(), { journal });
    expect(await frameBytes(journal)).toHaveLength(1);
  });

  it("takes its modules from the journal once it has them", async () => {
    const first = await openVirtual(await testWorld());
    await first.engine.close();
    const world = { ...(await testWorld()), findModule: async () => null };
    const { engine } = await openVirtual(world, { journal: first.journal });
    await startWork(engine);
    expect(stateOf(engine)).toMatchObject({ pc: "Waiting" });
  });

  it("refuses events once it is closed, and resolves nobody's wait", async () => {
    const { engine } = await openVirtual(await testWorld());
    await startWork(engine);
    const idle = engine.whenIdle();
    idle.catch(() => {});
    await engine.close();
    await expect(idle).rejects.toMatchObject({ code: "world.closed" });
    await expect(startWork(engine)).rejects.toMatchObject({ kind: "request", code: "world.closed" });
  });
});
