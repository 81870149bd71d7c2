/**
 * Requests that are meant for somebody else: every trick by which a URL, an address or a name leads where nobody
 * granted, tried on a whole world with a server behind every door. What the gate must refuse is refused there; what
 * only shows when a connection is made is refused then; the server is never reached. Beside each group stands what
 * is granted, and is.
 */

import { afterEach, describe, expect, it } from "vitest";
import type { Resolve } from "../../host/adapters/http/resolve.ts";
import { planWorld } from "../kernel/planned.ts";
import { serve, type TestServer } from "../support/http.ts";
import { openVirtual, recordsOfKind, replayJournal, send, valueJson } from "../support/world.ts";
import { outside } from "./outside.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const NONE = { null: {} };
const texts = (list?: readonly string[]) =>
  list === undefined ? NONE : { set: list.map((text) => ({ text })) };

interface Grant {
  readonly hosts?: readonly string[];
  readonly schemes?: readonly string[];
  readonly ports?: readonly number[];
  readonly methods?: readonly string[];
  readonly path_prefixes?: readonly string[];
}

interface Came {
  /** Code of the gate's denial; null when it let the request out. */
  readonly denied: string | null;
  /** Of the answer, null without one; 599 where no connection was made. */
  readonly status: number | null;
}

const ask = {
  id: "ask",
  op: "emit_effect",
  kind: "http.request",
  cap: "web",
  bind: { effect_id_as: "asked" },
};
const params = {
  record: {
    method: { ref: "@plan.input.method" },
    url: { ref: "@plan.input.url" },
    headers: { map: [] },
    body_ref: NONE,
  },
};

/** A world whose plan asks for whatever an event says, under one grant. */
async function asking(grant: Grant, resolve: Resolve) {
  const world = planWorld({
    schemas: { "t/Go@1": { record: { url: { text: {} }, method: { text: {} } } } },
    plans: [{ steps: [{ ...ask, params }] }],
    builtins: ["sys/http.request@1"],
    grants: [
      {
        name: "web",
        cap: "sys/http.out@1",
        params: {
          record: {
            hosts: texts(grant.hosts),
            schemes: texts(grant.schemes),
            methods: texts(grant.methods),
            path_prefixes: texts(grant.path_prefixes),
            ports: grant.ports === undefined ? NONE : { set: grant.ports.map((nat) => ({ nat })) },
          },
        },
      },
    ],
  });
  const { engine, journal } = await openVirtual(world, { resolveHost: resolve });
  closing.push(() => engine.close());
  return async (url: string, method = "GET"): Promise<Came> => {
    await send(engine, "t/Go@1", { url, method });
    await engine.whenIdle();
    const decision = (await recordsOfKind(journal, "cap_decision")).at(-1)!;
    const receipts = await recordsOfKind(journal, "effect_receipt");
    expect(await replayJournal(journal)).toMatchObject({ verdict: "identical" });
    if (decision.decision === "deny") return { denied: decision.denyCode, status: null };
    const payload = valueJson(world.definitions, "sys/HttpRequestReceipt@1", receipts.at(-1)!.payload);
    return { denied: null, status: (payload as { status: number }).status };
  };
}

async function serving(at = 0, host?: string): Promise<TestServer> {
  const server = await serve((_, response) => response.end("inside"), at, host);
  closing.push(() => server.close());
  return server;
}

/** Every name leads to the server: whoever gets a name past the gate would reach it. */
const everywhere: Resolve = async () => ["127.0.0.1"];

