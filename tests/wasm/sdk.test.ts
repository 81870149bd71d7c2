/** What the SDK gives an author, through a reducer that does one thing for each arm of its event. */

import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { StepOutput } from "../../host/kernel/ports.ts";
import { fromHex, fromUtf8, toHex, utf8 } from "../../host/values/bytes.ts";
import { type Cbor, canon, encodeCbor } from "../../host/values/cbor.ts";
import { PROBE, type ProbeCalls, probeCalls } from "./probe.ts";

const U64_MAX = 0xffff_ffff_ffff_ffffn;

beforeAll(async () => {
  calls = await probeCalls();
}, 300_000);

let calls: ProbeCalls;
const outputOf: ProbeCalls["outputOf"] = (...call) => calls.outputOf(...call);
const faultOf: ProbeCalls["faultOf"] = (...call) => calls.faultOf(...call);

const noteOf = (output: StepOutput) => output.state && fromUtf8(output.state.subarray(1));
const raw = (hex: string) => [fromHex(hex)!];

describe("a reducer that stops", () => {
  const line = (text: string) => PROBE.split("\n").findIndex((l) => l.includes(text)) + 1;

  test("by throwing says where in the author's file", () => {
    expect(faultOf("throw", null)).toMatchObject({
      code: "module.abort",
      message: "thrown here",
      file: "reducer.ts",
      line: line("thrown here"),
      column: expect.any(Number),
    });
  });

  test("by a failed assertion says so as well, and not when it holds", () => {
    expect(faultOf("assert", 1)).toMatchObject({ message: "more than one", line: line("more than one") });
    expect(noteOf(outputOf("assert", 2))).toBe("new");
  });

  test("by refusing the event gives its reason", () => {
    const reason = {
      code: "module.abort",
      message: "the order is closed",
      file: null,
      line: null,
      column: null,
    };
    expect(faultOf("fail", null)).toMatchObject(reason);
  });

  test("in the standard library says which file of it", () => {
    expect(faultOf("index", 2)).toMatchObject({ code: "module.abort", file: "~lib/array.ts" });
    expect(noteOf(outputOf("index", 1))?.endsWith("2")).toBe(true);
  });
});

describe("state", () => {
  test("of a new cell is what init makes of it, and stays canonical and untagged", () => {
    expect(outputOf("nothing", null).state).toEqual(encodeCbor("new"));
    expect(outputOf("note", 1).state).toEqual(encodeCbor("new"));
    const tagOnly = canon(new Map([["$tag", "nothing"]]));
    expect(outputOf("nothing", null, { value: tagOnly }).state).toEqual(encodeCbor("new"));
  });

  test("of a known cell is read back, with a self-describe tag or without", () => {
    expect(outputOf("note", 1, { state: encodeCbor("kept") }).state).toEqual(encodeCbor("kept"));
    expect(outputOf("note", 1, { state: canon("kept") }).state).toEqual(encodeCbor("kept"));
  });

  test("that is not of its type aborts", () => {
    expect(faultOf("note", 1, { state: encodeCbor(1) })).toMatchObject({
      code: "module.abort",
      message: "state: expected text, found nat 1",
      file: "~lib/airloom/assembly/cbor/reader.ts",
    });
    const behind = faultOf("note", 1, { state: fromHex("616100")! });
    expect(behind.message).toBe("state: there are bytes after the value");
  });

  test("set to null deletes the cell, unless another is set after it", () => {
    expect(outputOf("delete", null, { state: encodeCbor("kept") }).state).toBeNull();
    expect(outputOf("delete", null).state).toBeNull();
    expect(outputOf("revive", null, { state: encodeCbor("kept") }).state).toEqual(encodeCbor("again"));
    expect(faultOf("after", "x").message).toContain("deleted");
  });
});

