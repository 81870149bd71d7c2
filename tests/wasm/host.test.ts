import { describe, expect, test } from "vitest";
import type { GuestFault, StepInput, StepResult } from "../../host/kernel/ports.ts";
import type { Hash } from "../../host/values/brand.ts";
import { equalBytes, utf8 } from "../../host/values/bytes.ts";
import { canon } from "../../host/values/cbor.ts";
import { hashOf } from "../../host/values/hash.ts";
import { LIMITS } from "../../host/values/limits.ts";
import { createModuleHost } from "../../host/wasm/host.ts";
import { envelope, op, REDUCER_EXPORTS, type TinyReducer, tinyReducer } from "../support/modules.ts";

const INPUT: StepInput = { state: null, schema: "a/B@1", value: canon(null), key: null, context: null };

function call(bytes: Uint8Array, input = INPUT): StepResult {
  return createModuleHost(() => bytes).step(hashOf(bytes), input);
}

function faultOf(tiny: TinyReducer): GuestFault {
  const result = call(tinyReducer(tiny));
  if (result.ok) throw new Error("the call answered");
  return result.fault;
}

describe("the module host", () => {
  test("gives what the module answered, and the fuel it took", () => {
    const output = envelope(["state", utf8("s")], ["ann", utf8("a")]);
    const answered = {
      ok: true,
      output: { state: utf8("s"), events: [], effects: [], annotation: utf8("a") },
    };
    // Each function's entry and its end cost one; `alloc` has one instruction, and is called once or twice.
    expect(call(tinyReducer({ output }))).toEqual({ ...answered, fuel: 3n + 3n + 8n });
    expect(call(tinyReducer({ output, form: "multi-value" }))).toEqual({ ...answered, fuel: 3n + 4n });
  });

  test("finds a module once and by the hash of its bytes", () => {
    const bytes = tinyReducer();
    const asked: Hash[] = [];
    const host = createModuleHost((hash) => {
      asked.push(hash);
      return bytes;
    });
    host.step(hashOf(bytes), INPUT);
    host.step(hashOf(bytes), INPUT);
    expect(asked).toEqual([hashOf(bytes)]);
  });

  test("refuses bytes that are not those of the hash", () => {
    const host = createModuleHost(() => tinyReducer());
    expect(() => host.step(hashOf(utf8("another")), INPUT)).toThrow(
      expect.objectContaining({ kind: "corrupt", code: "module.hash_mismatch" }),
    );
  });

  test("says which module is missing", () => {
    const hash = hashOf(utf8("gone"));
    expect(() => createModuleHost(() => undefined).step(hash, INPUT)).toThrow(
      expect.objectContaining({ kind: "missing", code: "module.missing", fields: { hash } }),
    );
  });

  test("refuses a module that imports something", () => {
    const imports = [["env", "seed"]] as const;
    const exports = REDUCER_EXPORTS.map(
      ([name, kind, i]) => [name, kind, kind === "function" ? i + 1 : i] as const,
    );
    expect(() => call(tinyReducer({ imports, exports }))).toThrow(
      expect.objectContaining({ code: "module.imports" }),
    );
  });

  test("keeps nothing of one call for the next", () => {
    // Answers what it finds at 1024, a state of one byte, and then counts that byte up.
    const output = envelope(["state", Uint8Array.of(0)]);
    const last = 1024 + output.length - 1;
    const count = [...op.const(last), ...op.const(last), 0x2d, 0, 0, ...op.const(1), 0x6a, 0x3a, 0, 0];
    const answer = [
      ...op.get(0),
      ...op.const(1024),
      ...op.store(),
      ...op.get(0),
      ...op.const(output.length),
      ...op.store(4),
    ];
    const bytes = tinyReducer({ output, stepCode: [...count, ...answer] });
    const host = createModuleHost(() => bytes);
    const states = [1, 2, 3].map(() => {
      const result = host.step(hashOf(bytes), INPUT);
      return result.ok && result.output.state;
    });
    expect(states).toEqual([Uint8Array.of(1), Uint8Array.of(1), Uint8Array.of(1)]);
  });
});

describe("a module that answers garbage has a fault of its own", () => {
  const invalid = { code: "module.output_invalid", file: null, line: null, column: null };

  test.each<[string, TinyReducer]>([
    ["a negative length", { length: -1 }],
    ["a length above the limit", { length: LIMITS.outputBytesMax + 1 }],
    ["an address outside its memory", { address: 8 * 65_536 }],
    ["a negative address", { address: -8 }],
    ["an end outside its memory", { address: 8 * 65_536 - 4, length: 5 }],
    ["no CBOR", { output: Uint8Array.of(0xff, 0xff) }],
    ["an empty output", { length: 0 }],
    ["an alloc outside its memory", { allocCode: op.const(8 * 65_536) }],
    ["an alloc at the very end", { allocCode: op.const(8 * 65_536 - 4) }],
    ["a negative alloc", { allocCode: op.const(-1) }],
  ])("%s", (_, tiny) => {
    expect(faultOf(tiny)).toMatchObject(invalid);
    expect(faultOf(tiny).message).not.toBe("");
    expect(faultOf({ ...tiny, form: "multi-value" })).toMatchObject(invalid);
  });

  test("an output that ends exactly with the memory is read", () => {
    const at = 8 * 65_536 - 8;
    const output = envelope(["state", null]);
    expect(call(tinyReducer({ output, data: { at, bytes: output }, address: at })).ok).toBe(true);
  });

  test("the output limit itself is allowed", () => {
    const state = new Uint8Array(LIMITS.outputBytesMax - 12);
    const output = envelope(["state", state]);
    expect(output.length).toBe(LIMITS.outputBytesMax);
    const answered = call(tinyReducer({ output, allocCode: op.const(6 * 65_536) }));
    expect(answered.ok && equalBytes(answered.output.state!, state)).toBe(true);
  });
});

