/** Effects of a running world: done by real adapters against real servers, settled once, replayed without them. */

import { afterEach, describe, expect, it, vi } from "vitest";
import type { EffectFunction, EffectRequest } from "../../host/adapters/own/own.ts";
import type { Settings } from "../../host/air/settings.ts";
import { createMemoryJournal } from "../../host/journal/memory.ts";
import type { Journal } from "../../host/journal/port.ts";
import { makeDefinitions } from "../../host/runtime/definitions.ts";
import type { Engine } from "../../host/runtime/engine.ts";
import { utf8 } from "../../host/values/bytes.ts";
import { hashOf } from "../../host/values/hash.ts";
import { LIMITS } from "../../host/values/limits.ts";
import { type PlanWorldParts, planWorld } from "../kernel/planned.ts";
import { type Answerer, serve, type TestServer } from "../support/http.ts";
import {
  frameBytes,
  openVirtual,
  recordsOfKind,
  replayJournal,
  send,
  type TestWorld,
  valueJson,
} from "../support/world.ts";

const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const close of closing.splice(0)) await close();
});

async function serving(answer: Answerer): Promise<TestServer> {
  const server = await serve(answer);
  closing.push(() => server.close());
  return server;
}

async function opened(
  parts: PlanWorldParts,
  options: {
    readonly settings?: Partial<Settings>;
    readonly journal?: Journal;
    readonly adapters?: Readonly<Record<string, EffectFunction>>;
    readonly errors?: unknown[];
  } = {},
): Promise<{ engine: Engine; journal: Journal; world: TestWorld }> {
  const { definitions, findModule } = planWorld(parts);
  const settings = { ...definitions.settings, ...options.settings };
  const world = { definitions: makeDefinitions(definitions.manifest, settings), findModule };
  const { engine, journal } = await openVirtual(world, {
    journal: options.journal ?? createMemoryJournal(),
    ...(options.adapters === undefined ? {} : { adapters: options.adapters }),
    onAdapterError: (_, error) => options.errors?.push(error),
  });
  closing.push(() => engine.close());
  return { engine, journal, world };
}

const go = (engine: Engine, id = "a") => send(engine, "t/Go@1", { id, n: 1 });
const variable = (name: string) => ({ ref: `@var:${name}` });

/** A plan that asks for something and raises what came of it. */
function asking(
  kind: string,
  cap: string,
  params: object,
  more: object = {},
): PlanWorldParts["plans"][number] {
  return {
    steps: [
      { id: "ask", op: "emit_effect", kind, params, cap, bind: { effect_id_as: "asked" } },
      {
        id: "wait",
        op: "await_receipt",
        for: variable("asked"),
        bind: { as: "answer", status_as: "status" },
      },
      {
        id: "say",
        op: "raise_event",
        event: "t/Answer@1",
        value: { record: { status: variable("status") } },
      },
      { id: "end", op: "end" },
    ],
    edges: [
      { from: "ask", to: "wait" },
      { from: "wait", to: "say" },
      { from: "say", to: "end" },
    ],
    ...more,
  };
}

const ANSWER = { "t/Answer@1": { record: { status: { text: {} } } } };

function web(hosts: readonly string[]): readonly object[] {
  const params = { record: { hosts: { set: hosts.map((text) => ({ text })) } } };
  return [{ name: "web", cap: "sys/http.out@1", params: withNulls(params) }];
}

function withNulls(params: { readonly record: object }): object {
  const none = { null: {} };
  return { record: { schemes: none, methods: none, ports: none, path_prefixes: none, ...params.record } };
}

function request(url: string, method = "GET"): object {
  return {
    record: { method: { text: method }, url: { text: url }, headers: { map: [] }, body_ref: { null: {} } },
  };
}

const fetching = (url: string, hosts: readonly string[]): PlanWorldParts => ({
  schemas: ANSWER,
  plans: [asking("http.request", "web", request(url))],
  builtins: ["sys/http.request@1"],
  grants: web(hosts),
});

