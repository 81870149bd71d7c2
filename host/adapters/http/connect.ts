/**
 * Connections only where the grant lets them go. A name is resolved once for a connection, its addresses are
 * judged, and the connection goes to one of these very addresses: a name that changes what it means between
 * check and connect gains nothing. What is connected in the end is looked at once more.
 */

import type { LookupFunction } from "node:net";
import { buildConnector } from "undici";
import { parseAddress } from "../../gate/address.ts";
import { quote } from "../../values/quote.ts";
import type { Resolve } from "./resolve.ts";

/** Whether a connection for this host may go to this address. */
export type MayConnect = (host: string, address: Uint8Array) => boolean;

export class ForbiddenAddress extends Error {
  constructor(host: string, found: readonly string[]) {
    super(`${quote(host)} is ${found.slice(0, 4).join(", ")}, where the grant lets nothing connect`);
  }
}

export function connector(
  mayConnect: MayConnect,
  resolve: Resolve,
  timeoutMs: number,
): buildConnector.connector {
  const look: LookupFunction = (host, _options, callback) => {
    permitted(host, mayConnect, resolve).then(
      (addresses) => callback(null, addresses),
      (error: unknown) => callback(error as Error, []),
    );
  };
  const connect = buildConnector({
    timeout: timeoutMs,
    maxCachedSessions: 0,
    lookup: look,
    autoSelectFamily: true,
  });
  return (options, callback) => {
    const host = options.hostname.replace(/^\[|\]$/g, "");
    const literal = parseAddress(host);
    if (literal !== null && !mayConnect(host, literal)) {
      callback(new ForbiddenAddress(host, [host]), null);
      return;
    }
    connect(options, (error, socket) => {
      if (error !== null || socket === null) {
        callback(error ?? new Error("no connection was made"), null);
        return;
      }
      const found = socket.remoteAddress ?? "nowhere";
      const address = parseAddress(found);
      if (address !== null && mayConnect(host, address)) callback(null, socket);
      else {
        socket.destroy();
        callback(new ForbiddenAddress(host, [found]), null);
      }
    });
  };
}

/** Those of a name's addresses that may be connected to. Throws `ForbiddenAddress` when none may. */
async function permitted(
  host: string,
  mayConnect: MayConnect,
  resolve: Resolve,
): Promise<{ address: string; family: number }[]> {
  const found = await resolve(host);
  const allowed = found.flatMap((text) => {
    const address = parseAddress(text);
    if (address === null || !mayConnect(host, address)) return [];
    return [{ address: text, family: address.length === 4 ? 4 : 6 }];
  });
  if (allowed.length === 0) throw new ForbiddenAddress(host, found);
  return allowed;
}
