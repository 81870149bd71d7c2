/** Actions done by an operator API over HTTP: real servers, real faults, and a journal that replays without them. */

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { DEFAULT_ADAPTER_SETTINGS } from "../../host/air/adapter-settings.ts";
import { createMemoryJournal } from "../../host/journal/memory.ts";
import { type Answerer, serveRaw, type TestServer } from "../support/http.ts";
import { keepRecording } from "../support/keep-recording.ts";
import { onDisk } from "./disk.ts";
import {
  action,
  actionOf,
  actionsOf,
  approve,
  COMPILE_TIMEOUT_MS,
  cancel,
  compileOnce,
  configure,
  http,
  kind,
  lastEvent,
  MS,
  propose,
  proposeWorkflow,
  RETRY,
  statusesOf,
} from "./operations.ts";
import { faulty, recordedPort, serving } from "./servers.ts";
import { type Example, openExample } from "./world.ts";

beforeAll(compileOnce, COMPILE_TIMEOUT_MS);

const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const PARAMS = { "service?": { Text: {} }, "count?": { Int: {} }, "force?": { Bool: null } };

/** A world whose one kind of action, `call`, is a request to this URL. */
async function calling(
  url: string,
  method = "POST",
  deadlineMs?: number,
  journal = createMemoryJournal(),
): Promise<Example> {
  const world = await openExample("operator-actions", { journal });
  closing.push(() => world.close());
  await register(world, url, method, deadlineMs);
  return world;
}

const register = (world: Example, url: string, method = "POST", deadlineMs?: number) =>
  configure(world, { kinds: [kind("call", http(url, method), PARAMS, deadlineMs)], retry: RETRY });

const status =
  (...codes: readonly number[]): Answerer =>
  (_, response, count) =>
    response.writeHead(codes[Math.min(count, codes.length) - 1]!, { "retry-after": "1" }).end("said");

/** Replays once the server is gone, and sees that nobody asked it. */
async function replaysAlone(world: Example, server: TestServer): Promise<void> {
  const { length } = server.asked;
  await server.close();
  await world.replays();
  expect(server.asked).toHaveLength(length);
}