describe("http.request of a plan", () => {
  it.each([
    ["answers", (_: unknown, response: Parameters<Answerer>[1]) => response.end("fine"), "ok"],
    ["fails", (_: unknown, response: Parameters<Answerer>[1]) => response.writeHead(500).end("down"), "ok"],
    ["hangs up", (_: unknown, response: Parameters<Answerer>[1]) => response.destroy(), "error"],
  ] as const)("goes to a server that %s, and the journal replays without it", async (_, answer, status) => {
    const server = await serving(answer);
    const { engine, journal, world } = await opened(fetching(`${server.origin}/x`, ["127.0.0.1"]));
    await go(engine);
    await engine.whenIdle();
    const events = (await recordsOfKind(journal, "domain_event")).filter(
      ({ schema }) => schema === "t/Answer@1",
    );
    expect(events.map(({ value }) => valueJson(world.definitions, "t/Answer@1", value))).toEqual([
      { status },
    ]);
    const [receipt] = await recordsOfKind(journal, "effect_receipt");
    expect(receipt).toMatchObject({ adapterId: "host.http", status, reading: "typed", tries: 1n });
    await server.close();
    const before = server.asked.length;
    expect(await replayJournal(journal)).toMatchObject({ verdict: "identical" });
    expect(server.asked).toHaveLength(before);
  });

  it("keeps the body before the receipt: the journal never names a blob that is not there", async () => {
    const server = await serving((_, response) => response.end("fine"));
    const { engine, journal, world } = await opened(fetching(server.origin, ["127.0.0.1"]));
    const blob = hashOf(utf8("fine"));
    const kept: boolean[] = [];
    engine.onFrame(async ({ frame }) => {
      if (frame.records[0]!.kind === "effect_receipt") {
        kept.push((await journal.getBlob(engine.worldId, blob)) !== null);
      }
    });
    await go(engine);
    await engine.whenIdle();
    const [receipt] = await recordsOfKind(journal, "effect_receipt");
    expect(valueJson(world.definitions, "sys/HttpRequestReceipt@1", receipt!.payload)).toMatchObject({
      status: 200,
      body_ref: blob,
      adapter_id: "host.http",
    });
    expect(kept).toEqual([true]);
  });

  it.each([
    ["a host the grant does not list", "http://127.0.0.1:1/", ["api.example.com"], "host_not_allowed"],
    ["an address it does not list", "http://127.0.0.1:1/", [], "address_not_allowed"],
    ["a URL that no grammar takes", "http://127.0.0.1:1/../", ["127.0.0.1"], "invalid_url"],
  ])("is denied for %s, in words for people", async (_, url, hosts, code) => {
    const { engine, journal } = await opened(fetching(url, hosts));
    await go(engine);
    await engine.whenIdle();
    const [capability] = await recordsOfKind(journal, "cap_decision");
    expect(capability).toMatchObject({
      decision: "deny",
      denyCode: code,
      capName: "web",
      enforcer: "sys/CapEnforceHttpOut@1",
    });
    const [ended] = await recordsOfKind(journal, "plan_ended");
    expect(ended).toMatchObject({ status: "error", errorCode: "capability.denied", errorStep: "ask" });
    expect(ended!.errorMessage).toContain("http.request by plan t/P@1 under the grant 'web'");
    expect(await recordsOfKind(journal, "effect_intent")).toEqual([]);
    expect(await replayJournal(journal)).toMatchObject({ verdict: "identical" });
  });

  it("asked for twice alike are two, with a key each; done again after a restart, each has its own again", async () => {
    const answers: (() => void)[] = [];
    const server = await serving((_, response) => answers.push(() => response.end("charged")));
    const twice = { ...request(server.origin, "POST") };
    const charge = (id: string) => ({
      id,
      op: "emit_effect",
      kind: "http.request",
      params: twice,
      cap: "web",
      bind: { effect_id_as: `${id}_handle` },
    });
    const parts = {
      ...fetching(server.origin, ["127.0.0.1"]),
      plans: [{ steps: [charge("one"), charge("two")], edges: [] }],
    };
    const { engine, journal } = await opened(parts);
    await go(engine);
    await server.untilAsked(2);
    await engine.close();
    const again = await opened(parts, { journal });
    await server.untilAsked(4);
    for (const answer of answers) answer();
    await again.engine.whenIdle();
    const keys = server.asked.map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys.slice(0, 2)).size).toBe(2);
    expect(keys.slice(2).sort()).toEqual(keys.slice(0, 2).sort());
    expect(await recordsOfKind(journal, "effect_receipt")).toHaveLength(2);
    expect(await replayJournal(journal)).toMatchObject({ verdict: "identical" });
  });
});

