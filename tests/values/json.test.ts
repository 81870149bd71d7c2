import { describe, expect, it } from "vitest";
import {
  isJsonArray,
  isJsonObject,
  JsonNumber,
  jsonFrom,
  jsonInteger,
  stringifyJson,
} from "../../host/values/json.ts";
import { describeJson } from "../../host/values/json-describe.ts";

describe("integers as JSON", () => {
  it("are numbers where every reader keeps them, and decimal text beyond", () => {
    expect(jsonInteger(9007199254740991n)).toEqual(new JsonNumber("9007199254740991"));
    expect(jsonInteger(-9007199254740991n)).toEqual(new JsonNumber("-9007199254740991"));
    expect(jsonInteger(9007199254740992n)).toBe("9007199254740992");
    expect(jsonInteger(-9007199254740992n)).toBe("-9007199254740992");
  });
});

describe("JSON from JavaScript", () => {
  it("keeps fields called __proto__ and constructor", () => {
    const json = jsonFrom(JSON.parse('{"__proto__": 1, "constructor": {"a": [null, true, "x"]}}'));
    expect(stringifyJson(json)).toBe('{"__proto__":1,"constructor":{"a":[null,true,"x"]}}');
  });

  it("takes Maps, bigints and JSON that is ready", () => {
    const json = jsonFrom(
      new Map<unknown, unknown>([
        [1n, 2n ** 70n],
        ["raw", new JsonNumber("1.50")],
        ["gone", undefined],
      ]),
    );
    expect(stringifyJson(json)).toBe('{"1":1180591620717411303424,"raw":1.50,"gone":null}');
    expect(isJsonObject(json) && !isJsonArray(json)).toBe(true);
    expect(isJsonArray(jsonFrom([]))).toBe(true);
  });
});

describe("JSON text", () => {
  it("is indented, with empty containers on one line", () => {
    const json = jsonFrom({ a: [], b: {}, c: [1, { d: "\u0007" }] });
    expect(stringifyJson(json, 2)).toBe(
      '{\n  "a": [],\n  "b": {},\n  "c": [\n    1,\n    {\n      "d": "\\u0007"\n    }\n  ]\n}',
    );
    expect(JSON.parse(stringifyJson(json, 2))).toEqual(JSON.parse(stringifyJson(json)));
  });
});

describe("JSON in messages", () => {
  it("is short, on one line, and harmless to a terminal", () => {
    const shown = (value: unknown): string => describeJson(jsonFrom(value));
    expect(shown("\u001b[31m\n")).toBe('the text "?[31m?"');
    expect(shown("x".repeat(1000)).length).toBeLessThan(100);
    expect(shown(10n ** 400n).length).toBeLessThan(100);
    expect(shown({ [`${"k".repeat(500)}`]: 1, b: 1, c: 1, d: 1 }).length).toBeLessThan(100);
    expect(shown([1, 2])).toBe("an array of 2");
    expect(shown({})).toBe("an empty object");
    expect(shown("\u202egnp.exe")).toBe('the text "?gnp.exe"');
  });
});
