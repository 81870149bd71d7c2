/**
 * Modules that try to keep something of one call for the next. Each counts, in a place of its own, how often it
 * was called, and every call must count 1; what ran before, and how it ended, must not be told from the fuel.
 */

import { describe, expect, it } from "vitest";
import type { ModuleHost, StepInput, StepResult } from "../../../host/kernel/ports.ts";
import { canon, decodeCbor } from "../../../host/values/cbor.ts";
import { hashOf } from "../../../host/values/hash.ts";
import { admitModule } from "../../../host/wasm/admission.ts";
import { createGuest, memoryOf } from "../../../host/wasm/guest.ts";
import { createModuleHost } from "../../../host/wasm/host.ts";
import { compileWat } from "../../support/wat.ts";
import { CLEAR, counterWat } from "../languages/counter.ts";

/** An event that makes these modules trap where the case says so, after they have counted. */
const ADD: StepInput = {
  ...CLEAR,
  value: canon(
    new Map<string, string | bigint>([
      ["$tag", "Add"],
      ["$value", 3n],
    ]),
  ),
};

/** A count in a global or in memory: what `Clear` gives is the count after one more. */
function counted(read: string, write: (value: string) => string): string {
  return `${write(`(i64.add ${read} (i64.const 1))`)} ${read}`;
}

interface Leak {
  readonly what: string;
  readonly code: string;
  readonly fields?: string;
}

/** A count kept at an address, through stores and loads with a static offset. */
function atAddress(what: string, address: number, offset = 0): Leak {
  const at = `offset=${offset} align=1 (i32.const ${address})`;
  return { what, code: counted(`(i64.load ${at})`, (value) => `(i64.store ${at} ${value})`) };
}

