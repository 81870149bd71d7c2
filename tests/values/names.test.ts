import { describe, expect, it } from "vitest";
import { isHash, ZERO_HASH } from "../../host/values/hash.ts";
import { isBuiltin, isIdentifier, isKind, isName } from "../../host/values/names.ts";
import { nearest } from "../../host/values/nearest.ts";
import { child } from "../../host/values/pointer.ts";

describe("names of definitions", () => {
  it("are namespace, name and version", () => {
    for (const name of ["demo/Counter@1", "sys/http.request@12", "a.b-c_d/E-f.g_h@10"]) {
      expect(isName(name), name).toBe(true);
    }
  });

  it("are nothing else", () => {
    const others = [
      "demo/Counter",
      "demo/Counter@0",
      "demo/Counter@01",
      "Demo/C@1",
      "demo/1C@1",
      "/C@1",
      "C@1",
    ];
    for (const name of [...others, "demo/C@1 ", "demo/C@1\n", "demo/a/B@1", "demo/C@1@2", "démo/C@1", ""]) {
      expect(isName(name), name).toBe(false);
    }
  });

  it("belong to the built-ins by their namespace", () => {
    expect(isBuiltin("sys/TimerFired@1")).toBe(true);
    expect(isBuiltin("system/TimerFired@1")).toBe(false);
  });
});

describe("kinds, identifiers and hashes", () => {
  it("follow their grammars", () => {
    for (const kind of ["timer.set", "http.out", "x", "a_b-c.d"]) expect(isKind(kind), kind).toBe(true);
    for (const kind of ["Timer.set", "", ".set", "1.a", "a b"]) expect(isKind(kind), kind).toBe(false);
    for (const id of ["a", "_x", "step.one-2", "A".repeat(64)]) expect(isIdentifier(id), id).toBe(true);
    for (const id of ["", "1a", "a b", "A".repeat(65), "é"]) expect(isIdentifier(id), id).toBe(false);
    expect(isHash(ZERO_HASH)).toBe(true);
    expect(isHash(`${ZERO_HASH}0`)).toBe(false);
    expect(isHash(`sha256:${"A".repeat(64)}`)).toBe(false);
    expect(isHash(`${ZERO_HASH}\n`)).toBe(false);
  });
});

describe("suggestions", () => {
  it("name the closest candidate", () => {
    const fields = ["deliver_at_ns", "key", "payload"];
    expect(nearest("deliver_at_ms", fields)).toBe("deliver_at_ns");
    expect(nearest("kye", fields)).toBe("key");
    expect(nearest("paylod", fields)).toBe("payload");
    expect(nearest("x", ["y"])).toBe("y");
    expect(nearest("TimerFired@1", ["sys/TimerFired@1", "sys/BlobPutResult@1"])).toBe("sys/TimerFired@1");
  });

  it("are none where nothing is close, and never the word itself", () => {
    expect(nearest("completely", ["key", "payload"])).toBeUndefined();
    expect(nearest("key", ["key"])).toBeUndefined();
    expect(nearest("", ["a"])).toBe("a");
    expect(nearest("a".repeat(5000), ["a".repeat(4999)])).toBeUndefined();
  });

  it("do not depend on the order of candidates", () => {
    expect(nearest("ab", ["ad", "ac"])).toBe("ac");
    expect(nearest("ab", ["ac", "ad"])).toBe("ac");
  });
});

describe("pointers", () => {
  it("escape what RFC 6901 escapes", () => {
    expect(child("", "a/b~c")).toBe("/a~1b~0c");
    expect(child("/a", "")).toBe("/a/");
    expect(child("/a", 3)).toBe("/a/3");
  });
});
