/**
 * `http.request`: once, unless settings have a retry policy. Every status is an answer (`ok`), redirects among
 * them. What is no answer gets a status of AgentOS's and a body that says why: 405 for a method, 400 for headers
 * that cannot be sent, 598 for a timeout (status `timeout`), 599 for all else. Bodies are blobs, durable before
 * the receipt.
 *
 * Proxy variables are ignored, since a proxy would connect where it likes. Credentials are added here, after
 * everything was journaled, and taken out of what comes back.
 */

import { randomBytes } from "node:crypto";
import type { HttpSettings } from "../../air/adapter-settings.ts";
import type { OpenIntent } from "../../effects/intent.ts";
import { isKeyed } from "../../effects/key.ts";
import type { ReceiptStatus } from "../../effects/receipt.ts";
import { type HttpGrant, mayConnect, readHttpGrant } from "../../gate/native/http.ts";
import { originOf, parseUrl } from "../../gate/url.ts";
import type { Hash } from "../../values/brand.ts";
import { type Cbor, canon, decodeCbor } from "../../values/cbor.ts";
import { AirloomError } from "../../values/errors.ts";
import { quote } from "../../values/quote.ts";
import type { Blobs, Dispatch } from "../port.ts";
import { scrubber } from "../scrub.ts";
import type { ReadSecret } from "../secrets.ts";
import type { Answer, TaskKind } from "../tasks.ts";
import type { TimerClock } from "../timer/timer.ts";
import { faultOfHeaders, keptHeaders, outgoingHeaders } from "./headers.ts";
import type { Resolve } from "./resolve.ts";
import { mayRepeat, retryAfterMs, retryDelay } from "./retry.ts";
import { type Failure, messageBytes, type Request, type Response, type Try } from "./try.ts";

export interface HttpParts {
  readonly settings: HttpSettings;
  readonly clock: TimerClock;
  readonly blobs: Blobs;
  readonly readSecret: ReadSecret;
  readonly resolve: Resolve;
  /** A random unsigned 128-bit integer, for jitter. */
  readonly draw: () => bigint;
}