describe("what a reducer emits", () => {
  test("are events in order, with a key where one was given", () => {
    expect(outputOf("keyed", utf8("key")).events).toEqual([
      { schema: "t/Num@1", value: encodeCbor(1), key: utf8("key") },
      { schema: "t/Num@1", value: encodeCbor(2), key: null },
    ]);
  });

  test("are effects with slot and idempotency key", () => {
    const timer = new Map<string, Cbor>([
      ["key", null],
      ["deliver_at_ns", 5],
    ]);
    expect(outputOf("effects", new Uint8Array(32)).effects).toEqual([
      { kind: "blob.put", params: encodeCbor(7), slot: "slot", idempotencyKey: new Uint8Array(32) },
      { kind: "timer.set", params: encodeCbor(timer), slot: "clock", idempotencyKey: null },
    ]);
    expect(faultOf("effects", new Uint8Array(31)).message).toBe("an idempotency key has 32 bytes");
  });

  test("is an annotation", () => {
    expect(outputOf("note", 9).annotation).toEqual(encodeCbor(9));
    expect(outputOf("nothing", null).annotation).toBeNull();
  });
});

describe("the call context", () => {
  const fields: [string, Cbor][] = [
    ["now_ns", 12345],
    ["logical_now_ns", U64_MAX],
    ["journal_height", 7],
    ["entropy", Uint8Array.from({ length: 64 }, (_, i) => i)],
    ["event_hash", "sha256:e"],
    ["manifest_hash", "sha256:m"],
    ["reducer", "t/Probe@1"],
    ["cell_mode", true],
  ];

  test("is there when the module declares it", () => {
    const context = canon(new Map([...fields, ["key", utf8("abc")]]));
    expect(noteOf(outputOf("now", null, { context }))).toBe("12345 t/Probe@1");
    const note = outputOf("context", null, { context }).state!;
    expect(fromUtf8(note.subarray(2))).toBe(`${U64_MAX},7,64,63,sha256:e,sha256:m,3,cell`);
  });

  test("has no key for a reducer with a single cell", () => {
    const context = canon(new Map<string, Cbor>([...fields.slice(0, -1), ["cell_mode", false]]));
    const note = outputOf("context", null, { context }).state!;
    expect(fromUtf8(note.subarray(2))).toBe(`${U64_MAX},7,64,63,sha256:e,sha256:m,no key,single`);
  });

  test("that was not declared aborts and says what to do", () => {
    expect(faultOf("now", null).message).toContain("sys/ReducerContext@1");
  });
});