describe("an action done over HTTP", () => {
  it("sends the action as JSON, the same body and key at every attempt and another key for another action", async () => {
    const server = await serving(
      (_, response, count) => {
        if (count === 1) response.writeHead(429, { "retry-after": "1" }).end("slow down");
        else if (count === 2) response.destroy();
        else response.end("did it");
      },
      recordedPort("operator-actions.http", 8739),
    );
    const world = await calling(`${server.origin}/run`);
    const params = { service: { Text: 'we"b\n\\é😀' }, count: { Int: -7 }, force: { Bool: true } };
    await propose(world, "a", "call", { params });
    await propose(world, "b", "call", { params });
    await approve(world, "a");
    await world.idle();
    expect(await actionOf(world, "a")).toMatchObject({ status: "Done", attempts: 3, result: "HTTP 200" });
    await world.engine.snapshot();
    await approve(world, "b");
    await world.idle();

    expect(server.asked.map(({ method, path }) => `${method} ${path}`)).toEqual(Array(4).fill("POST /run"));
    const bodies = server.asked.map(({ body }) => body.toString("utf8"));
    expect(new Set(bodies.slice(0, 3)).size).toBe(1);
    expect(JSON.parse(bodies[0]!)).toEqual({
      action_id: "a",
      kind: "call",
      params: { service: 'we"b\n\\é😀', count: -7, force: true },
    });
    expect(server.asked[0]!.headers["content-type"]).toBe("application/json");
    const keys = server.asked.map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys.slice(0, 3)).size).toBe(1);
    expect(keys[3]).not.toBe(keys[0]);
    expect((await actionsOf(world, "a"))![0]!.idempotency_key).toBe(`sha256:${keys[0]}`);
    await replaysAlone(world, server);
    await keepRecording("operator-actions.http", world.journal);
  });

  it.each([200, 201, 204, 299])("is done with %i", async (code) => {
    const server = await serving(status(code));
    const world = await calling(server.origin, "PUT");
    await propose(world, "a", "call");
    await approve(world, "a");
    await world.idle();
    expect(await actionOf(world, "a")).toMatchObject({
      status: "Done",
      attempts: 1,
      result: `HTTP ${code}`,
    });
    await replaysAlone(world, server);
  });

  it.each([301, 302, 307, 400, 401, 404, 409, 422])("fails for good with %i", async (code) => {
    const server = await serving((_, response) => response.writeHead(code, { location: "/elsewhere" }).end());
    const world = await calling(server.origin);
    await propose(world, "a", "call");
    await approve(world, "a");
    await world.idle();
    expect(await actionOf(world, "a")).toMatchObject({
      status: "Failed",
      attempts: 1,
      last_error: `HTTP ${code}`,
    });
    expect(await world.events("ops/RetryScheduled@1")).toEqual([]);
    expect(server.asked).toHaveLength(1);
    await replaysAlone(world, server);
  });

  it.each([408, 425, 429, 500, 502, 503, 504])("is tried again after %i", async (code) => {
    const server = await serving(status(code, 200));
    const world = await calling(server.origin, "DELETE");
    await propose(world, "a", "call");
    await approve(world, "a");
    await world.idle();
    expect(await actionOf(world, "a")).toMatchObject({
      status: "Done",
      attempts: 2,
      retry_count: 1,
      last_error: `HTTP ${code}`,
    });
    await replaysAlone(world, server);
  });

  it("sends nothing while its body cannot be kept, and is tried again", async () => {
    const server = await serving(status(200));
    const journal = createMemoryJournal();
    const { putBlob } = journal;
    let refusals = 0;
    journal.putBlob = async (world, bytes) => {
      if (refusals-- > 0) throw new Error("no room");
      return putBlob.call(journal, world, bytes);
    };
    const world = await calling(server.origin, "POST", undefined, journal);
    await propose(world, "a", "call");
    refusals = 2;
    await approve(world, "a");
    await world.idle();
    expect(await actionOf(world, "a")).toMatchObject({
      status: "Done",
      attempts: 3,
      last_error: "the body was not kept: error",
    });
    expect(world.errors).toHaveLength(2);
    expect(server.asked).toHaveLength(1);
    await replaysAlone(world, server);
  });

  it("is exhausted by a server that stays down", async () => {
    const server = await serving(status(500));
    const world = await calling(server.origin);
    await propose(world, "a", "call", { max_retries: 10 });
    await approve(world, "a");
    await world.idle();
    expect(await actionOf(world, "a")).toMatchObject({ status: "Failed", attempts: 3 });
    expect(await lastEvent(world, "RetryExhausted")).toMatchObject({
      retry_count: 3,
      max_retries: 3,
      last_error: "HTTP 500",
    });
    expect(server.asked).toHaveLength(3);
    await replaysAlone(world, server);
  });

  it.each([
    ["refuses the connection", 3, "no answer: error"],
    ["answers 500", 3, "HTTP 500"],
    ["answers 429 and names a time", 3, "HTTP 429"],
    ["cuts its body short", 3, "no answer: error"],
    ["gives its body a length that is no number", 3, "no answer: error"],
    ["redirects to a page that may be had", 1, "HTTP 302"],
  ])("with a server that %s fails after %i attempts", async (how, attempts, error) => {
    const { port } = await faulty(how);
    const world = await calling(`http://127.0.0.1:${port}/run`);
    await propose(world, "a", "call");
    await approve(world, "a");
    await world.idle();
    expect(await actionOf(world, "a")).toMatchObject({ status: "Failed", attempts, last_error: error });
    expect(await world.events("ops/RetryScheduled@1")).toHaveLength(attempts - 1);
    await world.replays();
  });

  it("is done with a server that sends more than the length it gave: the length counts", async () => {
    const { port } = await faulty("sends more than the length it gave");
    const world = await calling(`http://127.0.0.1:${port}/run`);
    await propose(world, "a", "call");
    await approve(world, "a");
    await world.idle();
    expect(await actionOf(world, "a")).toMatchObject({ status: "Done", attempts: 1, result: "HTTP 200" });
    await world.replays();
  });

  it("is tried again with a server that speaks no HTTP", async () => {
    const server = await serveRaw("220 mail.example.com ESMTP\r\n");
    closing.push(() => server.close());
    const world = await calling(`http://127.0.0.1:${server.port}/`);
    await propose(world, "a", "call", { max_retries: 1 });
    await approve(world, "a");
    await world.idle();
    expect(await actionOf(world, "a")).toMatchObject({ status: "Failed", last_error: "no answer: error" });
    await world.replays();
  });

  it("is tried again when the answer takes too long", async () => {
    const server = await serving((_, response, count) => {
      if (count === 1) response.writeHead(200).write("slow");
      else response.end();
    });
    const world = await openExample("operator-actions", {
      settings: { adapters: { http: { ...DEFAULT_ADAPTER_SETTINGS.http, timeoutMs: 5_000 } } },
    });
    closing.push(() => world.close());
    await register(world, server.origin);
    await propose(world, "a", "call");
    await approve(world, "a");
    await server.untilAsked(1);
    await world.advance(5_000n * BigInt(MS));
    await world.idle();
    expect(await actionOf(world, "a")).toMatchObject({
      status: "Done",
      attempts: 2,
      last_error: "no answer: timeout",
    });
    await replaysAlone(world, server);
  });

  it("that the gate refuses asks nobody, and is a failure once its deadline is over", async () => {
    const world = await calling("http://10.0.0.1/run", "POST", 3_000);
    await propose(world, "a", "call", { max_retries: 1 });
    await approve(world, "a");
    expect(await actionOf(world, "a")).toMatchObject({ status: "Running" });
    await world.idle();
    const refused = (await world.recordsOfKind("cap_decision")).filter(({ decision }) => decision === "deny");
    expect(refused).toMatchObject([{ effectKind: "http.request", denyCode: "host_not_allowed" }]);
    expect(await actionOf(world, "a")).toMatchObject({ status: "Failed", last_error: "no result in time" });
    await world.replays();
  });

  it("and cancelled while the server works stays cancelled, and keeps its answer", async () => {
    let answer = (): void => {};
    const server = await serving((_, response) => {
      answer = () => response.end("done");
    });
    const world = await calling(server.origin);
    await propose(world, "a", "call");
    await approve(world, "a");
    await server.untilAsked(1);
    await cancel(world, "a");
    answer();
    await world.idle();
    expect(await actionOf(world, "a")).toMatchObject({ status: "Cancelled", result: "HTTP 200" });
    expect(await lastEvent(world, "LateResult")).toMatchObject({ ok: true, message: "HTTP 200" });
    await replaysAlone(world, server);
  });

  it("goes out once for each action of a workflow, at the same time", async () => {
    const held: (() => void)[] = [];
    const server = await serving((_, response, count) => {
      held.push(() => response.writeHead(count === 2 ? 404 : 200).end());
      if (count === 3) for (const release of held) release();
    });
    const world = await calling(server.origin);
    await proposeWorkflow(world, "w", [action("call"), action("call"), action("call")]);
    await approve(world, "w");
    await world.idle();
    expect((await statusesOf(world, "w")).toSorted()).toEqual(["Done", "Done", "Failed"]);
    expect(new Set(server.asked.map(({ headers }) => headers["idempotency-key"])).size).toBe(3);
    await replaysAlone(world, server);
  });
});

