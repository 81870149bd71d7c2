/**
 * What cannot be done is refused with a message that says where, and leaves the journal as it was: the frames
 * of the store are compared byte for byte.
 */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { errorJson } from "../../host/cli/render/error.ts";
import { AirloomError } from "../../host/values/errors.ts";
import { airloomHere, copyWorld, jsonLines, ROOT, startWork, storedFrames } from "../support/cli.ts";

let copy: Awaited<ReturnType<typeof copyWorld>>;

beforeAll(async () => {
  copy = await copyWorld("retry-backoff", startWork({ maxAttempts: 2, baseDelayMs: 5 }));
  expect(await airloomHere(["run", copy.folder])).toMatchObject({ exitCode: 0, stderr: "" });
  expect(await storedFrames(copy.folder)).toHaveLength(3);
});
afterAll(() => copy.remove());

let frames: readonly string[];
beforeEach(async () => {
  frames = await storedFrames(copy.folder);
});

interface Refused {
  readonly what: string;
  readonly line: string;
  /** Of the first diagnostic. */
  readonly code: string;
  readonly pointer?: string;
  readonly hint?: string;
  readonly expected?: string;
  readonly found?: string;
}

const start = (change: Record<string, unknown>, without: readonly string[] = []): string => {
  const value: Record<string, unknown> = {
    req_id: "r",
    payload: "p",
    max_attempts: 1,
    base_delay_ms: 1,
    now_ns: 1,
    ...change,
  };
  for (const name of without) delete value[name];
  return JSON.stringify({ schema: "demo/StartWork@1", value });
};

const TOO_LARGE = start({}).replace(`"max_attempts":1`, `"max_attempts":18446744073709551616`);

const REFUSED: readonly Refused[] = [
  { what: "malformed JSON", line: `{"schema": "demo/WorkOk@1", "value": {`, code: "json.syntax" },
  { what: "what is no object", line: `["demo/WorkOk@1"]`, code: "event.invalid" },
  {
    what: "an unknown schema",
    line: `{"schema": "demo/StartWrk@1", "value": null}`,
    code: "event.invalid",
    pointer: "/schema",
    hint: "demo/StartWork@1",
  },
  { what: "no schema", line: `{"value": null}`, code: "event.invalid", pointer: "/schema" },
  { what: "no value", line: `{"schema": "demo/WorkOk@1"}`, code: "event.invalid", pointer: "/value" },
  {
    what: "a member that events do not have",
    line: `{"schema": "demo/WorkOk@1", "value": {"req_id": "r"}, "id": 1}`,
    code: "event.invalid",
    pointer: "/id",
  },
  {
    what: "a missing field",
    line: start({}, ["payload"]),
    code: "value.missing_field",
    pointer: "/value",
    expected: "payload",
  },
  {
    what: "a field too many",
    line: start({ color: "red" }),
    code: "value.unknown_field",
    pointer: "/value/color",
  },
  {
    what: "a wrong type",
    line: start({ req_id: 7 }),
    code: "value.wrong_type",
    pointer: "/value/req_id",
    expected: "text",
    found: "7",
  },
  {
    what: "a number above its range",
    line: TOO_LARGE,
    code: "value.out_of_range",
    pointer: "/value/max_attempts",
  },
  {
    what: "a number below its range",
    line: start({ base_delay_ms: -1 }),
    code: "value.out_of_range",
    pointer: "/value/base_delay_ms",
  },
];

type Line = Record<string, unknown> & { readonly diagnostics: readonly Record<string, unknown>[] };

function checkDiagnostic(error: Line, refused: Refused, place: { file: string; line: number }): void {
  expect(error).toMatchObject({ type: "error", kind: "request", code: "event.invalid" });
  const [first] = error.diagnostics;
  const { code, pointer, hint, expected, found } = refused;
  expect(first).toMatchObject({ code, severity: "error", ...place });
  if (pointer !== undefined) expect(first!.pointer).toBe(pointer);
  if (hint !== undefined) expect(first!.hint).toContain(hint);
  if (expected !== undefined) expect(first!.expected).toContain(expected);
  if (found !== undefined) expect(first!.found).toContain(found);
}

const cases = REFUSED.map((refused) => [refused.what, refused] as const);

