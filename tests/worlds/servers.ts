/** Servers of this machine for the example worlds, each with a fault of its own, gone after the test. */

import type { ServerResponse } from "node:http";
import { afterEach } from "vitest";
import { type Answerer, refusingPort, serve, serveRaw, type TestServer } from "../support/http.ts";
import { isAskedFor } from "../support/keep-recording.ts";

const servers: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** Answers without the date: two runs alike leave the same journal. */
export async function serving(answer: Answerer, port = 0): Promise<TestServer> {
  const dateless: Answerer = (asked, response, count) => {
    response.sendDate = false;
    answer(asked, response, count);
  };
  const server = await serve(dateless, port);
  servers.push(server);
  return server;
}

/** The port of a server that sends these bytes to whoever has asked, and hangs up. */
export async function servingRaw(text: string): Promise<number> {
  const server = await serveRaw(text);
  servers.push(server);
  return server.port;
}

/**
 * The port for a run that is kept as a recording: while it is recorded the one that the committed definitions name,
 * so that the recording replays against them, else any.
 */
export function recordedPort(name: string, port: number): number {
  return isAskedFor(name) ? port : 0;
}

/** An edit of definitions that puts other ports of four digits in the place of those they name. */
export function atPorts(ports: Readonly<Record<number, number>>): (path: string, text: string) => string {
  return (_, text) => text.replace(/\b\d{4}\b/g, (number) => String(ports[Number(number)] ?? number));
}

export interface Faulty {
  readonly port: number;
  /** Null where nobody listens. */
  readonly server: TestServer | null;
}

const FAULTS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  "answers 500": (response) => response.writeHead(500).end("it is down"),
  "answers 429 and names a time": (response) =>
    response.writeHead(429, { "retry-after": "30" }).end("slow down"),
  "never ends its body": (response) => response.write("it was a dark and"),
  "cuts its body short": (response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("it was a dark and", () => response.destroy());
  },
  "gives its body a length that is no number": (response) =>
    response.socket?.end("HTTP/1.1 200 OK\r\ncontent-length: lots\r\n\r\nit was a dark and"),
  "sends more than the length it gave": (response) =>
    response.socket?.end("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nit was a dark and"),
  "redirects to a page that may be had": (response) =>
    response.writeHead(302, { location: "/pages/elsewhere" }).end(),
};

/** Somebody at a port who does not do what he is asked. */
export async function faulty(how: string): Promise<Faulty> {
  if (how === "refuses the connection") return { port: await refusingPort(), server: null };
  const fault = FAULTS[how];
  if (fault === undefined) throw new Error(`no server ${how}`);
  const server = await serving((_, response) => fault(response));
  return { port: server.port, server };
}
