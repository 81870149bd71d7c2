/** `http.out`: which requests a grant covers, and which addresses they may reach. */

import type { Grant } from "../../air/manifest.ts";
import { quote } from "../../values/quote.ts";
import { classifyAddress, formatAddress, parseAddress } from "../address.ts";
import { type HttpUrl, isUnderPath, parseUrl } from "../url.ts";
import {
  type Denial,
  denial,
  type Fields,
  fieldsOf,
  listOf,
  type NativeEnforcer,
  numbersOf,
  perGrant,
  someOf,
} from "./enforcer.ts";

/** The parameters of an `http.out` grant; null limits nothing. */
export interface HttpGrant {
  /** Lower case; addresses in their one spelling. */
  readonly hosts: readonly string[] | null;
  /** Lower case. */
  readonly schemes: readonly string[] | null;
  /** Upper case. */
  readonly methods: readonly string[] | null;
  readonly ports: readonly bigint[] | null;
  readonly pathPrefixes: readonly string[] | null;
}

/** Where credentials and the connection itself are concerned, an author has no say. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  "authorization",
  "connection",
  "content-length",
  "cookie",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Throws `InvalidGrant`. */
export const readHttpGrant: (grant: Grant) => HttpGrant = perGrant((fields) => ({
  hosts: listOf(fields, "hosts")?.map(canonicalHost) ?? null,
  schemes: listOf(fields, "schemes")?.map((scheme) => scheme.toLowerCase()) ?? null,
  methods: listOf(fields, "methods")?.map((method) => method.toUpperCase()) ?? null,
  ports: numbersOf(fields, "ports"),
  pathPrefixes: listOf(fields, "path_prefixes"),
}));

/**
 * Whether a connection to an address may be made for a host that the grant covers: to any public one, and to
 * others only where the grant lists that address itself, or `localhost` for the host of that name.
 */
export function mayConnect({ hosts }: HttpGrant, host: string, address: Uint8Array): boolean {
  const found = classifyAddress(address);
  if (found === "public") return true;
  if (hosts === null) return false;
  if (hosts.includes(formatAddress(address))) return true;
  return found === "loopback" && host === "localhost" && hosts.includes("localhost");
}

/** The first header that an author may not set, or null. */
export function reservedHeader(names: Iterable<string>): string | null {
  for (const name of names) if (RESERVED_HEADERS.has(name.toLowerCase())) return name;
  return null;
}

export const httpEnforcer: NativeEnforcer = {
  name: "sys/CapEnforceHttpOut@1",
  effectKinds: ["http.request"],
  check({ grant, params }) {
    const allowed = readHttpGrant(grant);
    const fields = fieldsOf(params);
    const method = fields.get("method");
    const text = fields.get("url");
    if (typeof method !== "string" || typeof text !== "string") {
      return denial("effect_params_invalid", "the request has no method and URL");
    }
    const reading = parseUrl(text);
    if (!reading.ok) return denial("invalid_url", `the URL ${quote(text)} is refused: ${reading.fault}`);
    return checkUrl(allowed, reading.url) ?? checkMethod(allowed, method) ?? checkHeaders(fields);
  },
};

function checkUrl(allowed: HttpGrant, url: HttpUrl): Denial | null {
  const { hosts, schemes, ports, pathPrefixes } = allowed;
  if (hosts !== null && !hosts.includes(url.host)) {
    return denial("host_not_allowed", `the host ${quote(url.host)} is none of ${someOf(hosts)}`);
  }
  if (url.address !== null && !mayConnect(allowed, url.host, url.address)) {
    const found = classifyAddress(url.address);
    return denial("address_not_allowed", `${url.host} is a ${found} address, which the grant does not list`);
  }
  if (isLocalName(url.host) && !(hosts?.includes(url.host) ?? false)) {
    return denial("address_not_allowed", `${quote(url.host)} is this machine, which the grant does not list`);
  }
  if (schemes !== null && !schemes.includes(url.scheme)) {
    return denial("scheme_not_allowed", `the scheme ${url.scheme} is none of ${someOf(schemes)}`);
  }
  if (ports !== null && !ports.includes(BigInt(url.port))) {
    return denial("port_not_allowed", `the port ${url.port} is none of ${someOf(ports)}`);
  }
  if (pathPrefixes !== null && !pathPrefixes.some((prefix) => isUnderPath(url.path, prefix))) {
    return denial("path_not_allowed", `the path ${quote(url.path)} is under none of ${someOf(pathPrefixes)}`);
  }
  return null;
}

function checkMethod({ methods }: HttpGrant, method: string): Denial | null {
  if (methods === null || methods.includes(method.toUpperCase())) return null;
  return denial("method_not_allowed", `the method ${quote(method)} is none of ${someOf(methods)}`);
}

function checkHeaders(fields: Fields): Denial | null {
  const headers = fields.get("headers") ?? null;
  if (headers === null) return null;
  if (!(headers instanceof Map)) return denial("effect_params_invalid", "the headers have another form");
  const reserved = reservedHeader((headers as Fields).keys());
  if (reserved === null) return null;
  const why = "credentials are given by settings, the connection is the host's";
  return denial("header_not_allowed", `the header ${quote(reserved)} is not the author's to set: ${why}`);
}

/** Names that lead to this machine (RFC 6761 section 6.3). */
function isLocalName(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost");
}

function canonicalHost(written: string): string {
  const host = written.toLowerCase();
  const bare = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
  const address = parseAddress(bare);
  return address === null ? host : formatAddress(address);
}
