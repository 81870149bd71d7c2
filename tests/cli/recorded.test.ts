/** Recordings kept, redacted, forked and turned into tests, as a user calls it. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { airloomHere, copyWorld, jsonLines, ROOT } from "../support/cli.ts";

const START =
  '{"schema":"demo/StartWork@1","value":{"req_id":"req-of-alice","payload":"photo of Alice","max_attempts":2,"base_delay_ms":1,"now_ns":{"$now":true}}}';
let world: { folder: string; remove(): Promise<void> };
const at = (name: string): string => join(world.folder, name);

beforeAll(async () => {
  world = await copyWorld("retry-backoff", `${START}\n`);
  expect(await airloomHere(["run", world.folder])).toMatchObject({ exitCode: 0 });
  expect(await captured("retry.airj")).toMatchObject({ exitCode: 0, stderr: "" });
});
afterAll(() => world.remove());

function captured(name: string, ...options: string[]) {
  return airloomHere(["capture", world.folder, "-o", at(name), "--embed-modules", ...options]);
}

describe("a recording that is there", () => {
  it("stays when it would be the same", async () => {
    const before = readFileSync(at("retry.airj"));
    const { exitCode, stdout } = await captured("retry.airj");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("unchanged");
    expect(readFileSync(at("retry.airj"))).toEqual(before);
  });

  it("is replaced by another one only with --re-record, which says what differs first", async () => {
    const kept = at("kept.airj");
    expect(await captured("kept.airj")).toMatchObject({ exitCode: 0 });
    const before = readFileSync(kept);
    const event = '{"schema": "demo/WorkOk@1", "value": {"req_id": "req-of-alice"}}';
    expect(await airloomHere(["send", world.folder, event])).toMatchObject({ exitCode: 0 });
    const refused = await captured("kept.airj", "--json");
    expect(refused.exitCode).toBe(1);
    expect(jsonLines(refused.stdout)[0]).toMatchObject({ code: "recording.exists" });
    expect(refused.stderr).toContain("+ frame 3 domain_event demo/WorkOk@1: only new");
    expect(refused.stderr).toContain("1 of 4 frames differ");
    expect(readFileSync(kept)).toEqual(before);
    const replaced = await captured("kept.airj", "--re-record");
    expect(replaced.exitCode).toBe(0);
    expect(replaced.stderr).toContain("only new");
    expect(readFileSync(kept)).not.toEqual(before);
  });

  it("leaves the index only with --re-record as well", async () => {
    const corpus = at("corpus");
    mkdirSync(corpus);
    const first = readFileSync(at("retry.airj"));
    writeFileSync(join(corpus, "a.airj"), first);
    const write = (...options: string[]) => airloomHere(["replay", corpus, "--write-index", ...options]);
    expect(await write()).toMatchObject({ exitCode: 0 });
    const before = readFileSync(join(corpus, "index.json"), "utf8");
    writeFileSync(join(corpus, "a.airj"), readFileSync(at("kept.airj")));
    writeFileSync(join(corpus, "b.airj"), first);
    const refused = await write();
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/index: replaced a\.airj: root [0-9a-f]{64} -> [0-9a-f]{64}\n/);
    expect(readFileSync(join(corpus, "index.json"), "utf8")).toBe(before);
    expect(await write("--re-record")).toMatchObject({ exitCode: 0 });
    expect(await airloomHere(["replay", corpus])).toMatchObject({ exitCode: 0 });
  });
});

describe("redaction", () => {
  const PATHS = [
    "demo/StartWork@1/payload",
    "demo/StartWork@1/req_id",
    "sys/TimerSetReceipt@1/key",
    "demo/WorkOk@1/req_id",
  ];
  const paths = PATHS.flatMap((path) => ["--redact", path]);

  it("of a world as it is captured, and of a recording, gives the same under the same salt", async () => {
    writeFileSync(at("salt"), "a salt of sixteen bytes");
    const salt = ["--salt-file", at("salt")];
    expect(await captured("all.airj")).toMatchObject({ exitCode: 0 });
    const fromWorld = await captured("from-world.airj", ...paths, ...salt);
    expect(fromWorld.exitCode).toBe(0);
    expect(fromWorld.stdout).toMatch(/redacted in \d+ places, from root [0-9a-f]{64}/);
    const fromFile = ["redact", at("all.airj"), "-o", at("from-file.airj"), ...paths, ...salt];
    expect(await airloomHere(fromFile)).toMatchObject({ exitCode: 0 });
    expect(readFileSync(at("from-file.airj"))).toEqual(readFileSync(at("from-world.airj")));
    expect(readFileSync(at("from-file.airj")).includes("lice")).toBe(false);
    expect(await airloomHere(["replay", at("from-file.airj")])).toMatchObject({ exitCode: 0 });
    const [json] = jsonLines(
      (await airloomHere(["journal", "verify", at("from-file.airj"), "--json"])).stdout,
    );
    expect(json).toMatchObject({
      signature: "absent",
      redacted_from: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(json!.redacted_paths).toContain("1/value.payload");
  });

  it("writes nothing where a value would be left, and says which path to add", async () => {
    const { exitCode, stdout } = await captured("leak.airj", "--redact", PATHS[1]!, "--json");
    expect(exitCode).toBe(1);
    expect(jsonLines(stdout)[0]).toMatchObject({ code: "redact.leak" });
    expect(existsSync(at("leak.airj"))).toBe(false);
  });

  it.each([
    [["--redact", "payload"], 2],
    [["--redact", "demo/StartWork@1/nothing"], 1],
    [[...paths, "--salt-file", "no-such-salt"], 4],
  ])("refuses %j", async (options, exitCode) => {
    expect(await captured("refused.airj", ...options)).toMatchObject({ exitCode });
    expect(existsSync(at("refused.airj"))).toBe(false);
  });
});

describe("fork", () => {
  it("shows both branches side by side and keeps the other one", async () => {
    const event = JSON.stringify({ ...(JSON.parse(START) as object) }).replace(
      '"max_attempts":2',
      '"max_attempts":1',
    );
    const args = ["fork", at("retry.airj"), "--at", "1", "--event", event, "--save", at("fork.airj")];
    const { exitCode, stdout } = await airloomHere(args);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/value\.max_attempts\n +recorded +2\n +forked +1\n/);
    expect(stdout).toContain("left out: frame 2 effect_receipt timer.set (intent_gone)");
    const verified = await airloomHere(["journal", "verify", at("fork.airj")]);
    expect(verified.stdout).toMatch(/forked at frame 1, from root [0-9a-f]{64}/);
    expect(await airloomHere(["replay", at("fork.airj")])).toMatchObject({ exitCode: 0 });
    const json = jsonLines((await airloomHere([...args.slice(0, 6), "--json"])).stdout);
    expect(json.at(-1)).toMatchObject({ type: "fork", left_out: [{ frame: 2, reason: "intent_gone" }] });
  });

  it("answers an intent otherwise, and runs other definitions", async () => {
    const timeout = await airloomHere([
      "fork",
      at("retry.airj"),
      "--at",
      "2",
      "--receipt",
      '1.0={"status":"timeout"}',
    ]);
    expect(timeout.exitCode).toBe(1);
    expect(timeout.stdout).toMatch(/status\n +recorded +"ok"\n +forked +"timeout"\n/);
    const recovers = join(ROOT, "air/worlds/retry-backoff-recovers");
    const against = await airloomHere(["fork", at("retry.airj"), "--at", "2", "--against", recovers]);
    expect(against.stdout).toContain("+ frame 2 manifest: only forked");
  });

  it("says so when nothing differs", async () => {
    const { exitCode, stdout } = await airloomHere(["fork", at("retry.airj"), "--at", "2"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("the branches are alike");
  });

  it.each([
    [["--at", "0"], 4, "fork.no_frame"],
    [["--at", "2", "--event", '{"schema":"demo/None@1","value":null}'], 1, "event.invalid"],
    [["--at", "2", "--receipt", '1.0={"status":"late"}'], 1, "fork.receipt"],
    [["--at", "2", "--receipt", '7.0={"status":"timeout"}'], 4, "fork.no_intent"],
  ])("refuses %j", async (options, exitCode, code) => {
    const refused = await airloomHere(["fork", at("retry.airj"), ...options, "--json"]);
    expect(refused.exitCode).toBe(exitCode);
    expect(jsonLines(refused.stdout)[0]).toMatchObject({ code });
  });

  it("takes numbers of frames and receipts by their form", async () => {
    expect(await airloomHere(["fork", at("retry.airj"), "--at", "one"])).toMatchObject({ exitCode: 2 });
    expect(await airloomHere(["fork", at("retry.airj"), "--at", "2", "--receipt", "1.0"])).toMatchObject({
      exitCode: 2,
    });
  });
});

describe("testgen", () => {
  it("writes a test, and replaces a file that is there only when told to", async () => {
    const args = ["testgen", at("retry.airj"), "-o", at("retry.test.ts"), "--world", world.folder];
    expect(await airloomHere(args)).toMatchObject({ exitCode: 0 });
    const text = readFileSync(at("retry.test.ts"), "utf8");
    expect(text).toContain('testWorld(new URL("./", import.meta.url)');
    const again = await airloomHere([...args, "--json"]);
    expect(again.exitCode).toBe(1);
    expect(jsonLines(again.stdout)[0]).toMatchObject({ code: "testgen.exists" });
    const forced = await airloomHere([...args, "--force", "--json"]);
    expect(jsonLines(forced.stdout)[0]).toMatchObject({ type: "test", lines: text.split("\n").length - 1 });
  });

  it("asks for a world with the modules, and for a place that can be written", async () => {
    const byHash = ["capture", world.folder, "-o", at("by-hash.airj")];
    expect(await airloomHere(byHash)).toMatchObject({ exitCode: 0 });
    const line = ["testgen", at("by-hash.airj"), "--json", "-o"];
    const elsewhere = await airloomHere([...line, at("other.test.ts"), "--world", at("nowhere")]);
    expect(elsewhere.exitCode).toBe(4);
    const [missing] = jsonLines(elsewhere.stdout);
    expect(missing).toMatchObject({ code: "module.missing", message: expect.stringContaining("--world") });
    const below = await airloomHere([...line, at("retry.airj/x.test.ts"), "--world", world.folder]);
    expect(below.exitCode).toBe(70);
    expect(jsonLines(below.stdout)).toMatchObject([{ code: "output.unwritable" }]);
    const deep = await airloomHere([...line, at("deep/x.test.ts"), "--world", world.folder]);
    expect(deep).toMatchObject({ exitCode: 0, stderr: "" });
  });
});
