/** Each command where it succeeds and where it does not: exit code, what it prints, what machines read. */

import { readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modulePath } from "../../host/build/modules.ts";
import { stampedHash, stampHash } from "../../host/build/stamp.ts";
import type { Hash } from "../../host/values/brand.ts";
import { hashOf } from "../../host/values/hash.ts";
import { probe } from "../kernel/probe.ts";
import {
  airloom,
  airloomHere,
  copyWorld,
  installModule,
  jsonLines,
  ROOT,
  startWork,
  storedFrames,
} from "../support/cli.ts";
import { committedModule } from "../support/world.ts";

const COMMANDS = ["build", "check", "run", "send", "state", "journal show", "replay"];

const folders: { remove(): Promise<void> }[] = [];
afterAll(async () => {
  for (const folder of folders) await folder.remove();
});

async function newWorld(scenario?: string): Promise<string> {
  const copy = await copyWorld("retry-backoff", scenario);
  folders.push(copy);
  return copy.folder;
}

const okEvent = JSON.stringify({ schema: "demo/WorkOk@1", value: { req_id: "req-1" } });

/** A world that ran to its end. */
let world: string;
beforeAll(async () => {
  world = await newWorld(startWork({ maxAttempts: 2, baseDelayMs: 5 }));
  expect(await airloomHere(["run", world])).toMatchObject({ exitCode: 0, stderr: "" });
});

