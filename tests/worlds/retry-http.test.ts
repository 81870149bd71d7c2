import { describe, expect, it } from "vitest";
import { EMPTY } from "../../host/values/bytes.ts";
import type { Answerer, TestServer } from "../support/http.ts";
import { refusingPort } from "../support/http.ts";
import { keepRecording } from "../support/keep-recording.ts";
import { onDisk } from "./disk.ts";
import { atPorts, recordedPort, serving, servingRaw } from "./servers.ts";
import { type Example, type ExampleOptions, openExample } from "./world.ts";

const PORT = 8734;
const at = (port: number) => ({ edit: atPorts({ [PORT]: port }) });
const MS = 1_000_000n;

const open = (port: number, options: ExampleOptions = {}) =>
  openExample("retry-http", { ...at(port), ...options });
const start = (world: Example, value: object = {}, options: { id?: string } = {}) =>
  world.send(
    "demo/StartWork@1",
    {
      req_id: "req-1",
      payload: "resize photo 7",
      max_attempts: 3,
      base_delay_ms: 500,
      now_ns: String(world.clock.wallNs()),
      ...value,
    },
    options,
  );
const state = (world: Example) => world.state("demo/RetrySM@1") as Promise<Record<string, unknown>>;
const keys = (server: TestServer) => server.asked.map(({ headers }) => headers["idempotency-key"]);
const errors = async (world: Example) =>
  ((await world.events("demo/WorkErr@1")) as { transient: boolean }[]).map(({ transient }) => transient);

/** Answers with these statuses, the last of them for ever. */
const statuses =
  (...list: number[]): Answerer =>
  (_, response, count) =>
    response.writeHead(list[Math.min(count, list.length) - 1]!).end();

