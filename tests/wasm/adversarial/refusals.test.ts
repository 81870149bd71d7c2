/** Modules that are refused before anything of them runs, and odd ones that are not: those work as written. */

import { describe, expect, it } from "vitest";
import { concat } from "../../../host/values/bytes.ts";
import { AirloomError } from "../../../host/values/errors.ts";
import { hashOf } from "../../../host/values/hash.ts";
import { LIMITS } from "../../../host/values/limits.ts";
import { admitModule } from "../../../host/wasm/admission.ts";
import { createModuleHost } from "../../../host/wasm/host.ts";
import { envelope, op, tinyReducer } from "../../support/modules.ts";
import { thrownBy } from "../../values/support.ts";
import { expectCounter } from "../languages/conduct.ts";
import { CLEAR, type CounterParts, counterWat, openCounter } from "../languages/counter.ts";

/** The code of the refusal, whether the module is admitted alone or a world is made with it. */
async function refusalOf(wasm: Uint8Array): Promise<string> {
  const error = thrownBy(() => admitModule(wasm));
  expect(error.kind).toBe("module");
  expect(error.diagnostics.length).toBeGreaterThan(0);
  const world = await openCounter(wasm).catch((thrown: unknown) => thrown);
  expect(world).toBeInstanceOf(AirloomError);
  expect(world).toMatchObject({ code: error.code });
  return error.code;
}

const many = (count: number, text: string) => text.repeat(count);

describe("refused is", () => {
  const refused: readonly (readonly [what: string, code: string, parts: CounterParts])[] = [
    [
      "a start function that loops",
      "module.start_endless",
      { fields: "(func $s (loop $l (br $l))) (start $s)" },
    ],
    ["a start function that traps", "module.start_traps", { fields: "(func $s unreachable) (start $s)" }],
    [
      "a start function that calls itself",
      "module.start_traps",
      { fields: "(func $s (call $s)) (start $s)" },
    ],
    [
      "a start function that fills 4 GiB",
      "module.start_endless",
      { fields: "(func $s (memory.fill (i32.const 0) (i32.const 1) (i32.const -1))) (start $s)" },
    ],
    [
      "a start function that takes all the memory there is",
      "module.start_endless",
      { fields: "(func $s (drop (memory.grow (i32.const 65535)))) (start $s)" },
    ],
    [
      "a step that is a global",
      "module.export_kind",
      {
        fields: '(global (export "step") i32 (i32.const 0))',
        edits: [['(export "step" (func $struct_return))', ""]],
      },
    ],
    [
      "a memory that is a function",
      "module.export_kind",
      {
        edits: [['(memory (export "memory") 1)', '(memory 1) (func (export "memory"))']],
      },
    ],
    [
      "a step that takes an i64",
      "module.signature",
      {
        fields: '(func (export "step") (param i64 i32 i32))',
        edits: [['(export "step" (func $struct_return))', ""]],
      },
    ],
    ["an export named like an injected one", "module.export_name", { fields: '(func (export "\\01reset"))' }],
    ["an export whose name only begins like one", "module.export_name", { fields: '(func (export "\\01"))' }],
    ["50,000 functions", "module.too_many_functions", { fields: many(50_000, "(func)") }],
    [
      "a function of 2,001 locals",
      "module.too_many_locals",
      { fields: `(func (local ${many(2001, "i32 ")}))` },
    ],
    [
      "2,001 values on one stack",
      "module.too_many_operands",
      {
        fields: `(func ${many(2001, "(i32.const 1) ")} ${many(2001, "drop ")})`,
      },
    ],
    ["a chain of calls that takes too much stack", "module.chain_too_long", { fields: chain(20) }],
    ["a table of a million entries", "module.table_too_large", { fields: "(table 1000000 funcref)" }],
    [
      "more memory at the start than it may have",
      "module.memory_too_large",
      {
        edits: [['(memory (export "memory") 1)', '(memory (export "memory") 2000)']],
      },
    ],
    ["data that does not fit", "module.start_traps", { fields: '(data (i32.const 65535) "two")' }],
  ];

  it.each(refused)("%s: %s", async (_, code, parts) => {
    expect(await refusalOf(await counterWat(parts))).toBe(code);
  });

  /** Each takes half of the parameters and locals a function may have, and hands them on. */
  function chain(length: number): string {
    const gets = Array.from({ length: 900 }, (_, i) => `(local.get ${i})`).join(" ");
    const functions = Array.from({ length }, (_, i) => {
      const next = i + 1 < length ? `${gets} (call $c${i + 1})` : "";
      return `(func $c${i} (param ${many(900, "i64 ")}) ${next})`;
    });
    return functions.join("\n");
  }

  it("a name section of 10 MB", async () => {
    const section = customSection("name", 10 << 20);
    expect(await refusalOf(concat([await counterWat(), section]))).toBe("module.too_large");
  });

  it("a function the engine would not take once it is rewritten", async () => {
    const code = Array<number>(LIMITS.functionBytesMax).fill(0x01);
    expect(await refusalOf(tinyReducer({ output: envelope(["state", null]), stepCode: code }))).toBe(
      "module.function_too_large",
    );
  });
});

