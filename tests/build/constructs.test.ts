/** What AssemblyScript lacks is called by its name, where the author wrote it, with the way out. */

import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { compileModule } from "../../host/build/compile.ts";
import { constructsIn, WAYS_OUT } from "../../host/build/constructs.ts";
import { EXPLAINED_CODES } from "../../host/cli/codes.ts";
import { AirloomError, type Diagnostic } from "../../host/values/errors.ts";
import { withFolder } from "../support/modules.ts";

/** A line of code that is wrong, what it is called, and what of it is pointed at. */
type Wrong = readonly [line: string, code: string, at: string];

/** The parser refuses these, so that nothing after it runs. */
const UNREADABLE: readonly Wrong[] = [
  ["const a = node?.next;", "build.no_optional_chaining", "?."],
  ['const b = name ?? "nobody";', "build.no_optional_chaining", "??"],
  ["const { x, y } = point;", "build.no_destructuring", "const"],
  ["let [c, d] = list;", "build.no_destructuring", "let"],
  ["const e = 10n;", "build.no_bigint", "10n"],
  ["await work();", "build.no_async", "await"],
  ["const f = async () => {};", "build.no_async", "async"],
  ["for (const key in map) {}", "build.no_iterators", "for"],
  ["const g = { ...point };", "build.no_spread", "..."],
  ["let h: i32 | string = 1;", "build.no_unions", "string"],
  ["let i: string | undefined = null;", "build.no_unions", "undefined"],
  ["let j: [i32, string];", "build.no_tuples", "["],
  ["let k: { x: i32 };", "build.not_in_assemblyscript", "{"],
  ["outer: for (;;) continue outer;", "build.not_in_assemblyscript", "outer"],
];

/** The parser takes these; the compiler does not. */
const REFUSED: readonly Wrong[] = [
  ["let n = 2; [1].map<i32>((x) => x + n);", "build.no_closures", "n);"],
  ["try { work(); } catch (e) {}", "build.no_try", "try"],
  ["for (const each of [1]) work();", "build.no_iterators", "for"],
  ["const copy = [...[1], 2];", "build.no_spread", "...[1]"],
  ['const r = /a+/.test("a");', "build.no_regex", "/a+/"],
  ["let s: any;", "build.no_any", "any"],
  ["let t: unknown;", "build.no_any", "unknown"],
  ["let u: bigint = 1;", "build.no_bigint", "bigint"],
  ["let v: Promise<i32>;", "build.no_async", "Promise"],
  ['JSON.parse("1");', "build.no_json", "JSON"],
  ["if (node.next !== null) node.next.hop();", "build.no_narrowing", "node.next.hop"],
  ["if (base instanceof Leaf) base.fall();", "build.no_narrowing", "fall();"],
  ["if (name === undefined) work();", "build.not_in_assemblyscript", "undefined"],
  ["const now = new Date();", "build.not_in_assemblyscript", "new Date()"],
  ["let w: Record<string, i32>;", "build.not_in_assemblyscript", "Record"],
  ["fetch();", "build.not_in_assemblyscript", "fetch"],
];

const AROUND = `import { Writer } from "airloom/assembly/cbor/writer";
class Node { next: Node | null = null; hop(): void {} }
class Base {}
class Leaf extends Base { fall(): void {} }
class Point { x: i32 = 0; y: i32 = 0; }
function work(): void {}
export class Module extends Base {
  run(start: usize, length: usize): Writer {
    const node = new Node();
    const base: Base = new Leaf();
    const point = new Point();
    const list = [1, 2];
    const name: string | null = null;
    BODY
    return new Writer(16);
  }
}
`;

/** Everything that is said of a source. */
async function faultsOf(text: string): Promise<readonly Diagnostic[]> {
  return withFolder({ "reducer.ts": text }, async (folder) => {
    const error = await compileModule({ source: join(folder, "reducer.ts") }).catch((e: unknown) => e);
    if (!(error instanceof AirloomError)) throw error instanceof Error ? error : new Error("it compiled");
    expect(error.diagnostics.every(({ file }) => file === join(folder, "reducer.ts"))).toBe(true);
    return error.diagnostics;
  });
}

