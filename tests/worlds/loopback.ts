/** Example worlds that ask the servers of a test, in place of the port their definitions name. */

import { afterEach } from "vitest";
import { type Answerer, serve, serveRaw, type TestServer } from "../support/http.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A server until the end of the test. Its answers have no date: two runs alike leave the same bytes. */
export async function serving(answer: Answerer, at = 0): Promise<TestServer> {
  const server = await serve((asked, response, count) => {
    response.sendDate = false;
    answer(asked, response, count);
  }, at);
  closing.push(() => server.close());
  return server;
}

/** The port of a server that sends these bytes to whoever has asked, and hangs up. */
export async function servingRaw(text: string): Promise<number> {
  const server = await serveRaw(text);
  closing.push(() => server.close());
  return server.port;
}

/** For `openExample`: that port wherever the definitions say `from`. */
export function atPort(from: number, port: number): { edit(path: string, text: string): string } {
  return { edit: (_, text) => text.replaceAll(String(from), String(port)) };
}

/** The port a world's definitions name while its run is kept as a recording, else any: it may be taken. */
export function recordedPort(port: number): number {
  return process.env.AIRLOOM_RECORD === undefined ? 0 : port;
}