const LEAKS: readonly Leak[] = [
  {
    what: "an i64 global",
    code: counted("(global.get $n)", (v) => `(global.set $n ${v})`),
    fields: "(global $n (mut i64) (i64.const 0))",
  },
  {
    what: "an exported global",
    code: counted("(global.get $n)", (v) => `(global.set $n ${v})`),
    fields: '(global $n (export "n") (mut i64) (i64.const 0))',
  },
  {
    what: "an i32 global",
    code: counted("(i64.extend_i32_u (global.get $n))", (v) => `(global.set $n (i32.wrap_i64 ${v}))`),
    fields: "(global $n (mut i32) (i32.const 0))",
  },
  {
    what: "an f64 global",
    code: counted(
      "(i64.reinterpret_f64 (global.get $n))",
      (v) => `(global.set $n (f64.reinterpret_i64 ${v}))`,
    ),
    fields: "(global $n (mut f64) (f64.const 0))",
  },
  {
    what: "an f32 global",
    code: counted(
      "(i64.extend_i32_u (i32.reinterpret_f32 (global.get $n)))",
      (v) => `(global.set $n (f32.reinterpret_i32 (i32.wrap_i64 ${v})))`,
    ),
    fields: "(global $n (mut f32) (f32.const 0))",
  },
  {
    what: "a global that holds a reference",
    code: "(if (ref.is_null (global.get $r)) (then (global.set $r (ref.func $alloc)) (return (i64.const 1)))) (i64.const 2)",
    fields: "(global $r (mut funcref) (ref.null func)) (elem declare func $alloc)",
  },
  atAddress("the first byte of memory", 0),
  atAddress("memory far up", 60_000),
  atAddress("the last bytes of memory", 65_528),
  atAddress("memory behind a static offset", 4, 4000),
  atAddress("memory behind a large static offset", 4, 5000),
  atAddress("the last bytes, through a static offset alone", 0, 65_528),
  ...[8, 16, 32].map(
    (bits): Leak => ({
      what: `a store of ${bits} bits`,
      code: counted(
        `(i64.load${bits}_u (i32.const 50001))`,
        (v) => `(i64.store${bits} (i32.const 50001) ${v})`,
      ),
    }),
  ),
  {
    what: "a store of an f64",
    code: counted(
      "(i64.load (i32.const 50008))",
      (v) => `(f64.store (i32.const 50008) (f64.reinterpret_i64 ${v}))`,
    ),
  },
  {
    what: "memory.fill",
    code: counted(
      "(i64.load8_u (i32.const 65535))",
      (v) => `(memory.fill (i32.const 65535) (i32.wrap_i64 ${v}) (i32.const 1))`,
    ),
  },
  {
    what: "memory.copy",
    code: `(if (i32.load8_u (i32.const 65000)) (then (return (i64.const 2))))
      (memory.copy (i32.const 64000) (i32.const 500) (i32.const 1500)) (i64.const 1)`,
    fields: `(data (i32.const 500) "${"\\01".repeat(500)}") (data (i32.const 1500) "${"\\01".repeat(500)}")`,
  },
  {
    what: "memory.init",
    code: `(if (i32.load8_u (i32.const 65535)) (then (return (i64.const 2))))
      (memory.init $d (i32.const 65535) (i32.const 0) (i32.const 1)) (i64.const 1)`,
    fields: '(data $d "\\01")',
  },
  {
    what: "what its data had been",
    code: "(i32.store8 (i32.const 40000) (i32.add (i32.load8_u (i32.const 40000)) (i32.const 1))) (i64.sub (i64.load8_u (i32.const 40000)) (i64.const 6))",
    fields: '(data (i32.const 40000) "\\06")',
  },
  {
    what: "what the start function left",
    code: "(i32.store8 (i32.const 40000) (i32.add (i32.load8_u (i32.const 40000)) (i32.const 1))) (i64.sub (i64.load8_u (i32.const 40000)) (i64.const 8))",
    fields: "(func $init (i32.store8 (i32.const 40000) (i32.const 8))) (start $init)",
  },
  {
    what: "the size of its memory",
    code: "(drop (memory.grow (i32.const 1))) (i64.extend_i32_u (i32.sub (memory.size) (i32.const 1)))",
  },
  {
    what: "memory it grew by",
    code: "(drop (memory.grow (i32.const 1))) (i64.store (i32.const 65536) (i64.add (i64.load (i32.const 65536)) (i64.const 1))) (i64.load (i32.const 65536))",
  },
  {
    what: "a slot of a table",
    code: "(if (ref.is_null (table.get $t (i32.const 0))) (then (table.set $t (i32.const 0) (ref.func $alloc)) (return (i64.const 1)))) (i64.const 2)",
    fields: "(table $t 1 funcref) (elem declare func $alloc)",
  },
  {
    what: "the size of a table",
    code: "(drop (table.grow $t (ref.null extern) (i32.const 1))) (i64.extend_i32_u (table.size $t))",
    fields: "(table $t 0 10 externref)",
  },
  {
    what: "table.fill, table.copy and table.init",
    code: `(if (i32.eqz (ref.is_null (table.get $t (i32.const 2)))) (then (return (i64.const 2))))
      (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1))
      (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 1))
      (table.fill $t (i32.const 2) (table.get $t (i32.const 1)) (i32.const 1)) (i64.const 1)`,
    fields: "(table $t 3 funcref) (elem $e func $alloc)",
  },
  {
    what: "a data segment it dropped",
    code: "(memory.init $d (i32.const 50000) (i32.const 0) (i32.const 1)) (data.drop $d) (i64.load8_u (i32.const 50000))",
    fields: '(data $d "\\01")',
  },
  {
    what: "an element segment it dropped",
    code: "(table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1)) (elem.drop $e) (i64.const 1)",
    fields: "(table $t 1 funcref) (elem $e func $alloc)",
  },
  {
    what: "the address alloc gives",
    code: `(global.set $heap (i32.add (global.get $heap) (i32.const 64))) (i64.extend_i32_u (i32.div_u (i32.sub (global.get $heap) (i32.const 1024)) (i32.const 150)))`,
  },
];

const OPTIONS = { floats: "canonicalize", fuelMax: 100_000n } as const;

function hostOf(wasm: Uint8Array): ModuleHost {
  return createModuleHost(
    () => wasm,
    () => OPTIONS,
  );
}

function countIn(result: StepResult): bigint | string {
  if (!result.ok) return result.fault.code;
  return decodeCbor(result.output.state!) as bigint;
}

/** The module, and how its other event ends. */
async function leaking({ code, fields = "" }: Leak, ending = ""): Promise<Uint8Array> {
  const add = "(global.set $count (i64.add (global.get $count) (call $head)))";
  return counterWat({
    clear: `(func $clear (result i64) ${code})`,
    fields,
    edits: ending === "" ? [] : [[add, `(drop (call $clear)) ${ending} ${add}`]],
  });
}

