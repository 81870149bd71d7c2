import { describe, expect, it } from "vitest";
import { assemblyFindings, hostFindings, roomOf } from "./rooms.ts";
import { scan, show, sourcesUnder } from "./source.ts";

const foundIn = (path: string, text: string) => hostFindings(scan(path, text)).map(({ found }) => found);

describe("the rooms of host/", () => {
  it("import from their own room and rooms to their left", () => {
    expect(sourcesUnder("host").flatMap(hostFindings).map(show)).toEqual([]);
  });

  it.each([
    ["host/values/a.ts", "#hash"],
    ["host/air/text/a.ts", "../../values/errors.ts"],
    ["host/air/a.ts", "./text/parse.ts"],
    ["host/kernel/a.ts", "../plan/turn.ts"],
    ["host/replay/core/a.ts", "../../wasm/host.ts"],
    ["host/replay/a.ts", "./core/replay.ts"],
    ["host/runtime/a.ts", "../replay/core/replay.ts"],
    ["host/testing/index.ts", "../runtime/open.ts"],
    ["host/index.ts", "./runtime/open.ts"],
    ["host/values/a.ts", "ajv"],
  ])("%s may import %s", (path, specifier) => {
    expect(foundIn(path, `import { a } from "${specifier}";`)).toEqual([]);
  });

  it.each([
    ["host/values/a.ts", "../air/manifest.ts", "values imports air"],
    ["host/plan/a.ts", "../gate/decide.ts", "plan imports gate"],
    ["host/gate/a.ts", "../effects/intent.ts", "gate imports effects"],
    ["host/kernel/a.ts", "../wasm/host.ts", "kernel imports wasm"],
    ["host/adapters/a.ts", "../store/sqlite.ts", "adapters imports store"],
    ["host/store/a.ts", "../replay/core/replay.ts", "store imports replay/core"],
    ["host/replay/core/a.ts", "../report.ts", "replay/core imports replay"],
    ["host/build/a.ts", "../testing/clock.ts", "build imports testing"],
    ["host/cli/a.ts", "../index.ts", "cli imports entry"],
    ["host/values/a.ts", "../platform/node.ts", "values imports platform"],
    ["host/kernel/a.ts", "#hash", "kernel imports #hash"],
    ["host/values/a.ts", "#clock", "values imports #clock"],
    ["host/build/a.ts", "../../assembly/abi/call.ts", "build imports assembly/abi/call.ts"],
  ])("%s may not import %s", (path, specifier, found) => {
    expect(foundIn(path, `import { a } from "${specifier}";`)).toEqual([found]);
    expect(foundIn(path, `import type { A } from "${specifier}";`)).toEqual([found]);
    expect(foundIn(path, `export { a } from "${specifier}";`)).toEqual([found]);
    expect(foundIn(path, `const a = import("${specifier}");`)).toEqual([found]);
  });

  it("refuses an import that nobody can check, and a folder that is no room", () => {
    expect(foundIn("host/cli/a.ts", "const a = await import(name);")).toEqual(["an import that is computed"]);
    expect(foundIn("host/utils/a.ts", "")).toEqual(["a folder that is no room"]);
  });

  it("names the line", () => {
    const [finding] = hostFindings(scan("host/values/a.ts", 'import "#hash";\n\nimport "../air/node.ts";\n'));
    expect(finding).toMatchObject({ path: "host/values/a.ts", line: 3 });
  });

  it("takes replay/core for a room of its own", () => {
    expect(roomOf("host/replay/core/diff.ts")).toBe("replay/core");
    expect(roomOf("host/replay/corpus.ts")).toBe("replay");
  });
});

describe("assembly/", () => {
  it("imports from itself only", () => {
    expect(sourcesUnder("assembly").flatMap(assemblyFindings).map(show)).toEqual([]);
  });

  it.each(["../../host/values/cbor.ts", "as-json", "../../../host/values/cbor.ts"])(
    "may not import %s",
    (from) => {
      expect(assemblyFindings(scan("assembly/abi/a.ts", `import { a } from "${from}";`))).toHaveLength(1);
    },
  );

  it("may import its own files, by either name", () => {
    const text = 'import { a } from "../cbor/reader"; import { b } from "airloom/assembly/sdk";';
    expect(assemblyFindings(scan("assembly/abi/a.ts", text))).toEqual([]);
  });
});
