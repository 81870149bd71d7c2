/**
 * Modules that are admitted and then do their worst. Each call ends in a fault of its own kind within its
 * limits, and the world goes on as if nothing had happened.
 */

import { describe, expect, it } from "vitest";
import { hashOf } from "../../../host/values/hash.ts";
import { LIMITS } from "../../../host/values/limits.ts";
import { createModuleHost } from "../../../host/wasm/host.ts";
import { CLEAR, counterWat, FORMS } from "../languages/counter.ts";
import { ANY, clearing, faultBetween } from "./hostile.ts";

const FUEL = 200_000n;
const SETTINGS = { fuel_max: Number(FUEL) };

/** What `Clear` does, and module fields that it needs. */
type Case = readonly [what: string, code: string, fields?: string];

describe("a call without an end runs out of fuel", () => {
  const endless: readonly Case[] = [
    ["a loop", `(loop $l (br $l)) ${ANY}`],
    ["a loop around a memory access", `(loop $l (drop (i32.load (i32.const 8))) (br $l)) ${ANY}`],
    ["a loop within a loop", `(loop $a (loop $b (br_if $b (i32.eqz (memory.size)))) (br $a)) ${ANY}`],
    ["a loop through br_table", `(loop $l (br_table $l $l $l (i32.const 7))) ${ANY}`],
    ["a loop that carries values", `(loop $l (result i64) (i64.const 1) (br $l))`],
    [
      "a loop in alloc",
      `(i64.extend_i32_u (call $spin))`,
      "(func $spin (result i32) (loop $l (br $l)) (i32.const 0))",
    ],
    [
      "memory.fill again and again",
      `(loop $l (memory.fill (i32.const 4096) (i32.const 1) (i32.const 61440)) (br $l)) ${ANY}`,
    ],
    [
      "memory.copy of nothing",
      `(loop $l (memory.copy (i32.const 0) (i32.const 0) (i32.const 0)) (br $l)) ${ANY}`,
    ],
    ["memory.grow by nothing", `(loop $l (drop (memory.grow (i32.const 0))) (br $l)) ${ANY}`],
    [
      "table.fill again and again",
      `(loop $l (table.fill $t (i32.const 0) (ref.null func) (i32.const 1000)) (br $l)) ${ANY}`,
      "(table $t 1000 funcref)",
    ],
  ];

  it.for(endless)("%s", async ([, code, fields]) => {
    const fault = await faultBetween(await clearing(code, fields), SETTINGS);
    expect(fault).toMatchObject({ faultCode: "module.out_of_fuel", fuel: FUEL });
  });

  it("a loop with all the fuel there is by default", async () => {
    const wasm = await clearing(`(loop $l (br $l)) ${ANY}`);
    const result = createModuleHost(() => wasm).step(hashOf(wasm), CLEAR);
    expect(result).toMatchObject({ ok: false, fault: { code: "module.out_of_fuel" } });
    expect(result.fuel).toBe(BigInt(LIMITS.fuelDefault));
  }, 120_000);
});