describe("a restart", () => {
  it("in the middle of a wait loses nothing: the next attempt is made when it is due, and once", async () => {
    const server = await serving(status(500, 500, 200));
    const open = await onDisk("operator-actions");
    let world = await open();
    await register(world, server.origin);
    await propose(world, "a", "call");
    await approve(world, "a");
    await untilStatus(world, "Waiting");
    const waiting = await actionOf(world, "a");
    world = await open();
    expect(await actionOf(world, "a")).toEqual(waiting);
    await world.advance(400n * BigInt(MS) - 1n);
    expect(server.asked).toHaveLength(1);
    await world.advance(1n);
    await server.untilAsked(2);
    await untilStatus(world, "Waiting");
    world = await open();
    world = await open();
    await world.idle();
    expect(await actionOf(world, "a")).toMatchObject({ status: "Done", attempts: 3, retry_count: 2 });
    expect(server.asked).toHaveLength(3);
    expect(new Set(server.asked.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
    await world.replays();
  });

  it("while the server works asks again, with the same key, and takes one answer", async () => {
    const server = await serving((_, response, count) => {
      if (count > 1) response.end();
    });
    const open = await onDisk("operator-actions");
    let world = await open();
    await register(world, server.origin);
    await propose(world, "a", "call");
    await approve(world, "a");
    await server.untilAsked(1);
    world = await open();
    await world.idle();
    expect(await actionOf(world, "a")).toMatchObject({ status: "Done", attempts: 1, retry_count: 0 });
    expect(server.asked).toHaveLength(2);
    expect(new Set(server.asked.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
    await world.replays();
  });
});

/** Lets answers come in, and no time pass. */
async function untilStatus(world: Example, expected: string): Promise<void> {
  for (;;) {
    await world.engine.settled();
    if ((await actionOf(world, "a")).status === expected) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