describe("the command line", () => {
  it.each(COMMANDS)("explains %s, and exits 0", async (command) => {
    const { exitCode, stdout, stderr } = await airloomHere([...command.split(" "), "--help"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain(`Usage: airloom ${command}`);
    expect(stdout).toContain("--json");
  });

  it("lists the commands and the exit codes, and says its version", async () => {
    const { exitCode, stdout } = await airloomHere(["--help"]);
    expect(exitCode).toBe(0);
    for (const command of COMMANDS) expect(stdout).toContain(command.split(" ")[0]);
    expect(stdout).toContain("Exit codes:");
    const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { version: string };
    expect(await airloomHere(["--version"])).toMatchObject({ exitCode: 0, stdout: `${version}\n` });
  });

  it.each([
    ["no command", []],
    ["an unknown command", ["rnu"]],
    ["an unknown option", ["run", ".", "--fast"]],
    ["no world", ["run"]],
    ["no event", ["send", "."]],
    ["a world too many", ["replay", ".", "."]],
    ["an option without its value", ["replay", ".", "--against"]],
    ["half a command", ["journal"]],
  ])("given %s exits 2 and says so on stderr", async (_what, args) => {
    const { exitCode, stdout, stderr } = await airloomHere(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr.length).toBeGreaterThan(0);
  });
});

describe("airloom check", () => {
  it("finds a sound world valid", async () => {
    expect(await airloomHere(["check", world])).toMatchObject({ exitCode: 0, stderr: "" });
    const { stdout } = await airloomHere(["check", world, "--json"]);
    expect(jsonLines(stdout)).toMatchObject([{ type: "check", folder: world, ok: true, diagnostics: [] }]);
  });

  it("tells every fault of every folder with file, line and pointer, and exits 1", async () => {
    const broken = await newWorld();
    const [plans, module] = [join(broken, "plans.air.json"), join(broken, "module.air.json")];
    await writeFile(plans, (await readFile(plans, "utf8")).replace("demo/WorkErr@1", "demo/WorkEr@1"));
    await writeFile(module, (await readFile(module, "utf8")).replace(`"reducer",`, `"reduces",`));
    const json = await airloomHere(["check", world, broken, "--json"]);
    expect(json).toMatchObject({ exitCode: 1, stderr: "" });
    const [first, second] = jsonLines(json.stdout) as {
      ok: boolean;
      diagnostics: Record<string, unknown>[];
    }[];
    expect(first).toMatchObject({ ok: true });
    expect(second).toMatchObject({ ok: false });
    const places = second!.diagnostics.map(({ file, line, pointer }) => ({ file, line, pointer }));
    expect(places).toContainEqual({ file: "module.air.json", line: 5, pointer: "/module_kind" });
    expect(places).toContainEqual({ file: "plans.air.json", line: 10, pointer: "/steps/0/event" });
    const text = await airloomHere(["check", world, broken]);
    expect(text).toMatchObject({ exitCode: 1, stderr: "" });
    expect(text.stdout).toContain("module.air.json:5:");
    expect(text.stdout).toContain("at /steps/0/event");
  });

  it("warns of a module that was never built", async () => {
    const unbuilt = await newWorld();
    await changeHash(unbuilt, `sha256:${"1".repeat(64)}` as Hash);
    const { exitCode, stdout } = await airloomHere(["check", unbuilt, "--json"]);
    expect(exitCode).toBe(0);
    expect(jsonLines(stdout)).toMatchObject([
      { ok: true, diagnostics: [{ code: "module.missing", severity: "warning" }] },
    ]);
  });

  it("refuses a module that may not run", async () => {
    const folder = await newWorld();
    const wasm = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    await installModule(folder, { wasm, hash: hashOf(wasm) });
    const { exitCode, stdout } = await airloomHere(["check", folder, "--json"]);
    expect(exitCode).toBe(1);
    const [line] = jsonLines(stdout) as { ok: boolean; diagnostics: { code: string }[] }[];
    expect(line!.ok).toBe(false);
    expect(line!.diagnostics[0]!.code).toMatch(/^module\./);
  });

  it("exits 3 where the bytes of a module are not its own", async () => {
    const folder = await newWorld();
    await writeFile(modulePath(folder, committedModule("retry-backoff")), "garbage");
    const { exitCode, stdout } = await airloomHere(["check", folder, "--json"]);
    expect(exitCode).toBe(3);
    expect(jsonLines(stdout)).toMatchObject([{ type: "error", code: "module.hash_mismatch" }]);
  });
});

async function changeHash(folder: string, hash: Hash): Promise<void> {
  const path = join(folder, "module.air.json");
  await writeFile(path, stampHash(await readFile(path, "utf8"), "demo/RetrySM@1", hash));
}

describe("airloom build", () => {
  const sources = join(ROOT, "assembly/reducers/retry-backoff/reducer.ts");

  /** A copy whose settings lead to this source. */
  async function buildable(source: string): Promise<string> {
    const folder = await newWorld();
    const settings = { modules: { "demo/RetrySM@1": { source: relative(folder, source) } } };
    await writeFile(join(folder, "world.json"), JSON.stringify(settings));
    return folder;
  }

  const stamped = async (folder: string) =>
    stampedHash(await readFile(join(folder, "module.air.json"), "utf8"), "demo/RetrySM@1");

  it("stamps what it built; --check stamps nothing and exits 1 where the hash is stale", async () => {
    const folder = await buildable(sources);
    const [right, wrong] = [committedModule("retry-backoff"), `sha256:${"1".repeat(64)}` as Hash];
    await changeHash(folder, wrong);
    const stale = await airloomHere(["build", folder, "--check", "--json"]);
    expect(stale.exitCode).toBe(1);
    expect(jsonLines(stale.stdout)).toMatchObject([
      {
        type: "error",
        code: "build.stale",
        kind: "manifest",
        diagnostics: [{ code: "build.stale", expected: right, found: wrong }],
      },
    ]);
    expect(await stamped(folder)).toBe(wrong);

    const built = await airloomHere(["build", folder, "--json"]);
    expect(built).toMatchObject({ exitCode: 0, stderr: "" });
    expect(jsonLines(built.stdout)).toMatchObject([{ type: "module", hash: right, changed: true }]);
    expect(await stamped(folder)).toBe(right);
  });

  it("exits 1 with file and line for a source that does not compile, 4 for one that is not there", async () => {
    const folder = await buildable(sources);
    await writeFile(
      join(folder, "air.ts"),
      await readFile(join(ROOT, "assembly/reducers/retry-backoff/air.ts")),
    );
    const text = await readFile(sources, "utf8");
    await writeFile(join(folder, "reducer.ts"), text.replace("s.attempt = 1;", `s.attempt = "one";`));
    await writeFile(
      join(folder, "world.json"),
      JSON.stringify({ modules: { "demo/RetrySM@1": { source: "reducer.ts" } } }),
    );
    const wrong = await airloomHere(["build", folder, "--json"]);
    expect(wrong.exitCode).toBe(1);
    const [error] = jsonLines(wrong.stdout) as { code: string; diagnostics: object[] }[];
    expect(error!.code).toBe("build.compile");
    expect(error!.diagnostics[0]).toMatchObject({ file: join(folder, "reducer.ts"), line: 16 });

    const gone = await airloomHere(["build", await buildable(join(folder, "gone.ts")), "--json"]);
    expect(gone.exitCode).toBe(4);
    expect(jsonLines(gone.stdout)).toMatchObject([{ code: "build.source_missing" }]);
  });
});

describe("airloom run", () => {
  it("prints a timeline, the final state and the verdict; machines get a line for each", async () => {
    const text = await airloomHere(["run", world, "--verify"]);
    expect(text).toMatchObject({ exitCode: 0, stderr: "" });
    for (const word of ["demo/StartWork@1", "due", "late", `"pc": "Failed"`, "replay: identical"]) {
      expect(text.stdout).toContain(word);
    }
    const json = await airloomHere(["run", world, "--verify", "--json"]);
    const lines = jsonLines(json.stdout);
    const count = (type: string) => lines.filter((line) => line.type === type).length;
    expect({ frames: count("frame"), states: count("state"), replays: count("replay") }).toEqual({
      frames: 3,
      states: 1,
      replays: 1,
    });
    expect(count("record")).toBe(lines.length - 5);
    expect(lines.at(-1)).toMatchObject({ verdict: "identical", frames: 3 });
  });

  it("exits 1 when a delivery faults in this run, and 0 once that is past", async () => {
    const scenario = startWork({ maxAttempts: 1, baseDelayMs: 1 }).replace(`"hello"`, `"throw"`);
    const folder = await newWorld(scenario);
    await installModule(folder, await probe());
    const { exitCode, stdout, stderr } = await airloomHere(["run", folder]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: "" });
    expect(stdout).toContain("module.abort thrown on purpose (reducer.ts:");
    expect(await airloomHere(["run", folder, "--verify"])).toMatchObject({ exitCode: 0 });
  });

  it("exits 4 when a module was not built, and makes no world", async () => {
    const folder = await newWorld(startWork({ maxAttempts: 1, baseDelayMs: 1 }));
    const hash = `sha256:${"1".repeat(64)}` as Hash;
    await changeHash(folder, hash);
    const { exitCode, stdout } = await airloomHere(["run", folder, "--json"]);
    expect(exitCode).toBe(4);
    expect(jsonLines(stdout)).toMatchObject([{ code: "module.missing", fields: { hash } }]);
    const shown = await airloomHere(["journal", "show", folder, "--json"]);
    expect(shown.exitCode).toBe(4);
  });

  it("exits 70 when the engine fails under a module, and the world goes on afterwards", async () => {
    const folder = await newWorld(startWork({ maxAttempts: 1, baseDelayMs: 1 }).replace(`"hello"`, `"sink"`));
    await installModule(folder, await probe());
    // The stack budget of a module is far below the engine's stack, unless that is made smaller.
    const nodeOptions = ["--stack-size=160"];
    const { exitCode, stdout } = await airloom(["run", folder, "--json"], { nodeOptions });
    expect(exitCode).toBe(70);
    expect(jsonLines(stdout).at(-1)).toMatchObject({
      type: "error",
      code: "host.stack_exhausted",
      kind: "host",
    });
    expect(await storedFrames(folder)).toHaveLength(1);
    expect(await airloomHere(["send", folder, okEvent])).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await storedFrames(folder)).toHaveLength(2);
  });

  it("keeps its store where it is told to", async () => {
    const folder = await newWorld(startWork({ maxAttempts: 1, baseDelayMs: 1 }));
    const options = ["--store", "elsewhere"];
    expect(await airloomHere(["run", ".", ...options], folder)).toMatchObject({ exitCode: 0 });
    expect(await airloomHere(["replay", ".", ...options], folder)).toMatchObject({ exitCode: 0 });
    expect(await airloomHere(["replay", "."], folder)).toMatchObject({ exitCode: 4 });
  });
});

