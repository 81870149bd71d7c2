/** From a fault to the author's line, and to the call that shows it again. */

import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { airloomHere, copyWorld, type Finished, jsonLines } from "../support/cli.ts";
import { reducerSource } from "../support/modules.ts";

/** How the reducer fails, by the payload of the work: the line, and the words of the fault. */
const FAILURES = [
  { payload: "a missing key", code: "module.abort", line: 'new Map<string, i32>().get("nothing");' },
  {
    payload: "an index out of range",
    code: "module.abort",
    line: "const third = [1, 2][<i32>this.state.attempt + 7];",
  },
  { payload: "a division by zero", code: "module.trap", line: "const ratio = 7 / (this.state.attempt - 1);" },
  { payload: "a thrown error", code: "module.abort", line: 'throw new Error("it is enough");' },
] as const;

const ANCHOR = "private request(): void {\n";
const SOUND = readFileSync(reducerSource("retry-backoff"), "utf8");

/** Keeps the values in use, so that the compiler does not drop what traps. */
const FAILING = SOUND.replace(
  ANCHOR,
  `${ANCHOR}${FAILURES.map(({ payload, line }) => {
    const kept = /const (\w+)/.exec(line)?.[1];
    const use = kept === undefined ? "" : `\n      this.state.reqId = ${kept}.toString();`;
    return `    if (this.state.payload == "${payload}") {\n      ${line}${use}\n    }\n`;
  }).join("")}`,
);

const lineOf = (text: string) => FAILING.split("\n").findIndex((each) => each.includes(text)) + 1;

/** A world whose reducer lies in its own folder. */
async function ownWorld(text: string): Promise<{ folder: string; remove(): Promise<void> }> {
  const copy = await copyWorld("retry-backoff", "");
  const { folder } = copy;
  cpSync(dirname(reducerSource("retry-backoff")), join(folder, "code"), { recursive: true });
  writeFileSync(join(folder, "code/reducer.ts"), text);
  const settings = readFileSync(join(folder, "world.json"), "utf8");
  writeFileSync(
    join(folder, "world.json"),
    settings.replace(/"source": "[^"]*"/, '"source": "code/reducer.ts"'),
  );
  expect(await airloomHere(["build", folder])).toMatchObject({ exitCode: 0, stderr: "" });
  return copy;
}

function start(payload: string): string {
  const value = { req_id: "req-1", payload, max_attempts: 1, base_delay_ms: 1, now_ns: { $now: true } };
  return JSON.stringify({ schema: "demo/StartWork@1", value });
}

let failing: { folder: string; remove(): Promise<void> };
let mended: { folder: string; remove(): Promise<void> };
const faults = new Map<string, Finished>();

beforeAll(async () => {
  [failing, mended] = [await ownWorld(FAILING), await ownWorld(SOUND)];
  for (const { payload } of FAILURES) {
    faults.set(
      payload,
      await airloomHere(["send", "retry-backoff", start(payload)], dirname(failing.folder)),
    );
  }
});
afterAll(async () => {
  await failing.remove();
  await mended.remove();
});

/** The command that a fault was printed with. */
function commandIn(text: string): string[] {
  const command = /^\s*airloom (debug .*)$/m.exec(text)?.[1];
  if (command === undefined) throw new Error(`no command in ${text}`);
  return command.split(" ");
}

