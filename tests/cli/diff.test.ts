/** `airloom diff`: two folders compared by what they mean. What counts is in tests/air/difference.test.ts. */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { airloomHere, copyWorld, jsonLines } from "../support/cli.ts";

const WORLD = "air/worlds/retry-backoff";

const copies: { remove(): Promise<void> }[] = [];
afterAll(async () => {
  for (const copy of copies) await copy.remove();
});

/** A copy of the world with a file changed. */
async function changed(name: string, change: (text: string) => string): Promise<string> {
  const copy = await copyWorld("retry-backoff");
  copies.push(copy);
  const path = join(copy.folder, name);
  await writeFile(path, change(await readFile(path, "utf8")));
  return copy.folder;
}

describe("equal worlds", () => {
  it("exit 0, however they are laid out", async () => {
    const copy = await changed("schemas.air.json", (text) => {
      const all = JSON.parse(text) as object[];
      return JSON.stringify(all.reverse().map((each) => ({ $comment: "why", ...each })));
    });
    const { exitCode, stdout } = await airloomHere(["diff", WORLD, copy]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "no difference\n" });
    expect(await airloomHere(["diff", WORLD, copy, "--json"])).toMatchObject({ exitCode: 0, stdout: "" });
  });

  it("say so when only the lists stand in another order", async () => {
    const copy = await changed("manifest.air.json", (text) => {
      const manifest = JSON.parse(text) as { schemas: unknown[] };
      return JSON.stringify({ ...manifest, schemas: [...manifest.schemas].reverse() });
    });
    const { exitCode, stdout } = await airloomHere(["diff", WORLD, copy]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("another order");
  });
});

describe("different worlds", () => {
  it("exit 1 and are told by definition, place and both values", async () => {
    const copy = await changed("plans.air.json", (text) => text.replace("the service is down", "gone"));
    const { exitCode, stdout } = await airloomHere(["diff", WORLD, copy]);
    expect(exitCode).toBe(1);
    expect(stdout.split("\n")).toEqual([
      "~ defplan demo/WorkPlan@1",
      "    ~ /steps/0/value/record/message/text (step fail)",
      '        - "the service is down"',
      '        + "gone"',
      "1 definition differs",
      "",
    ]);
  });

  it("are data with --json", async () => {
    const { exitCode, stdout } = await airloomHere([
      "diff",
      WORLD,
      "air/worlds/retry-backoff-recovers",
      "--json",
    ]);
    expect(exitCode).toBe(1);
    const differences = jsonLines(stdout);
    expect(differences.map(({ kind, name, change }) => `${change} ${kind} ${name}`)).toEqual([
      "changed defschema demo/WorkRequested@1",
      "changed defmodule demo/RetrySM@1",
      "changed defplan demo/WorkPlan@1",
    ]);
    expect(differences[0]!.fields).toEqual([
      { change: "added", pointer: "/type/record/attempt", where: null, after: { nat: {} } },
    ]);
  });

  it("keep control codes to themselves", async () => {
    const copy = await changed("plans.air.json", (text) =>
      text.replace("the service is down", "\\u001b[2J\\u0007"),
    );
    const { stdout } = await airloomHere(["diff", WORLD, copy]);
    expect(stdout).not.toContain("\u001b");
    expect(stdout).not.toContain("\u0007");
  });
});

describe("what cannot be compared", () => {
  it("is refused with its faults, is missing, or is wrong usage", async () => {
    const faulty = await changed("plans.air.json", (text) =>
      text.replace("demo/WorkErr@1", "demo/Nothing@1"),
    );
    expect(await airloomHere(["diff", WORLD, faulty])).toMatchObject({ exitCode: 1, stdout: "" });
    expect(await airloomHere(["diff", WORLD, "air/worlds/nowhere"])).toMatchObject({ exitCode: 4 });
    expect(await airloomHere(["diff", WORLD])).toMatchObject({ exitCode: 2 });
  });

  it("help has an example", async () => {
    expect((await airloomHere(["diff", "--help"])).stdout).toMatch(/Example:\n {2}airloom diff /);
  });
});
