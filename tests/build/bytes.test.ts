/** What decides the bytes of a module, and what does not: docs/build.md says the same. */

import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCompiler } from "../../host/build/asc.ts";
import { type CompilerOptions, compilerOptions } from "../../host/build/asconfig.ts";
import { compileModule, layoutOf } from "../../host/build/compile.ts";
import { CONFIG, ENTRY } from "../../host/build/layout.ts";
import { modulePath } from "../../host/build/modules.ts";
import { withoutCustomSections } from "../../host/build/sections.ts";
import type { Hash } from "../../host/values/brand.ts";
import { hashOf } from "../../host/values/hash.ts";
import { airloom, jsonLines, ROOT } from "../support/cli.ts";
import { reducerSource, withFolder } from "../support/modules.ts";

const NAME = "retry-backoff";

/** A world with its reducer's sources inside, in a folder of this path; `rewrite` changes their texts. */
function worldIn(folder: string, rewrite: (text: string) => string): string {
  cpSync(join(ROOT, "air/worlds", NAME), folder, {
    recursive: true,
    filter: (path) => !path.includes(".airloom"),
  });
  mkdirSync(join(folder, "code"));
  const from = dirname(reducerSource(NAME));
  for (const file of readdirSync(from)) {
    if (file.endsWith(".ts"))
      writeFileSync(join(folder, "code", file), rewrite(readFileSync(join(from, file), "utf8")));
  }
  const settings = join(folder, "world.json");
  const source = '"source": "code/reducer.ts"';
  writeFileSync(settings, readFileSync(settings, "utf8").replace(/"source": "[^"]*"/, source));
  return folder;
}

describe("one set of sources", () => {
  let parent: string;
  beforeAll(() => {
    parent = mkdtempSync(join(tmpdir(), "airloom-bytes-"));
  });
  afterAll(() => rmSync(parent, { recursive: true, force: true }));

  test("gives the same bytes twice, in two folders, in two processes, and with other line ends", async () => {
    const crlf = (text: string) => `\ufeff${text.replaceAll("\n", "\r\n")}`;
    const near = worldIn(join(parent, "near"), (text) => text);
    const far = worldIn(join(parent, "far away", "deep", "er"), (text) => text);
    const other = worldIn(join(parent, "crlf"), crlf);
    const built = [
      await airloom(["build", near, "--json"], { cwd: parent }),
      await airloom(["build", ".", "--json"], { cwd: far }),
      await airloom(["build", other, "--json"], { cwd: "/" }),
    ];
    rmSync(join(near, ".airloom"), { recursive: true });
    built.push(await airloom(["build", near, "--json"], { cwd: parent }));
    const lines = built.map(({ stdout }) => jsonLines(stdout).find(({ type }) => type === "module"));
    expect(lines.map((line) => line?.compiled)).toEqual([true, true, true, true]);
    const [first] = lines;
    for (const line of lines) expect(line).toMatchObject({ hash: first?.hash, inputs: first?.inputs });
    const bytes = [near, far, other].map((folder) => readFileSync(modulePath(folder, first?.hash as Hash)));
    expect(bytes[1]).toEqual(bytes[0]);
    expect(bytes[2]).toEqual(bytes[0]);
  }, 180_000);
});

const MODULE = `import { Writer } from "airloom/assembly/cbor/writer";
import { half } from "./half";
class Base {}
/** Halves. */
export class Module extends Base {
  run(start: usize, length: usize): Writer {
    const writer = new Writer(16);
    writer.nat(this.count(length));
    return writer;
  }

  private count(length: usize): u64 {
    return half(length);
  }
}
`;
const HALF = `export function half(length: usize): u64 {
  if (length > 1000) throw new Error("too long");
  return length / 2;
}
`;

let base: Hash;
beforeAll(async () => {
  base = await built();
});

async function built(
  files: { module?: string; half?: string; name?: string; folder?: string } = {},
  options?: CompilerOptions,
): Promise<Hash> {
  const { module = MODULE, half = HALF, name = "half", folder = "code" } = files;
  const texts = {
    [`${folder}/module.ts`]: module.replace("./half", `./${name}`),
    [`${folder}/${name}.ts`]: half,
  };
  return withFolder(texts, async (root) => {
    const source = join(root, folder, "module.ts");
    return (await compileModule(options === undefined ? { source } : { source, options })).hash;
  });
}

describe("a module's hash stays", () => {
  test.each([
    ["comments below the last place that can abort", { half: `${HALF}\n// half of it\n` }],
    ["comments in a file without such a place", { module: `// more\n\n${MODULE}` }],
    ["spaces at the ends of lines", { half: HALF.replaceAll("\n", "  \n") }],
    [
      "names of variables",
      { module: MODULE.replaceAll("writer", "w").replaceAll("/cbor/w", "/cbor/writer") },
    ],
    [
      "names of methods and classes",
      { module: MODULE.replaceAll("count", "tally").replaceAll("Base", "Root") },
    ],
    ["the folder of the sources", { folder: "elsewhere" }],
  ])("with other %s", async (_what, files) => {
    expect(await built(files)).toBe(base);
  });
});

describe("a module's hash changes", () => {
  test.each([
    ["the line of a place that can abort", { half: `\n${HALF}` }],
    ["its column", { half: HALF.replace("throw", " throw") }],
    ["the name of its file", { name: "halves" }],
    ["the text of its message", { half: HALF.replace("too long", "much too long") }],
    ["what it computes", { half: HALF.replace("/ 2", "/ 3") }],
  ])("with %s", async (_what, files) => {
    expect(await built(files)).not.toBe(base);
  });

  test("with the options of the compiler", async () => {
    const options = await compilerOptions(null);
    expect(await built({}, new Map([...options, ["noAssert", true]]) as CompilerOptions)).not.toBe(base);
    expect(await built({}, options)).toBe(base);
  });

  test("with a line more in the SDK", async () => {
    const layout = await layoutOf({ source: reducerSource(NAME) });
    const hashWith = async (before: string): Promise<Hash> => {
      const read = async (name: string) => {
        const text = await layout.read(name);
        return text === null || !name.includes("/cbor/") ? text : before + text;
      };
      const { wasm } = await runCompiler(ENTRY, CONFIG, read);
      return hashOf(withoutCustomSections(wasm!));
    };
    expect(await hashWith("// one more\n")).not.toBe(await hashWith(""));
  });
});
