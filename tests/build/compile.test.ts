import { cpSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { compileModule, compileReducer, layoutOf } from "../../host/build/compile.ts";
import { CONFIG, ENTRY } from "../../host/build/layout.ts";
import { AirloomError } from "../../host/values/errors.ts";
import { hashOf } from "../../host/values/hash.ts";
import { compiledReducer, compileSource, reducerSource, withFolder } from "../support/modules.ts";

const SOURCE = reducerSource("retry-backoff");
const AIR = readFileSync(join(dirname(SOURCE), "air.ts"), "utf8");
const REDUCER = readFileSync(SOURCE, "utf8");

/** Compiles the retry reducer with something changed or added and gives why it was refused. */
async function refusalOf(from: string, to: string, after = ""): Promise<AirloomError & { folder: string }> {
  expect(REDUCER).toContain(from);
  const files = { "air.ts": AIR, "reducer.ts": REDUCER.replace(from, to) + after };
  return withFolder(files, async (folder) => {
    const error = await compileReducer({ source: join(folder, "reducer.ts") }).catch((e: unknown) => e);
    if (error instanceof AirloomError) return Object.assign(error, { folder });
    throw error instanceof Error ? error : new Error("it compiled");
  });
}

const moduleOf = (bytes: Uint8Array) => new WebAssembly.Module(new Uint8Array(bytes));

const DECLARED = "\ndeclare function peek(): u64;\n";
const lineOf = (text: string) => REDUCER.split("\n").findIndex((line) => line.includes(text)) + 1;

describe("the bytes of a compiled reducer", () => {
  test("are the same a second time, import nothing and are what the tests share", async () => {
    const [first, second] = await Promise.all([
      compileReducer({ source: SOURCE }),
      compileReducer({ source: SOURCE }),
    ]);
    expect(second.hash).toBe(first.hash);
    expect(first.hash).toBe(hashOf(first.wasm));
    expect(first.warnings).toEqual([]);
    expect((await compiledReducer("retry-backoff")).hash).toBe(first.hash);
    expect(WebAssembly.Module.imports(new WebAssembly.Module(new Uint8Array(first.wasm)))).toEqual([]);
  });

  test("are the same from another folder, by a relative path and with other line ends", async () => {
    const { hash } = await compiledReducer("retry-backoff");
    await withFolder({}, async (folder) => {
      cpSync(dirname(SOURCE), join(folder, "deep/er"), { recursive: true });
      const source = relative(process.cwd(), join(folder, "deep/er/reducer.ts"));
      expect((await compileReducer({ source })).hash).toBe(hash);
    });
    const crlf = (text: string) => `\ufeff${text.replaceAll("\n", "\r\n")}`;
    await withFolder({ "air.ts": crlf(AIR), "reducer.ts": crlf(REDUCER) }, async (folder) => {
      expect((await compileReducer({ source: join(folder, "reducer.ts") })).hash).toBe(hash);
    });
  });

  test("change with the source", async () => {
    const other = { "air.ts": AIR, "reducer.ts": REDUCER.replace('"Done"', '"Over"') };
    await withFolder(other, async (folder) => {
      const { hash } = await compileReducer({ source: join(folder, "reducer.ts") });
      expect(hash).not.toBe((await compiledReducer("retry-backoff")).hash);
    });
  });

  test("may come from files in folders below the reducer's", async () => {
    const files = {
      "parts/air.ts": AIR,
      "reducer.ts": REDUCER.replace("./air", "./parts/air"),
    };
    const { wasm } = await withFolder(files, (folder) =>
      compileReducer({ source: join(folder, "reducer.ts") }),
    );
    expect(wasm.length).toBeGreaterThan(1000);
  });
});

describe("the release of a module", () => {
  test("is its debug build without custom sections, and what asc itself makes of the same layout", async () => {
    const { wasm, debug, sourceMap, inputs } = await compileReducer({ source: SOURCE });
    expect(WebAssembly.Module.customSections(moduleOf(debug), "name")).toHaveLength(1);
    expect(debug.subarray(0, wasm.length)).toEqual(wasm);
    expect(JSON.parse(sourceMap)).toMatchObject({
      sources: expect.arrayContaining(["reducer.ts", "air.ts"]),
    });
    const layout = await layoutOf({ source: SOURCE });
    const asc = await import("assemblyscript/asc");
    let release: Uint8Array | null = null;
    const { error } = await asc.main([ENTRY, "--config", CONFIG, "--outFile", "out.wasm", "--baseDir", "/"], {
      readFile: layout.read,
      writeFile: (_name, contents) => {
        release = contents as Uint8Array;
      },
      listFiles: () => [],
      stdout: asc.createMemoryStream(),
      stderr: asc.createMemoryStream(),
    });
    expect(error).toBeNull();
    expect(new Uint8Array(release!)).toEqual(wasm);
    expect(layout.inputs).toEqual(inputs);
  });
});

describe("a pure module", () => {
  const pure = `import { Pure, Reader, Writer } from "airloom/assembly/sdk";
abstract class DoubleModule extends Pure {
  abstract run(input: u64): u64;
  protected answer(r: Reader, w: Writer): void { w.nat(this.run(r.nat())); }
}
export class Double extends DoubleModule {
  run(input: u64): u64 { return input * 2; }
}
`;

  test("exports run and no step", async () => {
    await withFolder({ "double.ts": pure }, async (folder) => {
      const { wasm } = await compileModule({ source: join(folder, "double.ts"), kind: "pure" });
      const names = WebAssembly.Module.exports(moduleOf(wasm)).map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(["memory", "alloc", "run"]));
      expect(names).not.toContain("step");
    });
  });

  test("is no reducer", async () => {
    await withFolder({ "double.ts": pure }, async (folder) => {
      const source = join(folder, "double.ts");
      await expect(compileModule({ source, kind: "reducer" })).rejects.toMatchObject({
        code: "build.compile",
      });
    });
  });
});

