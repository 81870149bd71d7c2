import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { settingsToNode } from "../../host/air/settings.ts";
import {
  generateSources,
  refuseConflicts,
  staleSources,
  writeSources,
} from "../../host/build/codegen/generate.ts";
import { classNames, fieldNames, fileIdentifiers } from "../../host/build/codegen/names.ts";
import { loadWorldFolder } from "../../host/build/directory.ts";
import { main } from "../../host/cli/main.ts";
import { put, read, type WorldSpec, withWorld } from "../sdk/worlds.ts";

const WORLDS = ["retry-backoff", "retry-backoff-recovers", "retry-backoff-workflow"];
const world = (name: string) => join("air/worlds", name);

const SPEC: WorldSpec = {
  schemas: {
    "t/State@1": { record: { sum: { nat: {} }, shape: { ref: "t/Shape@1" } } },
    "t/Add@1": { record: { amount: { nat: {} } } },
    "t/Shape@1": { variant: { Dot: { unit: {} }, Box: { record: { side: { nat: {} } } } } },
  },
  modules: [{ abi: { state: "t/State@1", event: "t/Add@1", effects_emitted: [] } }],
};

async function airloom(...argv: string[]) {
  const out: string[] = [];
  const io = { stdout: (text: string) => out.push(text), stderr: (text: string) => out.push(text) };
  const code = await main(argv, { ...io, cwd: process.cwd(), color: false });
  return { code, output: out.join("") };
}

describe("generated sources", () => {
  test.each(WORLDS)("of %s are committed as they are generated", (name) => {
    const files = generateSources(world(name));
    expect(files).toHaveLength(1);
    expect(staleSources(files)).toEqual([]);
  });

  test("are the same for worlds that share their sources", () => {
    expect(refuseConflicts(WORLDS.flatMap((name) => generateSources(world(name))))).toHaveLength(2);
  });

  test("do not depend on where the world lies, nor on how its files are laid out", () =>
    withWorld(SPEC, async (one) => {
      const texts = generateSources(one).map(({ text }) => text);
      await withWorld(SPEC, async (other) => {
        const definitions = JSON.parse(read(other, "air/world.air.json")) as unknown[];
        put(other, "air/world.air.json", JSON.stringify(definitions.slice(0, 2), null, 4));
        put(other, "air/more/rest.json", JSON.stringify(definitions.slice(2).reverse()));
        expect(generateSources(other).map(({ text }) => text)).toEqual(texts);
      });
    }));

  test("hold no place of their own in the compiled code: nothing in them aborts", () =>
    withWorld(SPEC, async (folder) => {
      expect(read(folder, "assembly/air.ts")).not.toMatch(/\bthrow\b|\bassert\(|\babort\(|!\./);
    }));

  test("keep the order of fields their author gave them", () =>
    withWorld(
      {
        ...SPEC,
        schemas: {
          ...SPEC.schemas,
          "t/Add@1": { record: { longer_name: { nat: {} }, b: { nat: {} }, a: { nat: {} } } },
        },
      },
      async (folder) => {
        const text = read(folder, "assembly/air.ts");
        expect(text).toMatch(/public longerName[^)]*public b:[^)]*public a:/);
        expect(text).toMatch(/key\("a"\)[^}]*key\("b"\)[^}]*key\("longer_name"\)/);
      },
    ));

  test("leave out the class of a variant that is nothing but an event", () => {
    const [file] = generateSources(world("retry-backoff"));
    expect(file!.text).not.toContain("class RetryEvent");
    expect(file!.text).toContain("export class TimerFired");
  });

  test("go into one file for modules whose sources lie in one folder", () =>
    withWorld(
      {
        ...SPEC,
        modules: ["t/One@1", "t/TwoSM@1"].map((name) => ({
          ...SPEC.modules[0]!,
          name,
          source: `src/${name.slice(2, 5)}.ts`,
        })),
      },
      async (folder) => {
        const text = read(folder, "src/air.ts");
        expect([...text.matchAll(/abstract class (\w+) extends Reducer/g)].map((m) => m[1])).toEqual([
          "OneReducer",
          "TwoReducer",
        ]);
      },
    ));
});

describe("where types go", () => {
  const typesOf = (folder: string) =>
    generateSources(folder)
      .map(({ path }) => path)
      .filter((path) => !path.includes("assembly"));

  test("is tests/air.ts, unless world.json names a file", async () => {
    await withWorld(SPEC, async (folder) => expect(typesOf(folder)).toEqual([join(folder, "tests/air.ts")]));
    await withWorld({ ...SPEC, settings: { types: "lib/types.ts" } }, async (folder) => {
      expect(typesOf(folder)).toEqual([join(folder, "lib/types.ts")]);
    });
  });

  test("is nowhere for a folder that is only definitions", () => {
    expect(generateSources(world("retry-backoff")).map(({ path }) => path.endsWith("air.ts"))).toEqual([
      true,
    ]);
  });

  test("changes nothing that is recorded", () =>
    withWorld(SPEC, async (folder) => {
      const before = settingsToNode(loadWorldFolder(folder).settings);
      put(folder, "world.json", read(folder, "world.json").replace("{", '{"types": "x.ts",'));
      const { settings } = loadWorldFolder(folder);
      expect(settings.types).toBe("x.ts");
      expect(settingsToNode(settings)).toEqual(before);
    }));
});

