/** The rewritten module: it computes what the original does, counts, bounds and can be set back. */

import { describe, expect, test } from "vitest";
import { equalBytes } from "../../host/values/bytes.ts";
import { LIMITS } from "../../host/values/limits.ts";
import { type AdmissionOptions, admitModule } from "../../host/wasm/admission.ts";
import { createGuest, type Guest } from "../../host/wasm/guest.ts";
import { WHY } from "../../host/wasm/inject.ts";
import { compileWat } from "../support/wat.ts";

const FUEL = 1_000_000;
/** Where inputs go: 8 bytes, behind everything the modules here write. */
const INPUT = 32_768;

/**
 * A module whose `step` (multi-value) gives whatever `body` leaves: two i32. Locals $a and $n are the input's
 * address and length.
 */
function wat(body: string, parts = "", memory = "1 8"): string {
  return `(module
    (memory (export "memory") ${memory})
    (func (export "alloc") (param i32) (result i32) (i32.const ${INPUT}))
    ${parts}
    (func $step (export "step") (param $a i32) (param $n i32) (result i32 i32) (local $i i32) (local $l i64)
      ${body}))`;
}

async function guestOf(text: string, options: Partial<AdmissionOptions> = {}): Promise<Guest> {
  return createGuest(admitModule(await compileWat(text), options));
}

/** What one call gives, and the fuel it took; the instance is not set back. */
function call(guest: Guest, fuel = FUEL) {
  const at = guest.enter(8, fuel);
  const second = guest.run(at, 8);
  return { first: guest.answer(), second, fuel: fuel - guest.left() };
}

function why(guest: Guest, fuel = FUEL): number {
  expect(() => call(guest, fuel)).toThrow(WebAssembly.RuntimeError);
  return guest.why();
}

describe("fuel", () => {
  test("is one for each instruction that runs and one for each function entered", async () => {
    // alloc: entry, const, end; step: entry, two consts, end.
    expect(call(await guestOf(wat("(i32.const 3) (i32.const 4)")))).toEqual({ first: 3, second: 4, fuel: 7 });
  });

  test("of a loop is charged a turn at a time, at its head", async () => {
    const loop = (turns: number) =>
      wat(`(local.set $i (i32.const ${turns}))
        (loop $l (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
        (i32.const 0) (i32.const 0)`);
    const [one, ten] = [call(await guestOf(loop(1))), call(await guestOf(loop(10)))];
    expect(ten.fuel - one.fuel).toBe(9 * 7);
  });

  test("of memory.fill and memory.copy grows with the length", async () => {
    const bulk = (instruction: string, length: number) =>
      wat(`(${instruction} (i32.const 64) (i32.const 0) (i32.const ${length})) (i32.const 0) (i32.const 0)`);
    for (const instruction of ["memory.fill", "memory.copy"]) {
      const [none, some] = [
        call(await guestOf(bulk(instruction, 0))),
        call(await guestOf(bulk(instruction, 4000))),
      ];
      expect(some.fuel - none.fuel).toBe(1000);
      expect(why(await guestOf(bulk(instruction, -1)))).toBe(WHY.fuel);
    }
  });

  test("of memory.grow grows with the pages", async () => {
    const grow = (pages: number) => wat(`(memory.grow (i32.const ${pages})) (i32.const 0)`);
    const [none, two] = [call(await guestOf(grow(0))), call(await guestOf(grow(2)))];
    expect([none.first, two.first]).toEqual([1, 1]);
    expect(two.fuel - none.fuel).toBe(2 * 16_384);
  });

  test("that runs out stops the call, whatever it does", async () => {
    const endless = wat("(loop $l (br $l)) (i32.const 0) (i32.const 0)");
    expect(why(await guestOf(endless))).toBe(WHY.fuel);
    const calls = wat("(call $f) (i32.const 0) (i32.const 0)", "(func $f (call $g)) (func $g (nop))");
    const { fuel } = call(await guestOf(calls));
    expect(why(await guestOf(calls), fuel - 1)).toBe(WHY.fuel);
    expect(call(await guestOf(calls), fuel).fuel).toBe(fuel);
  });
});