describe("a module that stops", () => {
  test("by a trap leaves no words to journal, the engine's are for the person watching", () => {
    const fault = faultOf({ stepCode: [...op.unreachable] });
    expect(fault).toMatchObject({ code: "module.trap", message: "", file: null, line: null, column: null });
    expect(fault.live).toMatch(/unreachable/);
  });

  test("in alloc is a trap as well", () => {
    expect(faultOf({ allocCode: [...op.unreachable] })).toMatchObject({ code: "module.trap" });
  });

  test("by endless recursion has used up its stack", () => {
    const stepCode = [...op.get(0), ...op.get(1), ...op.get(2), ...op.call(1)];
    expect(faultOf({ stepCode })).toMatchObject({ code: "module.stack_exceeded", file: null });
  });
});

describe("what a module says when it aborts", () => {
  const FAULT_AT = 64;

  /** A module that traps with this fault record and these strings in its memory. */
  function aborting(
    record: readonly number[],
    strings: readonly (readonly [number, Uint8Array])[] = [],
    at = FAULT_AT,
  ) {
    const bytes = new Uint8Array(8192);
    const view = new DataView(bytes.buffer);
    record.forEach((word, i) => {
      view.setUint32(FAULT_AT + 4 * i, word, true);
    });
    for (const [address, content] of strings) bytes.set(content, address);
    const exports = [...REDUCER_EXPORTS, ["fault", "global", 0]] as const;
    return faultOf({ stepCode: [...op.unreachable], exports, globals: [at], data: { at: 0, bytes } });
  }

  /** A string as AssemblyScript keeps it, from its id at -8. */
  function string(text: string, { id = 2, length = 2 * text.length } = {}): Uint8Array {
    const bytes = new Uint8Array(8 + 2 * text.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, id, true);
    view.setUint32(4, length, true);
    for (let i = 0; i < text.length; i++) view.setUint16(8 + 2 * i, text.charCodeAt(i), true);
    return bytes;
  }

  const message = [1008 - 8, string("not so")] as const;
  const file = [1104 - 8, string("reducer.ts")] as const;
  const nothing = { code: "module.trap", message: "", file: null, line: null, column: null };

  test("is its message, file, line and column", () => {
    expect(aborting([1008, 1104, 7, 3], [message, file])).toMatchObject({
      code: "module.abort",
      message: "not so",
      file: "reducer.ts",
      line: 7,
      column: 3,
    });
  });

  test("may lack file and line", () => {
    expect(aborting([1008, 0, 0, 0], [message])).toMatchObject({
      code: "module.abort",
      file: null,
      line: null,
    });
  });

  test("is nothing when no record was left", () => {
    expect(aborting([0, 0, 0, 0])).toMatchObject(nothing);
  });

  test("is cut, on one line and free of what steers a terminal", () => {
    const long = [1008 - 8, string(`a\u001b[31m\n\u202e\ud800${"x".repeat(2000)}`)] as const;
    const { message: said } = aborting([1008, 0, 1, 1], [long]);
    expect(said.length).toBeLessThanOrEqual(LIMITS.faultTextMax);
    expect(said).toMatch(/^a\?\[31m\?\?\?x+…$/);
  });

  test.each([
    ["outside the memory", 0x7ffffff0, string("x")],
    ["at the end of the memory", 8 * 65_536, string("x")],
    ["below its own header", 4, string("x")],
    ["at an odd place", 1009, string("x")],
    ["of something that is no string", 1008, string("x", { id: 1 })],
    ["with an odd length", 1008, string("x", { length: 3 })],
    ["longer than the memory", 1008, string("x", { length: 0xfffffffe })],
    ["longer than anyone would say", 1008, string("x", { length: 65_538 })],
  ])("ignores a message %s", (_, address, content) => {
    expect(aborting([address, 1104, 7, 3], [[1000, content], file])).toMatchObject({
      code: "module.abort",
      message: "",
      file: "reducer.ts",
      line: 7,
    });
  });

  test.each([8 * 65_536, 8 * 65_536 - 15, -1])("ignores a record at %i, outside the memory", (at) => {
    expect(aborting([1008, 1104, 7, 3], [message, file], at)).toMatchObject(nothing);
  });
});
