import { describe, expect, it } from "vitest";
import { importsOf, resolveImport, scan, sourcesUnder } from "./source.ts";

const codeOf = (text: string): string => scan("a.ts", text).code;
const specifiers = (text: string) => importsOf(scan("a.ts", text)).map(({ specifier }) => specifier);

describe("the scan of a source", () => {
  it.each([
    ["a // Date\nb", "a        \nb"],
    ["a /* Date\n */ b", "a        \n    b"],
    ['a("Date // \\" x")', 'a("            ")'],
    ["a('it''s')", "a('  '' ')"],
    ['x = /Date[/"]/g; y', "x = /          ; y"],
    ["a / b / c", "a / b / c"],
    ["(a) / b / Date", "(a) / b / Date"],
    ["return /Date/", "return /     "],
    ["`Date`", "`    `"],
    ["`a§{Date}b§{`in §{x}`}c` / y", "` §{Date} §{`   §{x}`} ` / y"],
    ["`§{{ a: 1 }}x`", "`§{{ a: 1 }} `"],
  ])("keeps the code of %j and nothing else (§ stands for $)", (text, code) => {
    expect(codeOf(text.replaceAll("§", "$"))).toBe(code.replaceAll("§", "$"));
  });

  it("finds every kind of import", () => {
    expect(specifiers('import { a } from "./a.ts";')).toEqual(["./a.ts"]);
    expect(specifiers('import type {\n  A,\n  B,\n} from "./a.ts";\nimport "./b.ts"')).toEqual([
      "./a.ts",
      "./b.ts",
    ]);
    expect(specifiers('export { a } from "./a.ts"; export * from "./b.ts"')).toEqual(["./a.ts", "./b.ts"]);
    expect(specifiers('await import("./a.ts"); let x: import("./b.ts").B; require("c")')).toEqual([
      "./a.ts",
      "./b.ts",
      "c",
    ]);
    expect(specifiers("import(`./a.ts`); import(name)")).toEqual(["./a.ts", null]);
  });

  it("takes no other string for an import", () => {
    expect(specifiers('const a = Array.from("x"); // import "y"\nf({ from: "z" }, `import "w"`)')).toEqual(
      [],
    );
  });

  it("resolves relative imports from the root", () => {
    expect(resolveImport("host/a/b.ts", "../c/d.ts")).toBe("host/c/d.ts");
    expect(resolveImport("host/a/b.ts", "./d.ts")).toBe("host/a/d.ts");
  });

  it("does not lose its way in any file of ours: brackets of the code match", () => {
    const astray = sourcesUnder("host", "assembly", "tests", "scripts").filter(
      ({ code }) => !isBalanced(code),
    );
    expect(astray.map(({ path }) => path)).toEqual([]);
  });
});

function isBalanced(code: string): boolean {
  const pairs = new Map([
    [")", "("],
    ["]", "["],
    ["}", "{"],
  ]);
  const open: string[] = [];
  for (const sign of code) {
    if ("([{".includes(sign)) open.push(sign);
    else if (pairs.has(sign) && open.pop() !== pairs.get(sign)) return false;
  }
  return open.length === 0;
}