describe("the stack budget", () => {
  const recursion = (locals: number) => {
    const declared = locals === 0 ? "" : `(local ${"i64 ".repeat(locals)})`;
    return wat(
      "(call $down (i32.load (local.get $a))) (i32.const 0)",
      `(func $down (param i32) (result i32) ${declared}
        (if (result i32) (local.get 0)
          (then (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
          (else (i32.const 0))))`,
    );
  };

  async function depthReached(locals: number, depth: number): Promise<number> {
    const guest = await guestOf(recursion(locals));
    const at = guest.enter(8, 100 * FUEL);
    new DataView(guest.memory.buffer).setInt32(at, depth, true);
    guest.run(at, 8);
    return guest.answer();
  }

  test.each([
    [0, 8 + 1 + 3 + 2],
    [1990, 8 + 1991 + 3 + 2],
  ])("with %i locals ends at a depth that follows from the frame", async (locals, slots) => {
    const deepest = Math.floor(LIMITS.stackBytesDefault / (8 * slots));
    expect(await depthReached(locals, deepest)).toBe(deepest);
    await expect(depthReached(locals, deepest + 1)).rejects.toThrow(WebAssembly.RuntimeError);
  });

  test("is given back as calls return", async () => {
    const often = wat(
      `(local.set $i (i32.const 100000))
      (loop $l (drop (call $self (i32.const 1))) (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
      (i32.const 5) (i32.const 0)`,
      `(func $self (param i32) (result i32)
        (if (result i32) (local.get 0) (then (call $self (i32.const 0))) (else (i32.const 0))))`,
    );
    expect(call(await guestOf(often), 100 * FUEL).first).toBe(5);
  });

  test("is charged for cycles through a table too", async () => {
    const indirect = wat(
      "(call_indirect (type $t) (i32.const 0)) (i32.const 0)",
      `(type $t (func (result i32))) (table funcref (elem $f $g))
      (func $f (result i32) (call_indirect (type $t) (i32.const 1)))
      (func $g (result i32) (call_indirect (type $t) (i32.const 0)))`,
    );
    expect(why(await guestOf(indirect), 100 * FUEL)).toBe(WHY.stack);
  });
});

describe("memory", () => {
  test("beyond the maximum is refused as wasm has it, and noted", async () => {
    const guest = await guestOf(wat("(memory.grow (i32.const 8)) (i32.const 0)"));
    expect(call(guest).first).toBe(-1);
    expect(guest.why()).toBe(WHY.memoryMax);
    const trapping = wat(
      "(if (i32.lt_s (memory.grow (i32.const 8)) (i32.const 0)) (then unreachable)) (i32.const 0) (i32.const 0)",
    );
    expect(why(await guestOf(trapping))).toBe(WHY.memoryMax);
    const later = wat(
      "(drop (memory.grow (i32.const 8))) (drop (i32.div_u (i32.const 1) (i32.const 0))) unreachable",
    );
    expect(why(await guestOf(later))).toBe(WHY.memoryMax);
  });

  test("may be less than the module declares", async () => {
    const grow = (pages: number) => wat(`(memory.grow (i32.const ${pages})) (i32.const 0)`);
    expect(call(await guestOf(grow(3), { memoryPagesMax: 4 })).first).toBe(1);
    expect(call(await guestOf(grow(4), { memoryPagesMax: 4 })).first).toBe(-1);
  });
});

describe("floats, where the settings allow them,", () => {
  const floats = { floats: "canonicalize" } as const;
  const bits = (value: string) => wat(`(i32.reinterpret_f32 ${value}) (i32.const 0)`);
  const bits64 = (value: string) =>
    wat(`(local.set $l (i64.reinterpret_f64 ${value}))
      (i32.wrap_i64 (local.get $l)) (i32.wrap_i64 (i64.shr_u (local.get $l) (i64.const 32)))`);

  test.each([
    ["(f32.add (f32.const nan:0x200001) (f32.const 1))", 0x7fc00000],
    ["(f32.div (f32.const 0) (f32.const 0))", 0x7fc00000],
    ["(f32.sqrt (f32.const -1))", 0x7fc00000],
    ["(f32.min (f32.const -nan:0x12345) (f32.const 1))", 0x7fc00000],
    ["(f32.demote_f64 (f64.const -nan:0x123456789))", 0x7fc00000],
    ["(f32.mul (f32.const 1.5) (f32.const 2))", 0x40400000],
    ["(f32.sub (f32.const 0) (f32.const inf))", 0xff800000],
    ["(f32.neg (f32.const nan:0x12345))", 0xff812345],
    ["(f32.copysign (f32.const nan:0x12345) (f32.const -1))", 0xff812345],
  ])("%s has the bits %i", async (value, expected) => {
    expect(call(await guestOf(bits(value), floats)).first >>> 0).toBe(expected);
  });

  test.each([
    ["(f64.mul (f64.const -nan:0x1234567890) (f64.const 1))", 0x7ff80000],
    ["(f64.promote_f32 (f32.const -nan:0x12345))", 0x7ff80000],
    ["(f64.nearest (f64.const 2.5))", 0x40000000],
    ["(f64.max (f64.const -0) (f64.const 0))", 0],
  ])("%s has the upper bits %i", async (value, expected) => {
    const { first, second } = call(await guestOf(bits64(value), floats));
    expect([first, second >>> 0]).toEqual([0, expected]);
  });
});

