import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateSources, staleSources } from "../../host/build/codegen/generate.ts";
import { airloomHere, jsonLines, ROOT } from "../support/cli.ts";

let place: string;

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "airloom-init-"));
});

afterAll(() => rm(place, { recursive: true, force: true }));

const init = async (...args: readonly string[]) => {
  const { exitCode, stdout, stderr } = await airloomHere(["init", ...args], place);
  return { exitCode, stdout, stderr };
};

const initJson = async (...args: readonly string[]) => {
  const { exitCode, stdout } = await init(...args, "--json");
  return { exitCode, line: jsonLines(stdout)[0]! };
};

/** What lies in the place, hidden drafts too. */
const left = () => readdir(place);

async function readJson(...path: readonly string[]): Promise<Record<string, never>> {
  return JSON.parse(await readFile(join(...path), "utf8"));
}

describe("airloom init", () => {
  it("makes a world that is built, valid and not told apart from one that is built again", async () => {
    const { exitCode, line } = await initJson("my-world");
    expect(exitCode).toBe(0);
    expect(line).toMatchObject({ type: "init", name: "my-world", folder: join(place, "my-world") });
    expect(line.files).toContain(".gitignore");
    expect(line.files).toContain("air/manifest.air.json");
    expect(line.files).not.toContain("gitignore");
    const folder = join(place, "my-world");
    expect(await airloomHere(["build", folder, "--check"])).toMatchObject({ exitCode: 0 });
    expect(await airloomHere(["check", folder, "--strict"])).toMatchObject({ exitCode: 0 });
    expect(await left()).toEqual(["my-world"]);
  });

  it("writes the world's name wherever the example has its own", async () => {
    await init("renamed", "--name", "tea-time");
    const folder = join(place, "renamed");
    expect(await readJson(folder, "package.json")).toMatchObject({ name: "tea-time", private: true });
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.includes(".airloom"));
    for (const { parentPath, name } of files) {
      expect(await readFile(join(parentPath, name), "utf8"), name).not.toMatch(/\bstarter\b/);
    }
    expect(await readFile(join(folder, "tests/air.ts"), "utf8")).toContain('"tea-time/Kettle@1"');
  });

  it("depends on exact versions, and on this very package where it is no installed one", async () => {
    await init("versions");
    const { devDependencies } = (await readJson(place, "versions", "package.json")) as unknown as {
      devDependencies: Record<string, string>;
    };
    const own = (await readJson(ROOT, "package.json")) as unknown as {
      version: string;
      devDependencies: Record<string, string>;
    };
    expect(devDependencies.vitest).toBe(own.devDependencies.vitest);
    expect(devDependencies.typescript).toBe(own.devDependencies.typescript);
    expect(devDependencies.airloom).toMatch(/^file:(\.\.\/)+/);
    const template = await readJson(ROOT, "examples/starter/package.json");
    expect(template.devDependencies).toMatchObject({ airloom: own.version });
  });

  it("takes an empty folder, and one with nothing but .git", async () => {
    await mkdir(join(place, "empty"));
    expect((await init("empty")).exitCode).toBe(0);
    await mkdir(join(place, "repository/.git"), { recursive: true });
    expect((await init("repository")).exitCode).toBe(0);
    expect(await readdir(join(place, "repository"))).toContain(".git");
    expect(await readdir(join(place, "repository"))).toContain("world.json");
  });

  it("copies an example whose generated sources are fresh", () => {
    expect(staleSources(generateSources(join(ROOT, "examples/starter")))).toEqual([]);
  });

  it("says how to go on", async () => {
    const { stdout } = await init("deep/er");
    expect(stdout).toContain("cd deep/er");
    expect(stdout).toContain("npm test");
  });
});

describe("what airloom init refuses", () => {
  it("is a folder that holds something, which it lists and leaves alone", async () => {
    const folder = join(place, "full");
    await mkdir(folder);
    await writeFile(join(folder, "precious.txt"), "kept");
    const before = await left();
    const { exitCode, line } = await initJson("full");
    expect(exitCode).toBe(1);
    expect(line).toMatchObject({
      type: "error",
      code: "init.not_empty",
      fields: { folder, entries: ["precious.txt"] },
      diagnostics: [{ code: "init.not_empty", found: "precious.txt" }],
    });
    expect(await readdir(folder)).toEqual(["precious.txt"]);
    expect(await left()).toEqual(before);
  });

  it("is a file", async () => {
    await writeFile(join(place, "a-file"), "");
    expect(await initJson("a-file")).toMatchObject({ exitCode: 1, line: { code: "init.not_empty" } });
    expect((await stat(join(place, "a-file"))).isFile()).toBe(true);
  });

  it.each([
    ["My_World"],
    ["1st"],
    ["a--b"],
    ["a-"],
    ["ä"],
    ["a".repeat(65)],
    ["sys"],
    ["vitest"],
    ["airloom"],
  ])("is the name %s, given or taken from the folder", async (name) => {
    const before = await left();
    const given = await initJson("elsewhere", "--name", name);
    expect(given).toMatchObject({ exitCode: 1, line: { code: "init.bad_name", fields: { name } } });
    const guessed = await initJson(name);
    expect(guessed).toMatchObject({ exitCode: 1, line: { code: "init.bad_name", fields: { name } } });
    expect(JSON.stringify(guessed.line)).toContain("--name");
    expect(await left()).toEqual(before);
  });

  it("is a place that cannot be written, and a call without a folder", async () => {
    expect(await initJson("a-file/world")).toMatchObject({ exitCode: 70, line: { code: "init.unwritable" } });
    expect((await init()).exitCode).toBe(2);
  });
});

describe("the editor's schemas", () => {
  it("accept every definition file of the world, and know when one is wrong", async () => {
    await init("edited");
    const folder = join(place, "edited");
    const settings = (await readJson(folder, ".vscode/settings.json")) as unknown as {
      "json.schemas": readonly { fileMatch: readonly string[]; url: string }[];
    };
    const [air, world] = settings["json.schemas"];
    expect(air).toMatchObject({ fileMatch: ["/air/**/*.json"], url: "./.vscode/air.schema.json" });
    const validate = await validator(folder);
    for (const file of await readdir(join(folder, "air"))) {
      const json = await readJson(folder, "air", file);
      expect([file, validate(json)]).toEqual([file, true]);
      if (!Array.isArray(json)) expect(await existsInPackage(json.$schema!)).toBe(true);
    }
    expect(validate({ $kind: "defmodul", name: "a/B@1" })).toBe(false);
    expect(validate([{ $kind: "defschema", name: "a/B@1", type: { text: {} }, typo: 1 }])).toBe(false);
    expect(await existsInPackage(world!.url)).toBe(true);
  });
});

/** `air.schema.json` with the package's schemas where a world finds them. */
async function validator(folder: string) {
  const ajv = new Ajv2020({ strict: false });
  const schemas = join(ROOT, "air/schemas");
  for (const file of await readdir(schemas)) ajv.addSchema(await readJson(schemas, file), file);
  const text = await readFile(join(folder, ".vscode/air.schema.json"), "utf8");
  return ajv.compile(JSON.parse(text.replaceAll("../node_modules/airloom/air/schemas/", "")));
}

async function existsInPackage(url: string): Promise<boolean> {
  const path = /node_modules\/airloom\/(.*)$/.exec(url)?.[1];
  return path !== undefined && (await stat(join(ROOT, path))).isFile();
}
