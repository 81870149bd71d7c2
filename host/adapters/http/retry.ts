/**
 * When a request is tried again. The formula is that of docs/air.md, "Effects"; the SDK's policy computes the
 * same (tests/support/retry-cases.ts holds both to it).
 */

import type { RetrySettings } from "../../air/adapter-settings.ts";
import type { Failure, Try } from "./try.ts";

/**
 * Milliseconds to wait after failure `failures`, counted from 1; null when it was the last. `draw` is a random
 * unsigned 128-bit integer: the jitter is floor(draw * (most + 1) / 2^128), most = wait * jitterPercent / 100.
 */
export function retryDelay(policy: RetrySettings, failures: bigint, draw: bigint): bigint | null {
  if (failures >= policy.maxAttempts) return null;
  const wait = waitAfter(policy, failures);
  const most = (wait * policy.jitterPercent) / 100n;
  return wait + ((draw * (most + 1n)) >> 128n);
}

/** min(maxWait, minWait * base^failures), without ever computing a number that is much larger. */
function waitAfter({ minWaitMs, maxWaitMs, base }: RetrySettings, failures: bigint): bigint {
  let wait = minWaitMs;
  if (base <= 1n || wait === 0n) return wait < maxWaitMs ? wait : maxWaitMs;
  for (let n = 0n; n < failures && wait < maxWaitMs; n++) wait *= base;
  return wait < maxWaitMs ? wait : maxWaitMs;
}

/** Statuses by which a server says that the same request may do better later. */
const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);
const REPEATABLE: ReadonlySet<string> = new Set(["GET", "HEAD", "PUT", "DELETE"]);
/** What may end otherwise the next time. */
const PASSING: ReadonlySet<Failure["reason"]> = new Set(["refused", "timeout", "transport"]);

/**
 * Whether a try may be repeated: always when the connection was refused, since nothing was sent; otherwise only
 * where doing it twice does it once, by the method or by a key of the author's.
 */
export function mayRepeat(tried: Try, method: string, keyed: boolean): boolean {
  if (!tried.ok && tried.reason === "refused") return true;
  if (!keyed && !REPEATABLE.has(method)) return false;
  return tried.ok ? TRANSIENT.has(tried.status) : PASSING.has(tried.reason);
}

/**
 * Milliseconds a server asks to wait (RFC 9110 section 10.2.3), null when it does not. A date is read against
 * `nowMs`, milliseconds since the Unix epoch.
 */
export function retryAfterMs(header: string | undefined, nowMs: number): bigint | null {
  if (header === undefined) return null;
  if (/^[0-9]{1,15}$/.test(header)) return BigInt(header) * 1000n;
  const at = /^[A-Z][a-z]{2}, /.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(at) ? null : BigInt(Math.max(0, at - nowMs));
}
