/** Calls in one pool: none sees another, however it ended, and each kind of module gets the instances it needs. */

import { describe, expect, test } from "vitest";
import { DEFAULT_MODULE_LIMITS } from "../../host/air/settings.ts";
import type { StepInput, StepResult } from "../../host/kernel/ports.ts";
import { canon } from "../../host/values/cbor.ts";
import { hashOf } from "../../host/values/hash.ts";
import { createModuleHost } from "../../host/wasm/host.ts";
import { poolOf } from "../../host/wasm/pool.ts";
import { compileWat } from "../support/wat.ts";

const INPUT: StepInput = { state: null, schema: "a/B@1", value: canon(null), key: null, context: null };

/**
 * A module that answers with a state of one byte, which `body` leaves; it knows the first bytes of its input's
 * schema at `$a`. The output stands at 64: {"state": h'..'}.
 */
function wat(body: string, parts = "", memory = "1 4"): string {
  return `(module
    (memory (export "memory") ${memory})
    (data (i32.const 64) "\\a1\\65state\\41\\00")
    (func (export "alloc") (param i32) (result i32) (i32.const 4096))
    ${parts}
    (func (export "step") (param $a i32) (param $n i32) (result i32 i32) (local $i i32)
      (i32.store8 (i32.const 72) ${body})
      (i32.const 64) (i32.const 9)))`;
}

/** What calls of the same host give, one after the other: the byte, or the fault's code. */
async function answers(
  text: string,
  inputs: readonly Partial<StepInput>[],
): Promise<readonly (number | string)[]> {
  const wasm = await compileWat(text);
  const host = createModuleHost(() => wasm);
  const told = (result: StepResult) => (result.ok ? result.output.state![0]! : result.fault.code);
  return inputs.map((input) => told(host.step(hashOf(wasm), { ...INPUT, ...input })));
}

const THRICE = [{}, {}, {}];

describe("a call", () => {
  test.each([
    ["memory", "(i32.load8_u (i32.const 30000)) (i32.store8 (i32.const 30000) (i32.const 9))", ""],
    ["a global", "(global.get $g) (global.set $g (i32.const 9))", "(global $g (mut i32) (i32.const 0))"],
    ["a grown memory", "(i32.sub (memory.size) (i32.const 1)) (drop (memory.grow (i32.const 1)))", ""],
    [
      "a table",
      "(i32.eqz (ref.is_null (table.get $t (i32.const 0)))) (table.set $t (i32.const 0) (ref.func $f))",
      "(table $t 1 funcref) (func $f) (elem declare func $f)",
    ],
  ])("finds nothing that an earlier one left in %s", async (_, body, parts) => {
    expect(await answers(wat(body, parts), THRICE)).toEqual([0, 0, 0]);
  });

  test("finds dropped data in place", async () => {
    const parts = '(data $d "\\07")';
    const body =
      "(memory.init $d (i32.const 200) (i32.const 0) (i32.const 1)) (data.drop $d) (i32.load8_u (i32.const 200))";
    expect(await answers(wat(body, parts), THRICE)).toEqual([7, 7, 7]);
  });

  test("after one that trapped halfway begins as the first did", async () => {
    const body = `(i32.load8_u (i32.const 30000)) (i32.store8 (i32.const 30000) (i32.const 9))
      (if (i32.gt_u (local.get $n) (i32.const 200)) (then unreachable))`;
    const long = { value: canon("x".repeat(300)) };
    expect(await answers(wat(body), [{}, long, {}, long, {}])).toEqual([
      0,
      "module.trap",
      0,
      "module.trap",
      0,
    ]);
  });

  test("finds nothing of the input of a longer one before", async () => {
    const body = "(i32.load8_u (i32.const 4400))";
    expect(await answers(wat(body), [{ value: canon("y".repeat(900)) }, {}])).toEqual(["y".charCodeAt(0), 0]);
  });

  test("of a module without memory at first that grows one is like the first", async () => {
    const grows = `(module (memory (export "memory") 0 2)
      (func (export "alloc") (param i32) (result i32) (drop (memory.grow (i32.const 1))) (i32.const 4096))
      (func (export "step") (param i32 i32) (result i32 i32)
        (i64.store (i32.const 64) (i64.const 0x41657461747365a1))
        (i32.store8 (i32.const 72) (memory.size)) (i32.const 64) (i32.const 9)))`;
    expect(await answers(grows, THRICE)).toEqual([1, 1, 1]);
  });

  test("keeps its output when later calls of the module answer something else", async () => {
    const wasm = await compileWat(
      wat("(i32.load8_u (i32.add (local.get $a) (i32.sub (local.get $n) (i32.const 1))))"),
    );
    const host = createModuleHost(() => wasm);
    const states = Array.from({ length: 2000 }, (_, i) => {
      const result = host.step(hashOf(wasm), { ...INPUT, value: Uint8Array.of(i & 255) });
      return result.ok ? result.output.state! : null;
    });
    expect(states.every((state, i) => state![0] === (i & 255))).toBe(true);
  });
});

test("a pool is one for a module and its limits, and another under other limits", async () => {
  const wasm = await compileWat(wat("(i32.const 1)"));
  const hash = hashOf(wasm);
  const pool = poolOf(hash, DEFAULT_MODULE_LIMITS, () => wasm);
  expect(poolOf(hash, { ...DEFAULT_MODULE_LIMITS, fuelMax: 5n }, () => wasm)).toBe(pool);
  expect(poolOf(hash, { ...DEFAULT_MODULE_LIMITS, stackBytesMax: 4096 }, () => wasm)).not.toBe(pool);
});