describe("taken is the largest function there may be, of", () => {
  const most = LIMITS.functionBytesMax - 8000;

  it.each([
    ["calls of itself", `(func $f ${many(most / 2, "call $f ")})`],
    [
      "float arithmetic",
      `(func (param f64) (result f64) (local ${many(200, "f64 ")}) (local.get 0) ${many(most, "f64.ceil ")})`,
    ],
    [
      "stores",
      `(func (local ${many(40, "i32 ")}) ${many(Math.floor(most / 7), "(i32.store (local.get 0) (local.get 1)) ")})`,
    ],
    ["loops", `(func ${many(Math.floor(most / 3), "(loop) ")})`],
  ])(
    "%s",
    async (_, text) => {
      // With indices of two bytes everywhere, which is the most that rewriting can add.
      const globals = many(200, "(global (mut i32) (i32.const 0)) ");
      const wasm = await counterWat({ fields: `${globals} ${text}` });
      expect(wasm.length).toBeGreaterThan(most * 0.9);
      const { rewrittenBytes } = admitModule(wasm, { floats: "canonicalize" });
      expect(rewrittenBytes).toBeGreaterThan(wasm.length);
    },
    120_000,
  );
});

function customSection(name: string, length: number): Uint8Array {
  const size = 1 + name.length + length;
  const leb = [0, 7, 14, 21].map((shift, i) => ((size >> shift) & 127) | (i < 3 ? 128 : 0));
  return concat([
    Uint8Array.of(0, ...leb, name.length),
    new TextEncoder().encode(name),
    new Uint8Array(length).fill(0xff),
  ]);
}

describe("a module does its work although it has", () => {
  const odd: readonly (readonly [what: string, parts: CounterParts])[] = [
    [
      "exports named like those of the host",
      {
        fields: [
          "enter",
          "run",
          "reset",
          "left",
          "why",
          "answer",
          "pure",
          "start",
          "__proto__",
          "constructor",
          "toString",
          "__getString",
          "a.b",
          "a#b",
          "a:b",
          "",
          "\\e2\\80\\ae",
        ]
          .map((name) => `(func (export "${name}") unreachable)`)
          .join(" "),
      },
    ],
    ["an export named fault that is no record", { fields: '(func (export "fault"))' }],
    ["a record of a fault outside of memory", { fields: '(global (export "fault") i32 (i32.const -1))' }],
    [
      "data in every byte of a page",
      {
        edits: [
          [
            '(memory (export "memory") 1)',
            `(memory (export "memory") 2) (data (i32.const 0) "${many(65_536, "\\ff")}")`,
          ],
          ["(global $heap (mut i32) (i32.const 1024))", "(global $heap (mut i32) (i32.const 65536))"],
        ],
      },
    ],
    [
      "a jump to 10,000 places",
      { fields: `(func (param i32) (block (br_table ${many(10_000, "0 ")} (local.get 0))))` },
    ],
    [
      "code nobody reaches",
      {
        fields: `(func $odd (result i64) (return (i64.const 1)) i64.add i32.wrap_i64 (if (result i64) (then unreachable i64.store (loop (br 0)) i64.const 1)
        (else unreachable i32.store8 memory.fill i64.const 2)) drop call $odd drop i64.const 1)`,
      },
    ],
    [
      "a recursion that ends, a thousand times over",
      {
        clear: `(func $clear (result i64) (local $n i32)
          (loop $l
            (drop (call $down (i32.const 100)))
            (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000))))
          (i64.const 0))`,
        fields: `(func $down (param i32) (result i32)
          (if (result i32) (local.get 0)
            (then (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
            (else (i32.const 0))))`,
      },
    ],
    [
      "an answer that lies over its input",
      {
        edits: [
          [
            "(global.set $pos (local.get $at))",
            "(global.set $pos (local.get $at)) (global.set $heap (local.get $at))",
          ],
        ],
      },
    ],
    [
      "an alloc that gives another address each time",
      {
        edits: [
          [
            "(local.set $at (global.get $heap))",
            "(global.set $heap (i32.add (global.get $heap) (i32.const 1024))) (local.set $at (global.get $heap))",
          ],
        ],
      },
    ],
    [
      "an alloc that gives the end of its memory",
      {
        edits: [
          ['(memory (export "memory") 1)', '(memory (export "memory") 2)'],
          [
            "(local.get $at))\n",
            "(if (i32.gt_u (local.get $length) (i32.const 40)) (then (return (i32.sub (i32.const 131072) (local.get $length))))) (local.get $at))\n",
          ],
        ],
      },
    ],
  ];

  it.each(odd)("%s", async (_, parts) => {
    await expectCounter(await counterWat(parts));
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it.each([100, 5000])("%i blocks in one another", (depth) => {
    const output = envelope(["state", null]);
    const blocks = [...Array(depth).fill([0x02, 0x40]).flat(), ...Array<number>(depth).fill(0x0b)];
    const answer = [...op.get(0), ...op.const(1024), ...op.store(), ...op.get(0), ...op.const(output.length)];
    const wasm = tinyReducer({ output, stepCode: [...blocks, ...answer, ...op.store(4)] });
    expect(createModuleHost(() => wasm).step(hashOf(wasm), CLEAR)).toMatchObject({ ok: true });
  });
});
