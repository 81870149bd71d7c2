/** Real HTTP servers on this machine, which do as a test says and note what they are asked. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export interface TestServer {
  readonly port: number;
  /** `http://127.0.0.1:PORT`, or at the address it was given. */
  readonly origin: string;
  /** Requests in the order they came. */
  readonly asked: readonly Asked[];
  /** Connections that were ever made. */
  readonly connections: () => number;
  /** Resolves once so many requests have come. */
  untilAsked(count: number): Promise<void>;
  close(): Promise<void>;
}

export type Answerer = (asked: Asked, response: ServerResponse, count: number) => void;

/**
 * `answer` gets each request once its body is read; `count` is its number from 1. Any port that is free unless
 * one is given, on an address of this machine.
 */
export async function serve(answer: Answerer, at = 0, host = "127.0.0.1"): Promise<TestServer> {
  const asked: Asked[] = [];
  const waiting: (() => void)[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => {});
    response.on("error", () => {});
    request.on("end", () => {
      const { method, url, headers } = request;
      asked.push({ method: method!, path: url!, headers, body: Buffer.concat(chunks) });
      for (const wake of waiting.splice(0)) wake();
      answer(asked.at(-1)!, response, asked.length);
    });
  });
  server.on("connection", () => {
    connections += 1;
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(at, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    origin: `http://${host}:${port}`,
    asked,
    connections: () => connections,
    async untilAsked(count) {
      while (asked.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** A port of this machine on which nothing listens. */
export async function refusingPort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** A server that sends these bytes to whoever has asked, and hangs up. */
export async function serveRaw(text: string): Promise<{ readonly port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", () => socket.end(text));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
