/** `airloom fmt`: files get one form, and keep their meaning. */

import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadWorldFolder } from "../../host/build/directory.ts";
import { airloomHere, jsonLines, ROOT } from "../support/cli.ts";

const WORLDS = ["retry-backoff", "retry-backoff-workflow", "retry-backoff-recovers"];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fmt-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function copy(name = "retry-backoff"): Promise<string> {
  const to = join(folder, name);
  await cp(join(ROOT, "air/worlds", name), to, {
    recursive: true,
    filter: (path) => !path.includes(".airloom"),
  });
  return to;
}

async function texts(world: string): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(world)).filter((name) => name.endsWith(".json"));
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(world, name), "utf8")] as const)),
  );
}

/** Rewrites a definition file of a world. */
async function edit(world: string, name: string, change: (json: never) => unknown): Promise<void> {
  const path = join(world, name);
  const json = JSON.parse(await readFile(path, "utf8")) as never;
  await writeFile(path, JSON.stringify(change(json)));
}

const hashOfWorld = (world: string): string => loadWorldFolder(world).manifest.hash;

describe("a world folder", () => {
  it.each(WORLDS)("%s keeps its hashes, and is not touched again", async (name) => {
    const world = await copy(name);
    const before = hashOfWorld(world);
    expect(await airloomHere(["fmt", world])).toMatchObject({ exitCode: 0, stderr: "" });
    expect(hashOfWorld(world)).toBe(before);
    const once = await texts(world);
    const { exitCode, stdout } = await airloomHere(["fmt", world, "--json"]);
    expect(exitCode).toBe(0);
    expect(jsonLines(stdout).map(({ changed }) => changed)).not.toContain(true);
    expect(await texts(world)).toEqual(once);
    expect(await airloomHere(["fmt", world, "--check"])).toMatchObject({ exitCode: 0 });
  });

  it("comes out the same from any layout and any order of members", async () => {
    const world = await copy();
    await airloomHere(["fmt", world]);
    const formatted = await texts(world);
    for (const [name, text] of formatted) {
      const reversed = JSON.stringify(JSON.parse(text, reverse), null, 7);
      await writeFile(join(world, name), reversed);
    }
    expect((await airloomHere(["fmt", world, "--check"])).exitCode).toBe(1);
    await airloomHere(["fmt", world]);
    for (const name of ["module.air.json", "policies.air.json", "manifest.air.json", "world.json"]) {
      expect((await texts(world)).get(name)).toBe(formatted.get(name));
    }
  });

  it("with --check is told, and not written", async () => {
    const world = await copy();
    await edit(world, "policies.air.json", (json) => json);
    const before = await texts(world);
    const { exitCode, stdout } = await airloomHere(["fmt", world, "--check", "--json"]);
    expect(exitCode).toBe(1);
    expect(jsonLines(stdout)).toContainEqual({
      type: "file",
      file: join(world, "policies.air.json"),
      changed: true,
    });
    expect(await texts(world)).toEqual(before);
  });

  it("with faults in it is formatted all the same", async () => {
    const world = await copy();
    await edit(world, "plans.air.json", (json: object) => ({ ...json, input: "demo/Nothing@1" }));
    expect(await airloomHere(["fmt", world])).toMatchObject({ exitCode: 0 });
    expect((await texts(world)).get("plans.air.json")).toContain('  "input": "demo/Nothing@1",\n');
  });

  it("with a file that is no JSON is refused whole", async () => {
    const world = await copy();
    await writeFile(join(world, "plans.air.json"), '{"a": }');
    const before = await texts(world);
    const { exitCode, stdout } = await airloomHere(["fmt", world, "--json"]);
    expect(exitCode).toBe(1);
    expect(jsonLines(stdout)[0]).toMatchObject({
      code: "manifest.invalid",
      diagnostics: [{ code: "json.syntax", file: "plans.air.json", line: 1 }],
    });
    expect(await texts(world)).toEqual(before);
  });
});

