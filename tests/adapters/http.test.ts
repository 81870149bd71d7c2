/** http.request against real servers on this machine, which answer well, badly, late and not at all. */

import { afterEach, describe, expect, it, vi } from "vitest";
import { BODY_BYTES_MAX } from "../../host/adapters/http/exchange.ts";
import type { Hash } from "../../host/values/brand.ts";
import { hashOf } from "../../host/values/hash.ts";
import { type Answerer, refusingPort, serve, serveRaw, type TestServer } from "../support/http.ts";
import { T } from "../support/world.ts";
import { type OutsideOptions, outside } from "./outside.ts";

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const close of closing.splice(0)) await close();
});

async function serving(answer: Answerer): Promise<TestServer> {
  const server = await serve(answer);
  closing.push(() => server.close());
  return server;
}

function client(options: OutsideOptions = {}) {
  const made = outside(options);
  closing.push(() => made.stop());
  return made;
}

async function raw(text: string): Promise<string> {
  const server = await serveRaw(text);
  closing.push(() => server.close());
  return `http://127.0.0.1:${server.port}/`;
}

describe("a request", () => {
  it("goes out as it was asked for, and its answer comes back whole", async () => {
    const server = await serving((_, response) => {
      response.writeHead(201, { "Content-Type": "text/plain", "X-Two": ["a", "b"] }).end("made");
    });
    const { request, blobs } = client();
    const url = `${server.origin}/things?a=b%20c&d[]=e`;
    const { receipt, http, body } = await request({
      url,
      method: "post",
      headers: { "Content-Type": "application/json", "X-Mine": "yes" },
      body: `{"a":1}`,
    });
    expect(server.asked).toMatchObject([
      {
        method: "POST",
        path: "/things?a=b%20c&d[]=e",
        headers: { "content-type": "application/json", "x-mine": "yes" },
      },
    ]);
    expect(server.asked[0]!.body.toString()).toBe(`{"a":1}`);
    expect(receipt).toMatchObject({ adapterId: "host.http", status: "ok", tries: 1n });
    expect(http).toMatchObject({
      status: 201n,
      adapter_id: "host.http",
      timings: { start_ns: T, end_ns: T },
    });
    expect(http.headers.get("content-type")).toBe("text/plain");
    expect(http.headers.get("x-two")).toBe("a, b");
    expect(body).toBe("made");
    expect(blobs.has(http.body_ref!)).toBe(true);
  });

  it.each(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"])("may be %s", async (method) => {
    const server = await serving((_, response) => response.end("body"));
    const { http, body } = await client().request({ url: server.origin, method });
    expect(http.status).toBe(200n);
    expect(server.asked[0]!.method).toBe(method);
    expect(body).toBe(method === "HEAD" ? null : "body");
  });

  it.each([
    ["OPTIONS", {}, 405n],
    ["CONNECT", {}, 405n],
    ["GET", { authorization: "Bearer x" }, 400n],
    ["GET", { Cookie: "a=b" }, 400n],
    ["GET", { host: "evil.example" }, 400n],
    ["GET", { "transfer-encoding": "chunked" }, 400n],
    ["GET", { "x y": "z" }, 400n],
    ["GET", { x: "a\r\nhost: evil" }, 400n],
    ["GET", { x: "ü" }, 400n],
    ["GET", { x: "a", X: "b" }, 400n],
  ] as [string, Record<string, string>, bigint][])(
    "%s with %j is not made: %s",
    async (method, headers, status) => {
      const server = await serving((_, response) => response.end());
      const { receipt, http, body } = await client().request({ url: server.origin, method, headers });
      expect(receipt).toMatchObject({ status: "error", tries: 0n });
      expect(http.status).toBe(status);
      expect(body).not.toBeNull();
      expect(server.connections()).toBe(0);
    },
  );

  it("whose body is not there is not made", async () => {
    const server = await serving((_, response) => response.end());
    const bodyRef = `sha256:${"1".repeat(64)}` as Hash;
    const { receipt, http } = await client().request({ url: server.origin, method: "POST", bodyRef });
    expect([receipt.status, http.status, server.connections()]).toEqual(["error", 599n, 0]);
  });

  it("takes no proxy from the environment", async () => {
    const proxy = await serving((_, response) => response.end("from the proxy"));
    for (const name of ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"])
      vi.stubEnv(name, proxy.origin);
    vi.stubEnv("NODE_USE_ENV_PROXY", "1");
    const server = await serving((_, response) => response.end("straight"));
    expect((await client().request({ url: server.origin })).body).toBe("straight");
    expect(proxy.connections()).toBe(0);
  });
});

