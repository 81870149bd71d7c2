/** Requests that are tried again: when, after how long, and what is never repeated. */

import { afterEach, describe, expect, it } from "vitest";
import { mayRepeat, retryAfterMs, retryDelay } from "../../host/adapters/http/retry.ts";
import type { RetrySettings } from "../../host/air/adapter-settings.ts";
import { type Answerer, refusingPort, serve, type TestServer } from "../support/http.ts";
import { BINS, CHI_SQUARE_MAX, chiSquare, DRAWS, seededBytes } from "../support/jitter.ts";
import { RETRY_CASES } from "../support/retry-cases.ts";
import { type OutsideOptions, outside } from "./outside.ts";

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const POLICY: RetrySettings = {
  maxAttempts: 3n,
  minWaitMs: 100n,
  maxWaitMs: 10_000n,
  base: 2n,
  jitterPercent: 0n,
};

async function serving(answer: Answerer): Promise<TestServer> {
  const server = await serve(answer);
  closing.push(() => server.close());
  return server;
}

function client(options: OutsideOptions = {}) {
  const made = outside({ ...options, settings: { retry: POLICY, ...options.settings } });
  closing.push(() => made.stop());
  return made;
}

describe("the delay", () => {
  it.each(RETRY_CASES)("after failure $attempt, from $min to $max by $base", (each) => {
    const { attempt, min, max, base, jitterPercent, draw, delay } = each;
    const policy = { maxAttempts: attempt + 1n, minWaitMs: min, maxWaitMs: max, base, jitterPercent };
    expect(retryDelay(policy, attempt, draw)).toBe(delay);
    expect(retryDelay({ ...policy, maxAttempts: attempt }, attempt, draw)).toBeNull();
  });

  it("stays within its jitter for every draw", () => {
    const policy = { ...POLICY, jitterPercent: 50n };
    for (let i = 0n; i <= 200n; i++) {
      const delay = retryDelay(policy, 1n, (i * ((1n << 128n) - 1n)) / 200n)!;
      expect(delay >= 200n && delay <= 300n).toBe(true);
    }
  });
});

describe("the jitter", () => {
  const SEED = 5;
  const policy = { ...POLICY, minWaitMs: 1_000_000n, maxWaitMs: 10_000_000n, jitterPercent: 50n };
  const [wait, most] = [2_000_000n, 1_000_000n];
  const jitters = () =>
    Array.from({ length: DRAWS }, (_, i) => {
      const draw = BigInt(`0x${Buffer.from(seededBytes(SEED, i, 16)).toString("hex")}`);
      return retryDelay(policy, 1n, draw)! - wait;
    });

  it(`is even over ${BINS} bins in ${DRAWS} draws, and the same for the same draws`, () => {
    const drawn = jitters();
    expect(drawn.every((jitter) => jitter >= 0n && jitter <= most)).toBe(true);
    const statistic = chiSquare(drawn, most);
    console.log(
      `adapters' jitter: chi-square ${statistic.toFixed(2)} at seed ${SEED}, below ${CHI_SQUARE_MAX}`,
    );
    expect(statistic).toBeLessThan(CHI_SQUARE_MAX);
    expect(jitters()).toEqual(drawn);
  });
});

describe("a server's wish", () => {
  const now = Date.parse("Wed, 21 Oct 2026 07:28:00 GMT");
  it.each([
    ["0", 0n],
    ["120", 120_000n],
    ["Wed, 21 Oct 2026 07:28:05 GMT", 5000n],
    ["Wed, 21 Oct 2026 07:27:00 GMT", 0n],
    ["-1", null],
    ["1.5", null],
    ["soon", null],
    ["Wed, 99 Foo 2026 07:28:05 GMT", null],
    [undefined, null],
  ])("%s", (header, expected) => {
    expect(retryAfterMs(header, now)).toBe(expected);
  });
});