describe.each(FAILURES)("a reducer that fails by $payload", ({ payload, code, line }) => {
  const place = `code/reducer.ts:${lineOf(line)}:`;

  it("is told with the author's line, and with a command", () => {
    const { exitCode, stdout } = faults.get(payload)!;
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`${code} `);
    // The module is optimised: where the failing call became a part of the author's function, it is about there.
    const [, told] = /\((?:near )?retry-backoff\/code\/reducer\.ts:(\d+):\d+\)/.exec(stdout) ?? [];
    expect(Math.abs(Number(told) - lineOf(line))).toBeLessThanOrEqual(1);
    expect(stdout).toMatch(/airloom debug retry-backoff \d+\.\d+/);
  });

  it("fails again by that command, which shows event, state, source and calls", async () => {
    const command = commandIn(faults.get(payload)!.stdout);
    const { exitCode, stdout, stderr } = await airloomHere(command, dirname(failing.folder));
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: "" });
    expect(stdout).toContain(`"payload":"${payload}"`);
    expect(stdout).toContain("state before null");
    expect(stdout).toContain(code);
    expect(stdout).toContain(`at retry-backoff/${place}`);
    expect(stdout).toMatch(
      new RegExp(`^> +${lineOf(line)} \\| +${line.replace(/[[\](){}.*+?|^$\\]/g, "\\$&")}$`, "m"),
    );
    expect(stdout).toContain("Retry#request");
    expect(stdout.indexOf("Retry#request")).toBeLessThan(stdout.indexOf("Retry#onStart"));
  });

  it("is the same for machines", async () => {
    const command = commandIn(faults.get(payload)!.stdout);
    const { exitCode, stdout } = await airloomHere([...command, "--json"], dirname(failing.folder));
    expect(exitCode).toBe(1);
    const [found] = jsonLines(stdout) as [Record<string, unknown>];
    expect(found).toMatchObject({
      type: "debug",
      outcome: "fault",
      fault: { code },
      recorded_fault: { code },
      state_before: null,
      at: {
        origin: "author",
        source: "reducer.ts",
        file: "retry-backoff/code/reducer.ts",
        line: lineOf(line),
      },
    });
    const stack = found.stack as { origin: string; function: string; line: number }[];
    expect(stack.find(({ origin }) => origin === "author")).toMatchObject({ line: lineOf(line) });
  });

  it("applies when the module is one that does not fail", async () => {
    const command = commandIn(faults.get(payload)!.stdout);
    const args = [...command, "--against", mended.folder];
    const { exitCode, stdout } = await airloomHere(args, dirname(failing.folder));
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("applies") });
    const [found] = jsonLines((await airloomHere([...args, "--json"], dirname(failing.folder))).stdout);
    expect(found).toMatchObject({
      outcome: "ok",
      fault: null,
      recorded_fault: { code },
      state_after: { pc: "Waiting" },
    });
  });
});

describe("the timeline of a run", () => {
  it("names the author's line of each fault, and the command", async () => {
    writeFileSync(join(failing.folder, "scenario.jsonl"), `${start("a missing key")}\n`);
    const { exitCode, stdout } = await airloomHere(["run", "retry-backoff"], dirname(failing.folder));
    expect(exitCode).toBe(1);
    const place = /\((near )?retry-backoff\/code\/reducer\.ts:\d+:\d+\)$/;
    const [told] = stdout
      .split("\n")
      .filter((line) => line.includes("fault"))
      .slice(-1);
    expect(told).toContain("module.abort Key does not exist");
    expect(told).toMatch(place);
    expect(stdout.match(/airloom debug retry-backoff \d+\.\d+/g)).toHaveLength(FAILURES.length + 1);
  });
});

describe("a delivery that did not fail", () => {
  it("is called again too", async () => {
    const sent = await airloomHere(["send", mended.folder, start("photo"), "--json"]);
    const frame = Number(jsonLines(sent.stdout)[0]!.frame);
    const journal = await airloomHere(["journal", "show", mended.folder, "--json"]);
    const delivery = jsonLines(journal.stdout).find(
      (line) => line.kind === "delivery" && line.frame === frame,
    )!;
    const { exitCode, stdout } = await airloomHere(["debug", mended.folder, `${frame}.${delivery.record}`]);
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("state after"),
    });
  });
});

describe("what cannot be debugged", () => {
  it.each(["0.0", "1.0", "1.99", "99.1"])("is missing: %s", async (at) => {
    const { exitCode, stderr } = await airloomHere(["debug", failing.folder, at]);
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining("debug.no_delivery"),
    });
  });

  it.each(["1", "1.x", "-1.0", "1.1.1"])("is wrong usage: %s", async (at) => {
    expect(await airloomHere(["debug", failing.folder, "--", at])).toMatchObject({ exitCode: 2 });
  });
});
