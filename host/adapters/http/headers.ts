/** Headers: what an author may send, what goes along with it, and what of an answer is kept. */

import type { Credential } from "../../air/adapter-settings.ts";
import { reservedHeader } from "../../gate/native/http.ts";
import { concat, fromUtf8, utf8 } from "../../values/bytes.ts";
import { quote } from "../../values/quote.ts";
import type { Scrubber } from "../scrub.ts";
import type { ReadSecret } from "../secrets.ts";

const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
/** Visible ASCII, blanks and tabs between (RFC 9110 section 5.5, without its obsolete octets). */
const VALUE = /^(?:[!-~](?:[\t -~]*[!-~])?)?$/;

/** Why the author's headers cannot be sent, or null. */
export function faultOfHeaders(headers: ReadonlyMap<string, string>): string | null {
  const reserved = reservedHeader(headers.keys());
  if (reserved !== null) return `the header ${quote(reserved)} is not the author's to set`;
  const seen = new Set<string>();
  for (const [name, value] of headers) {
    if (!NAME.test(name)) return `${quote(name)} is no name of a header`;
    if (!VALUE.test(value)) return `the header ${quote(name)} has a value that cannot be sent`;
    if (seen.has(name.toLowerCase())) return `the header ${quote(name)} stands twice`;
    seen.add(name.toLowerCase());
  }
  return null;
}

export interface OutgoingHeaders {
  readonly headers: ReadonlyMap<string, string>;
  /** What must not come back into the journal. */
  readonly secrets: readonly Uint8Array[];
}

/**
 * The author's headers, the idempotency key unless he set it himself, and the credentials of the origin. With
 * credentials the answer is asked for as it is: a secret inside a compressed one could not be found. Throws
 * what `read` throws.
 */
export async function outgoingHeaders(
  authored: ReadonlyMap<string, string>,
  key: string,
  credentials: readonly Credential[],
  read: ReadSecret,
): Promise<OutgoingHeaders> {
  const headers = new Map([["idempotency-key", key]]);
  for (const [name, value] of authored) headers.set(name.toLowerCase(), value);
  const secrets: Uint8Array[] = [];
  for (const { header, prefix, secret } of credentials) {
    const bytes = await read(secret);
    headers.set(header, fromUtf8(concat([utf8(prefix), bytes])));
    secrets.push(bytes);
  }
  if (secrets.length > 0) headers.set("accept-encoding", "identity");
  return { headers, secrets };
}

/** Headers of an answer as they are recorded: no cookies, no secrets. */
export function keptHeaders(
  headers: ReadonlyMap<string, string>,
  scrub: Scrubber,
): ReadonlyMap<string, string> {
  const kept = new Map<string, string>();
  for (const [name, value] of headers) {
    if (name !== "set-cookie" && name !== "set-cookie2") kept.set(name, scrub.text(value));
  }
  return kept;
}
