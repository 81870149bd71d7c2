import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Fault } from "../../host/air/source.ts";
import { parseExact } from "../../host/air/text/exact.ts";
import { parseJsonText, parseWithPositions } from "../../host/air/text/parse.ts";
import { isJsonArray, isJsonObject, type Json, JsonNumber } from "../../host/values/json.ts";
import { inOrder } from "./in-order.ts";
import { seeded } from "./seed.ts";

interface Told extends Fault {
  readonly line: number | null;
  readonly column: number | null;
}

function read(text: string): { readonly json: Json | null; readonly faults: readonly Told[] } {
  const faults: Told[] = [];
  const source = parseJsonText("file.json", text, (origin) => (fault) => {
    const { line, column } = origin.locate(fault.pointer, fault.part ?? "value");
    faults.push({ ...fault, line, column });
  });
  expect(source.sound).toBe(faults.length === 0);
  return { json: source.json, faults };
}

/** Code, line, column. */
function told(text: string) {
  return read(text).faults.map(({ code, line, column }) => [code, line, column]);
}

describe("a JSON text", () => {
  test("keeps the digits of its numbers", () => {
    expect(read("[9007199254740993, 1.50, -0, 1e3]").json).toEqual(
      ["9007199254740993", "1.50", "-0", "1e3"].map((raw) => new JsonNumber(raw)),
    );
  });

  test("keeps __proto__ and constructor as names like any other", () => {
    const { json, faults } = read('{"__proto__": 1, "constructor": 2, "toString": 3}');
    expect(faults).toEqual([]);
    expect([...(json as ReadonlyMap<string, Json>).keys()]).toEqual(["__proto__", "constructor", "toString"]);
  });

  test.each([
    ["a missing comma", '{"a": 1\n "b": 2}', 2, 2, '""b""'],
    ["a comma too much", "[1,\n 2,\n]", 3, 1, '"]"'],
    ["a comment", "[1, // one\n 2]", 1, 5, '"/"'],
    ["a single quote", "{'a': 1}", 1, 2, `"'"`],
    ["a leading zero", "[01]", 1, 2, '"01"'],
    ["a word", "[nul]", 1, 2, '"nul"'],
    ["a bad escape", '["\\x"]', 1, 3, '"\\"'],
    ["something after the value", "[1] 2", 1, 5, '"2"'],
    ["a byte order mark", "\ufeff{}", 1, 1, '"\ufeff"'],
    ["an open object", '{\n  "a": 1', 2, 9, "the end of the file"],
    ["an open array", "[1,", 1, 4, "the end of the file"],
    ["an open text", '["abc', 1, 6, "the end of the file"],
    ["a lone minus", "[-", 1, 3, "the end of the file"],
  ])("is refused for %s, where it is", (_what, text, line, column, found) => {
    const { json, faults } = read(text);
    expect(json).toBeNull();
    expect(faults.map((fault) => [fault.code, fault.line])).toEqual([["json.syntax", line]]);
    if (found !== '"\\"') expect([faults[0]!.column, faults[0]!.found]).toEqual([column, found]);
  });

  test("is refused for a key that stands twice, at the second", () => {
    expect(told('{"a": 1,\n "b": {"c": 1, "c": 2},\n "a": 2}')).toEqual([
      ["json.duplicate_key", 2, 16],
      ["json.duplicate_key", 3, 2],
    ]);
    expect(told('{"a": {"a": 1}, "b": 2}')).toEqual([]);
  });

  test("is refused for control characters and half surrogate pairs, and takes them escaped and whole", () => {
    expect(told('["a\tb"]')).toEqual([["json.text", 1, 2]]);
    expect(told('["a\\tb"]')).toEqual([]);
    expect(told('{"\\ud83d": 1}')).toEqual([["json.text", 1, 2]]);
    expect(told('{"\\ud83d\\ude00": 1}')).toEqual([]);
  });

  test("is refused when it nests too deep, without exhausting the stack", () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    expect(told(nested(128))).toEqual([]);
    expect(told(nested(129))).toEqual([["json.nesting", 1, 129]]);
    expect(told("[".repeat(1_000_000))).toEqual([["json.nesting", 1, 129]]);
    expect(told(`["${"[".repeat(1000)}"]`)).toEqual([]);
  });

  test("is taken exactly when JSON.parse takes it, but for what is stricter here", () => {
    const parameters = seeded();
    const pieces = fc.constantFrom(
      ...'{}[]:, \n"\\au0159.-+eE',
      "true",
      "false",
      "null",
      '"k"',
      "\\ud83d",
      "\t",
    );
    const texts = fc.array(pieces, { maxLength: 14 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.oneof(texts, fc.json(), fc.string()), (text) => {
        const { json, faults } = read(text);
        const stricter = faults.length > 0 && faults.every(({ code }) => code !== "json.syntax");
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          expect(faults.length).toBeGreaterThan(0);
          return;
        }
        if (!stricter) expect(plain(json)).toEqual(plainOf(expected));
      }),
      { ...parameters, numRuns: 2000 },
    );
  });
});