describe("an event that is sent", () => {
  it.each(cases)("with %s is refused, and no frame is written", async (_what, refused) => {
    const json = await airloomHere(["send", copy.folder, refused.line, "--json"]);
    expect(json).toMatchObject({ exitCode: 1, stderr: "" });
    const lines = jsonLines(json.stdout) as Line[];
    expect(lines).toHaveLength(1);
    checkDiagnostic(lines[0]!, refused, { file: "event", line: 1 });
    expect(await storedFrames(copy.folder)).toEqual(frames);
  });

  it("is told of all its faults at once", async () => {
    const line = start({ req_id: 7, base_delay_ms: -1 }, ["payload"]);
    const { stdout } = await airloomHere(["send", copy.folder, line, "--json"]);
    const [error] = jsonLines(stdout) as Line[];
    expect(error!.diagnostics.map(({ pointer }) => pointer).sort()).toEqual([
      "/value",
      "/value/base_delay_ms",
      "/value/req_id",
    ]);
  });

  it("is accepted when it is sound", async () => {
    const other = await copyWorld("retry-backoff");
    try {
      const sent = await airloomHere(["send", other.folder, start({}), "--json"]);
      expect(sent).toMatchObject({ exitCode: 0, stderr: "" });
      expect(jsonLines(sent.stdout)).toMatchObject([{ type: "sent", frame: 1, duplicate: false }]);
      expect(await storedFrames(other.folder)).toHaveLength(2);
    } finally {
      await other.remove();
    }
  });
});

describe("a scenario", () => {
  const FILE = "other.jsonl";
  /** Runs the world with this scenario, from within its folder. */
  const run = async (text: string, ...options: string[]) => {
    await writeFile(join(copy.folder, FILE), text);
    return airloomHere(["run", ".", "--scenario", FILE, ...options], copy.folder);
  };

  it.each(cases)("with %s in its third line is refused by file, line and pointer", async (_what, refused) => {
    const sent = await readFile(join(copy.folder, "scenario.jsonl"), "utf8");
    const json = await run(`${sent}# and then\n${refused.line}\n`, "--json");
    expect(json).toMatchObject({ exitCode: 1, stderr: "" });
    const last = jsonLines(json.stdout).at(-1) as Line;
    checkDiagnostic(last, refused, { file: FILE, line: 3 });

    const text = await run(`${sent}# and then\n${refused.line}\n`);
    expect(text.exitCode).toBe(1);
    expect(text.stderr).toContain(`${FILE}:3:`);
    expect(text.stderr).toContain("event.invalid");
    expect(text.stderr).toContain(refused.code);
    if (refused.pointer !== undefined) expect(text.stderr).toContain(`at ${refused.pointer}`);
    expect(await storedFrames(copy.folder)).toEqual(frames);
  });

  it("with a fault in a later line sends none of the lines before it", async () => {
    const { exitCode } = await run(`${start({ req_id: "new" })}\n${start({}, ["payload"])}\n`);
    expect(exitCode).toBe(1);
    expect(await storedFrames(copy.folder)).toEqual(frames);
  });

  it("that is not there is missing, and one without events is fine", async () => {
    const gone = join(copy.folder, "gone.jsonl");
    const missing = await airloomHere(["run", copy.folder, "--scenario", gone, "--json"]);
    expect(missing.exitCode).toBe(4);
    expect(jsonLines(missing.stdout)).toMatchObject([{ type: "error", code: "scenario.missing" }]);
    expect(await run("\n# nothing\n\n")).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await storedFrames(copy.folder)).toEqual(frames);
  });

  it("that was sent is sent again never", async () => {
    for (let i = 0; i < 2; i++) {
      const again = await airloomHere(["run", copy.folder]);
      expect(again).toMatchObject({ exitCode: 0, stderr: "" });
      expect(again.stdout).toContain("was accepted before, in frame 1");
    }
    expect(await storedFrames(copy.folder)).toEqual(frames);
  });
});