describe("what may be repeated", () => {
  const answered = (status: number) =>
    ({ ok: true, status, headers: new Map(), body: new Uint8Array(0) }) as const;
  const failed = (reason: "refused" | "forbidden" | "timeout" | "transport" | "too_large" | "secret") =>
    ({ ok: false, reason, message: "" }) as const;
  it.each([
    [failed("refused"), "POST", false, true],
    [failed("timeout"), "POST", false, false],
    [failed("timeout"), "POST", true, true],
    [failed("timeout"), "PATCH", true, true],
    [failed("transport"), "GET", false, true],
    [failed("transport"), "PUT", false, true],
    [failed("transport"), "DELETE", false, true],
    [failed("transport"), "PATCH", false, false],
    [failed("forbidden"), "GET", false, false],
    [failed("too_large"), "GET", true, false],
    [failed("secret"), "GET", true, false],
    [answered(200), "GET", true, false],
    [answered(302), "GET", true, false],
    [answered(404), "GET", true, false],
    [answered(409), "GET", true, false],
    [answered(429), "GET", false, true],
    [answered(429), "POST", false, false],
    [answered(429), "POST", true, true],
    [answered(500), "HEAD", false, true],
    [answered(501), "GET", false, false],
    [answered(503), "GET", false, true],
  ] as const)("%o by %s, keyed %s: %s", (tried, method, keyed, expected) => {
    expect(mayRepeat(tried, method, keyed)).toBe(expected);
  });
});

describe("a request under a policy", () => {
  it("is tried until it is answered, waiting in between, with one key", async () => {
    const server = await serving((_, response, count) =>
      response.writeHead(count < 3 ? 503 : 200).end(`${count}`),
    );
    const { request, clock, waits } = client();
    const asked = request({ url: server.origin });
    await server.untilAsked(1);
    await until(waits, [200]);
    expect(server.asked).toHaveLength(1);
    clock.advance(200_000_000n);
    await server.untilAsked(2);
    await until(waits, [200, 400]);
    clock.advance(400_000_000n);
    const { receipt, http, body } = await asked;
    expect([receipt.status, receipt.tries, http.status, body]).toEqual(["ok", 3n, 200n, "3"]);
    expect(new Set(server.asked.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
  });

  it("gives the last answer when it is exhausted", async () => {
    const server = await serving((_, response) => response.writeHead(500).end("down"));
    const { request } = client({ settings: { retry: { ...POLICY, minWaitMs: 0n } } });
    const { receipt, http } = await request({ url: server.origin });
    expect([receipt.status, receipt.tries, http.status]).toEqual(["ok", 3n, 500n]);
    expect(server.asked).toHaveLength(3);
  });

  it("is tried again where the connection was refused, whatever its method", async () => {
    const { request } = client({ settings: { retry: { ...POLICY, minWaitMs: 0n } } });
    const { receipt, http } = await request({
      url: `http://127.0.0.1:${await refusingPort()}/`,
      method: "POST",
    });
    expect([receipt.status, receipt.tries, http.status]).toEqual(["error", 3n, 599n]);
  });

  it("is not repeated where it might be done twice, unless its author gave a key", async () => {
    const server = await serving((_, response) => response.writeHead(503).end());
    const { request } = client({ settings: { retry: { ...POLICY, minWaitMs: 0n } } });
    expect((await request({ url: server.origin, method: "POST" })).receipt.tries).toBe(1n);
    const keyed = { url: server.origin, method: "POST", idempotencyKey: new Uint8Array(32).fill(1) };
    expect((await request(keyed)).receipt.tries).toBe(3n);
    const header = { url: server.origin, method: "POST", headers: { "idempotency-key": "mine" } };
    expect((await request(header)).receipt.tries).toBe(3n);
  });

  it("waits as long as the server asks, and gives its answer when that is longer than the policy waits", async () => {
    const server = await serving(({ path }, response, count) => {
      if (count === 2) response.end("done");
      else response.writeHead(429, { "retry-after": path.slice(1) }).end();
    });
    const { request, clock, waits } = client();
    const asked = request({ url: `${server.origin}/7` });
    await server.untilAsked(1);
    await until(waits, [7000]);
    clock.advance(7_000_000_000n);
    expect((await asked).receipt.tries).toBe(2n);
    const long = await request({ url: `${server.origin}/3600` });
    expect([long.receipt.tries, long.http.status]).toEqual([1n, 429n]);
  });
});

/** Resolves once these are the waits so far. */
async function until(waits: readonly number[], expected: readonly number[]): Promise<void> {
  while (waits.join() !== expected.join()) await new Promise((resolve) => setImmediate(resolve));
}
