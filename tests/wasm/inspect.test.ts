/** What admission says of a module, whatever it is. */

import { describe, expect, test } from "vitest";
import { hashOf } from "../../host/values/hash.ts";
import { LIMITS } from "../../host/values/limits.ts";
import { inspectModule } from "../../host/wasm/inspect.ts";
import { tinyReducer } from "../support/modules.ts";
import { compileWat } from "../support/wat.ts";

const INTERFACE = `
  (memory (export "memory") 1)
  (func $alloc (export "alloc") (param i32) (result i32) (i32.const 1024))
  (func $step (export "step") (param i32 i32) (result i32 i32) (i32.const 0) (i32.const 0))`;

/** A function of so many locals, in which ways part or meet so often: at its entry and at each block. */
function branched(locals: number, joins: number): string {
  return `(func (local ${"i32 ".repeat(locals)}) ${"block end ".repeat(joins - 1)})`;
}

/** The same with operands, of which it holds one more at the last of its branches. */
function operandsHeld(operands: number, joins: number): string {
  const branch = "local.get 0 if end ";
  return `(func (param i32) ${"i32.const 0 ".repeat(operands - 1)} ${branch.repeat(joins)} unreachable)`;
}

async function codesOf(parts: string): Promise<readonly string[]> {
  return inspectModule(await compileWat(`(module ${INTERFACE} ${parts})`)).findings.map(({ code }) => code);
}

describe("a finding", () => {
  test.each([
    ["module.simd", "(func (drop (v128.const i32x4 0 0 0 0)))"],
    ["module.tail_calls", "(func $f (return_call $f))"],
    ["module.threads", "(func (drop (i32.atomic.load (i32.const 0))))"],
    ["module.floats", "(func (drop (f64.div (f64.const 1) (f64.const 2))))"],
    ["module.floats", "(global f32 (f32.const 1))"],
    ["module.floats", "(func (param f32) (result i32) (i32.trunc_sat_f32_s (local.get 0)))"],
    ["module.exceptions", "(tag $t (param i32))"],
    ["module.too_many_locals", `(func (local ${"i64 ".repeat(LIMITS.functionLocalsMax + 1)}))`],
    ["module.too_many_functions", "(func) ".repeat(LIMITS.moduleFunctionsMax - 1)],
    ["module.too_many_globals", "(global i32 (i32.const 0)) ".repeat(LIMITS.moduleGlobalsMax + 1)],
    ["module.too_many_tables", "(table 0 funcref) ".repeat(LIMITS.moduleTablesMax + 1)],
    ["module.table_too_large", `(table ${LIMITS.moduleTableEntriesMax + 1} funcref)`],
    ["module.too_many_operands", `(func ${"i32.const 0 ".repeat(LIMITS.operandHeightMax + 1)} unreachable)`],
    ["module.too_branched", branched(1000, LIMITS.functionJoinValuesMax / 1000 + 1)],
    ["module.too_branched", branched(1000, 1000).repeat(LIMITS.moduleJoinValuesMax / 1_000_000 + 1)],
    ["module.too_branched", operandsHeld(1000, LIMITS.functionJoinValuesMax / 1000)],
    ["module.function_too_large", `(func ${"nop ".repeat(LIMITS.functionBytesMax)})`],
  ])("is %s", async (code, parts) => {
    expect(await codesOf(parts)).toEqual([code]);
  });

  test.each([
    ["as many locals as there may be", `(func (local ${"i64 ".repeat(LIMITS.functionLocalsMax)}))`],
    ["as many functions", "(func) ".repeat(LIMITS.moduleFunctionsMax - 2)],
    ["as many globals", "(global i32 (i32.const 0)) ".repeat(LIMITS.moduleGlobalsMax)],
    ["as many table entries", `(table ${LIMITS.moduleTableEntriesMax} funcref)`],
    ["as many branches", branched(1000, LIMITS.functionJoinValuesMax / 1000)],
    ["as many branches in all", branched(1000, 1000).repeat(LIMITS.moduleJoinValuesMax / 1_000_000 - 1)],
    ["as many operands", `(func ${"i32.const 0 ".repeat(LIMITS.operandHeightMax)} unreachable)`],
    [
      "sign extension, multiple values, references",
      "(func (result i32 i64) (i32.extend8_s (i32.const 1)) (i64.const 0)) (table 1 externref)",
    ],
  ])("is not made of %s", async (_, parts) => {
    expect(await codesOf(parts)).toEqual([]);
  });

  test("tells where a float is, how many there are, and what leads to one", async () => {
    const parts = "(func $scale (drop (f64.mul (f64.const 1) (f64.const 2)))) (func (drop (f32.const 0)))";
    const { findings, functions } = inspectModule(await compileWat(`(module ${INTERFACE} ${parts})`));
    expect(findings[0]).toMatchObject({ code: "module.floats", expected: "no floats" });
    expect(findings[0]!.found).toMatch(/^f64\.const in function 2 at 0x[0-9a-f]+, 4 in all, in 2 functions$/);
    expect(findings[0]!.hint).toContain("number");
    expect(functions.map(({ index, uses }) => [index, uses.map(({ what, count }) => [what, count])])).toEqual(
      [
        [
          2,
          [
            ["f64.const", 2],
            ["f64.mul", 1],
          ],
        ],
        [3, [["f32.const", 1]]],
      ],
    );
  });
});

