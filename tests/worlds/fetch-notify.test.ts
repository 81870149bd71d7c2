import { describe, expect, it } from "vitest";
import { keepRecording } from "../support/keep-recording.ts";
import { onDisk } from "./disk.ts";
import { atPorts, faulty, recordedPort, serving } from "./servers.ts";
import { type Example, openExample } from "./world.ts";

/** What `world.json` allows a request. */
const TIMEOUT_NS = 5_000_000_000n;

const at = (port: number) => ({ edit: atPorts({ 8730: port }) });
const fetch = (world: Example, id: string, page: string) => world.send("demo/Fetch@1", { id, page });
const state = (world: Example, id: string) => world.state("demo/Notifier@1", id);
const notices = (world: Example) => world.events("demo/Notice@1");
const notified = (page: string, notice: string) => ({
  page,
  phase: { $tag: "Notified" },
  reading: null,
  notice,
});

describe("the world fetch-notify", () => {
  it("asks for a page once, reads what came and says so", async () => {
    const server = await serving((_, response) => response.end("soup"));
    const world = await openExample("fetch-notify", at(server.port));
    await fetch(world, "lunch", "menu.txt");
    expect(await state(world, "lunch")).toMatchObject({ page: "menu.txt", phase: { $tag: "Fetching" } });
    await world.idle();

    expect(server.asked).toMatchObject([
      { method: "GET", path: "/pages/menu.txt", headers: { accept: "text/plain" } },
    ]);
    expect(await notices(world)).toEqual([{ id: "lunch", text: "menu.txt says: soup" }]);
    expect(await state(world, "lunch")).toEqual(notified("menu.txt", "says: soup"));

    const by = (originKind: string, originName: string) => ({ originKind, originName, decision: "allow" });
    expect(await world.recordsOfKind("policy_decision")).toMatchObject([
      { ...by("plan", "demo/FetchPlan@1"), effectKind: "http.request", ruleIndex: 0n },
      { ...by("reducer", "demo/Notifier@1"), effectKind: "blob.get", ruleIndex: 1n },
    ]);
    const [answer] = await world.recordsOfKind("effect_receipt");
    expect(answer).toMatchObject({ adapterId: "host.http", status: "ok", tries: 1n, reading: "typed" });
    expect(await world.recordsOfKind("plan_ended")).toMatchObject([{ status: "ok" }]);

    await server.close();
    await world.replays();
    expect(server.asked).toHaveLength(1);
  });

  it.each([
    ["refuses the connection", "could not be fetched: refused: the connection was refused"],
    ["answers 500", "was answered with 500"],
    ["answers 429 and names a time", "was answered with 429, retry-after 30"],
    ["never ends its body", "could not be fetched: timeout: there was no answer in time"],
    ["cuts its body short", /^could not be fetched: transport: /],
    ["gives its body a length that is no number", /^could not be fetched: transport: /],
    ["sends more than the length it gave", "says: it was"],
    ["redirects to a page that may be had", "is now at /pages/elsewhere"],
  ])("says what became of it when the server %s, and asks no second time", async (how, notice) => {
    const { port, server } = await faulty(how);
    const world = await openExample("fetch-notify", at(port));
    await fetch(world, "trip", "map");
    if (how === "never ends its body") {
      await server!.untilAsked(1);
      await world.advance(TIMEOUT_NS);
    }
    await world.idle();
    const said = (await state(world, "trip")) as { notice: string };
    expect(said).toMatchObject({ page: "map", phase: { $tag: "Notified" } });
    expect(said.notice).toMatch(notice);
    expect(await notices(world)).toEqual([{ id: "trip", text: `map ${said.notice}` }]);
    expect(await world.recordsOfKind("plan_ended")).toMatchObject([{ status: "ok" }]);
    expect(server?.asked.length ?? 1).toBe(1);

    await server?.close();
    await world.replays();
    expect(world.errors).toEqual([]);
  });

  it.each([
    ["nothing", "", "says: nothing"],
    ["more than is shown", "x".repeat(1001), "says: 1001 bytes"],
    ["what is no text", Buffer.from([0xff, 0xfe]), "says: something that is no text"],
    ["more than a receipt holds", "x".repeat(300_000), "says: something that cannot be read here"],
  ])("makes do with a page of %s", async (_, body, notice) => {
    const server = await serving((_asked, response) => response.end(body));
    const world = await openExample("fetch-notify", at(server.port));
    await fetch(world, "a", "page");
    await world.idle();
    expect(await state(world, "a")).toEqual(notified("page", notice));
    await server.close();
    await world.replays();
  });

  it("fetches several pages at once, each for a cell of its own", async () => {
    const waiting: (() => void)[] = [];
    const server = await serving(({ path }, response) => waiting.push(() => response.end(`this is ${path}`)));
    const world = await openExample("fetch-notify", at(server.port));
    for (const id of ["a", "b", "c"]) await fetch(world, id, id);
    await server.untilAsked(3);
    for (const answer of waiting.reverse()) answer();
    await world.idle();
    for (const id of ["a", "b", "c"]) {
      expect(await state(world, id)).toEqual(notified(id, `says: this is /pages/${id}`));
    }
    await server.close();
    await world.replays();
  });

  it("fetches one page for an id, however often that is used, at once and after the end", async () => {
    const waiting: (() => void)[] = [];
    const server = await serving(({ path }, response) => waiting.push(() => response.end(`this is ${path}`)));
    const world = await openExample("fetch-notify", at(server.port));
    await fetch(world, "two", "one");
    await fetch(world, "two", "other");
    await fetch(world, "two", "one");
    await server.untilAsked(1);
    for (const answer of waiting.splice(0)) answer();
    await world.idle();
    const told = async () => {
      expect(server.asked.map(({ path }) => path)).toEqual(["/pages/one"]);
      expect(await world.events("demo/Accepted@1")).toEqual([{ id: "two", page: "one" }]);
      expect(await world.recordsOfKind("plan_started")).toHaveLength(1);
      expect(await notices(world)).toEqual([{ id: "two", text: "one says: this is /pages/one" }]);
      expect(await state(world, "two")).toEqual(notified("one", "says: this is /pages/one"));
    };
    await told();

    await fetch(world, "two", "other");
    await world.idle();
    await told();
    await server.close();
    await world.replays();
  });

  it("takes no answer about another page than its own, and none that nobody waits for", async () => {
    const waiting: (() => void)[] = [];
    const server = await serving((_, response) => waiting.push(() => response.end("soup")));
    const world = await openExample("fetch-notify", at(server.port));
    const failed = (page: string) =>
      world.send("demo/FetchFailed@1", { id: "lunch", page, outcome: "error", why: null });
    const fetched = (page: string) =>
      world.send("demo/Fetched@1", { id: "lunch", page, status: 500, headers: {}, body: null });
    await failed("menu.txt");
    expect(await notices(world)).toEqual([]);
    await fetch(world, "lunch", "menu.txt");
    await server.untilAsked(1);
    await failed("other");
    await fetched("other");
    expect(await state(world, "lunch")).toMatchObject({ page: "menu.txt", phase: { $tag: "Fetching" } });
    for (const answer of waiting) answer();
    await world.idle();
    await fetched("menu.txt");
    expect(await notices(world)).toEqual([{ id: "lunch", text: "menu.txt says: soup" }]);
    expect(await state(world, "lunch")).toEqual(notified("menu.txt", "says: soup"));
    await server.close();
    await world.replays();
  });

  describe("is denied, in words for people, and goes on", () => {
    it.each([
      [
        "a host the grant does not list",
        "other-page",
        "host_not_allowed",
        '"localhost" }',
        '"example.com" }',
      ],
      ["a port it does not list", "other-page", "port_not_allowed", '"nat": 8730', '"nat": 8081'],
      ["a path it does not list", "other-page", "path_not_allowed", '"/pages"', '"/files"'],
      ["a page that climbs out of the path", "../secrets", "invalid_url", "", ""],
      ["a page that hides how it climbs", "%2e%2e/secrets", "invalid_url", "", ""],
    ])("%s", async (_, page, denyCode, from, to) => {
      const server = await serving((_asked, response) => response.end("soup"));
      const edit = (path: string, text: string) => {
        const edited = path === "manifest.air.json" ? text.replace(from, to) : text;
        return edited.replaceAll("8730", String(server.port));
      };
      const world = await openExample("fetch-notify", { edit });
      await fetch(world, "x", page);
      await world.idle();
      expect(await world.recordsOfKind("cap_decision")).toMatchObject([
        { decision: "deny", denyCode, capName: "web_grant" },
      ]);
      const [ended] = await world.recordsOfKind("plan_ended");
      expect(ended).toMatchObject({ errorCode: "capability.denied", errorStep: "request" });
      expect(ended!.errorMessage).toContain(
        "http.request by plan demo/FetchPlan@1 under the grant 'web_grant'",
      );
      expect(server.connections()).toBe(0);
      await world.replays();

      await fetch(world, "y", "menu.txt");
      await world.idle();
      expect(server.connections()).toBe(denyCode === "invalid_url" ? 1 : 0);
    });
  });

  it("asks again after a restart in the middle of a request, under the same key", async () => {
    const answers: (() => void)[] = [];
    const server = await serving((_, response) => answers.push(() => response.end("soup")));
    const open = await onDisk("fetch-notify", at(server.port));
    const before = await open();
    await fetch(before, "lunch", "menu.txt");
    await server.untilAsked(1);

    const after = await open();
    await server.untilAsked(2);
    for (const answer of answers) answer();
    await after.idle();
    expect(await state(after, "lunch")).toEqual(notified("menu.txt", "says: soup"));
    const keys = server.asked.map(({ headers }) => headers["idempotency-key"]);
    expect(keys[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(keys[1]).toBe(keys[0]);
    expect(await after.recordsOfKind("effect_intent")).toHaveLength(2);
    await server.close();
    await after.replays();

    const later = await open();
    expect(await state(later, "lunch")).toEqual(notified("menu.txt", "says: soup"));
    expect(server.asked).toHaveLength(2);
  });

  it("is kept as a recording", async () => {
    const server = await serving(
      ({ path }, response) => {
        if (path === "/pages/menu.txt") response.end("soup");
        else if (path === "/pages/moved") response.writeHead(301, { location: "/pages/here" }).end();
        else if (path === "/pages/busy") response.writeHead(429, { "retry-after": "30" }).end("slow down");
        else response.destroy();
      },
      recordedPort("fetch-notify", 8730),
    );
    const world = await openExample("fetch-notify", at(server.port));
    for (const page of ["menu.txt", "moved", "busy", "cut", "../secrets"]) {
      await fetch(world, page, page);
      await world.idle();
      await world.engine.snapshot();
    }
    await world.replays();
    await keepRecording("fetch-notify", world.journal);
  });
});