describe("an answer", () => {
  it.each([301, 302, 303, 307, 308])(
    "that redirects (%i) is an answer, and nobody follows it",
    async (status) => {
      const server = await serving((_, response) =>
        response.writeHead(status, { location: "/elsewhere" }).end(),
      );
      const { receipt, http } = await client().request({ url: `${server.origin}/here` });
      expect([receipt.status, http.status, http.headers.get("location")]).toEqual([
        "ok",
        BigInt(status),
        "/elsewhere",
      ]);
      expect(server.asked.map(({ path }) => path)).toEqual(["/here"]);
    },
  );

  it.each([404, 429, 500, 503])("of status %i is an answer, tried once", async (status) => {
    const server = await serving((_, response) =>
      response.writeHead(status, { "retry-after": "1" }).end("no"),
    );
    const { receipt, http, body } = await client().request({ url: server.origin });
    expect([receipt.status, receipt.tries, http.status, body]).toEqual(["ok", 1n, BigInt(status), "no"]);
    expect(server.asked).toHaveLength(1);
  });

  it("sets no cookies in the journal", async () => {
    const server = await serving((_, response) =>
      response.writeHead(200, { "set-cookie": ["a=1", "b=2"], x: "y" }).end(),
    );
    const { http } = await client().request({ url: server.origin });
    expect(http.headers.has("set-cookie")).toBe(false);
    expect(http.headers.get("x")).toBe("y");
  });

  it("may have ten MiB of body, and not a byte more", async () => {
    const server = await serving(({ path }, response) =>
      response.end(Buffer.alloc(Number(path.slice(1)), 97)),
    );
    const { request } = client();
    const most = await request({ url: `${server.origin}/${BODY_BYTES_MAX}` });
    expect([most.receipt.status, most.body!.length]).toEqual(["ok", BODY_BYTES_MAX]);
    const more = await request({ url: `${server.origin}/${BODY_BYTES_MAX + 1}` });
    expect([more.receipt.status, more.http.status]).toEqual(["error", 599n]);
    expect(more.body).toContain("too_large");
  });

  it("that never ends is cut off at ten MiB", async () => {
    const server = await serving((_, response) => {
      const chunk = Buffer.alloc(1 << 20);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    });
    const { receipt, http } = await client().request({ url: server.origin });
    expect([receipt.status, http.status]).toEqual(["error", 599n]);
  });
});

