/** A world may say how its modules are optimised, and nothing that makes something else of them. */

import { describe, expect, test } from "vitest";
import { compilerOptions, configText } from "../../host/build/asconfig.ts";
import { withFolder } from "../support/modules.ts";

const optionsOf = (asconfig: unknown) =>
  withFolder(
    { "asconfig.json": typeof asconfig === "string" ? asconfig : JSON.stringify(asconfig) },
    compilerOptions,
  );

describe("the compiler's options", () => {
  test("are the package's where a world has no asconfig.json", async () => {
    const base = await compilerOptions(null);
    expect(await withFolder({}, compilerOptions)).toEqual(base);
    expect(base.get("runtime")).toBe("stub");
    expect(base.get("use")).toEqual(["abort=~lib/airloom/assembly/abi/fault/abort"]);
  });

  test("are overridden by the world's, first all, then those of the release", async () => {
    const options = await optionsOf({
      extends: "airloom/asconfig.json",
      options: { runtime: "stub", initialMemory: 2, optimizeLevel: 1, disable: ["bulk-memory"] },
      targets: { release: { optimizeLevel: 0, noAssert: true } },
    });
    const written = JSON.parse(configText(options)) as { options: unknown };
    expect(written.options).toMatchObject({
      initialMemory: 2,
      optimizeLevel: 0,
      noAssert: true,
      shrinkLevel: 1,
    });
    expect(options.get("disable")).toEqual(["nontrapping-f2i", "bulk-memory"]);
  });

  test.each([
    ["another runtime", { options: { runtime: "incremental" } }, "/options/runtime"],
    ["exports of the runtime", { options: { exportRuntime: true } }, "/options/exportRuntime"],
    ["features that are not admitted", { options: { enable: ["simd"] } }, "/options/enable"],
    ["another abort", { options: { use: ["abort="] } }, "/options/use"],
    ["imported memory", { targets: { release: { importMemory: true } } }, "/targets/release/importMemory"],
    ["another target", { targets: { debug: {} } }, "/targets/debug"],
    ["an entry", { entries: ["a.ts"] }, "/entries"],
    ["another base", { extends: "./other.json" }, "/extends"],
    ["a level there is not", { options: { optimizeLevel: 4 } }, "/options/optimizeLevel"],
    ["a feature there is not", { options: { disable: ["floats"] } }, "/options/disable"],
    ["options that are a list", { options: [] }, "/options"],
    ["a list", [], ""],
  ])("refuse %s", async (_what, asconfig, pointer) => {
    await expect(optionsOf(asconfig)).rejects.toMatchObject({
      kind: "manifest",
      code: "build.asconfig",
      diagnostics: [{ code: "build.asconfig", file: "asconfig.json", pointer, line: 1 }],
    });
  });

  test("tell every fault, and the word that was meant", async () => {
    const asconfig = '{\n  "options": {\n    "optimiseLevel": 2,\n    "runtime": "minimal"\n  }\n}\n';
    await expect(optionsOf(asconfig)).rejects.toMatchObject({
      diagnostics: [
        { line: 3, hint: expect.stringContaining("optimizeLevel") },
        { line: 4, found: '"minimal"' },
      ],
    });
  });

  test("refuse what is no JSON", async () => {
    await expect(optionsOf("{")).rejects.toMatchObject({
      code: "build.asconfig",
      diagnostics: [{ code: "json.syntax" }],
    });
  });
});