describe("writing", () => {
  test("leaves alone what is fresh, line ends or not", () =>
    withWorld(SPEC, async (folder) => {
      put(folder, "assembly/air.ts", read(folder, "assembly/air.ts").replaceAll("\n", "\r\n"));
      expect(writeSources(generateSources(folder))).toEqual([]);
    }));

  test("refuses a file that someone else wrote, and then writes nothing", () =>
    withWorld(SPEC, async (folder) => {
      const stale = `${read(folder, "tests/air.ts")}\n`;
      put(folder, "tests/air.ts", stale);
      put(folder, "assembly/air.ts", "export const mine = 1;\n");
      const foreign = expect.objectContaining({ code: "codegen.foreign_file" });
      expect(() => writeSources(generateSources(folder))).toThrow(foreign);
      expect(read(folder, "tests/air.ts")).toBe(stale);
    }));

  test("refuses two worlds that ask for different texts in one file", () => {
    const file = { path: "/a/air.ts", text: "1" };
    expect(refuseConflicts([file, { ...file }])).toEqual([file]);
    expect(() => refuseConflicts([file, { ...file, text: "2" }])).toThrow(
      expect.objectContaining({ code: "codegen.conflict" }),
    );
  });
});

describe("airloom codegen", () => {
  test("writes what is stale, and --check names it and exits with 1", () =>
    withWorld(SPEC, async (folder) => {
      expect(await airloom("codegen", folder, "--check")).toMatchObject({ code: 0 });
      put(folder, "assembly/air.ts", `${read(folder, "assembly/air.ts")}// edited\n`);
      const checked = await airloom("codegen", folder, "--check");
      expect(checked.code).toBe(1);
      expect(checked.output).toContain(join(folder, "assembly/air.ts"));
      const json = (await airloom("codegen", folder, "--check", "--json")).output.trim().split("\n");
      expect(json.map((line) => (JSON.parse(line) as { changed: boolean }).changed)).toEqual([true, false]);
      expect(await airloom("codegen", folder)).toMatchObject({ code: 0 });
      expect(read(folder, "assembly/air.ts")).not.toContain("edited");
      expect(await airloom("codegen", folder, "--check")).toMatchObject({ code: 0 });
    }));

  test("of a folder that is none exits with 4", async () => {
    expect(await airloom("codegen", "/nowhere/at/all")).toMatchObject({ code: 4 });
  });
});

describe("class names", () => {
  const of = (...schemas: string[]) => Object.fromEntries(classNames(schemas, fileIdentifiers()));

  test("are the short names, where those differ", () => {
    expect(of("demo/StartWork@1", "demo/work-done@3", "sys/TimerFired@1")).toEqual({
      "demo/StartWork@1": "StartWork",
      "demo/work-done@3": "WorkDone",
      "sys/TimerFired@1": "TimerFired",
    });
  });

  test("all grow longer where they would be the same, so that none stands for another schema", () => {
    expect(of("demo/Order@1", "demo/Order@2")).toEqual({
      "demo/Order@1": "OrderV1",
      "demo/Order@2": "OrderV2",
    });
    expect(of("demo/Order@1", "my.shop/Order@1")).toEqual({
      "demo/Order@1": "DemoOrder",
      "my.shop/Order@1": "MyShopOrder",
    });
    expect(of("a/Order@1", "a/Order@2", "b/Order@1")).toEqual({
      "a/Order@1": "AOrderV1",
      "a/Order@2": "AOrderV2",
      "b/Order@1": "BOrder",
    });
  });

  test("leave alone what the SDK and the languages call their own", () => {
    expect(of("demo/Map@1", "demo/Value@1", "demo/World@1")).toEqual({
      "demo/Map@1": "DemoMap",
      "demo/Value@1": "DemoValue",
      "demo/World@1": "DemoWorld",
    });
  });

  test("are told apart by a number as a last resort, in order of the schemas' names", () => {
    const names = { "a/x-y@1": "XYV1", "a/x.y@1": "XYV12" };
    expect(of("a/x-y@1", "a/x.y@1")).toEqual(names);
    expect(of("a/x.y@1", "a/x-y@1")).toEqual(names);
  });
});

test("field names are camel case, each its own, and none a word of the language", () => {
  const fields = ["req_id", "reqId", "ID", "default", "kind", "", "0", "a.b", "é"];
  expect([...fieldNames(fields).values()]).toEqual([
    "reqId",
    "reqId2",
    "id",
    "default_",
    "kind_",
    "field",
    "_0",
    "aB",
    "field2",
  ]);
});
