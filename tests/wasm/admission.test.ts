import { describe, expect, test } from "vitest";
import { AirloomError } from "../../host/values/errors.ts";
import { LIMITS } from "../../host/values/limits.ts";
import { admitModule } from "../../host/wasm/admission.ts";
import { assemble, compiledReducer, op, REDUCER_EXPORTS, tinyReducer } from "../support/modules.ts";

function refusalOf(bytes: Uint8Array): AirloomError {
  try {
    admitModule(bytes);
  } catch (error) {
    if (error instanceof AirloomError) return error;
    throw error;
  }
  throw new Error("the module was admitted");
}

const alloc = { parameters: 1, results: 1, code: op.const(0) };
const step = { parameters: 3, results: 0, code: [] };

describe("admission", () => {
  test("takes a compiled reducer, which answers through memory", async () => {
    const { entries } = admitModule((await compiledReducer("retry-backoff")).wasm);
    expect(entries).toEqual({ step: "struct-return", run: null });
  });

  test("takes both ways to answer", () => {
    expect(admitModule(tinyReducer()).entries.step).toBe("struct-return");
    expect(admitModule(tinyReducer({ form: "multi-value" })).entries.step).toBe("multi-value");
  });

  test.each([
    ["bytes that are no wasm", "module.invalid_wasm", Uint8Array.of(1, 2, 3)],
    ["a module cut short", "module.invalid_wasm", tinyReducer().subarray(0, 40)],
    ["more bytes than the limit", "module.too_large", new Uint8Array(LIMITS.moduleBytesMax + 1)],
    ["a shared memory", "module.threads", tinyReducer({ memories: [[3, 8, 9]] })],
    ["no memory", "module.export_missing", tinyReducer({ exports: REDUCER_EXPORTS.slice(1) })],
    [
      "no alloc",
      "module.export_missing",
      tinyReducer({ exports: REDUCER_EXPORTS.filter(([n]) => n !== "alloc") }),
    ],
    ["no step", "module.export_missing", tinyReducer({ exports: REDUCER_EXPORTS.slice(0, 2) })],
    [
      "an alloc that gives nothing",
      "module.signature",
      tinyReducer({ functions: [{ ...alloc, results: 0, code: [] }, step] }),
    ],
    [
      "a step that takes two and gives nothing",
      "module.signature",
      tinyReducer({ functions: [alloc, { ...step, parameters: 2 }] }),
    ],
    ["a start that traps", "module.start_traps", trapsAtStart()],
    [
      "data outside its memory",
      "module.start_traps",
      tinyReducer({ data: { at: 8 * 65_536 - 1, bytes: Uint8Array.of(1, 2) } }),
    ],
  ])("refuses %s", (_, code, bytes) => {
    expect(refusalOf(bytes)).toMatchObject({ code, kind: "module" });
  });

  test("refuses a memory that is called step, and says what it is", () => {
    const exports = [...REDUCER_EXPORTS.slice(0, 2), ["step", "memory", 0]] as const;
    const { code, diagnostics } = refusalOf(tinyReducer({ exports }));
    expect(code).toBe("module.export_kind");
    expect(diagnostics).toMatchObject([{ expected: "function", found: "memory" }]);
  });

  test("names every import and what in the source leads to it", () => {
    const imports = [
      ["env", "seed"],
      ["env", "Date.now"],
      ["env", "console.log"],
      ["reducer", "peek"],
    ] as const;
    const functions = [alloc, step];
    const exports = REDUCER_EXPORTS.map(
      ([name, kind, i]) => [name, kind, kind === "function" ? i + 4 : i] as const,
    );
    const { code, diagnostics } = refusalOf(assemble({ functions, exports, imports }));
    expect(code).toBe("module.imports");
    expect(diagnostics.map(({ found }) => found)).toEqual([
      "env.seed",
      "env.Date.now",
      "env.console.log",
      "reducer.peek",
    ]);
    expect(diagnostics.map(({ hint }) => hint!.split(" ")[0])).toEqual([
      "Math.random",
      "Date.now",
      "console.log",
      "peek",
    ]);
  });

  test("refuses export names that begin as the injected ones do, and only those", () => {
    const named = (name: string) => tinyReducer({ exports: [...REDUCER_EXPORTS, [name, "function", 0]] });
    for (const name of ["\u0001", "\u0001enter", "\u0001reset"]) {
      expect(refusalOf(named(name))).toMatchObject({ code: "module.export_name" });
    }
    for (const name of ["constructor#x", "__proto__.x", "get:x", "a.b", "__getString", "", "a\u0001"]) {
      const { module } = admitModule(named(name));
      expect(WebAssembly.Module.exports(module).map((each) => each.name)).not.toContain(name);
    }
  });

  test("tells all findings at once", () => {
    const { diagnostics } = refusalOf(tinyReducer({ exports: [["\u0001a", "function", 0]] }));
    expect(diagnostics.map(({ code }) => code)).toEqual([
      "module.export_name",
      "module.export_missing",
      "module.export_missing",
      "module.export_missing",
    ]);
  });
});

describe("a start function", () => {
  const starting = (code: number[]) =>
    tinyReducer({ functions: [alloc, step, { parameters: 0, results: 0, code }], start: 2 });

  test("that calls itself without end meets the stack budget", () => {
    expect(refusalOf(starting(op.call(2)))).toMatchObject({ kind: "module", code: "module.start_traps" });
  });

  test("that loops without end meets the fuel of start functions", () => {
    const endless = [0x03, 0x40, 0x0c, 0, 0x0b];
    expect(refusalOf(starting(endless))).toMatchObject({ kind: "module", code: "module.start_endless" });
  });

  test("that ends is run", () => {
    expect(admitModule(starting([...op.const(0), ...op.const(7), ...op.store()])).restorable).toBe(true);
  });
});

function trapsAtStart(): Uint8Array {
  return tinyReducer({
    functions: [alloc, step, { parameters: 0, results: 0, code: [...op.unreachable] }],
    start: 2,
  });
}