describe("a world", () => {
  it.each([
    ["run", []],
    ["check", []],
    ["build", []],
    ["send", [start({})]],
    ["state", []],
    ["journal show", []],
    ["replay", []],
  ])("that is not there is missing for %s, and nothing is made of it", async (command, more) => {
    const gone = join(copy.folder, "gone");
    const found = await airloomHere([...command.split(" "), gone, ...more, "--json"]);
    expect(found.exitCode).toBe(4);
    const [error] = jsonLines(found.stdout);
    expect(error).toMatchObject({ type: "error", kind: "missing" });
    expect(["world.missing", "store.missing", "recording.missing"]).toContain(error!.code);
    const text = await airloomHere([...command.split(" "), gone, ...more]);
    expect(text).toMatchObject({ exitCode: 4, stdout: "" });
    expect(text.stderr).toContain("gone");
  });

  it("whose folder changed is refused by run and send, naming what changed", async () => {
    const path = join(copy.folder, "plans.air.json");
    const before = await readFile(path, "utf8");
    await writeFile(path, before.replace("the service is down", "try again"));
    try {
      for (const command of [["run"], ["send"]]) {
        const event = command[0] === "send" ? [start({ req_id: "new" })] : [];
        const json = await airloomHere([...command, copy.folder, ...event, "--json"]);
        expect(json.exitCode).toBe(1);
        expect(jsonLines(json.stdout)).toMatchObject([
          { code: "world.folder_changed", fields: { changes: ["demo/WorkPlan@1 changed"] } },
        ]);
        const text = await airloomHere([...command, copy.folder, ...event]);
        expect(text).toMatchObject({ exitCode: 1, stdout: "" });
        expect(text.stderr).toContain("demo/WorkPlan@1 changed");
      }
      // Those that only read do not ask the folder.
      for (const command of [["state"], ["journal", "show"], ["replay"]]) {
        expect(await airloomHere([...command, copy.folder])).toMatchObject({ exitCode: 0, stderr: "" });
      }
      expect(await storedFrames(copy.folder)).toEqual(frames);
    } finally {
      await writeFile(path, before);
    }
    expect(await airloomHere(["run", copy.folder])).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it("whose folder changed is adopted with --upgrade, and replays", async () => {
    const other = await copyWorld("retry-backoff", startWork({ maxAttempts: 1, baseDelayMs: 1 }));
    try {
      await airloomHere(["run", other.folder]);
      const before = await storedFrames(other.folder);
      const path = join(other.folder, "plans.air.json");
      await writeFile(path, (await readFile(path, "utf8")).replace("the service is down", "try again"));
      const upgraded = await airloomHere(["run", other.folder, "--upgrade", "--verify"]);
      expect(upgraded).toMatchObject({ exitCode: 0, stderr: "" });
      expect(upgraded.stdout).toMatch(/replay: identical/);
      const after = await storedFrames(other.folder);
      expect(after.slice(0, before.length)).toEqual(before);
      expect(after).toHaveLength(before.length + 1);
      expect(await airloomHere(["run", other.folder])).toMatchObject({ exitCode: 0 });
    } finally {
      await other.remove();
    }
  });

  it("whose folder cannot be read any more is refused by file and pointer", async () => {
    const path = join(copy.folder, "policies.air.json");
    const before = await readFile(path, "utf8");
    await writeFile(path, before.replace(`"allow"`, `"perhaps"`));
    try {
      const { exitCode, stdout } = await airloomHere(["run", copy.folder, "--json"]);
      expect(exitCode).toBe(1);
      const [error] = jsonLines(stdout) as Line[];
      expect(error).toMatchObject({ code: "manifest.invalid", kind: "manifest" });
      const place = { file: "policies.air.json", line: 5, pointer: "/rules/0/decision" };
      expect(error!.diagnostics[0]).toMatchObject(place);
    } finally {
      await writeFile(path, before);
    }
    expect(await storedFrames(copy.folder)).toEqual(frames);
  });
});

describe("what is no world", () => {
  it.each([
    ["a file", "README.md", 4, "world.missing"],
    ["nothing", "nowhere", 4, "world.missing"],
    ["a folder without definitions", "docs", 1, "manifest.invalid"],
  ])("is named: %s", async (_, path, exitCode, code) => {
    const lines = [
      ["run", path],
      ["send", path, "{}"],
      ["replay", copy.folder, "--against", path],
    ];
    for (const line of lines) {
      const { stdout, ...ended } = await airloomHere([...line, "--json"]);
      expect({ ...ended, line }).toMatchObject({ exitCode });
      const [error] = jsonLines(stdout);
      expect(error).toMatchObject({ type: "error", code, fields: { path: join(ROOT, path) } });
      expect(error!.message).toContain(path);
    }
  });
});

describe("an error as JSON", () => {
  it("has the same members, whatever it is", () => {
    const known = new AirloomError("missing", "world.missing", "there is none");
    const members = (error: unknown) => Object.keys(JSON.parse(errorJson(error)) as object);
    expect(members(new TypeError("x is not a function"))).toEqual(members(known));
  });
});
