/** What is asked of a server, and what one try gives. */

import type { HttpUrl } from "../../gate/url.ts";
import { utf8 } from "../../values/bytes.ts";

export interface Request {
  readonly method: string;
  readonly url: HttpUrl;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array | null;
}

export type Try = Response | Failure;

export interface Response {
  readonly ok: true;
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

export interface Failure {
  readonly ok: false;
  readonly reason: "refused" | "forbidden" | "timeout" | "transport" | "too_large" | "secret";
  readonly message: string;
}

/** Bytes of a failure's message, as they are kept in place of a body. */
export function messageBytes({ reason, message }: Failure): Uint8Array {
  return utf8(`${reason}: ${message}`);
}