describe("a file", () => {
  it("of a world is formatted alone", async () => {
    const world = await copy();
    for (const name of ["plans.air.json", "policies.air.json"]) await edit(world, name, (json) => json);
    const policies = (await texts(world)).get("policies.air.json");
    expect(await airloomHere(["fmt", "plans.air.json"], world)).toMatchObject({ exitCode: 0 });
    expect((await texts(world)).get("plans.air.json")).toMatch(/^\{\n {2}"\$schema"/);
    expect((await texts(world)).get("policies.air.json")).toBe(policies);
  });

  it("outside of any world keeps comments and what nobody knows", async () => {
    const path = join(folder, "lone.json");
    await writeFile(
      path,
      '{"type":{"text":{},"$comment":"b"},"$comment":["a"],"name":"t/A@1","$kind":"defschema","x":1}',
    );
    const { exitCode, stdout } = await airloomHere(["fmt", path, "--stdout"]);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: `{
  "$kind": "defschema",
  "name": "t/A@1",
  "$comment": ["a"],
  "type": { "text": {}, "$comment": "b" },
  "x": 1
}
`,
    });
    expect(await readFile(path, "utf8")).toMatch(/^\{"type"/);
  });

  it("that is not there is missing", async () => {
    expect(await airloomHere(["fmt", join(folder, "none.json")])).toMatchObject({ exitCode: 4 });
  });
});

