/** `airloom` as a process beside others: who holds a store, what a shell sees. */

import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../host/store/sqlite.ts";
import { airloom, airloomHere, copyWorld, jsonLines, ROOT, startWork, storedFrames } from "../support/cli.ts";

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

  it.concurrent.each([
    ["what only prints", 0, ["journal", "show", "WORLD"]],
    ["what judges", 1, ["diff", "WORLD", "air/worlds/counter"]],
    ["what cannot be done", 4, ["run", "nowhere"]],
    ["wrong usage", 2, ["check", "--nothing"]],
  ])("ends %s with its exit code where nobody reads what it prints", async (_, exitCode, args) => {
    const given = args.map((arg) => arg.replace("WORLD", world));
    expect(await unheard(given)).toEqual({ exitCode, signal: null });
  });

  it.concurrent("goes on with a world whose timeline nobody reads", async () => {
    const copy = await copyWorld("retry-backoff", startWork({ maxAttempts: 2, baseDelayMs: 5 }));
    folders.push(copy);
    expect(await unheard(["run", copy.folder])).toEqual({ exitCode: 0, signal: null });
    expect(await storedFrames(copy.folder)).toHaveLength(3);
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

/** Runs a command whose output streams are closed at the other end before it begins. */
function unheard(args: readonly string[]): Promise<{ exitCode: number | null; signal: string | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, "dist/cli/bin.cjs"), ...args], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.destroy();
    child.stderr.destroy();
    child.on("error", reject);
    child.on("close", (exitCode, signal) => resolve({ exitCode, signal }));
  });
}
