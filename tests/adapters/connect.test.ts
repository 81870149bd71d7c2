/** The last look: an address that was fine when it was chosen, and is not when the connection stands. */

import { afterEach, describe, expect, it } from "vitest";
import { connector, ForbiddenAddress } from "../../host/adapters/http/connect.ts";
import { serve, type TestServer } from "../support/http.ts";

let server: TestServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

/** Connects to a name that is 127.0.0.1; `allows` is asked time after time. Gives the error, or null. */
async function connected(allows: (time: number) => boolean): Promise<Error | null> {
  server = await serve((_asked, response) => response.end());
  const { port } = server;
  let times = 0;
  const connect = connector(
    () => allows(++times),
    async () => ["127.0.0.1"],
    5_000,
  );
  return new Promise((resolve) => {
    connect({ hostname: "service.test", protocol: "http:", port: String(port) }, (error, socket) => {
      socket?.destroy();
      resolve(error);
    });
  });
}

describe("a connection", () => {
  it("stands where its address is allowed to the end", async () => {
    expect(await connected(() => true)).toBe(null);
  });

  it("is dropped where its address is not allowed any more once it is made", async () => {
    const error = await connected((time) => time === 1);
    expect(error).toBeInstanceOf(ForbiddenAddress);
    expect(error?.message).toContain("127.0.0.1");
    expect(server?.connections()).toBe(1);
    expect(server?.asked).toEqual([]);
  });

  it("is not made where no address of the name is allowed", async () => {
    expect(await connected(() => false)).toBeInstanceOf(ForbiddenAddress);
    expect(server?.connections()).toBe(0);
  });
});
