import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { utf8 } from "../../host/values/bytes.ts";
import { hashOf } from "../../host/values/hash.ts";
import { keepRecording } from "../support/keep-recording.ts";
import { onDisk } from "./disk.ts";
import { atPorts, faulty, recordedPort, serving } from "./servers.ts";
import { type Example, openExample } from "./world.ts";

const TIMEOUT_NS = 5_000_000_000n;
const PRODUCT = "lamp";

const lookUp = (world: Example) => world.send("demo/LookUp@1", { product: PRODUCT });
const state = (world: Example) => world.state("demo/Shelf@1", PRODUCT);
const summaries = (world: Example) => world.events("demo/Summary@1");
const summary = (verdict: string, missing: string[]) => ({
  product: PRODUCT,
  verdict: { $tag: verdict },
  missing,
});
const at = (price: number, stock: number, reviews: number) => ({
  edit: atPorts({ 8731: price, 8732: stock, 8733: reviews }),
});
/** Says which service it is. */
const service = (name: string) => serving((_, response) => response.end(name));
const shelf = (verdict: string, missing: string[], kept: readonly string[]) => {
  const [price, stock, reviews] = ["price", "stock", "reviews"].map((name) =>
    kept.includes(name) ? hashOf(utf8(name)) : null,
  );
  return { verdict: { $tag: verdict }, missing, price, stock, reviews };
};

/** The three services, which answer when they are told. */
async function held(ports: readonly number[] = [0, 0, 0]) {
  const waiting: (() => void)[][] = [[], [], []];
  const answering = (i: number, name: string) =>
    serving((_, response: ServerResponse) => waiting[i]!.push(() => response.end(name)), ports[i]);
  const servers = [await answering(0, "price"), await answering(1, "stock"), await answering(2, "reviews")];
  const answer = (i: number) => {
    for (const go of waiting[i]!.splice(0)) go();
  };
  return { servers, answer, asked: () => servers.map((server) => server.asked.length) };
}

