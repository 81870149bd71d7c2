/** Secrets: put in when a request goes out, taken out of what comes back, and nowhere else. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { checkOrigins } from "../../host/adapters/http/http.ts";
import { scrubber } from "../../host/adapters/scrub.ts";
import { declaredSecret, readSecret } from "../../host/adapters/secrets.ts";
import type { Credential } from "../../host/air/adapter-settings.ts";
import { DEFAULT_ADAPTER_SETTINGS } from "../../host/air/adapter-settings.ts";
import { fromUtf8, toBase64, utf8 } from "../../host/values/bytes.ts";
import { hashOf } from "../../host/values/hash.ts";
import { type Answerer, serve, type TestServer } from "../support/http.ts";
import { outside } from "./outside.ts";

const SECRET = `s3cr3t+"key"/1`;
const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const close of closing.splice(0)) await close();
});

async function withCredentials(answer: Answerer, credentials: readonly Credential[], origin?: string) {
  const server: TestServer = await serve(answer);
  closing.push(() => server.close());
  const made = outside({
    settings: { credentials: new Map([[origin ?? server.origin, credentials]]) },
    readSecret: readSecret,
  });
  closing.push(() => made.stop());
  return { server, ...made };
}

const BEARER: Credential = { header: "authorization", prefix: "Bearer ", secret: "env:AIRLOOM_TEST_SECRET" };

describe("a credential", () => {
  it("goes to its origin, and never shows in the receipt or the blobs", async () => {
    vi.stubEnv("AIRLOOM_TEST_SECRET", SECRET);
    const { server, request, blobs } = await withCredentials(
      ({ headers }, response) => {
        const { authorization } = headers;
        response.writeHead(200, {
          "x-echo": authorization!,
          "x-base64": Buffer.from(SECRET).toString("base64"),
        });
        response.end(`${JSON.stringify({ authorization })} ${encodeURIComponent(SECRET)} ${SECRET}${SECRET}`);
      },
      [BEARER],
    );
    const { receipt, http, body } = await request({ url: server.origin });
    expect(server.asked[0]!.headers.authorization).toBe(`Bearer ${SECRET}`);
    expect(http.status).toBe(200n);
    expect(http.headers.get("x-echo")).toBe("Bearer [redacted]");
    expect(body).toBe(`{"authorization":"Bearer [redacted]"} [redacted] [redacted][redacted]`);
    const everything = [receipt.payload, ...blobs.values()]
      .map((bytes) => Buffer.from(bytes).toString("latin1"))
      .join();
    for (const spelling of [SECRET, encodeURIComponent(SECRET), JSON.stringify(SECRET).slice(1, -1)]) {
      expect(everything).not.toContain(spelling);
    }
    expect(everything).not.toContain(Buffer.from(SECRET).toString("base64").replace(/=+$/, ""));
  });

  it("goes nowhere else", async () => {
    vi.stubEnv("AIRLOOM_TEST_SECRET", SECRET);
    const answer: Answerer = (_, response) => response.end();
    const { server, request } = await withCredentials(answer, [BEARER], "http://127.0.0.1:1");
    await request({ url: server.origin });
    expect(server.asked[0]!.headers.authorization).toBeUndefined();
  });

  it("that is not there, or too short, lets no request out", async () => {
    const { server, request } = await withCredentials((_, response) => response.end(), [BEARER]);
    const missing = await request({ url: server.origin });
    expect([missing.receipt.status, missing.http.status]).toEqual(["error", 599n]);
    vi.stubEnv("AIRLOOM_TEST_SECRET", "short");
    const short = await request({ url: server.origin });
    expect([short.receipt.status, short.http.status]).toEqual(["error", 599n]);
    expect(short.body).not.toContain("short\n");
    expect(server.connections()).toBe(0);
  });

  it("asks for answers that can be searched, and takes no others", async () => {
    vi.stubEnv("AIRLOOM_TEST_SECRET", SECRET);
    const { server, request, blobs } = await withCredentials(
      (_, response) => {
        response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(SECRET));
      },
      [BEARER],
    );
    const { receipt, http } = await request({ url: server.origin, headers: { "accept-encoding": "gzip" } });
    expect(server.asked[0]!.headers["accept-encoding"]).toBe("identity");
    expect([receipt.status, http.status]).toEqual(["error", 599n]);
    expect([...blobs.values()].some((bytes) => bytes[0] === 0x1f)).toBe(false);
  });

  it("belongs to an origin that some URL has", () => {
    const of = (origin: string) => ({
      ...DEFAULT_ADAPTER_SETTINGS.http,
      credentials: new Map([[origin, [BEARER]]]),
    });
    for (const origin of ["https://api.example.com", "http://127.0.0.1:8080", "https://[2001:db8::1]"]) {
      expect(() => checkOrigins(of(origin))).not.toThrow();
    }
    for (const origin of [
      "https://api.example.com/",
      "https://API.example.com",
      "https://a.example:443",
      "a.example",
    ]) {
      expect(() => checkOrigins(of(origin))).toThrow(
        expect.objectContaining({ code: "settings.invalid_origin" }),
      );
    }
  });
});

describe("a secret", () => {
  it("is read from the environment or a file, without the newline at the end of one", async () => {
    const folder = mkdtempSync(join(tmpdir(), "airloom-test-"));
    closing.push(() => rmSync(folder, { recursive: true }));
    vi.stubEnv("AIRLOOM_TEST_SECRET", SECRET);
    expect(fromUtf8(await readSecret("env:AIRLOOM_TEST_SECRET"))).toBe(SECRET);
    for (const end of ["", "\n", "\r\n"]) {
      writeFileSync(join(folder, "secret"), SECRET + end);
      expect(fromUtf8(await readSecret(`file:${join(folder, "secret")}`))).toBe(SECRET);
    }
    for (const binding of ["env:AIRLOOM_TEST_NO_SECRET", `file:${join(folder, "no")}`, "vault:x", "env:"]) {
      await expect(readSecret(binding)).rejects.toMatchObject({ code: "secret.unavailable" });
    }
    writeFileSync(join(folder, "secret"), "1234567");
    await expect(readSecret(`file:${join(folder, "secret")}`)).rejects.toMatchObject({
      code: "secret.too_short",
    });
  });

  it("must be the one its definition expects", async () => {
    const definition = (expectedDigest: string | null) =>
      ({
        kind: "defsecret",
        name: "a/b@1",
        bindingId: "x",
        expectedDigest,
        allowedCaps: [],
        allowedPlans: [],
      }) as never;
    const read = async (): Promise<Uint8Array> => utf8(SECRET);
    await expect(declaredSecret(definition(null), read)).resolves.toEqual(utf8(SECRET));
    await expect(declaredSecret(definition(hashOf(utf8(SECRET))), read)).resolves.toEqual(utf8(SECRET));
    await expect(declaredSecret(definition(hashOf(utf8("other"))), read)).rejects.toMatchObject({
      code: "secret.digest_mismatch",
    });
  });
});

describe("scrubbing", () => {
  it("takes the longest spelling first, and leaves what holds no secret as it is", () => {
    const scrub = scrubber([utf8("password"), utf8("password1")]);
    expect(scrub.text("password1 password passwor")).toBe("[redacted] [redacted] passwor");
    expect(scrub.text(`x${toBase64(utf8("password1"))}`)).not.toContain(toBase64(utf8("password1")));
    const bytes = utf8("nothing");
    expect(scrub.bytes(bytes)).toBe(bytes);
    expect(scrubber([]).text("password")).toBe("password");
  });

  it("reaches every part of a value", () => {
    const text = (value: string) => ({ kind: "text", value }) as const;
    const value = {
      kind: "record",
      fields: new Map([
        ["list", { kind: "list", items: [text("a password")] }],
        ["map", { kind: "map", entries: [[text("password"), { kind: "bytes", value: utf8("password") }]] }],
        ["n", { kind: "nat", value: 5n }],
      ]),
    } as never;
    const scrubbed = JSON.stringify(scrubber([utf8("password")]).value(value), (_, part) =>
      part instanceof Map
        ? [...part]
        : part instanceof Uint8Array
          ? fromUtf8(part)
          : typeof part === "bigint"
            ? "n"
            : part,
    );
    expect(scrubbed).not.toContain("password");
    expect(scrubbed.match(/\[redacted\]/g)).toHaveLength(3);
  });
});