describe("a grant by host, scheme, port, method and path", () => {
  const grantAt = (port: number): Grant => ({
    hosts: ["good.example", "127.0.0.1"],
    schemes: ["http"],
    ports: [port],
    methods: ["GET"],
    path_prefixes: ["/api"],
  });

  it.each([
    ["itself", "http://good.example:PORT/api"],
    ["what lies below its path", "http://good.example:PORT/api/x?y=/../z"],
    ["mixed case of scheme and host", "HTTP://GOOD.Example:PORT/api"],
    ["an address it lists", "http://127.0.0.1:PORT/api"],
  ])("covers %s", async (_, url) => {
    const server = await serving();
    const get = await asking(grantAt(server.port), everywhere);
    expect(await get(url.replaceAll("PORT", String(server.port)))).toEqual({ denied: null, status: 200 });
    expect(server.asked).toHaveLength(1);
  });

  it.each([
    ["userinfo", "http://good.example@evil.example:PORT/api", "invalid_url"],
    ["userinfo with a port", "http://good.example:PORT@evil.example:PORT/api", "invalid_url"],
    ["userinfo with a password", "http://user:pw@good.example:PORT/api", "invalid_url"],
    ["userinfo in code", "http://good.example%40evil.example:PORT/api", "invalid_url"],
    ["a backslash before userinfo", "http://evil.example:PORT\\@good.example:PORT/api", "invalid_url"],
    ["a backslash behind the host", "http://good.example:PORT\\.evil.example/api", "invalid_url"],
    ["backslashes for slashes", "http:\\\\evil.example:PORT\\api", "invalid_url"],
    ["a backslash in the path", "http://good.example:PORT/api\\..\\admin", "invalid_url"],
    ["a backslash in code", "http://good.example:PORT/api%5c..%5cadmin", "invalid_url"],
    ["dot segments", "http://good.example:PORT/api/../admin", "invalid_url"],
    ["dot segments at the end", "http://good.example:PORT/api/..", "invalid_url"],
    ["one dot", "http://good.example:PORT/./admin", "invalid_url"],
    ["dots in code", "http://good.example:PORT/api/%2e%2e/admin", "invalid_url"],
    ["a dot in code", "http://good.example:PORT/api/.%2E/admin", "invalid_url"],
    ["dots in code twice", "http://good.example:PORT/api/%252e%252e/admin", "invalid_url"],
    ["a slash in code", "http://good.example:PORT/api/..%2fadmin", "invalid_url"],
    ["a path that only begins alike", "http://good.example:PORT/api-x", "path_not_allowed"],
    ["a path that begins alike, with more", "http://good.example:PORT/apix/y", "path_not_allowed"],
    ["a path in another case", "http://good.example:PORT/API", "path_not_allowed"],
    ["a path with an empty segment before", "http://good.example:PORT//api", "path_not_allowed"],
    ["a path in code", "http://good.example:PORT/%61pi", "path_not_allowed"],
    ["a trailing dot", "http://good.example.:PORT/api", "invalid_url"],
    ["a host in front of it", "http://good.example.evil.example:PORT/api", "host_not_allowed"],
    ["a host that ends alike", "http://evilgood.example:PORT/api", "host_not_allowed"],
    ["a host in the query", "http://evil.example:PORT/api?good.example", "host_not_allowed"],
    ["a host in the fragment", "http://evil.example:PORT/api#good.example", "invalid_url"],
    ["a host in code", "http://good%2eexample:PORT/api", "invalid_url"],
    ["full-width letters", "http://\uff47ood.example:PORT/api", "invalid_url"],
    ["a tab", "http://good.exam\tple:PORT/api", "invalid_url"],
    ["another scheme", "https://good.example:PORT/api", "scheme_not_allowed"],
    ["the scheme's own port", "http://good.example/api", "port_not_allowed"],
    ["two ports", "http://good.example:80:PORT/api", "invalid_url"],
    ["a port with a zero before", "http://good.example:0PORT/api", "invalid_url"],
  ])("holds against %s", async (_, url, code) => {
    const server = await serving();
    const get = await asking(grantAt(server.port), everywhere);
    expect(await get(url.replaceAll("PORT", String(server.port)))).toEqual({ denied: code, status: null });
    expect(server.connections()).toBe(0);
  });

  it.each(["POST", "HEAD", "delete", "GET "])("holds against the method %j", async (method) => {
    const server = await serving();
    const get = await asking(grantAt(server.port), everywhere);
    const url = `http://good.example:${server.port}/api`;
    expect(await get(url, method)).toEqual({ denied: "method_not_allowed", status: null });
    expect(server.connections()).toBe(0);
    expect(await get(url, "get")).toEqual({ denied: null, status: 200 });
  });
});