describe("the world retry-http", () => {
  it("asks the service, and is done when that answers well", async () => {
    const server = await serving((_, response) => response.writeHead(201).end("resized"));
    const world = await open(server.port);
    await start(world);
    await world.idle();
    expect(await state(world)).toMatchObject({ pc: "Done", attempt: 1 });
    expect(server.asked).toMatchObject([
      {
        method: "POST",
        path: "/work",
        headers: { "x-request-id": "req-1", "x-work": "resize photo 7" },
      },
    ]);
    expect(await world.recordsOfKind("plan_ended")).toMatchObject([{ status: "ok" }]);
    expect(await world.recordsOfKind("effect_receipt")).toMatchObject([
      { adapterId: "host.http", status: "ok", reading: "typed", tries: 1n },
    ]);
    await world.replays();
  });

  it("tries again, waiting twice as long each time, each attempt under a key of its own", async () => {
    const server = await serving(statuses(503, 500, 200));
    const world = await open(server.port);
    await start(world);
    await world.idle();
    expect(await state(world)).toMatchObject({ pc: "Done", attempt: 3 });
    expect(keys(server).every((key) => /^[0-9a-f]{64}$/.test(String(key)))).toBe(true);
    expect(new Set(keys(server)).size).toBe(3);
    const timers = (await world.recordsOfKind("effect_intent")).filter(
      ({ effectKind }) => effectKind === "timer.set",
    );
    const due = timers.map(({ params }) => world.json("sys/TimerSetParams@1", params));
    const { anchor_ns: anchor } = await state(world);
    const at = (ms: bigint) => String(BigInt(anchor as string) + ms * MS);
    expect(due).toEqual([
      { deliver_at_ns: at(500n), key: "req-1" },
      { deliver_at_ns: at(1000n), key: "req-1" },
    ]);
    await server.close();
    await world.replays();
    expect(server.asked).toHaveLength(3);
  });

  it("gives up when its attempts are used up", async () => {
    const server = await serving(statuses(500));
    const world = await open(server.port);
    await start(world);
    await world.idle();
    expect(await state(world)).toMatchObject({ pc: "Failed", attempt: 3 });
    expect(server.asked).toHaveLength(3);
    expect(await errors(world)).toEqual([true, true, true]);
    await world.replays();
  });

  const rawText = (text: string) => () => servingRaw(text);
  const answer = (give: Answerer) => async () => (await serving(give)).port;
  it.each([
    ["a refused connection", refusingPort, "error", true],
    ["500", answer(statuses(500)), "ok", true],
    ["599 of its own", answer(statuses(599)), "ok", true],
    ["429 with Retry-After", answer((_, r) => r.writeHead(429, { "retry-after": "3600" }).end()), "ok", true],
    ["a body cut short", rawText("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ncut"), "error", true],
    ["a head cut short", rawText("HTTP/1.1 200 OK\r\ncontent-le"), "error", true],
    [
      "two lengths",
      rawText("HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nfine"),
      "error",
      true,
    ],
    ["a hang-up", answer((_, r) => r.destroy()), "error", true],
    ["400", answer(statuses(400)), "ok", false],
    ["404", answer(statuses(404)), "ok", false],
    ["499", answer(statuses(499)), "ok", false],
    [
      "a redirect",
      answer(({ path }, r) => r.writeHead(path === "/work" ? 302 : 200, { location: "/work/b" }).end()),
      "ok",
      false,
    ],
  ] as const)("reads %s as what may pass, or not", async (_, port, status, transient) => {
    const world = await open(await port());
    await start(world, { max_attempts: 2 });
    await world.idle();
    const receipts = (await world.recordsOfKind("effect_receipt")).filter(
      ({ adapterId }) => adapterId === "host.http",
    );
    const attempts = transient ? 2 : 1;
    expect(receipts.map((each) => each.status)).toEqual(Array(attempts).fill(status));
    expect(await errors(world)).toEqual(Array(attempts).fill(transient));
    expect(await state(world)).toMatchObject({ pc: "Failed", attempt: attempts });
    await world.replays();
  });

  it("takes the bytes a server announced, and not those behind them", async () => {
    const port = await servingRaw("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nfine");
    const world = await open(port);
    await start(world, { max_attempts: 1 });
    await world.idle();
    const [receipt] = await world.recordsOfKind("effect_receipt");
    const { status } = world.json("sys/HttpRequestReceipt@1", receipt!.payload) as { status: number };
    // Whether the surplus arrives with the answer or behind it is the network's: both ways it ends.
    expect([200, 599]).toContain(status);
    expect(await state(world)).toMatchObject({ pc: status === 200 ? "Done" : "Failed" });
    await world.replays();
  });

  it.each(["/head", "/body"])(
    "gives up waiting for a slow %s after its time, and tries again",
    async (what) => {
      const server = await serving((_, response, count) => {
        if (count > 1) response.end("fine");
        else if (what === "/body") response.writeHead(200).write("slow");
      });
      const world = await open(server.port);
      await start(world);
      await server.untilAsked(1);
      await world.advance(29_999n * MS);
      expect(await errors(world)).toEqual([]);
      await world.advance(1n * MS);
      await world.idle();
      expect(await world.recordsOfKind("effect_receipt")).toMatchObject([
        { status: "timeout" },
        { adapterId: "timer.set" },
        { status: "ok" },
      ]);
      expect(await state(world)).toMatchObject({ pc: "Done", attempt: 2 });
      await world.replays();
    },
  );

  it("stops at once when the work cannot even be sent", async () => {
    const server = await serving(statuses(200));
    const world = await open(server.port);
    await start(world, { payload: "zwölf" });
    await world.idle();
    expect(await errors(world)).toEqual([false]);
    expect(await state(world)).toMatchObject({ pc: "Failed", attempt: 1 });
    expect(server.connections()).toBe(0);
    await world.replays();
  });

  it("goes on where somebody else does its requests, and fails without a word", async () => {
    let tries = 0;
    const world = await open(PORT, {
      adapters: {
        "http.request": () => {
          tries += 1;
          throw new Error("the office is closed");
        },
      },
    });
    await start(world, { max_attempts: 2 });
    await world.idle();
    const receipts = (await world.recordsOfKind("effect_receipt")).filter(
      ({ adapterId }) => adapterId !== "timer.set",
    );
    expect(receipts).toMatchObject([
      { status: "error", payload: EMPTY },
      { status: "error", payload: EMPTY },
    ]);
    expect(await state(world)).toMatchObject({ pc: "Failed", attempt: 2 });
    expect(tries).toBe(2);
    await world.replays();
  });

  it("asks nobody but the service it was granted", async () => {
    const world = await openExample("retry-http", {
      edit: (_, text) => text.replaceAll("http://localhost:8734/work", "http://localhost:8735/work"),
    });
    await start(world);
    await world.idle();
    expect(await world.recordsOfKind("cap_decision")).toMatchObject([
      { decision: "deny", denyCode: "port_not_allowed" },
    ]);
    expect(await world.recordsOfKind("plan_ended")).toMatchObject([
      { status: "error", errorCode: "capability.denied", errorStep: "ask" },
    ]);
    await world.replays();
  });

  it("goes on after restarts in the middle of a wait and of a request", async () => {
    const held: (() => void)[] = [];
    const server = await serving((_, response, count) => {
      if (count === 1) response.writeHead(503).end();
      else held.push(() => response.end("fine"));
    });
    const openAgain = await onDisk("retry-http", at(server.port));
    const first = await openAgain();
    await start(first);
    await server.untilAsked(1);
    while ((await first.recordsOfKind("effect_receipt")).length < 1) await new Promise(setImmediate);

    const second = await openAgain(); // in the middle of the wait
    expect(await state(second)).toMatchObject({ pc: "Waiting", attempt: 2 });
    await second.advance(499n * MS);
    expect(server.asked).toHaveLength(1);
    await second.advance(1n * MS);
    await server.untilAsked(2);

    const third = await openAgain(); // in the middle of the request
    await server.untilAsked(3);
    for (const give of held) give();
    await third.idle();
    expect(await state(third)).toMatchObject({ pc: "Done", attempt: 2 });
    const [one, two, again] = keys(server);
    expect(two).not.toBe(one);
    expect(again).toBe(two);
    await third.replays();
  });

  it("is kept as a recording", async () => {
    const server = await serving(
      (_, response, count) => {
        if (count === 1) response.writeHead(503, { "retry-after": "1" }).end("come back later");
        else if (count === 2) response.destroy();
        else response.writeHead(count === 3 ? 200 : 404).end(count === 3 ? "resized" : "no such photo");
      },
      recordedPort("retry-http", PORT),
    );
    const world = await open(server.port);
    await start(world);
    await server.untilAsked(1);
    await world.engine.snapshot();
    await world.idle();
    await start(world, { req_id: "req-2" });
    await world.idle();
    expect(await state(world)).toMatchObject({ pc: "Failed", req_id: "req-2", attempt: 1 });
    await world.replays();
    await keepRecording("retry-http", world.journal);
  });
});
