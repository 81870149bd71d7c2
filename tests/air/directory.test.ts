import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { DEFAULT_SETTINGS } from "../../host/air/settings.ts";
import { loadWorldFolder, readWorldFolder } from "../../host/build/directory.ts";
import { AirloomError, type Diagnostic } from "../../host/values/errors.ts";

const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

/** A folder with these files; `name` is its own name. */
function folder(files: Readonly<Record<string, string | Uint8Array>>, name = "world"): string {
  const base = mkdtempSync(join(tmpdir(), "airloom-"));
  made.push(base);
  for (const [path, content] of Object.entries({ "": "", ...files })) {
    const file = join(base, name, path);
    mkdirSync(path === "" ? file : dirname(file), { recursive: true });
    if (path !== "") writeFileSync(file, content);
  }
  return join(base, name);
}

function read(path: string): readonly string[] {
  return readWorldFolder(path).files.map((file) => file.path);
}

const MANIFEST = JSON.stringify({
  $kind: "manifest",
  air_version: "1",
  schemas: [],
  modules: [],
  plans: [],
  caps: [],
  policies: [],
});

describe("a world folder", () => {
  test("that holds manifest.air.json gives its own *.air.json and no others", () => {
    const path = folder({
      "manifest.air.json": MANIFEST,
      "schemas.air.json": "[]",
      "package.json": "{}",
      "world.json": "{}",
      "air/more.air.json": "[]",
      "README.md": "",
    });
    expect(read(path)).toEqual(["manifest.air.json", "schemas.air.json"]);
    expect(readWorldFolder(path).settingsFile?.path).toBe("world.json");
  });

  test("gives all JSON of its air*, defs and plans folders otherwise", () => {
    const path = folder({
      "air/manifest.json": MANIFEST,
      "air/deep/er/schemas.JSON": "[]",
      "air/notes.txt": "",
      "air/.hidden/x.json": "",
      "air/node_modules/x.json": "",
      "air.v1/a.json": "",
      "defs/b.json": "",
      "plans/c.json": "",
      "other/d.json": "",
      "package.json": "{}",
    });
    expect(read(path)).toEqual([
      "air.v1/a.json",
      "air/deep/er/schemas.JSON",
      "air/manifest.json",
      "defs/b.json",
      "plans/c.json",
    ]);
  });

  test("is itself a root when its name says so, each file counted once", () => {
    expect(read(folder({ "m.json": "", "air/a.json": "" }, "air-bundle"))).toEqual(["air/a.json", "m.json"]);
    expect(read(folder({ "m.json": "" }, "bundle"))).toEqual([]);
  });

  test("is no root of definitions when it holds world.json, whatever its name", () => {
    const path = folder({ "world.json": "{}", "package.json": "{}", "air/a.json": "" }, "airline");
    expect(read(path)).toEqual(["air/a.json"]);
  });

  test("that is not there is missing", () => {
    const missing = expect.objectContaining({ code: "world.missing", kind: "missing" });
    expect(() => readWorldFolder(join(folder({}), "nowhere"))).toThrow(missing);
    expect(() => readWorldFolder(join(folder({ file: "" }), "file"))).toThrow(missing);
  });

  test("with files that are no UTF-8 is invalid, and each says where", () => {
    const world = folder({
      "manifest.air.json": MANIFEST,
      "a.air.json": Uint8Array.of(0x22, 0x0a, 0xc3, 0xa9, 0xff, 0x22),
      "b.air.json": Uint8Array.of(0xff, 0xfe, 0x7b, 0x00),
      "world.json": Uint8Array.of(0x7b, 0xed, 0xa0, 0x80, 0x7d),
    });
    const told = faultsOf(() => loadWorldFolder(world));
    expect(told).toEqual([
      expect.objectContaining({
        code: "json.encoding",
        file: "a.air.json",
        line: 2,
        column: 2,
        found: "the byte 0xff",
      }),
      expect.objectContaining({ code: "json.encoding", file: "b.air.json", line: 1, column: 1 }),
      expect.objectContaining({
        code: "json.encoding",
        file: "world.json",
        line: 1,
        column: 2,
        found: "the byte 0xed",
      }),
    ]);
  });

  test("loads with default settings when it has no world.json", () => {
    const { manifest, settings, root } = loadWorldFolder(folder({ "manifest.air.json": MANIFEST }));
    expect(manifest.reducers.size).toBe(0);
    expect(settings).toEqual(DEFAULT_SETTINGS);
    expect(root).toMatch(/world$/);
  });
});

function faultsOf(load: () => unknown): readonly Diagnostic[] {
  try {
    load();
  } catch (error) {
    if (error instanceof AirloomError) return error.diagnostics;
    throw error;
  }
  throw new Error("it loads");
}