describe("airloom send", () => {
  it("accepts an event under an id once, refuses another under it, and counts what has no id twice", async () => {
    const folder = await newWorld();
    const sent = async (...args: string[]) => {
      const { exitCode, stdout } = await airloomHere(["send", folder, ...args, "--json"]);
      return { exitCode, line: jsonLines(stdout)[0]! };
    };
    const first = { exitCode: 0, line: { frame: 1, duplicate: false, faulted: false } };
    expect(await sent(okEvent, "--id", "one")).toMatchObject(first);
    const before = await storedFrames(folder);
    expect(await sent(okEvent, "--id", "one")).toMatchObject({
      exitCode: 0,
      line: { frame: 1, duplicate: true },
    });
    const other = okEvent.replace("req-1", "req-2");
    const conflict = { exitCode: 1, line: { code: "ingress.conflict", fields: { frame: "1" } } };
    expect(await sent(other, "--id", "one")).toMatchObject(conflict);
    expect(await storedFrames(folder)).toEqual(before);
    expect(await sent(okEvent)).toMatchObject({ exitCode: 0, line: { frame: 2 } });
    expect(await sent(okEvent)).toMatchObject({ exitCode: 0, line: { frame: 3 } });
  });

  it("says what stays open, and run goes on with it", async () => {
    const folder = await newWorld("");
    const event = startWork({ maxAttempts: 2, baseDelayMs: 5 }).trim();
    const sent = await airloomHere(["send", folder, event]);
    expect(sent).toMatchObject({ exitCode: 0, stderr: "" });
    expect(sent.stdout).toContain("1 intent open");
    expect(await airloomHere(["run", folder])).toMatchObject({ exitCode: 0 });
    const [state] = jsonLines((await airloomHere(["state", folder, "--json"])).stdout);
    expect(state).toMatchObject({ state: { pc: "Failed", attempt: 2 } });
  });

  it("exits 1 when a delivery of it faults: the event is accepted all the same", async () => {
    const folder = await newWorld("");
    await installModule(folder, await probe());
    const event = startWork({ maxAttempts: 1, baseDelayMs: 1 }).replace(`"hello"`, `"fail"`).trim();
    const { exitCode, stdout } = await airloomHere(["send", folder, event, "--json"]);
    expect(exitCode).toBe(1);
    expect(jsonLines(stdout)).toMatchObject([{ type: "sent", frame: 1, faulted: true }]);
    expect(await storedFrames(folder)).toHaveLength(2);
  });

  it("exits 1 when a plan fails in its frame, and says how to go on", async () => {
    const copy = await copyWorld("approval", "");
    const start = ["plan", "start", copy.folder, "demo/ApprovalPlan@1", `{"id": "r-1"}`];
    expect(await airloomHere(start)).toMatchObject({ exitCode: 0 });
    const answer = { id: "r-1", choice: { $tag: "Approved" }, by: "Ada" };
    const event = JSON.stringify({ schema: "demo/Answer@1", value: answer });
    const { exitCode, stdout, stderr } = await airloomHere(["send", copy.folder, event]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: "" });
    expect(stdout).toMatch(
      /^demo\/Answer@1 accepted in frame 2\nfault plan demo\/ApprovalPlan@1 #0 at wait: /,
    );
    const next = stdout.trimEnd().split("\n").at(-1)!.trim();
    expect(next).toMatch(/^airloom why /);
    expect(await airloomHere(next.split(" ").slice(1))).toMatchObject({ exitCode: 0 });
    await copy.remove();
  });
});

