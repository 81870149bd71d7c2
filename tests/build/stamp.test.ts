import { describe, expect, test } from "vitest";
import { stampedHash, stampHash } from "../../host/build/stamp.ts";
import type { Hash } from "../../host/values/brand.ts";

const HASH = `sha256:${"ab".repeat(32)}` as Hash;
const OTHER = `sha256:${"cd".repeat(32)}` as Hash;
const stamped = (text: string) => stampHash(text, "demo/RetrySM@1", HASH);

describe("stamping a hash", () => {
  test("replaces the value and nothing else of the text", () => {
    const text = (hash: string) => `[
  {"$kind": "defschema", "name": "demo/RetrySM@1", "wasm_hash": "x"},
  { "abi":{"n":9007199254740993, "e":1.50},
\t"wasm_hash" :  ${hash} ,"name": "demo/RetrySM@1",  "$kind":"defmodule" },
  {"$kind": "defmodule", "name": "demo/Other@1", "wasm_hash": "y"}
]\r\n`;
    for (const before of [`"${OTHER}"`, '""', "null", '{"a": [1]}']) {
      expect(stamped(text(before))).toBe(text(`"${HASH}"`));
    }
  });

  test("leaves a text alone that has it already", () => {
    const text = `{"$kind":"defmodule","name":"demo/RetrySM@1","wasm_hash":"${HASH}"}`;
    expect(stamped(text)).toBe(text);
  });

  test("adds the field behind the name, in the manner of its neighbours", () => {
    const before = `{\n  "$kind" : "defmodule",\n  "name" : "demo/RetrySM@1",\n  "abi" : {}\n}\n`;
    expect(stamped(before)).toBe(before.replace('@1",', `@1",\n  "wasm_hash" : "${HASH}",`));
    const dense = '{"name":"demo/RetrySM@1","$kind":"defmodule"}';
    expect(stamped(dense)).toBe(`{"name":"demo/RetrySM@1","wasm_hash":"${HASH}","$kind":"defmodule"}`);
  });

  test("is refused for a module the text does not define", () => {
    const missing = expect.objectContaining({ kind: "missing", code: "build.no_such_module" });
    expect(() => stamped('{"$kind":"defmodule","name":"demo/RetrySM@2"}')).toThrow(missing);
    expect(() => stamped('[{"$kind":"defplan","name":"demo/RetrySM@1"}, 1, null]')).toThrow(missing);
  });

  test("is refused for a text that is no JSON", () => {
    expect(() => stamped("{")).toThrow(expect.objectContaining({ kind: "manifest", code: "build.not_json" }));
  });
});

describe("the hash a text carries", () => {
  const of = (text: string) => stampedHash(text, "demo/RetrySM@1");

  test("is what was stamped", () => {
    expect(of(stamped('{"$kind":"defmodule","name":"demo/RetrySM@1"}'))).toBe(HASH);
  });

  test("is null where there is none yet, undefined where the module is not defined", () => {
    expect(of('{"$kind":"defmodule","name":"demo/RetrySM@1"}')).toBeNull();
    expect(of('{"$kind":"defmodule","name":"demo/RetrySM@1","wasm_hash":"sha256:"}')).toBeNull();
    expect(of('[{"$kind":"defschema","name":"demo/RetrySM@1"}]')).toBeUndefined();
  });
});