describe("a call that nests too deep exceeds the stack", () => {
  const many = (count: number, type = "i64") => Array.from({ length: count }, () => type).join(" ");
  const gets = Array.from({ length: 900 }, (_, i) => `(local.get ${i})`).join(" ");
  const deep: readonly (readonly [what: string, fields: string, code?: string])[] = [
    ["a recursion without locals", "(func $f (call $f))"],
    ["a recursion with 2,000 locals", `(func $f (local ${many(2000)}) (call $f))`],
    [
      "a recursion with 900 parameters and results",
      `(func $g (param ${many(900)}) (result ${many(900)}) ${gets} (call $g))
       (func $f ${"(i64.const 1) ".repeat(900)} (call $g) ${"drop ".repeat(900)})`,
    ],
    [
      "a recursion that holds 1,900 values",
      `(func $f ${"(i32.const 1) ".repeat(1900)} (call $f) ${"drop ".repeat(1900)})`,
    ],
    ["two functions in turn", "(func $f (call $g)) (func $g (call $f))"],
    [
      "two functions in turn through a table",
      `(type $v (func)) (table 2 funcref) (elem (i32.const 0) $f $g)
       (func $f (call_indirect (type $v) (i32.const 1))) (func $g (call_indirect (type $v) (i32.const 0)))`,
    ],
    [
      "a function that finds itself in a table",
      `(type $v (func)) (table $t 1 funcref) (elem declare func $f)
       (func $f (table.set $t (i32.const 0) (ref.func $f)) (call_indirect $t (type $v) (i32.const 0)))`,
    ],
  ];

  it.each(deep)("%s", async (_, fields) => {
    const fault = await faultBetween(await clearing(`(call $f) ${ANY}`, fields));
    expect(fault).toMatchObject({ faultCode: "module.stack_exceeded" });
    expect(fault.fuel).toBeLessThan(5_000_000n);
  });

  it("a step that calls itself", async () => {
    const input = "(global.set $input (local.get $at))";
    const wasm = await counterWat({
      clear: "(func $clear (result i64) (call $reduce (global.get $input)) (i64.const 0))",
      fields: "(global $input (mut i32) (i32.const 0))",
      edits: [["(global.set $pos (local.get $at))", `${input} (global.set $pos (local.get $at))`]],
    });
    expect(await faultBetween(wasm)).toMatchObject({ faultCode: "module.stack_exceeded" });
  });

  it("a smaller budget is met earlier", async () => {
    const wasm = await clearing(`(call $f) ${ANY}`, "(func $f (call $f))");
    const small = await faultBetween(wasm, { stack_bytes_max: 1024 });
    const large = await faultBetween(wasm);
    expect(small).toMatchObject({ faultCode: "module.stack_exceeded" });
    expect(small.fuel).toBeLessThan(large.fuel);
  });

  it.each(FORMS)("an alloc that calls itself, in the %s form", async (form) => {
    const wasm = await counterWat({
      form,
      clear: `(func $clear (result i64) (drop (call $alloc (i32.const -5))) ${ANY})`,
      edits: [
        [
          "(local.set $at (global.get $heap))",
          `(if (i32.eq (local.get $length) (i32.const -5))
        (then (drop (call $alloc (i32.const -5))))) (local.set $at (global.get $heap))`,
        ],
      ],
    });
    expect(await faultBetween(wasm)).toMatchObject({ faultCode: "module.stack_exceeded" });
  });
});

describe("a call that takes more memory than it may", () => {
  it("by growing to the end of the address space", async () => {
    const grow = "(if (i32.eq (memory.grow (i32.const 65535)) (i32.const -1)) (then unreachable))";
    const fault = await faultBetween(await clearing(`${grow} ${ANY}`));
    expect(fault).toMatchObject({
      faultCode: expect.stringMatching(/^module\.(memory_exceeded|out_of_fuel)$/),
    });
  });

  it("page by page", async () => {
    const code = `(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable`;
    const fault = await faultBetween(await clearing(code), { memory_pages_max: 20 });
    expect(fault).toMatchObject({ faultCode: "module.memory_exceeded" });
  });

  it("fills 4 GiB of it", async () => {
    const fault = await faultBetween(
      await clearing(`(memory.fill (i32.const 0) (i32.const 255) (i32.const -1)) ${ANY}`),
    );
    expect(fault.faultCode).toMatch(/^module\.(out_of_fuel|trap)$/);
  });

  it("copies 4 GiB of it, past what it has", async () => {
    const fault = await faultBetween(
      await clearing(`(memory.copy (i32.const 8) (i32.const 0) (i32.const -8)) ${ANY}`),
    );
    expect(fault.faultCode).toMatch(/^module\.(out_of_fuel|trap)$/);
  });
});

describe("a call that traps", () => {
  const traps: readonly Case[] = [
    ["by unreachable", "unreachable"],
    ["by dividing by zero", "(i64.div_u (i64.const 1) (i64.const 0))"],
    ["by a store at the very end of memory", `(i64.store (i32.const 65529) (i64.const -1)) ${ANY}`],
    [
      "by a store with the largest offset",
      `(i32.store8 offset=4294967295 (i32.const 1) (i32.const 1)) ${ANY}`,
    ],
    [
      "by a store with the largest offset and address",
      `(i64.store offset=4294967295 (i32.const -1) (i64.const 1)) ${ANY}`,
    ],
    [
      "in the middle of what it writes",
      "(i64.store (i32.const 0) (i64.const -1)) (global.set $heap (i32.const 9)) unreachable",
    ],
    ["by a call into an empty slot", `(call_indirect (result i64) (i32.const 0))`, "(table 1 funcref)"],
    [
      "by a call through a function of another type",
      `(call_indirect (result i64) (i32.const 0))`,
      "(table 1 funcref) (elem (i32.const 0) $alloc)",
    ],
    [
      "by a segment it dropped",
      `(data.drop $d) (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1)) ${ANY}`,
      `(data $d "x")`,
    ],
  ];

  it.for(traps)("%s", async ([, code, fields]) => {
    expect(await faultBetween(await clearing(code, fields))).toMatchObject({
      faultCode: "module.trap",
      faultMessage: "",
    });
  });
});
