/** `airloom check` for people, for programs, for GitHub, and with warnings as errors. */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { githubAnnotation } from "../../host/cli/render/github.ts";
import type { Diagnostic } from "../../host/values/errors.ts";
import { airloomHere, jsonLines } from "../support/cli.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "check-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const MANIFEST = {
  $kind: "manifest",
  air_version: "1",
  schemas: [],
  modules: [],
  plans: [],
  caps: [],
  policies: [],
};

async function world(name: string, ...definitions: readonly unknown[]): Promise<string> {
  await mkdir(join(root, name), { recursive: true });
  await writeFile(join(root, name, "manifest.air.json"), JSON.stringify([MANIFEST, ...definitions], null, 2));
  return name;
}

const check = (...args: readonly string[]) => airloomHere(["check", ...args], root);

const unlisted = { $kind: "defschema", name: "t/A@1", type: { text: {} } };
const faulty = { $kind: "defcap", name: "t/B@1", cap_type: "timer" };

describe("text", () => {
  it("says of each folder whether it is valid, and what is wrong", async () => {
    const fine = await world("fine");
    const wrong = await world("wrong", faulty);
    const { exitCode, stdout } = await check(fine, wrong);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^fine: valid, 0 warnings {2}sha256:[0-9a-f]{64}$/m);
    expect(stdout).toMatch(/^wrong: 1 error, 0 warnings$/m);
    expect(stdout).toMatch(/manifest\.air\.json:\d+:\d+ at \/1$/m);
    expect(stdout).toContain("airloom explain shape.missing_field");
    expect(await check(fine)).toMatchObject({ exitCode: 0 });
  });
});

describe("--strict", () => {
  it("makes errors of warnings", async () => {
    const folder = await world("warned", unlisted);
    const lenient = await check(folder, "--json");
    const strict = await check(folder, "--json", "--strict");
    expect(lenient.exitCode).toBe(0);
    expect(strict.exitCode).toBe(1);
    const brief = (text: string) => {
      const [{ ok, diagnostics } = {}] = jsonLines(text);
      const all = diagnostics as Diagnostic[];
      return { ok, diagnostics: all.map(({ code, severity }) => ({ code, severity })) };
    };
    const diagnostics = [{ code: "definition.unlisted", severity: "warning" }];
    expect(brief(lenient.stdout)).toEqual({ ok: true, diagnostics });
    expect(brief(strict.stdout)).toEqual({
      ok: false,
      diagnostics: [{ ...diagnostics[0], severity: "error" }],
    });
  });

  it("takes nothing from a world without warnings", async () => {
    expect(await check(await world("fine"), "--strict")).toMatchObject({ exitCode: 0 });
  });
});

describe("--format github", () => {
  it("annotates the lines of files, by their path from here", async () => {
    await world("wrong", faulty, unlisted);
    const { exitCode, stdout } = await check("wrong", "--format", "github");
    expect(exitCode).toBe(1);
    const [first, second, ...rest] = stdout.split("\n");
    expect(first).toMatch(
      /^::error file=wrong\/manifest\.air\.json,line=\d+,col=\d+,title=shape\.missing_field::/,
    );
    expect(second).toMatch(
      /^::warning file=wrong\/manifest\.air\.json,line=\d+,col=\d+,title=definition\.unlisted::/,
    );
    expect(rest).toEqual([""]);
  });

  it("says nothing of a world without faults", async () => {
    expect(await check(await world("fine"), "--format", "github")).toMatchObject({ exitCode: 0, stdout: "" });
  });

  it("lets nothing from a file begin a command", async () => {
    const name = "t/x\n::error::injected\r\n::set-output name=a::b,c:d%0Ae";
    await world("wrong", { $kind: "defschema", name, type: { [name]: {} } }, { $kind: name });
    const { exitCode, stdout } = await check("wrong", "--format", "github");
    expect(exitCode).toBe(1);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) {
      expect(line).toMatch(
        /^::(error|warning) file=wrong\/manifest\.air\.json,line=\d+,col=\d+,title=[a-z_.0-9]+::/,
      );
    }
    expect(stdout).not.toContain("\r");
  });

  it("escapes what a property and a message may not hold", () => {
    const diagnostic: Diagnostic = { code: "a.b", severity: "warning", message: "50% of a:b,c", hint: "x" };
    expect(githubAnnotation(diagnostic, "a,b:c%d/e.json")).toBe(
      "::warning file=a%2Cb%3Ac%25d/e.json,title=a.b::50%25 of a:b,c%0Ax",
    );
    expect(githubAnnotation({ ...diagnostic, line: 3, column: 7 }, null)).toMatch(
      /^::warning line=3,col=7,title=a\.b::/,
    );
  });
});

describe("wrong usage", () => {
  it.each([[[]], [["--format", "html", "x"]], [["--loud", "x"]]])("%j exits 2", async (args) => {
    expect(await check(...args)).toMatchObject({ exitCode: 2, stdout: "" });
  });

  it("help has an example", async () => {
    expect((await check("--help")).stdout).toMatch(/Example:\n {2}airloom check /);
  });
});