describe("an effect of one's own", () => {
  const SECRET = "correct horse";
  const define = (list: string, definition: object) => ({ list, definition: definition as { name: string } });
  const secret = { variant: { tag: "secret", value: { alias: "demo/key", version: 1 } } };
  /** As an expression, where nobody looks for it before the effect is emitted. */
  const computed = { op: "concat", args: [{ text: "demo/" }, { text: "other" }] };
  const elsewhere = {
    variant: { tag: "secret", value: { record: { alias: computed, version: { nat: 1 } } } },
  };
  const own = (key: object = secret, more: object = {}): PlanWorldParts => ({
    schemas: { ...ANSWER, "t/Call@1": { record: { key: { ref: "sys/TextOrSecretRef@1" }, n: { nat: {} } } } },
    plans: [asking("demo.call", "call", { record: { key, n: { nat: 7 } } })],
    grants: [{ name: "call", cap: "demo/callcap@1", params: { record: {} } }],
    more: [
      define("effects", {
        $kind: "defeffect",
        name: "demo/call@1",
        kind: "demo.call",
        params_schema: "t/Call@1",
        receipt_schema: "t/Answer@1",
        cap_type: "demo.call",
        origin_scope: "plan",
      }),
      define("caps", {
        $kind: "defcap",
        name: "demo/callcap@1",
        cap_type: "demo.call",
        schema: { record: {} },
      }),
      define("secrets", {
        $kind: "defsecret",
        name: "demo/key@1",
        binding_id: "env:AIRLOOM_TEST_SECRET",
        ...more,
      }),
    ],
  });

  async function run(call: EffectFunction, parts = own()) {
    vi.stubEnv("AIRLOOM_TEST_SECRET", SECRET);
    const errors: unknown[] = [];
    const { engine, journal } = await opened(parts, { adapters: { "demo.call": call }, errors });
    await go(engine);
    await engine.whenIdle();
    const receipts = await recordsOfKind(journal, "effect_receipt");
    const everything = (await frameBytes(journal))
      .map((bytes) => Buffer.from(bytes).toString("latin1"))
      .join();
    expect(everything).not.toContain(SECRET);
    expect(await replayJournal(journal)).toMatchObject({ verdict: "identical" });
    return { receipts, errors, journal };
  }

  it("is a definition of effect and capability, and a function that gets its secrets", async () => {
    const requests: EffectRequest[] = [];
    const { receipts } = await run((request) => {
      requests.push(request);
      return { receipt: { status: "done" }, costCents: 3n };
    });
    expect(requests).toMatchObject([
      { effectKind: "demo.call", params: { key: { $tag: "literal", $value: SECRET }, n: 7n }, intent: "1.0" },
    ]);
    expect(requests[0]!.key).toMatch(/^[0-9a-f]{64}$/);
    expect(receipts).toMatchObject([
      { status: "ok", adapterId: "demo.call", costCents: 3n, reading: "typed" },
    ]);
  });

  it("may answer with an error, and has its secrets taken out of what it says", async () => {
    const { receipts } = await run(({ params }) => {
      const { key } = params as { key: { $value: string } };
      return { status: "error", receipt: { status: `who is ${key.$value}?` } };
    });
    expect(receipts).toMatchObject([{ status: "error" }]);
    expect(Buffer.from(receipts[0]!.payload).toString()).toContain("who is [redacted]?");
    expect((await run(async () => ({ status: "timeout" }))).receipts).toMatchObject([{ status: "timeout" }]);
  });

  it.each([
    ["throws", () => Promise.reject(new Error("no"))],
    [
      "throws at once",
      () => {
        throw new Error("no");
      },
    ],
    ["answers something else", () => ({ receipt: { status: 5 } })],
    [
      "answers more than a receipt holds",
      () => ({ receipt: { status: "x".repeat(LIMITS.ingressBytesMax) } }),
    ],
    ["answers nothing", () => ({})],
  ] as [string, EffectFunction][])(
    "is an error when it %s, and whoever opened the world is told",
    async (_, call) => {
      const { receipts, errors } = await run(call);
      expect(receipts).toMatchObject([{ status: "error" }]);
      expect(errors).toHaveLength(1);
    },
  );

  it("fails when its secret is not there, or another than is expected", async () => {
    let calls = 0;
    const call: EffectFunction = () => {
      calls += 1;
      return { receipt: { status: "done" } };
    };
    const other = await run(call, own(secret, { binding_id: "env:AIRLOOM_TEST_NO_SECRET" }));
    expect(other.receipts).toMatchObject([{ status: "error" }]);
    const digest = await run(call, own(secret, { expected_digest: hashOf(utf8("another")) }));
    expect(digest.receipts).toMatchObject([{ status: "error" }]);
    expect(calls).toBe(0);
  });

  it.each([
    ["for another grant", own(secret, { allowed_caps: ["g"] }), "secret_not_allowed"],
    ["that nobody declared", own(elsewhere), "secret_undeclared"],
  ] as const)("is denied for a secret %s", async (_, parts, denyCode) => {
    const { receipts, journal } = await run(() => ({ receipt: { status: "done" } }), parts);
    expect(receipts).toEqual([]);
    expect(await recordsOfKind(journal, "cap_decision")).toMatchObject([{ decision: "deny", denyCode }]);
    expect(await recordsOfKind(journal, "plan_ended")).toMatchObject([{ errorCode: "capability.denied" }]);
  });

  it("that nobody does fails at once", async () => {
    const { engine, journal } = await opened(own({ variant: { tag: "literal", value: { text: "x" } } }));
    await go(engine);
    await engine.whenIdle();
    expect(await recordsOfKind(journal, "effect_receipt")).toMatchObject([
      { status: "error", adapterId: "adapter.missing" },
    ]);
  });
});
