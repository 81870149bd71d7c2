/** The commands about definitions as one script, and what V8 keeps of it: in a copy of what is built. */

import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ROOT } from "../support/cli.ts";

const CURRENT = "examples/starter";
/** Names the modules in place of the script: maps lead from those to the sources. */
const MODULES = { NODE_OPTIONS: "--enable-source-maps" };

let copy: string;
let script: string;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "airloom-quick-"));
  for (const part of ["dist", "docs/diagnostics", "examples/starter", "air/schemas", "package.json"]) {
    cpSync(join(ROOT, part), join(copy, part), { recursive: true });
  }
  rmSync(join(copy, "examples/starter/.airloom"), { recursive: true, force: true });
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"), "junction");
  script = readFileSync(scriptPath(), "latin1");
});

beforeEach(() => {
  for (const name of kept()) rmSync(join(copy, "dist/quick", name), { recursive: true });
  writeFileSync(scriptPath(), script);
});

afterAll(() => {
  rmSync(copy, { recursive: true, force: true });
});

function scriptPath(): string {
  return join(copy, "dist/quick/quick.cjs");
}

function airloom(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { NODE_OPTIONS, NODE_V8_COVERAGE, NODE_DISABLE_COMPILE_CACHE, ...inherited } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(copy, "dist/cli/bin.cjs"), ...args], {
    cwd: copy,
    encoding: "utf8",
    env: { ...inherited, NO_COLOR: "1", ...env },
  });
  return { status, stdout, stderr };
}

function kept(): readonly string[] {
  return readdirSync(join(copy, "dist/quick")).filter((name) => name.endsWith(".cache"));
}

/** Puts another script in its place, so that it shows when it is run; its first run checks a world for itself. */
function markScript(): void {
  const start = 'async (argv, io) => { if (io === undefined) process.stdout.write("script"); return 0; }';
  writeFileSync(scriptPath(), `(function (exports) { exports.start = ${start}; })`);
}

describe("a command about definitions", { timeout: 60_000 }, () => {
  it.each([
    { what: "a valid world", args: ["check", CURRENT], status: 0 },
    { what: "no world", args: ["check", "nowhere"], status: 4 },
    { what: "wrong usage", args: ["check", "--nothing"], status: 2 },
    { what: "help", args: ["hash", "--help"], status: 0 },
    { what: "a page", args: ["explain", "route.key_type"], status: 0 },
    { what: "a code that is none", args: ["explain", "route.key_typ"], status: 4 },
    { what: "the version", args: ["--version"], status: 0 },
  ])("says the same of $what as the modules, before and after V8 kept its code", ({ args, status }) => {
    const modules = airloom(args, MODULES);
    expect(modules.status).toBe(status);
    expect(kept()).toEqual([]);
    expect(airloom(args)).toEqual(modules);
    airloom(["check", CURRENT]);
    expect(kept()).toEqual([`quick.cjs.${process.version}-${process.arch}.cache`]);
    expect(airloom(args)).toEqual(modules);
  });

  it("keeps code once a world was checked: what anything else runs is too little of it", () => {
    for (const args of [["--version"], ["explain", "route.key_type"], ["check", "nowhere"]]) {
      airloom(args);
      expect(kept()).toEqual([]);
    }
    airloom(["check", CURRENT]);
    expect(kept()).toHaveLength(1);
  });

  it("says the same of definitions with faults", () => {
    const faulty = join(copy, "faulty");
    cpSync(join(copy, CURRENT), faulty, { recursive: true });
    const file = join(faulty, "air/manifest.air.json");
    writeFileSync(file, readFileSync(file, "utf8").replace("starter/", "stater/"));
    const modules = airloom(["check", "faulty", "--json"], MODULES);
    expect(modules.status).toBe(1);
    expect(airloom(["check", "faulty", "--json"])).toEqual(modules);
    expect(airloom(["check", "faulty", "--json"])).toEqual(modules);
  });

  it.each([
    { what: "changed", damage: (bytes: Buffer) => bytes.fill(7, 2000, 2100) },
    { what: "cut", damage: (bytes: Buffer) => bytes.subarray(0, bytes.length / 2) },
    { what: "empty", damage: () => Buffer.alloc(0) },
  ])("does without kept code that was $what, and keeps it anew", ({ damage }) => {
    const first = airloom(["check", CURRENT]);
    const path = join(copy, "dist/quick", kept()[0]!);
    const damaged = Buffer.from(damage(readFileSync(path)));
    writeFileSync(path, damaged);
    expect(airloom(["check", CURRENT])).toEqual(first);
    expect(readFileSync(path).equals(damaged)).toBe(false);
    expect(airloom(["check", CURRENT])).toEqual(first);
  });

  it("does not run kept code of another script, be it as long", () => {
    airloom(["check", CURRENT]);
    writeFileSync(scriptPath(), script.replaceAll('"warning"', '"Warning"'));
    expect(airloom(["check", CURRENT]).stdout).toContain("Warning");
  });

  it("runs where nothing can be written, and leaves nothing behind", () => {
    const taken = `quick.cjs.${process.version}-${process.arch}.cache`;
    mkdirSync(join(copy, "dist/quick", taken));
    const before = readdirSync(join(copy, "dist/quick"));
    expect(airloom(["check", CURRENT])).toMatchObject({ status: 0, stderr: "" });
    expect(readdirSync(join(copy, "dist/quick"))).toEqual(before);
  });

  it("keeps nothing when the user keeps no compiled code", () => {
    expect(airloom(["check", CURRENT], { NODE_DISABLE_COMPILE_CACHE: "1" }).status).toBe(0);
    expect(kept()).toEqual([]);
  });

  it("runs from the modules without the script", () => {
    const first = airloom(["check", CURRENT]);
    rmSync(scriptPath());
    expect(airloom(["check", CURRENT])).toEqual(first);
  });
});

describe("the script", { timeout: 60_000 }, () => {
  it("is run for these commands only", () => {
    markScript();
    expect(airloom(["check", CURRENT]).stdout).toBe("script");
    expect(airloom(["run", "--help"])).toMatchObject({ status: 0, stderr: "" });
    expect(airloom(["--help"]).stdout).toContain("check");
  });

  it("is passed over in a checkout whose modules were compiled after it", () => {
    markScript();
    writeFileSync(join(copy, "tsconfig.build.json"), "{}");
    const main = join(copy, "dist/cli/main.js");
    utimesSync(main, 1, 1);
    expect(airloom(["check", CURRENT]).stdout).toBe("script");
    const later = Date.now() / 1000 + 60;
    utimesSync(main, later, later);
    expect(airloom(["check", CURRENT]).stdout).toContain("valid");
    rmSync(join(copy, "tsconfig.build.json"));
  });

  it("is called by a program that stands alone, and loads the modules for other commands", () => {
    const rest = ["bin.js", "quick.js"].map((name) => join(copy, "dist/cli", name));
    for (const path of rest) renameSync(path, `${path}.aside`);
    try {
      expect(airloom(["check", CURRENT])).toMatchObject({ status: 0, stderr: "" });
      const state = airloom(["state", CURRENT, "--json"]);
      expect(state).toMatchObject({ status: 4, stderr: "" });
      expect(JSON.parse(state.stdout)).toMatchObject({ type: "error", code: "store.missing" });
    } finally {
      for (const path of rest) renameSync(`${path}.aside`, path);
    }
  });

  it("comes with the licences of what it holds", () => {
    const licenses = readFileSync(join(copy, "dist/quick/LICENSES.txt"), "utf8");
    for (const name of ["commander", "momoa", "picocolors"]) expect(licenses).toContain(name);
  });
});
