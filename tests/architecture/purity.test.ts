import { describe, expect, it } from "vitest";
import { purityFindings } from "./purity.ts";
import { scan, show, sourcesUnder } from "./source.ts";

const foundIn = (path: string, text: string) => purityFindings(scan(path, text)).map(({ found }) => found);

describe("the pure rooms", () => {
  it("touch nothing that differs between machines", () => {
    expect(sourcesUnder("host").flatMap(purityFindings).map(show)).toEqual([]);
  });

  it.each([
    ['import { join } from "node:path";', "node:path"],
    ['const a = import("node:fs");', "node:fs"],
    ['import { z } from "zod";', "zod"],
    ["Buffer.from(bytes)", "Buffer"],
    ["let b: Buffer;", "Buffer"],
    ["Date.now()", "Date"],
    ["new Date()", "Date"],
    ["Math.random()", "Math.random"],
    ["process.env.TZ", "process"],
    ["({ ...process })", "process"],
    ["process?.version", "process"],
    ["performance.now()", "performance"],
    ["setTimeout(f, 1)", "setTimeout"],
    ["setInterval(f, 1)", "setInterval"],
    ["setImmediate(f)", "setImmediate"],
    ["queueMicrotask(f)", "queueMicrotask"],
    ["globalThis.x", "globalThis"],
    ["console.log(1)", "console"],
    ["fetch(a)", "fetch"],
    ["crypto.subtle", "crypto"],
    ["import.meta.url", "import.meta"],
    ["new WeakRef(a)", "WeakRef"],
    ["new Intl.Collator()", "Intl"],
    ["a.localeCompare(b)", ".localeCompare"],
    ["a.toLocaleString()", ".toLocaleString"],
    ['a.normalize("NFC")', '.normalize("'],
    ["a\n  .normalize()", ".normalize()"],
    ["new URL(a)", "URL("],
    ["URL.canParse(a)", "URL."],
    ["names.sort()", ".sort()"],
    ["names.toSorted( )", ".toSorted()"],
    ["Math.pow(a, b)", "Math.pow"],
    ["Math.exp(a)", "Math.exp"],
    ["Math.log2(a)", "Math.log2"],
    ["Math.atan2(a, b)", "Math.atan2"],
    ["a ** b", "**"],
    ["2 ** 64", "**"],
    ["/\\p{L}/u.test(a)", "/\\p{L}/u"],
    ["return await a;", "await"],
    ["async function f() {}", "async"],
    ["Promise.resolve(1)", "Promise."],
    ["new Promise(f)", "Promise("],
  ])("may not say %j", (text, found) => {
    expect(foundIn("host/kernel/a.ts", text)).toEqual([found]);
  });

  it.each([
    ["words in comments", "// Date, process and await\n/* Math.random() */"],
    ["words in strings", "refuse('Buffer', \"new Date()\", `setTimeout`);"],
    ["names that only look alike", "const update = validate(dated); a.process; a?.Date; ({ process: 1 })"],
    ["the normalize of a schema", "schema.normalize(bytes); reducer.key.normalize(key)"],
    ["sorting with a comparator", "names.sort(compareText); all.toSorted((a, b) => a - b)"],
    ["exact arithmetic", "Math.min(a, b) + Math.floor(c); 2n ** 64n"],
    ["a type of what is asynchronous", "head(): Promise<Head>; read(): AsyncIterable<Uint8Array>"],
    ["regular expressions over ASCII", "/^[a-z]+$/.test(name)"],
  ])("may have %s", (_, text) => {
    expect(foundIn("host/kernel/a.ts", text)).toEqual([]);
  });

  it("are the seven up to kernel; a later room may do all of it", () => {
    const text = 'import "node:fs";\nawait new Date();';
    for (const room of ["values", "air", "journal", "plan", "gate", "effects", "kernel"]) {
      expect(foundIn(`host/${room}/a.ts`, text).sort()).toEqual(["Date", "await", "node:fs"]);
    }
    for (const room of ["adapters", "store", "runtime", "build", "replay", "testing", "cli"]) {
      expect(foundIn(`host/${room}/a.ts`, text)).toEqual([]);
    }
  });

  it("let one file await: the in-memory journal, because its port does", () => {
    expect(foundIn("host/journal/memory.ts", "async () => { await a; }")).toEqual([]);
    expect(foundIn("host/journal/memory.ts", "Date.now()")).toEqual(["Date"]);
    expect(foundIn("host/journal/frame.ts", "async () => {}")).toEqual(["async"]);
  });

  it("keep packages where they belong", () => {
    expect(foundIn("host/air/text/a.ts", 'import { Ajv2020 } from "ajv/dist/2020.js";')).toEqual([]);
    expect(foundIn("host/air/a.ts", 'import { Ajv2020 } from "ajv/dist/2020.js";')).toEqual([
      "ajv/dist/2020.js",
    ]);
  });

  it("say where, and what to write in its place", () => {
    const [finding] = purityFindings(scan("host/plan/a.ts", "const a = 1;\nnames.sort();\n"));
    expect(finding).toMatchObject({ path: "host/plan/a.ts", line: 2, found: ".sort()" });
    expect(finding?.instead).toContain("comparator");
  });
});

describe("wasm and replay/core, which also run in a page", () => {
  it.each(["host/wasm/a.ts", "host/replay/core/a.ts"])("%s may await, but not touch Node", (path) => {
    expect(foundIn(path, "for await (const a of b) await a;")).toEqual([]);
    expect(foundIn(path, 'import { a } from "node:path";')).toEqual(["node:path"]);
    expect(foundIn(path, "Buffer.alloc(1)")).toEqual(["Buffer"]);
    expect(foundIn(path, "process.cwd()")).toEqual(["process"]);
  });

  it("share no package but the loader", () => {
    const text = 'import { instantiateSync } from "@assemblyscript/loader";';
    expect(foundIn("host/wasm/a.ts", text)).toEqual([]);
    expect(foundIn("host/replay/core/a.ts", text)).toEqual(["@assemblyscript/loader"]);
  });
});