describe("a reducer that does not compile", () => {
  test("says file, line and column of what is wrong", async () => {
    const error = await refusalOf('this.state.pc = "Done"', "this.state.pc = 3");
    expect(error).toMatchObject({ kind: "module", code: "build.compile" });
    const line = lineOf('this.state.pc = "Done"');
    const column = REDUCER.split("\n")[line - 1]!.indexOf('"Done"') + 1;
    const place = { file: join(error.folder, "reducer.ts"), line, column };
    expect(error.diagnostics).toMatchObject([{ code: "build.ts2322", severity: "error", ...place }]);
  });

  test("because a handler is missing names it", async () => {
    const { diagnostics } = await refusalOf("onTimer(", "onTime(");
    expect(diagnostics).toMatchObject([{ code: "build.ts2515", line: lineOf("export class Retry") }]);
    expect(diagnostics[0]!.message).toContain("onTimer");
  });

  test("tells every error", async () => {
    const { diagnostics } = await refusalOf(
      "s.attempt = 1;",
      "s.attempt = missing1;\n    s.attempt = missing2;",
    );
    expect(diagnostics.map(({ code }) => code)).toEqual(["build.ts2304", "build.ts2304"]);
  });

  test.each(["../air", "/etc/passwd", "other/assembly", "./nowhere"])(
    "refuses to import %s",
    async (specifier) => {
      const { code, diagnostics } = await refusalOf("./air", specifier);
      expect(code).toBe("build.compile");
      expect(diagnostics[0]).toMatchObject({ code: "build.ts6054", line: 2 });
    },
  );

  test("because it is no reducer", async () => {
    const error = await compileSource("class A {}\nexport class B extends A {}\n").catch((e: unknown) => e);
    expect(error).toMatchObject({
      code: "build.compile",
      diagnostics: [{ file: expect.stringContaining("reducer.ts") }],
    });
  });

  test("because the file is not there", async () => {
    const source = join(dirname(SOURCE), "nowhere.ts");
    await expect(compileReducer({ source })).rejects.toMatchObject({
      kind: "missing",
      code: "build.source_missing",
    });
  });

  test("because the compiler itself fails, which ends nothing but the build", async () => {
    const { exit } = process;
    const { error: log } = console;
    // The compiler of this version asserts that no variable is of type void.
    const error = await refusalOf('this.state.pc = "Idle";', "let nothing: void;");
    expect(error).toMatchObject({
      kind: "module",
      code: "build.compiler_crash",
      diagnostics: [
        { file: expect.stringContaining("reducer.ts"), found: expect.stringContaining("AssertionError") },
      ],
    });
    expect([process.exit, console.error]).toEqual([exit, log]);
    await expect(compileReducer({ source: SOURCE })).resolves.toMatchObject({ warnings: [] });
  });
});

