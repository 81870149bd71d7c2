/** `airloom` as a process beside others: who holds a store, what a shell sees. */

import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../host/store/sqlite.ts";
import { airloom, airloomHere, copyWorld, jsonLines, startWork, storedFrames } from "../support/cli.ts";

const folders: { remove(): Promise<void> }[] = [];
afterAll(async () => {
  for (const folder of folders) await folder.remove();
});

let world: string;
beforeAll(async () => {
  const copy = await copyWorld("retry-backoff", startWork({ maxAttempts: 2, baseDelayMs: 5 }));
  folders.push(copy);
  world = copy.folder;
  expect(await airloomHere(["run", world])).toMatchObject({ exitCode: 0, stderr: "" });
});

const event = JSON.stringify({ schema: "demo/WorkOk@1", value: { req_id: "r" } });

describe("a store that another process holds", () => {
  it("is busy for those that write, who are told who holds it; those that read go on", async () => {
    const before = await storedFrames(world);
    const store = await openStore(join(world, ".airloom"), { mode: "write" });
    try {
      const [run, replay] = await Promise.all([airloom(["run", world]), airloom(["replay", world])]);
      const send = await airloomHere(["send", world, event, "--json"]);
      expect(run).toMatchObject({ exitCode: 5, stdout: "" });
      expect(run.stderr).toContain("store.busy");
      expect(run.stderr).toContain(`process ${process.pid} on `);
      expect(send).toMatchObject({ exitCode: 5, stderr: "" });
      const error = { type: "error", kind: "retry", code: "store.busy", fields: { pid: process.pid } };
      expect(jsonLines(send.stdout)).toMatchObject([error]);
      expect(replay).toMatchObject({ exitCode: 0, stderr: "" });
      for (const command of [["state"], ["journal", "show"]]) {
        expect(await airloomHere([...command, world])).toMatchObject({ exitCode: 0, stderr: "" });
      }
    } finally {
      await store.close();
    }
    expect(await airloomHere(["run", world])).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await storedFrames(world)).toEqual(before);
  });
});

describe("a process", () => {
  it.concurrent.each([
    [1, ["send", "WORLD", "{"]],
    [2, ["run"]],
  ])("exits %i of %j as main says", async (exitCode, args) => {
    const given = args.map((arg) => arg.replace("WORLD", world));
    const [there, here] = [await airloom(given), await airloomHere(given)];
    expect(there).toMatchObject({ exitCode, signal: null });
    expect(there).toEqual(here);
  });

  it.concurrent("needs no world folder of this repository, nor to be started in one", async () => {
    const copy = await copyWorld("retry-backoff", startWork({ maxAttempts: 2, baseDelayMs: 5 }));
    folders.push(copy);
    const run = await airloom(["run", ".", "--verify"], { cwd: copy.folder });
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    expect(run.stdout).toMatch(/replay: identical \(3 frames/);
    const again = await airloom(["run", "--verify", "."], { cwd: copy.folder });
    expect(again).toMatchObject({ exitCode: 0, stderr: "" });
    expect(again.stdout).toContain("nothing is sent");
  });
});