describe("a grant that limits no hosts", () => {
  const INSIDE: readonly (readonly [what: string, host: string, code: string])[] = [
    ["loopback", "127.0.0.1", "address_not_allowed"],
    ["another loopback", "127.8.8.8", "address_not_allowed"],
    ["the unspecified address", "0.0.0.0", "address_not_allowed"],
    ["a private address", "10.0.0.1", "address_not_allowed"],
    ["the metadata address", "169.254.169.254", "address_not_allowed"],
    ["carrier NAT", "100.64.0.1", "address_not_allowed"],
    ["IPv6 loopback", "[::1]", "address_not_allowed"],
    ["the unspecified IPv6 address", "[::]", "address_not_allowed"],
    ["a private IPv6 address", "[fd00::1]", "address_not_allowed"],
    ["a link-local IPv6 address", "[fe80::1]", "address_not_allowed"],
    ["an IPv6 zone", "[fe80::1%25lo]", "invalid_url"],
    ["IPv4-mapped", "[::ffff:7f00:1]", "address_not_allowed"],
    ["IPv4-mapped, with IPv4 in it", "[::ffff:127.0.0.1]", "invalid_url"],
    ["IPv4-compatible", "[::7f00:1]", "address_not_allowed"],
    ["NAT64", "[64:ff9b::7f00:1]", "address_not_allowed"],
    ["NAT64, with IPv4 in it", "[64:ff9b::127.0.0.1]", "invalid_url"],
    ["NAT64 of a network's own", "[64:ff9b:1::7f00:1]", "address_not_allowed"],
    ["6to4", "[2002:7f00:1::]", "address_not_allowed"],
    ["IPv6 not in its one spelling", "[0:0:0:0:0:0:0:1]", "invalid_url"],
    ["a decimal address", "2130706433", "invalid_url"],
    ["an octal number", "017700000001", "invalid_url"],
    ["a hexadecimal number", "0x7f000001", "invalid_url"],
    ["an octal part", "0177.0.0.1", "invalid_url"],
    ["a hexadecimal part", "0x7f.0.0.1", "invalid_url"],
    ["two parts", "127.1", "invalid_url"],
    ["zeros before", "127.0.0.001", "invalid_url"],
    ["a trailing dot of an address", "127.0.0.1.", "invalid_url"],
    ["localhost", "localhost", "address_not_allowed"],
    ["localhost in mixed case", "LocalHost", "address_not_allowed"],
    ["localhost with a trailing dot", "localhost.", "invalid_url"],
    ["a name below localhost", "a.localhost", "address_not_allowed"],
  ];

  it.each(INSIDE)("does not reach %s, by the gate", async (_, host, code) => {
    const server = await serving();
    const get = await asking({}, everywhere);
    expect(await get(`http://${host}:${server.port}/`)).toEqual({ denied: code, status: null });
    expect(server.connections()).toBe(0);
  });

  it.each(INSIDE)("does not reach %s, even where no gate stands before the connection", async (_, host) => {
    const server = await serving();
    const { request, stop } = outside({ resolve: () => ["127.0.0.1"] });
    closing.push(stop);
    const { receipt, http } = await request({ url: `http://${host}:${server.port}/`, grant: {} });
    expect([receipt.status, http.status]).toEqual(["error", 599n]);
    expect(server.connections()).toBe(0);
  });

  it("reaches loopback once it lists it", async () => {
    const server = await serving();
    const get = await asking({ hosts: ["127.0.0.1"] }, everywhere);
    expect(await get(server.origin)).toEqual({ denied: null, status: 200 });
  });
});

describe("a name", () => {
  it.each([
    "127.0.0.1",
    "0.0.0.0",
    "10.0.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "fe80::1",
    "fd00::1",
    "2130706433",
    "0177.0.0.1",
  ])("that the grant lists, and that resolves to %s, leads nowhere", async (address) => {
    const server = await serving();
    for (const grant of [{ hosts: ["good.example"] }, {}]) {
      const get = await asking(grant, async () => [address]);
      expect(await get(`http://good.example:${server.port}/`)).toEqual({ denied: null, status: 599 });
    }
    expect(server.connections()).toBe(0);
  });

  it("leads where the grant lists the very address it resolves to", async () => {
    const server = await serving();
    const get = await asking({ hosts: ["good.example", "127.0.0.1"] }, everywhere);
    expect(await get(`http://good.example:${server.port}/`)).toEqual({ denied: null, status: 200 });
  });

  /** Two machines at one port: the granted one, and the one an attacker wants to reach. */
  async function two(answers: readonly string[]) {
    const granted = await serving();
    const other = await serving(granted.port, "127.0.0.2");
    let looks = 0;
    const resolve: Resolve = async () => [answers[Math.min(looks++, answers.length - 1)]!];
    const get = await asking({ hosts: ["good.example", "127.0.0.1"] }, resolve);
    const came = () => get(`http://good.example:${granted.port}/`);
    return { came, granted, other, looks: () => looks };
  }

  it("that changes its address between check and connect gains nothing: it is looked up once", async () => {
    const { came, granted, other, looks } = await two(["127.0.0.1", "127.0.0.2"]);
    expect(await came()).toEqual({ denied: null, status: 200 });
    expect([granted.asked.length, other.connections(), looks()]).toEqual([1, 0, 1]);
  });

  it("that has changed its address by the next request is judged anew", async () => {
    const { came, granted, other } = await two(["127.0.0.1", "127.0.0.2", "127.0.0.1"]);
    expect(await came()).toEqual({ denied: null, status: 200 });
    expect(await came()).toEqual({ denied: null, status: 599 });
    expect(await came()).toEqual({ denied: null, status: 200 });
    expect([granted.asked.length, other.connections()]).toEqual([2, 0]);
  });

  it("that has good and bad addresses leads to the good ones only", async () => {
    const granted = await serving();
    const other = await serving(granted.port, "127.0.0.2");
    const resolve: Resolve = async () => ["127.0.0.2", "::1", "127.0.0.1"];
    const get = await asking({ hosts: ["good.example", "127.0.0.1"] }, resolve);
    expect(await get(`http://good.example:${granted.port}/`)).toEqual({ denied: null, status: 200 });
    expect([granted.asked.length, other.connections()]).toEqual([1, 0]);
  });
});
