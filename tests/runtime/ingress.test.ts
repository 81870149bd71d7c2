/** What is sent to a world: once for each id, and nothing at all where it is refused. */

import { describe, expect, it } from "vitest";
import { createMemoryJournal } from "../../host/journal/memory.ts";
import type { Send } from "../../host/runtime/requests.ts";
import { canon } from "../../host/values/cbor.ts";
import { LIMITS } from "../../host/values/limits.ts";
import { frameBytes, openVirtual, stateOf, testWorld } from "../support/world.ts";
import { gated, turn } from "./journals.ts";

const okOf = (reqId: string): Pick<Send, "schema" | "value"> => ({
  schema: "demo/WorkOk@1",
  value: () => canon(new Map([["req_id", reqId]])),
});

describe("an ingress id", () => {
  it("binds an event once: the same again is the same frame, and nothing is appended", async () => {
    const { engine, journal } = await openVirtual(await testWorld());
    const first = await engine.send({ ...okOf("r"), ingressId: "id-1", text: "the event" });
    expect(first).toEqual({ frame: 1n, duplicate: false });
    const frames = await frameBytes(journal);
    const again = await engine.send({ ...okOf("r"), ingressId: "id-1", text: "the event" });
    expect(again).toEqual({ frame: 1n, duplicate: true });
    expect(await frameBytes(journal)).toEqual(frames);
    const other = await engine.send({ ...okOf("r"), ingressId: "id-2", text: "the event" });
    expect(other).toEqual({ frame: 2n, duplicate: false });
  });

  it("conflicts with another text, and with another event where no text is given", async () => {
    const { engine, journal } = await openVirtual(await testWorld());
    await engine.send({ ...okOf("r"), ingressId: "with", text: "the event" });
    await engine.send({ ...okOf("r"), ingressId: "without" });
    const frames = await frameBytes(journal);
    const conflict = { kind: "request", code: "ingress.conflict" };
    const other = engine.send({ ...okOf("r"), ingressId: "with", text: "another event" });
    await expect(other).rejects.toMatchObject({ ...conflict, fields: { frame: 1n } });
    const changed = engine.send({ ...okOf("s"), ingressId: "without" });
    await expect(changed).rejects.toMatchObject({ ...conflict, fields: { frame: 2n } });
    expect(await frameBytes(journal)).toEqual(frames);
    await expect(engine.send({ ...okOf("r"), ingressId: "without" })).resolves.toMatchObject({
      duplicate: true,
    });
  });

  it("is remembered by the journal after a restart", async () => {
    const world = await testWorld();
    const first = await openVirtual(world);
    await first.engine.send({ ...okOf("r"), ingressId: "id", text: "t" });
    await first.engine.close();
    const { engine } = await openVirtual(world, { journal: first.journal });
    expect(await engine.send({ ...okOf("r"), ingressId: "id", text: "t" })).toMatchObject({
      duplicate: true,
    });
    await expect(engine.send({ ...okOf("r"), ingressId: "id", text: "u" })).rejects.toMatchObject({
      code: "ingress.conflict",
    });
  });

  it("has a duplicate wait for the first, which is in flight", async () => {
    const { journal, open } = gated(createMemoryJournal());
    const { engine } = await openVirtual(await testWorld(), { journal });
    const done: string[] = [];
    const request = { ...okOf("r"), ingressId: "id", text: "t" };
    const first = engine.send(request).finally(() => done.push("first"));
    const second = engine.send(request).finally(() => done.push("second"));
    await turn();
    expect(done).toEqual([]);
    open();
    expect(await first).toEqual({ frame: 1n, duplicate: false });
    expect(await second).toEqual({ frame: 1n, duplicate: true });
    expect(done).toEqual(["first", "second"]);
    expect(await frameBytes(journal)).toHaveLength(2);
  });

  it("is none: two sendings are two events", async () => {
    const { engine, journal } = await openVirtual(await testWorld());
    await Promise.all([engine.send(okOf("r")), engine.send(okOf("r"))]);
    expect(await frameBytes(journal)).toHaveLength(3);
  });

  it.each([
    ["empty", ""],
    ["too long", "x".repeat(LIMITS.ingressIdMax + 1)],
  ])("is refused when it is %s", async (_what, ingressId) => {
    const { engine, journal } = await openVirtual(await testWorld());
    const refused = engine.send({ ...okOf("r"), ingressId });
    await expect(refused).rejects.toMatchObject({ kind: "request", code: "ingress.invalid_id" });
    expect(await frameBytes(journal)).toHaveLength(1);
    await engine.send({ ...okOf("r"), ingressId: "x".repeat(LIMITS.ingressIdMax) });
  });
});

describe("an event that is refused", () => {
  const big = { req_id: "r", payload: "x".repeat(LIMITS.ingressBytesMax), max_attempts: 1, base_delay_ms: 1 };
  const cases: readonly (readonly [string, string, string, unknown])[] = [
    ["of an unknown schema", "event.unknown_schema", "demo/StartWrok@1", null],
    ["of a value that lacks a field", "value.invalid", "demo/StartWork@1", { req_id: "r" }],
    ["of a value of another type", "value.invalid", "demo/WorkOk@1", "r"],
    ["that is too large", "event.too_large", "demo/StartWork@1", { ...big, now_ns: 1 }],
  ];

  it.each(cases)("%s leaves no frame and does not use up its id", async (_what, code, schema, value) => {
    const { engine, journal } = await openVirtual(await testWorld());
    const frames = await frameBytes(journal);
    const state = stateOf(engine);
    const bytes = canon(
      value === null || typeof value === "string" ? value : new Map(Object.entries(value as object)),
    );
    const refused = engine.send({ schema, value: () => bytes, ingressId: "id", text: "t" });
    await expect(refused).rejects.toMatchObject({ kind: "request", code });
    expect(await frameBytes(journal)).toEqual(frames);
    expect(stateOf(engine)).toEqual(state);
    const sent = await engine.send({ ...okOf("r"), ingressId: "id", text: "another" });
    expect(sent).toEqual({ frame: 1n, duplicate: false });
  });
});