describe.each(LEAKS)("nothing is kept in $what", (leak) => {
  it("from one call to the next", async () => {
    const wasm = await leaking(leak);
    const host = hostOf(wasm);
    const results = [1, 2, 3].map(() => host.step(hashOf(wasm), CLEAR));
    expect(results.map(countIn)).toEqual([1n, 1n, 1n]);
    expect(new Set(results.map(({ fuel }) => fuel)).size).toBe(1);
    expect(hostOf(wasm).step(hashOf(wasm), CLEAR)).toEqual(results[0]);
  });

  it.each([
    ["a trap", "unreachable", "module.trap"],
    ["running out of fuel", "(loop $l (br $l))", "module.out_of_fuel"],
    ["a recursion too deep", "(call $read_event_again)", "module.stack_exceeded"],
    ["an answer outside of memory", "(global.set $out_length (i32.const -1))", "module.output_invalid"],
  ])("past %s in the middle of a call", async (_, ending, code) => {
    const fields = `${leak.fields ?? ""} (func $read_event_again (call $read_event_again))`;
    const wasm = await leaking({ ...leak, fields }, ending);
    const host = hostOf(wasm);
    const before = host.step(hashOf(wasm), CLEAR);
    const failed = host.step(hashOf(wasm), ADD);
    expect(countIn(failed)).toBe(code);
    expect(host.step(hashOf(wasm), CLEAR)).toEqual(before);
    expect(withoutTrace(host.step(hashOf(wasm), ADD))).toEqual(withoutTrace(failed));
    expect(countIn(before)).toBe(1n);
  });

  it("and reset brings every byte back", async () => {
    const admitted = admitModule(await leaking(leak), OPTIONS);
    const guest = createGuest(admitted);
    const pristine = new Uint8Array(memoryOf(guest)).slice();
    const at = guest.enter(64, 100_000);
    new Uint8Array(memoryOf(guest)).fill(0xa5, at, at + 64);
    expect(() => guest.run(at, 64)).toThrow(WebAssembly.RuntimeError);
    if (!admitted.restorable) return;
    guest.reset();
    expect(Buffer.compare(new Uint8Array(memoryOf(guest)), pristine)).toBe(0);
  });
});

function withoutTrace(result: StepResult) {
  return result.ok ? result : { fault: { ...result.fault, trace: [], live: "" }, fuel: result.fuel };
}

describe("a module without memory at the start", () => {
  const NOTHING = `(module
    (memory (export "memory") 0)
    (func (export "alloc") (param i32) (result i32)
      (if (i32.eqz (memory.size)) (then (drop (memory.grow (i32.const 1)))))
      (i32.const 1024))
    (func (export "step") (param $ret i32) (param i32 i32)
      (i64.store (i32.const 2048) (i64.const 0x41_65746174_7365a1))
      (i32.store8 offset=7 (i32.const 2048) (i32.const 0x41))
      (i32.store8 offset=8 (i32.const 2048) (memory.size))
      (i32.store (local.get $ret) (i32.const 2048))
      (i32.store offset=4 (local.get $ret) (i32.const 9))))`;

  it("is read after it has grown, and grows anew in each call", async () => {
    const wasm = await compileWat(NOTHING);
    const host = hostOf(wasm);
    const results = [1, 2, 3].map(() => host.step(hashOf(wasm), CLEAR));
    expect(results.map(countIn)).toEqual([1n, 1n, 1n]);
    expect(new Set(results.map(({ fuel }) => fuel)).size).toBe(1);
  });
});

describe("the input of a call", () => {
  it("cannot be found by the next, which had a shorter one", async () => {
    // Gives the bytes behind its own input as a number: 0 unless a longer input was left there.
    const code = "(i64.load align=1 (i32.const 1400))";
    const wasm = await leaking({ what: "", code });
    const host = hostOf(wasm);
    const long = { ...CLEAR, key: new Uint8Array(2000).fill(0x77) };
    expect(countIn(host.step(hashOf(wasm), long))).toBe(0x7777777777777777n);
    expect(countIn(host.step(hashOf(wasm), CLEAR))).toBe(0n);
  });
});