describe("values", () => {
  const echoed = (tag: string, value: Cbor) => outputOf(tag, value).events[0]!.value;

  test.each<[string, Cbor[]]>([
    ["nat", [0n, 23n, 24n, 255n, 256n, 65_535n, 65_536n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n + 1n, U64_MAX]],
    ["int", [0n, -1n, -24n, -25n, -256n, -257n, 2n ** 63n - 1n, -(2n ** 63n)]],
    ["bool", [true, false]],
    [
      "text",
      [
        "",
        "a",
        "é",
        "€",
        "😀",
        "\u0000",
        "\ufeffa",
        "\uffff",
        "\u{10ffff}",
        "x".repeat(24),
        "y".repeat(70_000),
      ],
    ],
    ["bytes", [new Uint8Array(0), utf8("b"), new Uint8Array(70_000)]],
    ["ints", [[], [1n, -1n], Array.from({ length: 300 }, (_, i) => BigInt(i))]],
    ["option", [null, 5n]],
  ])("of %s come back as the bytes they were", (tag, values) => {
    for (const value of values) expect(toHex(echoed(tag, value))).toBe(toHex(encodeCbor(value)));
  });

  test("of any text and number come back as the bytes they were", () => {
    const same = (tag: string, value: Cbor) => toHex(echoed(tag, value)) === toHex(encodeCbor(value));
    const text = fc.string({ unit: "binary", maxLength: 40 });
    fc.assert(fc.property(text, (value) => same("text", value)));
    fc.assert(fc.property(fc.bigInt(0n, U64_MAX), (value) => same("nat", value)));
    const int = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
    fc.assert(fc.property(int, (value) => same("int", value)));
  });

  test("that nobody reads may be anything AIR knows", () => {
    const value = [1, -1, "t", utf8("b"), null, true, new Map<string, Cbor>([["k", [[]]]])];
    expect(outputOf("other", value).events).toHaveLength(1);
    const nested = (depth: number) => raw(`${"81".repeat(depth)}00`);
    expect(outputOf("other", nested(100)).events).toHaveLength(1);
    expect(faultOf("other", nested(200)).message).toContain("nested deeper");
  });

  test.each([
    ["nat", "1817", "not the shortest head"],
    ["nat", "1b00000000ffffffff", "not the shortest head"],
    ["nat", "20", "a negative number"],
    ["nat", "1a0001", "cut short"],
    ["nat", "", "nothing at all"],
    ["nat", "0000", "something behind it"],
    ["nat", "c000", "a tag"],
    ["nat", "1f", "no length"],
    ["int", "1b8000000000000000", "above the largest int"],
    ["int", "3b8000000000000000", "below the smallest int"],
    ["bool", "f6", "null"],
    ["text", "62c3", "cut short"],
    ["text", "7f6161ff", "no given length"],
    ["text", "61ff", "a byte that starts nothing"],
    ["text", "61c3", "a sequence cut short"],
    ["text", "62c0af", "an overlong form of two"],
    ["text", "63e08080", "an overlong form of three"],
    ["text", "64f0808080", "an overlong form of four"],
    ["text", "63eda080", "a lone surrogate"],
    ["text", "64f4908080", "a point above U+10FFFF"],
    ["text", "62c341", "a broken sequence"],
    ["bytes", "5bffffffffffffffff00", "a length beyond everything"],
    ["bytes", "5affffffff00", "a length beyond the memory"],
    ["ints", "9a7fffffff00", "more items than bytes"],
    ["other", "f7", "undefined"],
    ["other", "f93c00", "a float"],
    ["other", "bb7fffffffffffffff", "more entries than bytes"],
  ])("of %s as %s abort: %s", (tag, hex) => {
    expect(faultOf(tag, raw(hex))).toMatchObject({
      code: "module.abort",
      message: expect.stringMatching(/./),
    });
  });

  test.each([0xd800, 0xdbff, 0xdc00, 0xdfff])("with the lone surrogate %i cannot be written", (unit) => {
    expect(faultOf("surrogate", unit)).toMatchObject({
      code: "module.abort",
      message: expect.stringContaining("surrogate"),
    });
    expect(noteOf(outputOf("surrogate", 0x41))).toBe("Ax");
  });
});

describe("arithmetic", () => {
  const calc = (name: string, a: bigint, b: bigint) => outputOf("calc", [name, a, b]).events[0]!.value;

  test.each<[string, bigint, bigint, bigint]>([
    ["satAdd", U64_MAX, 1n, U64_MAX],
    ["satAdd", U64_MAX - 1n, 1n, U64_MAX],
    ["satAdd", 2n, 3n, 5n],
    ["satSub", 2n, 3n, 0n],
    ["satSub", 3n, 2n, 1n],
    ["satMul", 2n ** 32n, 2n ** 32n, U64_MAX],
    ["satMul", 2n ** 32n, 2n ** 32n - 1n, 2n ** 64n - 2n ** 32n],
    ["satMul", 0n, U64_MAX, 0n],
    ["checkedAdd", U64_MAX - 1n, 1n, U64_MAX],
    ["checkedSub", 3n, 3n, 0n],
    ["checkedMul", 0n, 5n, 0n],
    ["checkedMul", U64_MAX, 1n, U64_MAX],
  ])("%s(%i, %i) is %i", (name, a, b, expected) => {
    expect(calc(name, a, b)).toEqual(encodeCbor(expected));
  });

  test.each([
    ["checkedAdd", U64_MAX, 1n],
    ["checkedSub", 2n, 3n],
    ["checkedMul", 2n ** 32n, 2n ** 32n],
  ])("%s(%i, %i) aborts", (name, a, b) => {
    expect(faultOf("calc", [name, a, b])).toMatchObject({
      code: "module.abort",
      message: expect.stringContaining(String(b)),
    });
  });
});