describe("the longest chain", () => {
  const chain = (length: number, locals: number) =>
    Array.from({ length }, (_, i) => {
      const next = i + 1 < length ? `(call $c${i + 1})` : "";
      return `(func $c${i} (local ${"i64 ".repeat(locals)}) ${next})`;
    }).join("\n");

  test("is bounded, and its functions are named", async () => {
    const slots = 8 + 1990;
    const fits = Math.floor(LIMITS.callChainBytesMax / (8 * slots));
    expect(await codesOf(chain(fits, 1990))).toEqual([]);
    expect(await codesOf(chain(fits + 1, 1990))).toEqual(["module.chain_too_long"]);
    const report = inspectModule(await compileWat(`(module ${INTERFACE} ${chain(3, 1990)})`));
    expect(report.chain.map(({ index, frameBytes }) => [index, frameBytes])).toEqual([
      [2, 8 * slots],
      [3, 8 * slots],
      [4, 8 * slots],
    ]);
    expect(report.cycles).toEqual([]);
  });

  test("of ten thousand calls is walked without the engine's own stack", async () => {
    const report = inspectModule(await compileWat(`(module ${INTERFACE} ${chain(9000, 0)})`));
    expect(report.findings.map(({ code }) => code)).toEqual(["module.chain_too_long"]);
    expect(report.chain).toHaveLength(9000);
  });

  test("leaves out cycles, which are listed, those through tables included", async () => {
    const parts = `(type $t (func)) (table funcref (elem $b))
      (func $a (call_indirect (type $t) (i32.const 0))) (func $b (call $a)) (func $self (call $self))`;
    const report = inspectModule(await compileWat(`(module ${INTERFACE} ${parts})`));
    expect(report.cycles.map((cycle) => cycle.map(({ index }) => index)).sort()).toEqual([[2, 3], [4]]);
  });
});

describe("a report", () => {
  test("has everything of a module that is admitted", () => {
    const bytes = tinyReducer();
    expect(inspectModule(bytes)).toMatchObject({
      hash: hashOf(bytes),
      sizeBytes: bytes.length,
      admitted: true,
      findings: [],
      entries: { step: "struct-return", run: null },
      imports: [],
      exports: [
        { name: "memory", kind: "memory" },
        { name: "alloc", kind: "function" },
        { name: "step", kind: "function" },
      ],
      running: { instances: "pooled", memoryBytes: 8 * 65_536, stackBytesMax: LIMITS.stackBytesDefault },
    });
  });

  test.each([
    ["nothing", new Uint8Array(0), "module.invalid_wasm"],
    ["no wasm", Uint8Array.of(1, 2, 3), "module.invalid_wasm"],
    ["half a module", tinyReducer().subarray(0, 40), "module.invalid_wasm"],
    ["too much", new Uint8Array(LIMITS.moduleBytesMax + 1), "module.too_large"],
  ])("of %s is that it is refused", (_, bytes, code) => {
    const report = inspectModule(bytes);
    expect(report).toMatchObject({ admitted: false, running: null });
    expect(report.findings.map((finding) => finding.code)).toEqual([code]);
  });
});