describe("airloom state", () => {
  it("shows the durable state of every cell, or of one reducer", async () => {
    const expected = {
      type: "state",
      reducer: "demo/RetrySM@1",
      key: null,
      state: { pc: "Failed", attempt: 2 },
    };
    for (const args of [[], ["demo/RetrySM@1"]]) {
      const { exitCode, stdout } = await airloomHere(["state", world, ...args, "--json"]);
      expect(exitCode).toBe(0);
      expect(jsonLines(stdout)).toMatchObject([expected]);
    }
    expect((await airloomHere(["state", world])).stdout).toContain(`"pc": "Failed"`);
  });

  it("exits 4 for a reducer that is not there and names the nearest, 4 before there is a world", async () => {
    const { exitCode, stderr } = await airloomHere(["state", world, "demo/RetrySN@1"]);
    expect(exitCode).toBe(4);
    expect(stderr).toContain("reducer.missing");
    expect(stderr).toContain("demo/RetrySM@1");
    const none = await airloomHere(["state", await newWorld(), "--json"]);
    expect(none.exitCode).toBe(4);
    expect(jsonLines(none.stdout)).toMatchObject([{ code: "store.missing" }]);
  });
});

describe("airloom journal show", () => {
  it("prints every record with its fields; machines get a line for each", async () => {
    const { exitCode, stdout } = await airloomHere(["journal", "show", world, "--json"]);
    expect(exitCode).toBe(0);
    const lines = jsonLines(stdout);
    const frames = lines.filter((line) => line.type === "frame");
    expect(frames.map(({ frame }) => frame)).toEqual([0, 1, 2]);
    const records = lines.filter((line) => line.type === "record");
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_, i) => i));
    const intent = records.find(({ kind }) => kind === "effect_intent")!;
    expect(intent).toMatchObject({ frame: 1, effect_kind: "timer.set", params: { key: "req-1" } });
    const text = await airloomHere(["journal", "show", world]);
    expect(text.stdout.match(/^frame \d+/gm)).toHaveLength(3);
    expect(text.stdout.split("\n").filter((line) => line !== "")).toHaveLength(lines.length);
  });
});
