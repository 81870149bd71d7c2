/** A module that was built is taken from where it lies, and only while nothing that decides its bytes changed. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DEFAULT_MODULE_LIMITS } from "../../host/air/settings.ts";
import { type CompilerOptions, compilerOptions } from "../../host/build/asconfig.ts";
import { buildInfo, buildModule } from "../../host/build/built.ts";
import { modulePath } from "../../host/build/modules.ts";
import { hashOf } from "../../host/values/hash.ts";
import { withFolder } from "../support/modules.ts";

const SOURCE = `import { Writer } from "airloom/assembly/cbor/writer";
import { word } from "./word";
class Base {}
export class Module extends Base {
  run(start: usize, length: usize): Writer {
    const w = new Writer(16);
    w.text(word);
    return w;
  }
}
`;
const FILES = { "code/module.ts": SOURCE, "code/word/index.ts": 'export const word = "one";\n' };

function build(folder: string, options: CompilerOptions) {
  const source = join(folder, "code/module.ts");
  return buildModule({ folder, source, kind: "reducer", options, limits: DEFAULT_MODULE_LIMITS });
}

describe("building again", () => {
  test("compiles nothing while nothing changed", async () => {
    await withFolder(FILES, async (folder) => {
      const options = await compilerOptions(null);
      const first = await build(folder, options);
      const second = await build(folder, options);
      expect([first.compiled, second.compiled]).toEqual([true, false]);
      expect(second.wasm).toEqual(first.wasm);
      expect(second.info).toEqual(first.info);
      expect(first.info).toMatchObject({
        hash: hashOf(first.wasm),
        kind: "reducer",
        source: "code/module.ts",
        assemblyscript: expect.stringMatching(/^\d+\.\d+\.\d+$/),
        asconfig: { runtime: "stub", optimizeLevel: 3 },
        inputs: { "word.ts": null, "word/index.ts": expect.stringMatching(/^sha256:/) },
      });
      expect(await buildInfo(folder, first.info.hash)).toEqual(first.info);
    });
  });

  test("compiles when a text, an option, the compiler or a kept file is another", async () => {
    await withFolder(FILES, async (folder) => {
      const options = await compilerOptions(null);
      const { info } = await build(folder, options);
      const compiledAfter = async (change: () => void, used = options) => {
        change();
        return (await build(folder, used)).compiled;
      };
      const word = join(folder, "code/word/index.ts");
      expect(await compiledAfter(() => writeFileSync(word, 'export const word = "two";\n'))).toBe(true);
      expect(await compiledAfter(() => writeFileSync(word, 'export const word = "one";\n'))).toBe(false);
      expect(await compiledAfter(() => writeFileSync(word, 'export const word = "one";\r\n'))).toBe(false);
      const faster = new Map([...options, ["noAssert", true]]) as CompilerOptions;
      expect(await compiledAfter(() => {}, faster)).toBe(true);
      expect(await compiledAfter(() => writeFileSync(modulePath(folder, info.hash), "damaged"))).toBe(true);
      const path = modulePath(folder, info.hash).replace(/wasm$/, "json");
      const record = readFileSync(path, "utf8");
      const older = record.replace(/"assemblyscript": "[^"]*"/, '"assemblyscript": "0.1.0"');
      expect(await compiledAfter(() => writeFileSync(path, older))).toBe(true);
      expect(await compiledAfter(() => writeFileSync(path, "{"))).toBe(true);
      // A file that was looked for in vain before the one that was found.
      const nearer = join(folder, "code/word.ts");
      expect(await compiledAfter(() => writeFileSync(nearer, 'export const word = "one";\n'))).toBe(true);
    });
  });
});
