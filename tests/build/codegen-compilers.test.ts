/** Generated text in the compilers that read it: AssemblyScript's editor set-up, and strict TypeScript. */

import { execFile } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { echoSource, echoWorld } from "../sdk/echo.ts";
import { put, read, withWorld } from "../sdk/worlds.ts";
import { ZOO } from "../sdk/zoo.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TSC = join(ROOT, "node_modules/typescript/bin/tsc");
const COMPILE_MS = 300_000;

/** Lines of what a compiler finds wrong. */
function tsc(config: string): Promise<string[]> {
  return new Promise((done) => {
    execFile(process.execPath, [TSC, "-p", config], (_, stdout) => {
      done(stdout.split("\n").filter((line) => /error TS/.test(line)));
    });
  });
}

/** A folder's AssemblyScript as an editor sees it: the package is found where a project has it. */
function editor(folder: string): Promise<string[]> {
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  symlinkSync(ROOT, join(folder, "node_modules/airloom"), "dir");
  symlinkSync(join(ROOT, "node_modules/assemblyscript"), join(folder, "node_modules/assemblyscript"), "dir");
  const config = {
    extends: join(ROOT, "assembly/tsconfig.json"),
    compilerOptions: { paths: { "airloom/assembly/*": [join(ROOT, "assembly/*")] } },
    include: [join(folder, "assembly/**/*.ts")],
  };
  put(folder, "assembly/tsconfig.json", JSON.stringify(config));
  return tsc(join(folder, "assembly/tsconfig.json"));
}

describe("generated classes in an editor", () => {
  const zoo = echoWorld(ZOO);

  test(
    "have no red line, whatever the schema, nor has code that uses them",
    () =>
      withWorld(zoo, async (folder) => {
        put(folder, "assembly/module.ts", echoSource(read(folder, "assembly/air.ts")));
        expect(await editor(folder)).toEqual([]);
      }),
    COMPILE_MS,
  );

  test(
    "tell a forgotten arm, a state of another type and a payload of another",
    () =>
      withWorld(zoo, async (folder) => {
        const source = echoSource(read(folder, "assembly/air.ts"))
          .replace("onPoint(", "onPoin(")
          .replace("onWide(event: Wide): void {", '$& this.state = "x"; this.state = null;')
          .replace("onEmpty(event: Empty)", "onEmpty(event: string)");
        put(folder, "assembly/module.ts", source);
        const found = await editor(folder);
        expect(found.map((line) => /TS\d+/.exec(line)![0]).sort()).toEqual([
          "TS2322",
          "TS2345",
          "TS2416",
          "TS2515",
        ]);
        expect(found.join()).toContain("onPoint");
      }),
    COMPILE_MS,
  );
});

describe("generated types under strict TypeScript", () => {
  const STRICT = {
    target: "ES2023",
    module: "NodeNext",
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noUnusedLocals: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    noEmit: true,
    types: [],
  };
  const USE = `import type { Everything, Lists, Maps, Optional, Phase, Shape, World } from "./air.ts";

export const phase: Phase = { $tag: "on-hold" };
export const shape: Shape = { $tag: "Area", $value: { width: 1n, height: 2n, "unit of measure": null } };
export const circle: Shape = { $tag: "Circle", $value: { x: 1n, y: -2n } };
export const optional: Partial<Optional> = { count: 1n, blob: new Uint8Array(2), inline: { deep: { $tag: "B" } } };
export const lists: Partial<Lists> = { rows: [[[1n]]], maybe: [null, 1n], lines: [{ sku: "a", amount: 1n }] };
export const maps: Partial<Maps> = { byNat: new Map([[1n, "x"]]), marks: new Map([["a", null]]) };
export const at: Everything["at"] = 5n;
export const state: World["reducers"]["t/Thing@1"]["state"] = "note";
export const key: World["reducers"]["t/Thing@1"]["key"] = null;
export const point: World["schemas"]["t/Point@1"] = { x: 1n, y: 2n };
export function sideOf(value: Shape): bigint {
  switch (value.$tag) {
    case "Area":
      return value.$value.width;
    case "Circle":
      return value.$value.x;
    default:
      return 0n;
  }
}
`;
  const check = (use: string) =>
    withWorld(echoWorld(ZOO), async (folder) => {
      put(folder, "package.json", '{ "type": "module" }');
      put(folder, "tests/use.ts", use);
      const options = { ...STRICT, allowImportingTsExtensions: true };
      put(folder, "tsconfig.json", JSON.stringify({ compilerOptions: options, include: ["tests"] }));
      return tsc(join(folder, "tsconfig.json"));
    });

  test("hold what a host hands over and gets", async () => expect(await check(USE)).toEqual([]), COMPILE_MS);

  test.each([
    ['{ $tag: "on-hold" }', '{ $tag: "off-hold" }'],
    ["{ x: 1n, y: -2n }", "{ x: 1n }"],
    ["count: 1n", "count: 1"],
    ["blob: new Uint8Array(2)", 'blob: "x"'],
    ["[[[1n]]]", "[[1n]]"],
    ['new Map([[1n, "x"]])', 'new Map([["x", 1n]])'],
    ['["state"] = "note"', '["state"] = null'],
    ["value.$value.width", "value.$value.side"],
  ])(
    "do not take %s as %s",
    async (from, to) => {
      expect(USE).toContain(from);
      expect(await check(USE.replace(from, to))).not.toEqual([]);
    },
    COMPILE_MS,
  );
});
