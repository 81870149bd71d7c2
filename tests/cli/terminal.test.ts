/** Text from events, files and arguments may hold what steers a terminal: none of it gets there raw. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { probe } from "../kernel/probe.ts";
import { airloomHere, copyWorld, type Finished, installModule, jsonLines } from "../support/cli.ts";

/** Colour, bell, the same introducer as one code of C1, direction of writing, a line separator, delete. */
const HOSTILE = "\u001b[31mred\u0007 \u009b31m \u202eback\u2066 \u2028line \u007f\r";
const event = (reqId: string, payload: string) => ({
  schema: "demo/StartWork@1",
  value: { req_id: reqId, payload, max_attempts: 2, base_delay_ms: 1, now_ns: 0 },
});

let copy: Awaited<ReturnType<typeof copyWorld>>;
beforeAll(async () => {
  copy = await copyWorld("retry-backoff", `${JSON.stringify(event(HOSTILE, HOSTILE))}\n`);
  expect(await airloomHere(["run", copy.folder])).toMatchObject({ exitCode: 0, stderr: "" });
});
afterAll(() => copy.remove());

/** C0 but the line feed, DEL, C1, separators, and what turns the direction of writing. */
const STEERING =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

function steering({ stdout, stderr }: Finished): string | null {
  const found = STEERING.exec(stdout + stderr);
  return found === null ? null : JSON.stringify((stdout + stderr).slice(Math.max(0, found.index - 40)));
}

describe("control characters", () => {
  it.each([
    ["run", ["run"]],
    ["run, machine readable", ["run", "--json"]],
    ["journal show", ["journal", "show"]],
    ["journal show, machine readable", ["journal", "show", "--json"]],
    ["state", ["state"]],
    ["state, machine readable", ["state", "--json"]],
    ["replay", ["replay"]],
  ])("of a payload are not printed by %s", async (_what, args) => {
    const finished = await airloomHere([...args, copy.folder]);
    expect(finished.exitCode).toBe(0);
    expect(steering(finished)).toBeNull();
    if (!args.includes("replay")) expect(finished.stdout).toContain("red");
  });

  it("are in the values that machines read", async () => {
    const { stdout } = await airloomHere(["state", copy.folder, "--json"]);
    const [line] = jsonLines(stdout) as { state: { payload: string } }[];
    expect(line!.state.payload).toBe(HOSTILE);
  });

  it.each([
    ["an event's schema", ["send", "", JSON.stringify({ schema: HOSTILE, value: null })], 1],
    ["a field's name", ["send", "", JSON.stringify({ ...event("r", "p"), value: { [HOSTILE]: 1 } })], 1],
    ["a member's name", ["send", "", JSON.stringify({ ...event("r", "p"), [HOSTILE]: 1 })], 1],
    ["text that is no JSON", ["send", "", HOSTILE], 1],
    ["an ingress id", ["send", "", JSON.stringify(event("r", "q")), "--id", HOSTILE], 0],
    ["the same id for another event", ["send", "", JSON.stringify(event("r", "r")), "--id", HOSTILE], 1],
    ["a reducer's name", ["state", "", HOSTILE], 4],
    ["a scenario's name", ["run", "", "--scenario", `${HOSTILE}.jsonl`], 4],
  ])("of %s are not printed", async (_what, args, exitCode) => {
    const given = args.map((arg) => (arg === "" ? copy.folder : arg));
    const finished = await airloomHere(given);
    expect(finished.exitCode, finished.stderr).toBe(exitCode);
    expect(steering(finished)).toBeNull();
    expect(steering(await airloomHere([...given, "--json"]))).toBeNull();
  });

  it("of a file's name are not printed beside its faults", async () => {
    const name = `\u001b[31m${"\u009b"}x.jsonl`;
    await writeFile(join(copy.folder, name), "{\n");
    const finished = await airloomHere(["run", ".", "--scenario", name], copy.folder);
    expect(finished.exitCode).toBe(1);
    expect(finished.stderr).toContain("x.jsonl:1:");
    expect(steering(finished)).toBeNull();
  });

  it("of a module's own words are not printed, nor journaled", async () => {
    const other = await copyWorld("retry-backoff", `${JSON.stringify(event("r", `say ${HOSTILE}`))}\n`);
    try {
      await installModule(other.folder, await probe());
      const run = await airloomHere(["run", other.folder]);
      expect(run.exitCode).toBe(1);
      expect(run.stdout).toContain("module.abort say ?[31mred?");
      expect(steering(run)).toBeNull();
      const shown = await airloomHere(["journal", "show", other.folder, "--json"]);
      const fault = jsonLines(shown.stdout).find((line) => line.outcome === "fault");
      expect(fault!.fault_message).not.toMatch(STEERING);
    } finally {
      await other.remove();
    }
  });
});
