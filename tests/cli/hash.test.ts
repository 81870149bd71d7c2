/** `airloom hash`: what has which hash, and the bytes behind it. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadWorldFolder } from "../../host/build/directory.ts";
import { fromHex } from "../../host/values/bytes.ts";
import { hashOf } from "../../host/values/hash.ts";
import { airloomHere, copyWorld, jsonLines, ROOT } from "../support/cli.ts";

const WORLD = "air/worlds/retry-backoff";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hash-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, json: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof json === "string" ? json : JSON.stringify(json));
  return path;
}

/** The hashes a command prints, by name. */
async function hashes(...args: readonly string[]): Promise<ReadonlyMap<unknown, unknown>> {
  const { exitCode, stdout, stderr } = await airloomHere(["hash", ...args, "--json"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return new Map(jsonLines(stdout).map(({ name, hash }) => [name, hash]));
}

describe("a world folder", () => {
  it("has the hash of its manifest and of everything it lists", async () => {
    const { manifest } = loadWorldFolder(join(ROOT, WORLD));
    const found = await hashes(WORLD);
    expect(found.get(null)).toBe(manifest.hash);
    expect(found.get("demo/WorkPlan@1")).toBe(manifest.plans.get("demo/WorkPlan@1")!.hash);
    // The rest of the catalogue is in force too, and in no list.
    expect(found.has("sys/timer.set@1")).toBe(true);
    expect(found.has("sys/blob.put@1")).toBe(false);
  });

  it("that is not there is missing", async () => {
    expect(await airloomHere(["hash", "air/worlds/nowhere"])).toMatchObject({ exitCode: 4 });
  });
});

describe("a file", () => {
  it("has the hash of each definition in it", async () => {
    const path = await file("schemas.json", [
      { $kind: "defschema", name: "demo/CounterTick@1", type: { unit: {} } },
      { $kind: "defschema", name: "demo/Other@1", $comment: "no part of the hash", type: { text: {} } },
    ]);
    const found = await hashes(path);
    // The node of a unit schema, as AgentOS hashes it.
    expect(found.get("demo/CounterTick@1")).toBe(
      "sha256:7b791566f843e827ea62807e34ee823801f4f0b652b3066099c9dea3bf44d159",
    );
    expect([...found.keys()]).toEqual(["demo/CounterTick@1", "demo/Other@1"]);
  });

  it("of a world has the hashes the world gives them", async () => {
    const world = await hashes(WORLD);
    for (const name of ["plans.air.json", "manifest.air.json", "schemas.air.json"]) {
      for (const [definition, hash] of await hashes(`${WORLD}/${name}`)) {
        expect(hash).toBe(world.get(definition));
      }
    }
  });

  it("with a plan that no world lists needs one", async () => {
    const plan = {
      $kind: "defplan",
      name: "demo/Lone@1",
      input: "demo/StartWork@1",
      steps: [{ id: "done", op: "end" }],
    };
    const path = await file("plan.json", plan);
    const { exitCode, stdout } = await airloomHere(["hash", path, "--json"]);
    expect(exitCode).toBe(1);
    expect(jsonLines(stdout)).toMatchObject([{ code: "hash.needs_world", fields: { name: "demo/Lone@1" } }]);
    expect(await airloomHere(["hash", `${WORLD}/plans.air.json`, "--world", WORLD])).toMatchObject({
      exitCode: 0,
    });
  });

  it("with faults is refused with all of them", async () => {
    const path = await file("broken.json", [
      { $kind: "defschema", name: "demo/A@1", type: { txt: {} } },
      { $kind: "defscheme", name: "demo/B@1" },
    ]);
    const { exitCode, stdout } = await airloomHere(["hash", path, "--json"]);
    expect(exitCode).toBe(1);
    const [error] = jsonLines(stdout);
    expect(error).toMatchObject({ code: "manifest.invalid" });
    expect((error!.diagnostics as unknown[]).length).toBeGreaterThan(1);
  });

  it("of a world with faults still has the hashes of sound definitions", async () => {
    const world = await copyWorld("retry-backoff");
    try {
      await writeFile(join(world.folder, "policies.air.json"), "{");
      expect((await hashes(join(world.folder, "capabilities.air.json"))).size).toBe(1);
      const plan = await airloomHere(["hash", join(world.folder, "plans.air.json")]);
      expect(plan).toMatchObject({ exitCode: 1 });
      expect(plan.stderr).toContain("hash.needs_world");
    } finally {
      await world.remove();
    }
  });
});

describe("a name", () => {
  it("is looked up among the built-ins, hashed without $kind", async () => {
    const found = await hashes("sys/TimerSetParams@1", "sys/timer@1");
    expect(found.get("sys/TimerSetParams@1")).toBe(
      "sha256:e0aac16a1b512f7ffaf065844b3e8ab383886436cba6e3ab6d46428509df681f",
    );
    expect(String(found.get("sys/timer@1"))).toMatch(/^sha256:48f6a2aefe397cac/);
  });

  it("is looked up in a world", async () => {
    expect((await hashes("demo/WorkPlan@1", "--world", WORLD)).size).toBe(1);
  });

  it("that nothing has gets the nearest one", async () => {
    const { exitCode, stderr } = await airloomHere(["hash", "sys/TimerSetParam@1"]);
    expect(exitCode).toBe(4);
    expect(stderr).toContain("sys/TimerSetParams@1");
    expect(stderr).toContain("hash.unknown_name");
  });
});

describe("a value", () => {
  it("has the hash of its canonical bytes, in either lens", async () => {
    const hash = "sha256:dc288ce8f80f9f1fcb662b8d8f452e6d6bdd924d6c28ebec4fa2df39ffecab6f";
    const schema = ["--schema", "sys/TimerSetParams@1"];
    for (const value of [
      '{"deliver_at_ns": 1000000}',
      '{"key": null, "deliver_at_ns": "1000000"}',
      '{"record": {"deliver_at_ns": {"nat": 1000000}}}',
    ]) {
      expect((await hashes(...schema, "--value", value)).get("sys/TimerSetParams@1")).toBe(hash);
    }
  });

  it("keeps every digit", async () => {
    const world = ["--world", WORLD, "--schema", "demo/StartWork@1", "--value"];
    const value = (now: string) =>
      `{"req_id":"r","payload":"p","max_attempts":1,"base_delay_ms":1,"now_ns":${now}}`;
    const one = await hashes(...world, value("18446744073709551615"));
    const other = await hashes(...world, value("18446744073709551614"));
    expect(one).not.toEqual(other);
  });

  it("that is not of its schema is refused with the place", async () => {
    const args = ["hash", "--schema", "sys/TimerSetParams@1", "--json", "--value"];
    const { exitCode, stdout } = await airloomHere([...args, '{"deliver_at_ns": -1, "keys": "x"}']);
    expect(exitCode).toBe(1);
    expect(jsonLines(stdout)[0]).toMatchObject({
      code: "value.invalid",
      diagnostics: [
        { code: "value.unknown_field", pointer: "/keys" },
        { code: "value.out_of_range", pointer: "/deliver_at_ns" },
      ],
    });
    expect(await airloomHere([...args, "{"])).toMatchObject({ exitCode: 1 });
  });

  it("of a schema nobody knows is refused", async () => {
    const { exitCode, stderr } = await airloomHere(["hash", "--schema", "demo/StartWork@1", "--value", "{}"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("event.unknown_schema");
  });
});

describe("--explain", () => {
  it("shows bytes that have the hash, under the rule that made them", async () => {
    const args = ["hash", WORLD, "--explain", "--json"];
    const all = jsonLines((await airloomHere(args)).stdout);
    expect(all.length).toBeGreaterThan(10);
    for (const { hash, preimage, items } of all) {
      expect(hashOf(fromHex(preimage as string)!)).toBe(hash);
      const parts = items as { head: string; body: string }[];
      expect(parts.map(({ head, body }) => head + body).join("")).toBe(preimage);
    }
    const rules = new Map(all.map(({ kind, name, rule }) => [name ?? kind, rule]));
    expect(rules.get("manifest")).toBe("manifest");
    expect(rules.get("demo/WorkPlan@1")).toBe("plan");
    expect(rules.get("demo/StartWork@1")).toBe("definition");
    expect(rules.get("sys/timer.set@1")).toBe("builtin");
  });

  it("prints each item with what it is", async () => {
    const args = ["hash", "--schema", "sys/TimerSetParams@1", "--value", '{"deliver_at_ns": 7}', "--explain"];
    const { stdout } = await airloomHere(args);
    const lines = stdout.trimEnd().split("\n").slice(2);
    expect(lines.map((line) => line.replace(/ {2,}/g, "  ").trim())).toEqual([
      "d9d9f7  ; self-describe tag",
      "a2  ; map of 2",
      '63 6b6579  ; field "key"',
      "f6  ; null",
      '6d 64656c697665725f61745f6e73  ; field "deliver_at_ns"',
      "07  ; integer 7",
    ]);
  });

  it("has the hex of everything in it, read from top to bottom", async () => {
    const [shown] = jsonLines((await airloomHere(["hash", WORLD, "--explain", "--json"])).stdout);
    const { stdout } = await airloomHere(["hash", WORLD, "--explain"]);
    const end = stdout.indexOf("\nsha256:", 1);
    const rows = stdout.slice(0, end).split("\n").slice(2);
    const hex = rows.map((row) => row.split(";")[0]!.replace(/\s/g, "")).join("");
    expect(hex).toBe(shown!.preimage);
  });
});

describe("wrong usage", () => {
  it.each([[[]], [["--schema", "sys/TimerSetParams@1"]], [["--value", "1"]], [["--salt", "x"]]])(
    "%j exits 2",
    async (args) => {
      const { exitCode, stdout } = await airloomHere(["hash", ...args]);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    },
  );

  it("help has an example", async () => {
    const { exitCode, stdout } = await airloomHere(["hash", "--help"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Example:\n {2}airloom hash /);
  });
});