describe("--lens", () => {
  /** A world whose plan raises a value that reads nothing, and assigns one to a local. */
  async function withLiterals(): Promise<string> {
    const world = await copy();
    await edit(world, "plans.air.json", (json: object) => ({
      ...json,
      locals: { limit: "demo/WorkOk@1" },
      steps: [
        { id: "set", op: "assign", expr: { req_id: "r" }, bind: { as: "limit" } },
        {
          id: "fail",
          op: "raise_event",
          event: "demo/WorkErr@1",
          value: { record: { req_id: { text: "r" }, transient: { bool: true }, message: { text: "m" } } },
        },
        {
          id: "live",
          op: "raise_event",
          event: "demo/WorkOk@1",
          value: { record: { req_id: { ref: "@plan.input.req_id" } } },
        },
      ],
    }));
    return world;
  }

  const steps = async (world: string): Promise<Record<string, unknown>[]> =>
    (JSON.parse((await texts(world)).get("plans.air.json")!) as { steps: Record<string, unknown>[] }).steps;

  it("brings values to one spelling, and the hashes stay", async () => {
    const world = await withLiterals();
    const before = hashOfWorld(world);
    const written = await steps(world);

    expect(await airloomHere(["fmt", world, "--lens", "tagged"])).toMatchObject({ exitCode: 0, stderr: "" });
    const tagged = await steps(world);
    expect(tagged[0]!.expr).toEqual({ record: { req_id: { text: "r" } } });
    expect(tagged.slice(1)).toEqual(written.slice(1));
    expect(hashOfWorld(world)).toBe(before);

    expect(await airloomHere(["fmt", world, "--lens", "sugar"])).toMatchObject({ exitCode: 0, stderr: "" });
    const sugar = await steps(world);
    expect(sugar[0]!.expr).toEqual({ req_id: "r" });
    expect(sugar[1]!.value).toEqual({ req_id: "r", transient: true, message: "m" });
    expect(sugar[2]).toEqual(written[2]);
    expect(hashOfWorld(world)).toBe(before);
  });

  it("leaves values as they are unless it is asked", async () => {
    const world = await withLiterals();
    const before = await steps(world);
    await airloomHere(["fmt", world]);
    expect(await steps(world)).toEqual(before);
  });

  it("brings the parameters of grants to tagged JSON only", async () => {
    const world = await copy();
    const params = async (): Promise<unknown> => {
      const manifest = JSON.parse((await texts(world)).get("manifest.air.json")!) as never;
      return (manifest as { defaults: { cap_grants: { params: unknown }[] } }).defaults.cap_grants[0]!.params;
    };
    await edit(world, "manifest.air.json", (json: { defaults: object }) => ({
      ...(json as object),
      defaults: { ...json.defaults, cap_grants: [{ name: "timer_grant", cap: "demo/timer@1", params: {} }] },
    }));
    const before = hashOfWorld(world);
    await airloomHere(["fmt", world, "--lens", "tagged"]);
    expect(await params()).toEqual({ record: {} });
    await airloomHere(["fmt", world, "--lens", "sugar"]);
    expect(await params()).toEqual({ record: {} });
    expect(hashOfWorld(world)).toBe(before);
  });

  it("goes there and back for sets, maps, options, arms and grants, and settles", async () => {
    const world = join(folder, "values");
    await mkdir(world);
    const path = join(world, "manifest.air.json");
    await writeFile(path, JSON.stringify(VALUES));
    const before = hashOfWorld(world);
    const seen: string[] = [];
    for (const lens of ["tagged", "sugar", "tagged", "sugar", "keep"]) {
      expect(await airloomHere(["fmt", world, "--lens", lens])).toMatchObject({ exitCode: 0, stderr: "" });
      expect(hashOfWorld(world)).toBe(before);
      seen.push(await readFile(path, "utf8"));
    }
    expect(seen[2]).toBe(seen[0]);
    expect(seen[3]).toBe(seen[1]);
    expect(seen[4]).toBe(seen[1]);
    expect(seen[0]).not.toBe(seen[1]);
  });

  it("needs a world that loads", async () => {
    const world = await copy();
    await edit(world, "plans.air.json", (json: object) => ({ ...json, input: "demo/Nothing@1" }));
    const broken = await airloomHere(["fmt", world, "--lens", "sugar", "--json"]);
    expect(broken.exitCode).toBe(1);
    expect(jsonLines(broken.stdout)[0]).toMatchObject({ code: "manifest.invalid" });
    const lone = join(folder, "lone.json");
    await writeFile(lone, '{"$kind":"defschema","name":"t/A@1","type":{"text":{}}}');
    const { exitCode, stderr } = await airloomHere(["fmt", lone, "--lens", "sugar"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("format.needs_world");
  });
});

describe("wrong usage", () => {
  it.each([[[]], [["--check", "--write", "x"]], [["--stdout", "--check", "x"]], [["--lens", "sweet", "x"]]])(
    "%j exits 2",
    async (args) => {
      expect(await airloomHere(["fmt", ...args])).toMatchObject({ exitCode: 2, stdout: "" });
    },
  );

  it("help has an example", async () => {
    const { exitCode, stdout } = await airloomHere(["fmt", "--help"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Example:\n {2}airloom fmt /);
  });
});

/** Turns the members of every object around, but those an author named. */
function reverse(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).reverse());
}

const T = { text: {} };
const GO = {
  record: {
    set: { set: T },
    maybe: { option: { nat: {} } },
    arm: { variant: { A: { unit: {} }, B: { nat: {} } } },
    map: { map: { key: { nat: {} }, value: T } },
  },
};
const LISTED = {
  schemas: [{ name: "t/Go@1" }],
  modules: [],
  plans: [{ name: "t/P@1" }],
  caps: [{ name: "t/c@1" }],
};

/** Values that have more than one spelling in each lens. */
const VALUES = [
  {
    $kind: "manifest",
    air_version: "1",
    ...LISTED,
    policies: [],
    defaults: {
      cap_grants: [
        { name: "plain", cap: "t/c@1", params: { names: ["b", "a", "a"] } },
        {
          name: "tagged",
          cap: "t/c@1",
          params: { record: { names: { set: [{ text: "b" }, { text: "a" }] } } },
        },
      ],
    },
  },
  { $kind: "defschema", name: "t/Go@1", type: GO },
  {
    $kind: "defcap",
    name: "t/c@1",
    cap_type: "x",
    schema: { record: { names: { set: T }, limit: { option: { nat: {} } } } },
  },
  {
    $kind: "defplan",
    name: "t/P@1",
    input: "t/Go@1",
    steps: [
      {
        set: ["z", "y", "z"],
        maybe: null,
        arm: { A: null },
        map: [
          [10, "x"],
          [2, "y"],
        ],
      },
      { set: [], maybe: 3, arm: { $tag: "A" }, map: [] },
      { set: [], maybe: 3, arm: { $tag: "B", $value: "4" }, map: [] },
      {
        record: {
          set: { set: [{ text: "z" }, { text: "y" }] },
          maybe: { null: {} },
          arm: { tag: "A", value: { null: {} } },
          map: { map: [{ key: { nat: 2 }, value: { text: "x" } }] },
        },
      },
    ].map((value, i) => ({ id: `s${i}`, op: "raise_event", event: "t/Go@1", value })),
  },
];
