/** capture, journal verify and replay of recordings, as a user calls them. */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { airloom, airloomHere, copyWorld, jsonLines } from "../support/cli.ts";

let world: { folder: string; remove(): Promise<void> };
let corpus: string;
const at = (name: string): string => join(corpus, name);

beforeAll(async () => {
  world = await copyWorld(
    "retry-backoff",
    '{"schema":"demo/StartWork@1","value":{"req_id":"r","payload":"p","max_attempts":2,"base_delay_ms":1,"now_ns":{"$now":true}}}\n',
  );
  corpus = join(world.folder, "tests", "journals");
  mkdirSync(corpus, { recursive: true });
  expect(await airloomHere(["run", world.folder])).toMatchObject({ exitCode: 0 });
  const text = ["capture", world.folder, "-o", at("text.airj"), "--embed-modules"];
  expect(await airloomHere(text)).toMatchObject({ exitCode: 0, stderr: "" });
  const binary = ["capture", world.folder, "-o", at("binary.airj"), "--binary"];
  expect(await airloomHere(binary)).toMatchObject({ exitCode: 0, stderr: "" });
});
afterAll(() => world.remove());

async function verified(target: string): Promise<Record<string, unknown>> {
  const { exitCode, stdout } = await airloomHere(["journal", "verify", target, "--json"]);
  expect(exitCode).toBe(0);
  return jsonLines(stdout)[0] as Record<string, unknown>;
}

describe("a captured world", () => {
  it("is proven with its signature, and leaves nothing half-written beside it", async () => {
    expect(await verified(at("text.airj"))).toMatchObject({ signature: "valid", frames: 3, embedded: true });
    expect(await verified(at("binary.airj"))).toMatchObject({
      signature: "valid",
      frames: 3,
      embedded: false,
    });
    expect(readdirSync(corpus).sort()).toEqual(["binary.airj", "text.airj"]);
  });

  it("makes the folders it is to lie in, and says which file is in their place", async () => {
    const deep = join(world.folder, "kept", "of", "today.airj");
    const capture = (output: string) => airloomHere(["capture", world.folder, "-o", output, "--json"]);
    expect(await capture(deep)).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await verified(deep)).toMatchObject({ frames: 3 });
    const { exitCode, stdout } = await capture(join(deep, "below.airj"));
    expect(exitCode).toBe(70);
    expect(stdout).toContain('"recording.unwritable"');
    expect(readdirSync(join(world.folder, "kept", "of"))).toEqual(["today.airj"]);
  });

  it("has the root of its world, which is proven without being captured", async () => {
    const { root } = await verified(at("binary.airj"));
    expect(await verified(world.folder)).toMatchObject({ root });
  });

  it("is refused once the signature is another", async () => {
    const text = readFileSync(at("text.airj"), "utf8");
    const forged = text.replace(
      /"signature":\{"\$hex":"(..)/,
      (_, byte: string) => `"signature":{"$hex":"${byte === "00" ? "01" : "00"}`,
    );
    expect(forged).not.toBe(text);
    writeFileSync(join(world.folder, "forged.airj"), forged);
    const { exitCode, stdout } = await airloomHere([
      "journal",
      "verify",
      join(world.folder, "forged.airj"),
      "--json",
    ]);
    expect(exitCode).toBe(3);
    expect(jsonLines(stdout)[0]).toMatchObject({ code: "recording.signature" });
  });
});