export const HTTP_ADAPTER_ID = "host.http";
const METHODS: ReadonlySet<string> = new Set(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"]);
/** A grant that cannot be read, or is gone, lets nothing connect but to public addresses. */
const NO_GRANT: HttpGrant = { hosts: null, schemes: null, methods: null, ports: null, pathPrefixes: null };
const STATUS = { badHeaders: 400, badMethod: 405, timeout: 598, failed: 599 } as const;

export function httpAdapter(parts: HttpParts): TaskKind {
  return {
    effectKinds: ["http.request"],
    adapterId: () => HTTP_ADAPTER_ID,
    inFlightMax: parts.settings.inFlightMax,
    work: (intent, dispatch, signal) => answer(parts, intent, dispatch, signal),
  };
}

/** Throws `settings.invalid_origin` (kind `manifest`) for credentials that no request would ever get. */
export function checkOrigins({ credentials }: HttpSettings): void {
  for (const origin of credentials.keys()) {
    const reading = parseUrl(origin);
    if (reading.ok && originOf(reading.url) === origin) continue;
    const message = `${quote(origin)} is no origin: scheme, host and a port that is not the scheme's own`;
    throw new AirloomError("manifest", "settings.invalid_origin", message, { fields: { origin } });
  }
}

/** For jitter: chance that no module sees. */
export function randomDraw(): bigint {
  return BigInt(`0x${randomBytes(16).toString("hex")}`);
}

interface Outcome {
  readonly status: ReceiptStatus;
  readonly code: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
  readonly tries: bigint;
}

async function answer(
  parts: HttpParts,
  intent: OpenIntent,
  dispatch: Dispatch,
  signal: AbortSignal,
): Promise<Answer> {
  const startNs = parts.clock.now();
  const { status, code, headers, body, tries } = await perform(parts, intent, dispatch, signal);
  const bodyRef = body.length === 0 ? null : await parts.blobs.put(body);
  const timings = new Map<string, Cbor>([
    ["start_ns", startNs],
    ["end_ns", parts.clock.now()],
  ]);
  const payload = new Map<string, Cbor>([
    ["status", BigInt(code)],
    ["headers", headers],
    ["body_ref", bodyRef],
    ["timings", timings],
    ["adapter_id", HTTP_ADAPTER_ID],
  ]);
  return { status, payload: canon(payload), tries };
}

async function perform(
  parts: HttpParts,
  intent: OpenIntent,
  dispatch: Dispatch,
  signal: AbortSignal,
): Promise<Outcome> {
  const params = decodeCbor(intent.params) as ReadonlyMap<string, Cbor>;
  const method = (params.get("method") as string).toUpperCase();
  if (!METHODS.has(method)) return refused(STATUS.badMethod, `the method ${quote(method)} is not known`);
  const authored = params.get("headers") as ReadonlyMap<string, string>;
  const fault = faultOfHeaders(authored);
  if (fault !== null) return refused(STATUS.badHeaders, fault);
  const reading = parseUrl(params.get("url") as string);
  if (!reading.ok) return refused(STATUS.failed, `the URL is refused: ${reading.fault}`);
  const bodyRef = (params.get("body_ref") ?? null) as Hash | null;
  const body = bodyRef === null ? null : await parts.blobs.get(bodyRef);
  if (bodyRef !== null && body === null) return refused(STATUS.failed, `there is no blob ${bodyRef} to send`);
  const { url } = reading;
  const credentials = parts.settings.credentials.get(originOf(url)) ?? [];
  try {
    const { headers, secrets } = await outgoingHeaders(
      authored,
      dispatch.key(),
      credentials,
      parts.readSecret,
    );
    const keyed = isKeyed(intent) || [...authored.keys()].some(isKeyHeader);
    return await repeat(parts, { method, url, headers, body }, grantOf(dispatch), { keyed, secrets }, signal);
  } catch (error) {
    if (!(error instanceof AirloomError)) throw error;
    return refused(STATUS.failed, error.message);
  }
}

function isKeyHeader(name: string): boolean {
  return name.toLowerCase() === "idempotency-key";
}

/** Tries until there is an answer worth giving, or none is to be had. */
async function repeat(
  parts: HttpParts,
  request: Request,
  grant: HttpGrant,
  { keyed, secrets }: { readonly keyed: boolean; readonly secrets: readonly Uint8Array[] },
  signal: AbortSignal,
): Promise<Outcome> {
  for (let tries = 1n; ; tries++) {
    const tried = await tryOnce(parts, request, grant, secrets, signal);
    const waitMs = mayRepeat(tried, request.method, keyed) ? delayAfter(parts, tried, tries) : null;
    if (waitMs === null || signal.aborted) return { ...outcomeOf(tried), tries };
    if (waitMs > 0n) await pause(parts.clock, waitMs, signal);
  }
}

/** Null when it was the last try, or the server asks for a longer wait than the policy has. */
function delayAfter(
  { settings: { retry }, clock, draw }: HttpParts,
  tried: Try,
  tries: bigint,
): bigint | null {
  if (retry === null) return null;
  const delay = retryDelay(retry, tries, draw());
  if (delay === null || !tried.ok) return delay;
  const asked = retryAfterMs(tried.headers.get("retry-after"), Number(clock.now() / 1_000_000n)) ?? 0n;
  if (asked > retry.maxWaitMs) return null;
  return asked > delay ? asked : delay;
}

async function tryOnce(
  parts: HttpParts,
  request: Request,
  grant: HttpGrant,
  secrets: readonly Uint8Array[],
  signal: AbortSignal,
): Promise<Try> {
  const { settings, clock, resolve } = parts;
  // The client is loaded by the first request: it takes longer than all else that a start loads.
  const { exchange } = await import("./exchange.ts");
  const timeout = new AbortController();
  const cancel = clock.schedule(settings.timeoutMs, () => timeout.abort());
  const reach = {
    mayConnect: (host: string, address: Uint8Array) => mayConnect(grant, host, address),
    resolve,
    timeoutMs: settings.timeoutMs,
  };
  try {
    const tried = await exchange(request, reach, AbortSignal.any([signal, timeout.signal]));
    return tried.ok && secrets.length > 0 ? scrubbed(tried, secrets) : tried;
  } finally {
    cancel();
  }
}

function scrubbed(response: Response, secrets: readonly Uint8Array[]): Try {
  const encoding = response.headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity") {
    const message = "the answer to a request with credentials is encoded, and cannot be searched for them";
    return { ok: false, reason: "secret", message };
  }
  const scrub = scrubber(secrets);
  return { ...response, headers: keptHeaders(response.headers, scrub), body: scrub.bytes(response.body) };
}

function outcomeOf(tried: Try): Omit<Outcome, "tries"> {
  if (tried.ok) {
    const headers = keptHeaders(tried.headers, scrubber([]));
    return { status: "ok", code: tried.status, headers, body: tried.body };
  }
  const late = tried.reason === "timeout";
  const code = late ? STATUS.timeout : STATUS.failed;
  return { status: late ? "timeout" : "error", code, headers: new Map(), body: messageBytes(tried) };
}

/** A request that was never made. */
function refused(code: number, message: string): Outcome {
  const failure: Failure = { ok: false, reason: "refused", message };
  return { ...outcomeOf(failure), code, body: messageBytes(failure), tries: 0n };
}

function grantOf({ grant }: Dispatch): HttpGrant {
  if (grant === null || grant.cap.capType !== "http.out") return NO_GRANT;
  try {
    return readHttpGrant(grant);
  } catch {
    return NO_GRANT; // the gate refuses such a grant, except where `compat` spares it
  }
}

function pause(clock: TimerClock, delayMs: bigint, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(Number(delayMs), resolve);
    signal.addEventListener(
      "abort",
      () => {
        cancel();
        resolve();
      },
      { once: true },
    );
  });
}
