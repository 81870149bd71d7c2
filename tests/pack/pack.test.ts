/** The package as users get it: packed, installed elsewhere, and a world made, tested, run and replayed with it. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonLines, ROOT } from "../support/cli.ts";
import { airloomIn, install, npm, npx, pack } from "./install.ts";

/** npm starts many processes; a loaded machine takes its time. */
const TIMEOUT_MS = 180_000;

let place: string;
let outside: string;
let demo: string;

beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), "airloom-pack-"));
  outside = join(place, "outside");
  demo = join(outside, "demo");
  install(pack(place), outside);
  npx(outside, "airloom", "init", "demo");
}, TIMEOUT_MS);

afterAll(() => {
  rmSync(place, { recursive: true, force: true });
});

describe("the installed package", { timeout: TIMEOUT_MS }, () => {
  it("is the tarball's, with the command and nothing that belongs to the repository", () => {
    const installed = join(outside, "node_modules/airloom");
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
    expect(npx(outside, "airloom", "--version").stdout).toBe(`${version}\n`);
    expect(existsSync(join(installed, "dist/testing/vitest.d.ts"))).toBe(true);
    for (const absent of ["host", "tests", "bench", "scripts", "node_modules", "package-lock.json"]) {
      expect(existsSync(join(installed, absent)), absent).toBe(false);
    }
    expect(readdirSync(join(installed, "examples/starter"))).not.toContain(".airloom");
  });

  it("explains its codes without the repository", () => {
    expect(airloomIn(outside, outside, "explain", "init.not_empty").stdout).toContain("How to fix it");
  });
});

describe("a world made by it", { timeout: TIMEOUT_MS }, () => {
  it("passes its own tests", () => {
    const { stdout } = npm(demo, "test");
    expect(stdout).toMatch(/Tests +\d+ passed/);
    expect(stdout).not.toContain("failed");
  });

  it("is what its sources give, valid without warnings, and replays", () => {
    airloomIn(demo, outside, "build", ".", "--check");
    airloomIn(demo, outside, "check", ".", "--strict");
    const lines = jsonLines(airloomIn(demo, outside, "run", ".", "--verify", "--json").stdout);
    expect(lines.at(-1)).toMatchObject({ type: "replay", verdict: "identical" });
  });

  it("has no line that an editor would mark", () => {
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    for (const project of ["assembly", "."]) {
      const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", project], {
        cwd: demo,
        encoding: "utf8",
      });
      expect({ project, status, stdout }).toEqual({ project, status: 0, stdout: "" });
    }
  });

  it("names the tarball that it was made with, so that npm finds it again", () => {
    const { devDependencies } = JSON.parse(readFileSync(join(demo, "package.json"), "utf8")) as {
      devDependencies: Record<string, string>;
    };
    expect(devDependencies.airloom).toMatch(/^file:\.\.\/\.\.\/airloom-[\d.]+\.tgz$/);
  });
});
