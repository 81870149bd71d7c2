/** The gate of recorded journals as docs/ci.md tells a new user to set it up, in a world that was just made. */

import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { airloomHere, jsonLines } from "../support/cli.ts";

const PATIENCE_MS = 120_000;
let place: string;
let world: string;
const here = (...args: readonly string[]) => airloomHere(args, world);

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "airloom-gate-"));
  world = join(place, "tea");
  expect(await airloomHere(["init", "tea"], place)).toMatchObject({ exitCode: 0 });
  const kettle = '{"schema": "tea/SwitchedOn@1", "value": {"seconds": 0}}\n';
  writeFileSync(join(world, "scenario.jsonl"), kettle);
  expect(await here("run", ".")).toMatchObject({ exitCode: 0 });
  const captured = await here("capture", ".", "-o", "tests/journals/first-order.airj");
  expect(captured).toMatchObject({ exitCode: 0, stderr: "" });
  expect(await here("replay", "tests/journals", "--against", ".", "--write-index")).toMatchObject({
    exitCode: 0,
  });
}, PATIENCE_MS);
afterAll(() => rm(place, { recursive: true, force: true }));

describe("a gate that was just set up", () => {
  it("has its recording and its index, in folders that were made for them", () => {
    for (const file of ["first-order.airj", "index.json"]) {
      expect(existsSync(join(world, "tests/journals", file)), file).toBe(true);
    }
  });

  it("passes", async () => {
    const { exitCode, stdout } = await here("replay", "tests/journals", "--against", ".");
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
    expect(stdout).toContain("replay: 1 recording, 1 identical");
  });

  it(
    "refuses a reducer that was changed and not built, then names what it does otherwise, and why",
    async () => {
      const source = join(world, "assembly/kettle.ts");
      const text = readFileSync(source, "utf8");
      writeFileSync(source, text.replace("boilsAtNs = satAdd(", "boilsAtNs: u64 = 200000000 + satAdd("));
      const stale = await here("replay", "tests/journals", "--against", ".", "--json");
      expect(stale.exitCode).toBe(1);
      expect(jsonLines(stale.stdout)).toMatchObject([{ type: "error", code: "build.stale" }]);

      expect(await here("build", ".")).toMatchObject({ exitCode: 0 });
      const { exitCode, stdout } = await here("replay", "tests/journals", "--against", ".");
      expect(exitCode).toBe(1);
      for (const words of [
        "effects changed  tests/journals/first-order.airj",
        "(effect_intent of tea/Kettle@1): params.deliver_at_ns differs",
        "(0.2 s more)",
        "cause: module tea/Kettle@1 changed",
        "event tea/SwitchedOn@1",
        "airloom shrink",
        "--re-record",
      ]) {
        expect(stdout).toContain(words);
      }
      const markdown = join(world, "replay.md");
      await here("replay", "tests/journals", "--against", ".", "--report", `markdown=${markdown}`);
      expect(readFileSync(markdown, "utf8")).toContain("--re-record");
    },
    PATIENCE_MS,
  );

  it("says of a recording that was changed that it is damaged", async () => {
    const path = join(world, "tests/journals/first-order.airj");
    const text = readFileSync(path, "utf8");
    const changed = join(world, "changed.airj");
    writeFileSync(changed, text.replace(/"entropy":"../, '"entropy":"ff'));
    const { exitCode } = await here("replay", "changed.airj", "--modules", ".");
    expect(exitCode).toBe(3);
    rmSync(changed);
  });
});