describe("the class that is the reducer", () => {
  test("must be exported", async () => {
    const { kind, code } = await refusalOf("export class Retry", "class Retry");
    expect([kind, code]).toEqual(["module", "build.no_reducer_class"]);
  });

  test("must be the only one", async () => {
    const error = await refusalOf(
      "/** Has a piece",
      "export class Second extends RetryReducer {}\n/** Has a piece",
    );
    expect(error).toMatchObject({
      code: "build.many_reducer_classes",
      fields: { names: ["Second", "Retry"] },
    });
  });

  test("is not looked for in comments and strings, nor among abstract and other classes", async () => {
    const noise = `// export class A extends B
/* export class C extends D */
const s = "export class E extends F", t = \`export class G extends H\`;
export abstract class Base extends RetryReducer {}
export class Plain {}
class Hidden extends Plain {}
`;
    const files = {
      "air.ts": AIR,
      "reducer.ts": REDUCER.replace("/** Has a piece", `${noise}/** Has a piece`),
    };
    const { wasm } = await withFolder(files, (folder) =>
      compileReducer({ source: join(folder, "reducer.ts") }),
    );
    expect(wasm.length).toBeGreaterThan(1000);
  });
});

describe("a reducer that reaches outside", () => {
  test("is refused, naming every import and the place it comes from", async () => {
    const reaching = [
      ["Math.random();", "env.seed", "Math.random"],
      ["Date . now();", "env.Date.now", "Date.now"],
      ['console.log("x");', "env.console.log", "console.log"],
      ['trace("x");', "env.trace", "trace"],
      ["process.exit(1);", "env.process.exit", "process.exit"],
      ["crypto.getRandomValues(new Uint8Array(1));", "env.crypto.getRandomValuesN", "crypto.getRandomValues"],
      ["peek();", "reducer.peek", "peek"],
    ] as const;
    const lines = reaching.map(([line, , construct]) => `    ${line} // not this: ${construct}`);
    const idle = 'this.state.pc = "Idle";';
    const error = await refusalOf(
      idle,
      `${idle}\n    // nor this: Math.random\n${lines.join("\n")}`,
      DECLARED,
    );
    expect(error).toMatchObject({ kind: "module", code: "module.imports" });
    const file = join(error.folder, "reducer.ts");
    for (const [i, [, found, construct]] of reaching.entries()) {
      const finding = error.diagnostics.find((diagnostic) => diagnostic.found === found);
      expect(finding?.hint).toContain(construct);
      if (construct !== "peek")
        expect(finding).toMatchObject({ file, line: lineOf(idle) + 2 + i, column: 5 });
    }
    const imports = error.diagnostics.filter(({ code }) => code === "module.imports");
    expect(imports).toHaveLength(reaching.length);
  });
});

describe("a reducer that computes with floats", () => {
  test.each([
    ["s.attempt = <u64>Math.sqrt(<f64>s.maxAttempts);", "Math.sqrt"],
    ["const share: f64 = 0.5 * <f64>s.maxAttempts; s.attempt = <u64>share;", "f64"],
  ])("is refused at the place that asks for them: %s", async (line, word) => {
    const error = await refusalOf("s.attempt = 1;", line);
    const at = lineOf("s.attempt = 1;");
    const finding = error.diagnostics.find(({ code }) => code === "module.floats");
    expect(finding).toMatchObject({
      file: join(error.folder, "reducer.ts"),
      line: at,
      hint: expect.stringContaining(word),
    });
  });
});
