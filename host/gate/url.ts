/**
 * URLs of requests, by a grammar of our own that accepts less than any other parser: whatever passes is read
 * alike by all of them, so that what the gate judged is what is asked for. Nothing is decoded, and a URL is
 * sent as it is rebuilt from its parts.
 *
 *     url       = ("http" / "https") "://" host [":" port] [path] ["?" query]
 *     host      = name / IPv4 / "[" IPv6 "]"         in ASCII, an address in its one spelling
 *     path      = *("/" segment)                     no segment is "." or "..", also when encoded
 *
 * There is no user information and no fragment; "%2e", "%2f", "%5c" and "%00" stand nowhere in a path, however
 * often they are encoded. Scheme and host may be written in any case.
 */

import { LIMITS } from "../values/limits.ts";
import { formatAddress, parseAddress } from "./address.ts";

export interface HttpUrl {
  readonly scheme: "http" | "https";
  /** Lower case; an IPv6 address without its brackets. */
  readonly host: string;
  /** 4 or 16 bytes when the host is an address. */
  readonly address: Uint8Array | null;
  /** The scheme's own where the URL names none. */
  readonly port: number;
  /** Begins with a slash. */
  readonly path: string;
  /** With its question mark; empty when there is none. */
  readonly query: string;
}

/** The parts, or what is wrong, as half a sentence. */
export type UrlReading =
  | { readonly ok: true; readonly url: HttpUrl }
  | { readonly ok: false; readonly fault: string };

const DEFAULT_PORTS = { http: 80, https: 443 } as const;
const FORM = /^(https?):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/is;
const PATH = /^[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*$/;
const QUERY = /^[A-Za-z0-9\-._~!$&'()*+,;=:@%/?[\]]*$/;
const ENCODED = /%(?![0-9A-Fa-f]{2})/;
/** A dot, a slash, a backslash or a zero byte, encoded once or more often. */
const HIDDEN = /%(?:25)*(?:2e|2f|5c|00)/i;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
/** A last label that some parsers take for a number, and the name for an address. */
const NUMBER = /^(?:[0-9]+|0x[0-9a-f]*)$/;
const PORT = /^[1-9][0-9]{0,4}$/;

export function parseUrl(text: string): UrlReading {
  if (text.length > LIMITS.urlLengthMax) return fault(`it has more than ${LIMITS.urlLengthMax} characters`);
  const parts = FORM.exec(text);
  if (parts === null) return fault("it does not begin with http:// or https://");
  const [, written, authority, path, query = "", fragment] = parts as unknown as readonly string[];
  if (fragment !== undefined) return fault("it has a fragment, which is never sent");
  if (authority!.includes("@")) return fault("it holds user information");
  const pathFault = faultOfPath(path!);
  if (pathFault !== null) return fault(pathFault);
  if (!QUERY.test(query.slice(1)) || ENCODED.test(query)) {
    return fault("its query holds a character that must be encoded");
  }
  const scheme = written!.toLowerCase() as "http" | "https";
  const [, name, port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(authority!) ?? [];
  if (name === undefined) return fault("its host has another form");
  if (port !== undefined && !(PORT.test(port) && Number(port) <= 65_535)) {
    return fault("its port is no number from 1 to 65535");
  }
  const host = readHost(name);
  if (typeof host === "string") return fault(host);
  return {
    ok: true,
    url: {
      scheme,
      ...host,
      port: port === undefined ? DEFAULT_PORTS[scheme] : Number(port),
      path: path === "" ? "/" : path!,
      query,
    },
  };
}

/** The URL as it is sent: what `parseUrl` reads to the same parts. */
export function formatUrl(url: HttpUrl): string {
  return `${originOf(url)}${url.path}${url.query}`;
}

/** Scheme, host and port, the port only where it is not the scheme's own. */
export function originOf({ scheme, host, address, port }: HttpUrl): string {
  const name = address?.length === 16 ? `[${host}]` : host;
  return `${scheme}://${name}${port === DEFAULT_PORTS[scheme] ? "" : `:${port}`}`;
}

/** Whether a path lies under a prefix, which ends where a segment does: `/api` covers `/api/x`, not `/api-x`. */
export function isUnderPath(path: string, prefix: string): boolean {
  if (!prefix.startsWith("/") || !path.startsWith(prefix)) return false;
  return prefix.endsWith("/") || path.length === prefix.length || path[prefix.length] === "/";
}

function fault(what: string): UrlReading {
  return { ok: false, fault: what };
}

function faultOfPath(path: string): string | null {
  if (path.includes("\\")) return "its path holds a backslash";
  if (!PATH.test(path) || ENCODED.test(path)) return "its path holds a character that must be encoded";
  if (HIDDEN.test(path)) return "its path hides a dot, a slash, a backslash or a zero byte";
  const dots = path.split("/").some((segment) => segment === "." || segment === "..");
  return dots ? "its path has a segment of dots" : null;
}

function readHost(written: string): Pick<HttpUrl, "host" | "address"> | string {
  if (written.startsWith("[")) {
    const host = written.slice(1, -1).toLowerCase();
    const address = host.includes(":") ? parseAddress(host) : null;
    if (address === null || formatAddress(address) !== host) return "its host is no IPv6 address as written";
    return { host, address };
  }
  const host = written.toLowerCase();
  const address = parseAddress(host);
  if (address !== null) return { host, address };
  const labels = host.split(".");
  if (NUMBER.test(labels.at(-1)!)) return "its host is no IPv4 address of four decimal parts";
  if (host.length > 253 || !labels.every((label) => LABEL.test(label))) {
    return "its host is no name of ASCII labels";
  }
  return { host, address: null };
}