describe("setting back", () => {
  /** Runs the module's step; the memory and what the next call sees are then as before any. */
  async function leavesNothing(body: string, parts = "", options: Partial<AdmissionOptions> = {}) {
    const guest = await guestOf(wat(body, parts), options);
    const before = guest.memory.slice();
    const first = call(guest);
    guest.reset();
    expect(equalBytes(guest.memory, before)).toBe(true);
    expect(call(guest)).toEqual(first);
  }

  test.each([
    ["i32.store8", "(i32.store8 (i32.const 70000) (i32.const 255))"],
    ["a store at the end of the memory", "(i64.store (i32.const 524280) (i64.const -1))"],
    ["a store with a large offset", "(i32.store offset=400000 (i32.const 100000) (i32.const -1))"],
    ["a store with a small offset", "(i64.store32 offset=4096 (i32.const 200000) (i64.const -1))"],
    ["memory.fill", "(memory.fill (i32.const 1000) (i32.const 7) (i32.const 500000))"],
    ["memory.copy", "(memory.copy (i32.const 300000) (i32.const 0) (i32.const 64))"],
    ["memory.init", "(memory.init 1 (i32.const 400000) (i32.const 0) (i32.const 4))"],
    ["data that is overwritten", "(i64.store (i32.const 16) (i64.const 0))"],
  ])("undoes %s", async (_, body) => {
    const parts = `(data (i32.const 16) "some data that is there at first") (data "abcd")`;
    const text = wat(`${body} (i32.load (i32.const 16)) (i32.load8_u (i32.const 70000))`, parts, "8 8");
    const guest = await guestOf(text);
    const before = guest.memory.slice();
    const first = call(guest);
    guest.reset();
    expect(equalBytes(guest.memory, before)).toBe(true);
    expect(call(guest)).toEqual(first);
  });

  test("restores globals of every type, and what the start function left", async () => {
    const parts = `
      (global $i (mut i32) (i32.const 5)) (global $l (mut i64) (i64.const -7)) (global $fixed i32 (i32.const 1))
      (global $f (mut f32) (f32.const nan:0x300001)) (global $d (mut f64) (f64.const -0))
      (func $start (global.set $i (i32.const 6)) (i32.store (i32.const 60000) (i32.const 9)))
      (start $start)`;
    const body = `
      (i32.add (global.get $i) (i32.wrap_i64 (global.get $l)))
      (i32.add (i32.reinterpret_f32 (global.get $f)) (i32.load (i32.const 60000)))
      (global.set $i (i32.const 0)) (global.set $l (i64.const 99)) (global.set $f (f32.const 1))
      (global.set $d (f64.const 3)) (i32.store (i32.const 60000) (i32.const 0))`;
    await leavesNothing(body, parts, { floats: "canonicalize" });
    const guest = await guestOf(wat(body, parts), { floats: "canonicalize" });
    expect(call(guest)).toMatchObject({ first: -1, second: 0x7fb00001 + 9 });
  });

  test.each([
    ["tables", "(table.set $t (i32.const 0) (ref.null func))", "(table $t 2 funcref)"],
    ["growing tables", "(drop (table.grow $t (ref.null func) (i32.const 1)))", "(table $t 2 funcref)"],
    ["dropped data", "(data.drop 0)", '(data "x")'],
    ["references in globals", "(global.set $g (ref.null func))", "(global $g (mut funcref) (ref.null func))"],
  ])("is not tried for %s: each call gets a new instance", async (_, body, parts) => {
    const admitted = admitModule(await compileWat(wat(`${body} (i32.const 0) (i32.const 0)`, parts)));
    expect(admitted.restorable).toBe(false);
  });
});
