/** Names to addresses. */

import { lookup } from "node:dns/promises";

/** Addresses of a name, in the order they are to be tried. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** As the system resolves names. */
export const systemResolve: Resolve = async (host) => {
  return (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);
};