function placeOf(text: string, line: string, at: string): { line: number; column: number } {
  const lines = text.split("\n");
  const index = lines.findIndex((each) => each.includes(line));
  return { line: index + 1, column: lines[index]!.indexOf(at, lines[index]!.indexOf(line)) + 1 };
}

describe.each([
  ["the parser refuses", UNREADABLE],
  ["the compiler refuses", REFUSED],
])("a construct that %s", (_what, wrong) => {
  const text = AROUND.replace("BODY", wrong.map(([line]) => `{\n      ${line}\n    }`).join("\n\n"));
  let faults: readonly Diagnostic[];
  beforeAll(async () => {
    faults = await faultsOf(text);
  });

  test.each(wrong)("is named: %s", (line, code, at) => {
    const place = placeOf(text, line, at);
    const here = faults.filter((fault) => fault.line === place.line);
    expect(here).toMatchObject([{ code, severity: "error", ...place, hint: expect.any(String) }]);
  });

  test("is all that is said", () => {
    const lines = wrong.map(([line, , at]) => placeOf(text, line, at).line);
    expect(faults.filter(({ line }) => !lines.includes(line ?? 0))).toEqual([]);
  });
});

describe("constructs outside of functions", () => {
  test("are named", async () => {
    const text = `export class Module extends Base { #secret: i32 = 1; }
class Base { async wait(): Promise<void> {} }
function* count(): i32 { yield 1; }
type Either = Base | Module;
`;
    expect((await faultsOf(text)).map(({ code, line, column }) => [code, line, column])).toEqual([
      ["build.no_private_names", 1, 36],
      ["build.no_async", 2, 14],
      ["build.no_async", 3, 1],
      ["build.no_async", 3, 26],
      ["build.no_unions", 4, 22],
    ]);
  });

  test("are named in every file of the author's", async () => {
    const files = {
      "reducer.ts":
        'import { other } from "./other";\nexport class Module extends Base {}\nclass Base {}\nother();\n',
      "other.ts": "export function other(): void { const big = 1n; }\n",
    };
    await withFolder(files, async (folder) => {
      const error = await compileModule({ source: join(folder, "reducer.ts") }).catch((e: unknown) => e);
      expect(error).toMatchObject({
        code: "build.compile",
        diagnostics: [{ code: "build.no_bigint", file: join(folder, "other.ts"), line: 1, column: 45 }],
      });
    });
  });

  test("are enums of texts too", async () => {
    const text = AROUND.replace("BODY", "const a = Stage.Open;").concat('enum Stage { Open = "open" }\n');
    expect(await faultsOf(text)).toMatchObject([{ code: "build.no_string_enums", column: 21 }]);
  });
});

describe("a word that only looks like a construct", () => {
  test("is none in comments, texts, templates and names", () => {
    const quiet = `// a?.b, 10n, try { }
/* for (const x of y) {} #secret */
const a = "a ?? b", b = 'await x', c = \`\${a} 10n ?.\`;
const half = a / b / 2; node.async(); node.try = 1; x = a ? .5 : 1;
function rest(...all: i32[]): void {}
call({ x: 1 }); const forOf = offset, constant = 1;
switch (a) { default: for (;;) break; }
`;
    expect(constructsIn(quiet)).toEqual([]);
  });
});

describe("other messages", () => {
  test("keep the compiler's number, and some get a hint", async () => {
    const text = AROUND.replace("BODY", "const n: u64 = 1; const m: i32 = n; let o: u64 | null; missing();");
    const faults = await faultsOf(text);
    expect(faults.map(({ code }) => code)).toEqual(["build.as200", "build.as204", "build.ts2304"]);
    expect(faults.map(({ hint }) => hint !== undefined)).toEqual([true, true, false]);
  });
});

describe("the way out", () => {
  test("is there for every construct, and has a page", () => {
    for (const code of Object.keys(WAYS_OUT)) expect(EXPLAINED_CODES.has(code)).toBe(true);
  });
});
