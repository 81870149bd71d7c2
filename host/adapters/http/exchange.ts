/**
 * One request and its response, over a connection of its own. Connections are not kept: one that was allowed
 * for a grant must not serve another, and one that a server is about to close cannot lose a request.
 */

import { Client } from "undici";
import { originOf } from "../../gate/url.ts";
import { concat } from "../../values/bytes.ts";
import { plain } from "../../values/quote.ts";
import { connector, ForbiddenAddress, type MayConnect } from "./connect.ts";
import type { Resolve } from "./resolve.ts";
import type { Failure, Request, Try } from "./try.ts";

/** Where connections may go, how names are resolved, and how long a connection may take to be made. */
export interface Reach {
  readonly mayConnect: MayConnect;
  readonly resolve: Resolve;
  readonly timeoutMs: number;
}

/** Body of a response. */
export const BODY_BYTES_MAX = 10 * 1024 * 1024;

/** Redirects are answers, as all statuses are. Aborting gives `timeout`: whoever aborts knows why. */
export async function exchange(
  request: Request,
  { mayConnect, resolve, timeoutMs }: Reach,
  signal: AbortSignal,
): Promise<Try> {
  const { method, url, headers, body } = request;
  const client = new Client(originOf(url), {
    connect: connector(mayConnect, resolve, timeoutMs),
    pipelining: 0,
    // The adapter's own timeout ends a try, whatever it waits for.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  try {
    const response = await client.request({
      method: method as "GET",
      path: `${url.path}${url.query}`,
      headers: Object.fromEntries(headers),
      body,
      signal,
    });
    const received = await readBody(response.body);
    if (received === null) {
      return { ok: false, reason: "too_large", message: `the body has more than ${BODY_BYTES_MAX} bytes` };
    }
    return { ok: true, status: response.statusCode, headers: readHeaders(response.headers), body: received };
  } catch (error) {
    if (signal.aborted) return { ok: false, reason: "timeout", message: "there was no answer in time" };
    return failureOf(error);
  } finally {
    client.destroy().catch(() => {}); // it is given up, however that goes
  }
}

async function readBody(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return concat(chunks);
}

/** Repeated headers are joined as RFC 9110 section 5.2 has it. */
function readHeaders(raw: Record<string, string | string[] | undefined>): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(raw)) {
    if (value === undefined) continue;
    headers.set(name.toLowerCase(), Array.isArray(value) ? value.join(", ") : value);
  }
  return headers;
}

function failureOf(error: unknown): Failure {
  const causes = causesOf(error);
  const forbidden = causes.find((cause) => cause instanceof ForbiddenAddress);
  if (forbidden !== undefined) return { ok: false, reason: "forbidden", message: forbidden.message };
  const codes = causes.map(codeOf);
  if (codes.includes("ECONNREFUSED")) {
    return { ok: false, reason: "refused", message: "the connection was refused" };
  }
  if (codes.includes("UND_ERR_CONNECT_TIMEOUT")) {
    return { ok: false, reason: "timeout", message: "there was no connection in time" };
  }
  const code = codes.find((each) => each !== "") ?? "no code";
  const message = plain(causes[0]?.message ?? "", 200);
  return { ok: false, reason: "transport", message: `the exchange failed: ${code}, ${message}` };
}

/** An error, what caused it, and what it stands for several of. */
function causesOf(error: unknown): readonly Error[] {
  if (!(error instanceof Error)) return [];
  const inner = error instanceof AggregateError ? error.errors.flatMap(causesOf) : [];
  return [error, ...inner, ...causesOf(error.cause)];
}

function codeOf(error: Error): string {
  const code = "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}