describe("replay of recordings", () => {
  it("is identical with the definitions and modules they carry or name", async () => {
    const { exitCode, stdout } = await airloomHere(["replay", corpus, "--modules", world.folder]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("replay: 2 recordings, 2 identical");
  });

  it("cannot run without the module, and says which", async () => {
    const { exitCode, stdout } = await airloomHere(["replay", at("binary.airj"), "--json"]);
    expect(exitCode).toBe(4);
    const [recording] = (JSON.parse(stdout) as { recordings: Record<string, unknown>[] }).recordings;
    expect(recording).toMatchObject({ verdict: "cannot_run", error: { code: "module.missing" } });
  });

  it.each([
    [["replay"], []],
    [
      ["fork", "--at", "1"],
      ["--modules", "."],
    ],
    [["redact", "-o", "redacted.airj", "--redact", "demo/StartWork@1/payload"], []],
  ])(
    "%j asks for a folder with the modules, and takes none that is not there",
    async ([command, ...rest], more) => {
      const line = [command!, at("binary.airj"), ...rest, ...more];
      const { exitCode, stdout, stderr } = await airloomHere(line, corpus);
      expect(exitCode).toBe(4);
      expect(stdout + stderr).toMatch(/module\.missing: .*`--modules`.*`--embed-modules`/);
      const nowhere = await airloomHere(
        [command!, at("binary.airj"), ...rest, "--modules", "nowhere"],
        corpus,
      );
      expect(nowhere).toMatchObject({ exitCode: 4, stdout: "" });
      expect(nowhere.stderr).toContain("world.missing");
      const found = await airloomHere([...line, "--modules", world.folder], corpus);
      expect(found).toMatchObject({ exitCode: 0 });
      rmSync(join(corpus, "redacted.airj"), { force: true });
    },
  );

  it("makes the folders of a report, and says which file is in their place", async () => {
    const report = (file: string) =>
      airloomHere(["replay", at("text.airj"), "--json", "--report", `junit=${join(world.folder, file)}`]);
    expect(await report("reports/of/today.xml")).toMatchObject({ exitCode: 0, stderr: "" });
    const { exitCode, stdout } = await report("reports/of/today.xml/junit.xml");
    expect(exitCode).toBe(70);
    expect(jsonLines(stdout)).toMatchObject([{ type: "error", kind: "host", code: "output.unwritable" }]);
  });

  it("says of a changed plan which event differs, in every report", async () => {
    const changed = await copyWorld("retry-backoff");
    const plans = join(changed.folder, "plans.air.json");
    writeFileSync(
      plans,
      readFileSync(plans, "utf8").replace("the service is down", "it <b>fails</b> | ::error::"),
    );
    const reports = ["json", "junit", "markdown", "github", "sarif"] as const;
    const options = reports.flatMap((form) => ["--report", `${form}=${join(changed.folder, form)}`]);
    const { exitCode, stdout } = await airloomHere([
      "replay",
      at("text.airj"),
      "--against",
      changed.folder,
      ...options,
    ]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain("effects changed");
    expect(stdout).toContain("value.message differs");
    const [json, junit, markdown, github, sarif] = reports.map((form) =>
      readFileSync(join(changed.folder, form), "utf8"),
    );
    expect(JSON.parse(json!)).toMatchObject({
      recordings: [{ verdict: "effects_changed", divergence: { field: "value.message" } }],
    });
    expect(junit).toContain('failures="1"');
    expect(junit).not.toContain("<b>");
    expect(markdown).not.toContain("<b>");
    expect(markdown!.split("\n").filter((line) => line.startsWith("|"))).toHaveLength(3);
    expect(github!.trimEnd().split("\n")).toHaveLength(1);
    expect(JSON.parse(sarif!)).toMatchObject({
      version: "2.1.0",
      runs: [{ results: [{ ruleId: "replay.effects_changed" }] }],
    });
    await changed.remove();
  });

  it("fails on a corpus without recordings", async () => {
    const { exitCode, stderr } = await airloomHere(["replay", join(world.folder, "tests", "**", "*.none")]);
    expect(exitCode).toBe(4);
    expect(stderr).toContain("corpus.empty");
  });

  it("fails on a corpus that lost a recording of its index, unless told to", async () => {
    const options = ["--modules", world.folder];
    const written = await airloomHere(["replay", corpus, ...options, "--write-index"]);
    expect(written).toMatchObject({ exitCode: 0 });
    expect(written.stderr).toContain("unlisted binary.airj");
    expect(await airloomHere(["replay", corpus, ...options])).toMatchObject({ exitCode: 0 });
    const lesser = join(world.folder, "lesser");
    mkdirSync(lesser);
    writeFileSync(join(lesser, "text.airj"), readFileSync(at("text.airj")));
    writeFileSync(join(lesser, "index.json"), readFileSync(at("index.json")));
    const shrunk = await airloomHere(["replay", lesser, ...options]);
    expect(shrunk.exitCode).toBe(1);
    expect(shrunk.stdout).toContain("missing  binary.airj");
    expect(await airloomHere(["replay", lesser, ...options, "--allow-shrink"])).toMatchObject({
      exitCode: 0,
    });
  });

  it("keeps in its index what differs, whatever is written", async () => {
    const index = readFileSync(at("index.json"), "utf8");
    const changed = await copyWorld("retry-backoff");
    const plans = join(changed.folder, "plans.air.json");
    writeFileSync(plans, readFileSync(plans, "utf8").replace("the service is down", "it is down"));
    for (const options of [["--write-index"], ["--write-index", "--re-record"]]) {
      const line = ["replay", corpus, "--against", changed.folder, ...options];
      expect(await airloomHere(line)).toMatchObject({ exitCode: 1, stderr: "" });
      expect(readFileSync(at("index.json"), "utf8")).toBe(index);
    }
    await changed.remove();
  });

  it("gives the same verdicts in threads", async () => {
    const { exitCode, stdout } = await airloom([
      "replay",
      corpus,
      "--modules",
      world.folder,
      "--jobs",
      "2",
      "--json",
    ]);
    expect(exitCode).toBe(0);
    const { recordings } = JSON.parse(stdout) as { recordings: { name: string; verdict: string }[] };
    expect(recordings.map(({ verdict }) => verdict)).toEqual(["identical", "identical"]);
    const missing = await airloom(["replay", corpus, "--jobs", "2", "--json"]);
    expect(missing.exitCode).toBe(4);
  });
});