describe("no answer", () => {
  it("from a refused connection is a 599", async () => {
    const { receipt, http, body } = await client().request({
      url: `http://127.0.0.1:${await refusingPort()}/`,
    });
    expect([receipt.status, receipt.tries, http.status]).toEqual(["error", 1n, 599n]);
    expect(body).toContain("refused");
    expect(http.headers.size).toBe(0);
  });

  it.each([
    ["a body cut short", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nten bytes."],
    ["a chunk cut short", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n64\r\nten bytes."],
    ["no last chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\na\r\nten bytes.\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabc"],
    ["a length that is no number", "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\nabc"],
    ["no HTTP at all", "220 mail.example ESMTP\r\n"],
    ["half a head", "HTTP/1.1 200 OK\r\nx:"],
    ["nothing", ""],
  ])("but %s is a 599", async (_, text) => {
    const { receipt, http } = await client().request({ url: await raw(text) });
    expect([receipt.status, http.status]).toEqual(["error", 599n]);
  });

  it("in time is a 598, whether the head or the body is slow", async () => {
    const server = await serving(({ path }, response) => {
      if (path === "/body") response.writeHead(200).write("slow");
    });
    const { request, clock } = client({ settings: { timeoutMs: 5000 } });
    for (const [i, path] of ["/head", "/body"].entries()) {
      const asked = request({ url: `${server.origin}${path}` });
      await server.untilAsked(i + 1);
      clock.advance(5_000_000_000n);
      const { receipt, http, body } = await asked;
      expect([receipt.status, http.status]).toEqual(["timeout", 598n]);
      expect(body).toContain("timeout");
    }
  });

  it("comes when the adapter was stopped, and the connection is given up", async () => {
    const server = await serving(() => {});
    const { request, stop, errors } = client();
    const asked = request({ url: server.origin });
    await server.untilAsked(1);
    stop();
    const first = await Promise.race([
      asked,
      new Promise((resolve) => setImmediate(() => resolve("nothing"))),
    ]);
    expect([first, errors]).toEqual(["nothing", []]);
  });
});

describe("the key sent out", () => {
  it("is the same when an intent is done again, and another for an equal one", async () => {
    const server = await serving((_, response) => response.end());
    const { request } = client();
    const order = { url: server.origin, method: "POST", body: "5 EUR" };
    await request({ ...order, ordinal: 0 });
    await request({ ...order, ordinal: 1 });
    await request({ ...order, ordinal: 0 });
    const [first, second, again] = server.asked.map(({ headers }) => headers["idempotency-key"]);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(second).not.toBe(first);
    expect(again).toBe(first);
  });

  it("is the author's where he gave one, as a key or as a header", async () => {
    const server = await serving((_, response) => response.end());
    const { request } = client();
    await request({ url: server.origin, idempotencyKey: new Uint8Array(32).fill(0xab) });
    await request({ url: server.origin, headers: { "Idempotency-Key": "mine" } });
    expect(server.asked.map(({ headers }) => headers["idempotency-key"])).toEqual(["ab".repeat(32), "mine"]);
  });
});

describe("an address", () => {
  const refused = { status: "error" };

  it("is connected to only where the grant lists it, whatever name leads there", async () => {
    const server = await serving((_, response) => response.end("inside"));
    const { request } = client({ resolve: () => ["127.0.0.1"] });
    const url = `http://rebound.example:${server.port}/`;
    const denied = await request({ url, grant: { hosts: ["rebound.example"] } });
    expect(denied.receipt).toMatchObject(refused);
    expect(denied.body).toContain("forbidden");
    expect((await request({ url, grant: {} })).receipt).toMatchObject(refused);
    expect((await request({ url, grant: null })).receipt).toMatchObject(refused);
    expect(
      (await request({ url, grant: { hosts: ["rebound.example", "localhost"] } })).receipt,
    ).toMatchObject(refused);
    expect(server.connections()).toBe(0);
    expect((await request({ url, grant: { hosts: ["rebound.example", "127.0.0.1"] } })).body).toBe("inside");
  });

  it("of this machine goes with the name localhost", async () => {
    const server = await serving((_, response) => response.end("inside"));
    const { request } = client({ resolve: () => ["127.0.0.1"] });
    const url = `http://localhost:${server.port}/`;
    expect((await request({ url, grant: { hosts: ["localhost"] } })).body).toBe("inside");
    expect((await request({ url, grant: { hosts: ["127.0.0.1"] } })).body).toBe("inside");
    expect((await request({ url, grant: {} })).receipt).toMatchObject(refused);
  });

  it.each([
    ["10.0.0.1"],
    ["169.254.169.254"],
    ["100.64.0.1"],
    ["::1"],
    ["::ffff:127.0.0.1"],
    ["64:ff9b::7f00:1"],
    ["2002:7f00:1::"],
    ["fe80::1%lo"],
    ["fd00::1"],
    ["no address"],
  ])("such as %s is not connected to for a name", async (address) => {
    const { request } = client({ resolve: () => [address] });
    const { receipt, body } = await request({
      url: "http://name.example/",
      grant: { hosts: ["name.example"] },
    });
    expect(receipt).toMatchObject(refused);
    expect(body).toContain("forbidden");
  });

  it("that a name changes to between two connections is judged anew", async () => {
    const server = await serving((_, response) => response.writeHead(503).end());
    const looked: string[] = [];
    const { request } = client({
      settings: { retry: { maxAttempts: 2n, minWaitMs: 0n, maxWaitMs: 0n, base: 2n, jitterPercent: 0n } },
      resolve: (host) => {
        looked.push(host);
        return looked.length === 1 ? ["127.0.0.1"] : ["10.0.0.1"];
      },
    });
    const asked = request({
      url: `http://rebound.example:${server.port}/`,
      grant: { hosts: ["rebound.example", "127.0.0.1"] },
    });
    await server.untilAsked(1);
    const { receipt, body } = await asked;
    expect(looked).toEqual(["rebound.example", "rebound.example"]);
    expect(receipt).toMatchObject({ status: "error", tries: 2n });
    expect(body).toContain("forbidden");
  });

  it("is resolved once for a connection, so that it cannot change between check and connect", async () => {
    const server = await serving((_, response) => response.end("inside"));
    let looks = 0;
    const { request } = client({
      resolve: () => {
        looks += 1;
        return looks === 1 ? ["127.0.0.1"] : ["127.0.0.2"];
      },
    });
    const grant = { hosts: ["rebound.example", "127.0.0.1"] };
    expect((await request({ url: `http://rebound.example:${server.port}/`, grant })).body).toBe("inside");
    expect(looks).toBe(1);
  });

  it("that may be connected to is picked from those of a name", async () => {
    const server = await serving((_, response) => response.end("inside"));
    const { request } = client({ resolve: () => ["10.0.0.1", "127.0.0.1"] });
    const grant = { hosts: ["both.example", "127.0.0.1"] };
    expect((await request({ url: `http://both.example:${server.port}/`, grant })).body).toBe("inside");
  });

  it("written in the URL needs the grant as well", async () => {
    const server = await serving((_, response) => response.end("inside"));
    const { request } = client();
    expect(
      (await request({ url: server.origin, grant: { hosts: ["other.example"] } })).receipt,
    ).toMatchObject(refused);
    expect((await request({ url: server.origin, grant: {} })).receipt).toMatchObject(refused);
    expect(server.connections()).toBe(0);
  });
});

describe("bodies", () => {
  it("are kept before the receipt is given", async () => {
    const server = await serving((_, response) => response.end("kept"));
    const { request, blobs } = client();
    const { http } = await request({ url: server.origin });
    expect(http.body_ref).toBe(hashOf(new TextEncoder().encode("kept")));
    expect(blobs.has(http.body_ref!)).toBe(true);
  });
});