describe("the world aggregator", () => {
  it("asks three services at once, and says what they said when the last has answered", async () => {
    const { servers, answer } = await held();
    const world = await openExample("aggregator", at(servers[0]!.port, servers[1]!.port, servers[2]!.port));
    await lookUp(world);
    for (const server of servers) await server.untilAsked(1);
    const intents = await world.recordsOfKind("effect_intent");
    expect(intents.map(({ ordinal, step }) => [ordinal, step])).toEqual([
      [0n, "ask_price"],
      [1n, "ask_stock"],
      [2n, "ask_reviews"],
    ]);
    expect(servers.map(({ asked }) => asked[0]!.path)).toEqual([
      "/price/lamp",
      "/stock/lamp",
      "/reviews/lamp",
    ]);

    for (const [before, i] of [2, 0].entries()) {
      answer(i);
      await world.untilReceipts(before + 1);
      expect(await state(world)).toEqual(shelf("Gathering", [], []));
    }
    answer(1);
    await world.idle();
    expect(await state(world)).toEqual(shelf("Complete", [], ["price", "stock", "reviews"]));
    expect(await summaries(world)).toEqual([summary("Complete", [])]);
    const receipts = await world.recordsOfKind("effect_receipt");
    expect(receipts.map(({ intentOrdinal }) => intentOrdinal)).toEqual([2n, 0n, 1n]);
    expect(await world.recordsOfKind("plan_ended")).toMatchObject([{ status: "ok" }]);

    for (const server of servers) await server.close();
    await world.replays();
  });

  it.each([
    ["refuses the connection", 599],
    ["answers 500", 500],
    ["answers 429 and names a time", 429],
    ["never ends its body", 598],
    ["cuts its body short", 599],
    ["gives its body a length that is no number", 599],
    ["redirects to a page that may be had", 302],
  ])("goes on without the one that %s", async (how, status) => {
    const price = await service("price");
    const stock = await faulty(how);
    const reviews = await service("reviews");
    const world = await openExample("aggregator", at(price.port, stock.port, reviews.port));
    await lookUp(world);
    if (how === "never ends its body") {
      await stock.server!.untilAsked(1);
      await world.untilReceipts(2);
      await world.advance(TIMEOUT_NS);
    }
    await world.idle();
    expect(await state(world)).toEqual(shelf("Partial", ["stock"], ["price", "reviews"]));
    expect(await summaries(world)).toEqual([summary("Partial", ["stock"])]);
    const [gathered] = (await world.events("demo/Gathered@1")) as { stock: object; price: object }[];
    expect(gathered).toMatchObject({ price: { good: true, status: 200 }, stock: { good: false, status } });
    expect(stock.server?.asked.length ?? 1).toBe(1);
    await stock.server?.close();
    await world.replays();
  });

  it("says that nothing came when all three fail, and keeps what came the time before", async () => {
    let down = false;
    const failing = (name: string) =>
      serving((_, response) => (down ? response.writeHead(503).end() : response.end(name)));
    const servers = [await failing("price"), await failing("stock"), await failing("reviews")];
    const world = await openExample("aggregator", at(servers[0]!.port, servers[1]!.port, servers[2]!.port));
    await lookUp(world);
    await world.idle();
    down = true;
    await lookUp(world);
    await world.idle();
    const all = ["price", "stock", "reviews"];
    expect(await state(world)).toEqual(shelf("Nothing", all, all));
    expect(await summaries(world)).toEqual([summary("Complete", []), summary("Nothing", all)]);
    for (const server of servers) await server.close();
    await world.replays();
  });

  it("asks once for those who look up one product meanwhile, and again after the end", async () => {
    const { servers, answer, asked } = await held();
    const world = await openExample("aggregator", at(servers[0]!.port, servers[1]!.port, servers[2]!.port));
    const answerAll = () => {
      for (const i of [0, 1, 2]) answer(i);
    };
    await lookUp(world);
    await lookUp(world);
    for (const server of servers) await server.untilAsked(1);
    answer(0);
    await world.untilReceipts(1);
    await lookUp(world);
    answerAll();
    await world.idle();
    expect(asked()).toEqual([1, 1, 1]);
    expect(await summaries(world)).toEqual([summary("Complete", [])]);
    expect(await world.recordsOfKind("plan_started")).toHaveLength(1);

    await lookUp(world);
    for (const server of servers) await server.untilAsked(2);
    answerAll();
    await world.idle();
    expect(asked()).toEqual([2, 2, 2]);
    expect(await summaries(world)).toEqual([summary("Complete", []), summary("Complete", [])]);
    expect(await world.recordsOfKind("plan_started")).toHaveLength(2);
    expect(await state(world)).toEqual(shelf("Complete", [], ["price", "stock", "reviews"]));
    for (const server of servers) await server.close();
    await world.replays();
  });

  it("takes no answer that nobody waits for; one from outside frees a product whose plan was denied", async () => {
    const price = await service("price");
    const ports = atPorts({ 8731: price.port });
    const edit = (path: string, text: string) =>
      ports(path, path === "manifest.air.json" ? text.replace(/,\s*\{ "nat": 8733 \}/, "") : text);
    const world = await openExample("aggregator", { edit });
    const none = { good: false, status: 0, body: null };
    const gathered = () =>
      world.send("demo/Gathered@1", { product: PRODUCT, price: none, stock: none, reviews: none });
    await gathered();
    expect(await summaries(world)).toEqual([]);
    await lookUp(world);
    await lookUp(world);
    await world.idle();
    expect(await world.recordsOfKind("plan_started")).toHaveLength(1);
    const all = ["price", "stock", "reviews"];
    await gathered();
    await gathered();
    expect(await summaries(world)).toEqual([summary("Nothing", all)]);
    await lookUp(world);
    await world.idle();
    expect(await world.recordsOfKind("plan_started")).toHaveLength(2);
    await price.close();
    await world.replays();
  });

  it("sends none of the three when one is denied, and says why", async () => {
    const servers = [await service("price"), await service("stock"), await service("reviews")];
    const ports = atPorts({ 8731: servers[0]!.port, 8732: servers[1]!.port, 8733: servers[2]!.port });
    const edit = (path: string, text: string) => {
      const edited = path === "manifest.air.json" ? text.replace(/,\s*\{ "nat": 8733 \}/, "") : text;
      return ports(path, edited);
    };
    const world = await openExample("aggregator", { edit });
    await lookUp(world);
    await world.idle();
    expect(await world.recordsOfKind("cap_decision")).toMatchObject([
      { decision: "allow" },
      { decision: "allow" },
      { decision: "deny", denyCode: "port_not_allowed", capName: "services" },
    ]);
    const [ended] = await world.recordsOfKind("plan_ended");
    expect(ended).toMatchObject({ errorCode: "capability.denied", errorStep: "ask_reviews" });
    expect(ended!.errorMessage).toContain("http.request by plan demo/Gather@1 under the grant 'services'");
    expect(await world.recordsOfKind("effect_intent")).toEqual([]);
    expect(servers.map((server) => server.connections())).toEqual([0, 0, 0]);
    expect(await state(world)).toEqual(shelf("Gathering", [], []));
    await world.replays();
  });

  it("asks only those again that had not answered before a restart", async () => {
    const { servers, answer, asked } = await held();
    const open = await onDisk("aggregator", at(servers[0]!.port, servers[1]!.port, servers[2]!.port));
    const before = await open();
    await lookUp(before);
    for (const server of servers) await server.untilAsked(1);
    answer(0);
    await before.untilReceipts(1);

    const after = await open();
    await servers[1]!.untilAsked(2);
    await servers[2]!.untilAsked(2);
    answer(1);
    answer(2);
    await after.idle();
    expect(asked()).toEqual([1, 2, 2]);
    expect(await state(after)).toEqual(shelf("Complete", [], ["price", "stock", "reviews"]));
    expect(await summaries(after)).toEqual([summary("Complete", [])]);
    for (const server of servers) await server.close();
    await after.replays();
  });

  it("is kept as a recording", async () => {
    const ports = [8731, 8732, 8733].map((port) => recordedPort("aggregator", port));
    const { servers, answer } = await held(ports);
    const world = await openExample("aggregator", at(servers[0]!.port, servers[1]!.port, servers[2]!.port));
    await lookUp(world);
    for (const server of servers) await server.untilAsked(1);
    answer(1);
    await world.untilReceipts(1);
    await world.engine.snapshot();
    answer(2);
    await world.untilReceipts(2);
    answer(0);
    await world.idle();

    await servers[1]!.close();
    await lookUp(world);
    await servers[0]!.untilAsked(2);
    await servers[2]!.untilAsked(2);
    await world.untilReceipts(4);
    answer(0);
    await world.untilReceipts(5);
    answer(2);
    await world.idle();
    await world.engine.snapshot();
    expect(await summaries(world)).toEqual([summary("Complete", []), summary("Partial", ["stock"])]);
    await world.replays();
    await keepRecording("aggregator", world.journal);
  });
});
