/** `airloom build`: what it prints, what it leaves, and how it ends. */

import { spawn } from "node:child_process";
import { appendFileSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { airloomHere, copyWorld, jsonLines, ROOT } from "../support/cli.ts";
import { reducerSource } from "../support/modules.ts";

const SOUND = readFileSync(reducerSource("retry-backoff"), "utf8");

let folder: string;
let remove: () => Promise<void>;
const source = () => join(folder, "code/reducer.ts");
const definition = () => readFileSync(join(folder, "module.air.json"), "utf8");

beforeAll(async () => {
  ({ folder, remove } = await copyWorld("retry-backoff", ""));
  cpSync(dirname(reducerSource("retry-backoff")), join(folder, "code"), { recursive: true });
  const path = join(folder, "world.json");
  writeFileSync(path, readFileSync(path, "utf8").replace(/"source": "[^"]*"/, '"source": "code/reducer.ts"'));
  expect(await airloomHere(["build", folder])).toMatchObject({ exitCode: 0, stderr: "" });
});
afterAll(() => remove());

describe("building a world", () => {
  it("tells machines what a module was built from and by which compiler", async () => {
    const { exitCode, stdout } = await airloomHere(["build", folder, "--json"]);
    expect(exitCode).toBe(0);
    const [module] = jsonLines(stdout).filter(({ type }) => type === "module");
    expect(module).toMatchObject({
      name: "demo/RetrySM@1",
      kind: "reducer",
      source: "code/reducer.ts",
      assemblyscript: expect.stringMatching(/^\d+\./),
      inputs: { "reducer.ts": expect.stringMatching(/^sha256:/) },
      warnings: [],
    });
  });

  it("names what is stale with --check, and writes nothing", async () => {
    expect(await airloomHere(["build", folder, "--check"])).toMatchObject({ exitCode: 0, stderr: "" });
    const [hash, air] = [definition(), readFileSync(join(folder, "code/air.ts"), "utf8")];
    writeFileSync(source(), SOUND.replace('"Done"', '"Over"'));
    writeFileSync(join(folder, "code/air.ts"), `${air}// more\n`);
    const { exitCode, stdout } = await airloomHere(["build", folder, "--check", "--json"]);
    expect(exitCode).toBe(1);
    expect(jsonLines(stdout)).toMatchObject([
      {
        code: "build.stale",
        diagnostics: [
          { code: "build.stale", file: expect.stringMatching(/code.air\.ts$/) },
          {
            code: "build.stale",
            file: expect.stringMatching(/module\.air\.json$/),
            found: /"(sha256:\w+)"/.exec(hash)?.[1],
          },
        ],
      },
    ]);
    expect(definition()).toBe(hash);
    expect(readFileSync(join(folder, "code/air.ts"), "utf8")).toBe(`${air}// more\n`);
    expect((await airloomHere(["build", folder])).stdout).toContain("generated");
    expect(readFileSync(join(folder, "code/air.ts"), "utf8")).toBe(air);
    expect(definition()).not.toBe(hash);
  });

  it("names a construct at the author's line, as the path is from here, and stamps nothing", async () => {
    const before = definition();
    writeFileSync(source(), `${SOUND}\nconst big = 10n;\n`);
    const { exitCode, stderr } = await airloomHere(["build", "."], folder);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("build.no_bigint");
    expect(stderr).toContain(`code/reducer.ts:${SOUND.split("\n").length + 1}:13`);
    expect(definition()).toBe(before);
    writeFileSync(source(), SOUND);
  });

  it("goes on with the other folders where one fails", async () => {
    const { exitCode, stdout, stderr } = await airloomHere(["build", join(folder, "nowhere"), folder]);
    expect({ exitCode, stdout, stderr }).toMatchObject({
      exitCode: 4,
      stdout: expect.stringContaining("demo/RetrySM@1"),
      stderr: expect.stringContaining("world.missing"),
    });
  });

  it("refuses an asconfig.json that would make something else of the module", async () => {
    writeFileSync(join(folder, "asconfig.json"), '{"options": {"runtime": "incremental"}}');
    const { exitCode, stderr } = await airloomHere(["build", folder]);
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("build.asconfig"),
    });
    writeFileSync(join(folder, "asconfig.json"), '{"options": {"optimizeLevel": 3}}');
    expect(await airloomHere(["build", folder])).toMatchObject({ exitCode: 0 });
  });
});

describe("watching a world", () => {
  it("builds after an edit, and ends well when it is interrupted", async () => {
    const bin = join(ROOT, "dist/cli/bin.cjs");
    const child = spawn(process.execPath, [bin, "build", folder, "--watch", "--json"], { cwd: folder });
    const lines: Record<string, unknown>[] = [];
    let heard = (): void => {};
    createInterface(child.stdout).on("line", (line) => {
      lines.push(...jsonLines(line));
      heard();
    });
    const seen = async (type: string, count: number): Promise<void> => {
      while (lines.filter((line) => line.type === type).length < count) {
        await new Promise<void>((done) => {
          heard = done;
        });
      }
    };
    try {
      await seen("watching", 1);
      appendFileSync(source(), "const unused = 1 +;\n");
      await seen("build", 2);
      const ended = new Promise<number | null>((done) => child.on("close", done));
      child.kill("SIGINT");
      expect(await ended).toBe(0);
    } finally {
      child.kill("SIGKILL");
    }
    const builds = lines.filter(({ type }) => type === "build");
    expect(builds).toMatchObject([{ ok: true }, { ok: false, changed: ["code/reducer.ts"] }]);
  }, 180_000);
});