/** Both sides of a comparison as maps, so that no name is special; numbers as JavaScript reads them. */
function plain(json: Json | null): unknown {
  if (json instanceof JsonNumber) return Number(json.raw);
  if (json === null || !(isJsonArray(json) || isJsonObject(json))) return json;
  if (isJsonArray(json)) return json.map(plain);
  return new Map([...json].map(([key, value]) => [key, plain(value)]));
}

function plainOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainOf);
  if (typeof value !== "object" || value === null) return value;
  return new Map(Object.entries(value).map(([key, each]) => [key, plainOf(each)]));
}

describe("a text without positions", () => {
  const positions = (text: string): Json | null => parseWithPositions("file.json", text, () => () => {}).json;

  test("is read as the one with positions reads it, and never when that refuses it", () => {
    const text = fc.json().chain((json) => fc.constantFrom(json, JSON.stringify(JSON.parse(json), null, 2)));
    let exact = 0;
    fc.assert(
      fc.property(text, (json) => {
        const read = parseExact(json);
        if (read === undefined) return;
        exact += 1;
        expect(inOrder(read)).toEqual(inOrder(positions(json)));
      }),
      { ...seeded(), numRuns: 2000 },
    );
    expect(exact).toBeGreaterThan(100);
  });

  test.each([
    '{"a": 1, "a": 1}',
    '{"a b": 1, "a b": 1}',
    '{"b": 1, "1": 2}',
    "[1.0]",
    "[1e2]",
    "[-0]",
    "[9007199254740993]",
    "[1e999]",
    '["\\u00e9"]',
    '["\\ud83d"]',
    '["\\ud83d\\ude00"]',
    '["\ud83d"]',
    '["a\tb"]',
    "[1,]",
    "",
    `${"[".repeat(129)}${"]".repeat(129)}`,
    `${"[".repeat(100_000)}${"]".repeat(100_000)}`,
  ])("is left to the one with positions where something might be lost: %j", (text) => {
    expect(parseExact(text)).toBeUndefined();
  });

  test.each(['{"__proto__": {"a": []}, "toJSON": 1}', '  [1, -5, 0.5, "a\\n b", null, true] \n', '"x"', "7"])(
    "is read: %j",
    (text) => {
      expect(inOrder(parseExact(text))).toEqual(inOrder(positions(text)));
    },
  );

  test("knows its places when it is asked", () => {
    const source = parseJsonText("file.json", '{\n  "a": [1,\n 2]}', () => () => {});
    expect(source.locate("/a/1", "value")).toEqual({ pointer: "/a/1", line: 3, column: 2 });
    expect(source.locate("/a", "key")).toEqual({ pointer: "/a", line: 2, column: 3 });
  });
});
