/** The loader as a whole: it tells everything at once, and nothing but an AirloomError ever leaves it. */

import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadWorldDefinitions, type SourceFile } from "../../host/air/load.ts";
import { AirloomError, type Diagnostic } from "../../host/values/errors.ts";
import { seeded } from "./seed.ts";

function diagnose(files: readonly SourceFile[], settings: SourceFile | null = null): readonly Diagnostic[] {
  try {
    return loadWorldDefinitions(files, settings).warnings;
  } catch (error) {
    if (error instanceof AirloomError && error.code === "manifest.invalid") return error.diagnostics;
    throw error;
  }
}

const loadStrictly = (files: readonly SourceFile[]) => loadWorldDefinitions(files, null, { strict: true });

const file = (text: string, path = "manifest.air.json"): SourceFile => ({ path, text });

describe("loading", () => {
  test("tells the faults of all files in order of file, line and pointer", () => {
    const files = [
      file('{"$kind": "defschema", "name": "t/B@1"}', "b.air.json"),
      file("", "empty.air.json"),
      file('[\n{"$kind": "defcap"},\n5]', "a.air.json"),
      file("{", "c.air.json"),
    ];
    const settings = file('{"modules": 5}', "world.json");
    expect(diagnose(files, settings).map(({ code, file: path, line }) => [code, path, line])).toEqual([
      ["shape.missing_field", "a.air.json", 2],
      ["shape.missing_field", "a.air.json", 2],
      ["shape.missing_field", "a.air.json", 2],
      ["definition.form", "a.air.json", 3],
      ["shape.missing_field", "b.air.json", 1],
      ["json.syntax", "c.air.json", 1],
      ["shape.type", "world.json", 1],
    ]);
  });

  test("takes names like __proto__ and constructor as names", () => {
    const type =
      '{"record": {"__proto__": {"nat": {}}, "constructor": {"text": {}}, "hasOwnProperty": {"ref": "t/A@1"}}}';
    const text = `[
      {"$kind": "manifest", "air_version": "1", "schemas": [{"name": "t/A@1"}, {"name": "t/B@1"}],
       "modules": [], "plans": [], "caps": [], "policies": []},
      {"$kind": "defschema", "name": "t/A@1", "type": {"variant": {"__proto__": {"unit": {}}}}},
      {"$kind": "defschema", "name": "t/B@1", "type": ${type}}
    ]`;
    const { manifest } = loadWorldDefinitions([file(text)], null);
    const record = manifest.schemas.get("t/B@1")!.type;
    expect(record.kind === "record" && [...record.fields.keys()].sort()).toEqual([
      "__proto__",
      "constructor",
      "hasOwnProperty",
    ]);
    const wrong = text.replace('{"nat": {}}', '{"nat": {}, "__proto__": {}}');
    expect(diagnose([file(wrong)]).map(({ code, pointer }) => [code, pointer])).toEqual([
      ["type.extra_key", "/2/type/record/__proto__/__proto__"],
    ]);
    const unknown = text.replace('"plans": []', '"plans": [], "__proto__": {}');
    expect(diagnose([file(unknown)]).map(({ code, pointer }) => [code, pointer])).toEqual([
      ["shape.unknown_field", "/0/__proto__"],
    ]);
  });

  test("does not repeat what steers a terminal, nor all of a long text", () => {
    const name = `t/\\u001b[31m${"x".repeat(500)}`;
    const [fault] = diagnose([file(`{"$kind": "defschema", "name": "${name}", "type": {"nat": {}}}`)]).slice(
      1,
    );
    expect(fault?.code).toBe("shape.name");
    expect(fault!.message).not.toContain(String.fromCharCode(27));
    expect(fault!.message.length).toBeLessThan(200);
  });

  test("makes errors of warnings when it is strict", () => {
    const text = `[
      {"$kind": "manifest", "air_version": "1", "schemas": [], "modules": [], "plans": [], "caps": [],
       "policies": [], "trigers": []}
    ]`;
    expect(diagnose([file(text)]).map(({ code, severity }) => [code, severity])).toEqual([
      ["shape.unknown_field", "warning"],
    ]);
    expect(() => loadStrictly([file(text)])).toThrow(
      expect.objectContaining({
        code: "manifest.invalid",
        diagnostics: [expect.objectContaining({ code: "shape.unknown_field", severity: "error" })],
      }),
    );
    expect(loadStrictly([file(text.replace(', "trigers": []', ""))]).warnings).toEqual([]);
  });

  test("lists the errors, however many warnings there are", () => {
    const definitions = Array.from(
      { length: 1500 },
      (_, i) => `{"$kind": "defschema", "name": "t/S${i}@1", "type": {"unit": {}}}`,
    );
    const text = `[
      {"$kind": "manifest", "air_version": "1", "schemas": [], "modules": [{"name": "t/M@1"}], "plans": [],
       "caps": [], "policies": []},
      ${definitions.join(",\n")}
    ]`;
    const found = diagnose([file(text)]);
    expect(found.filter(({ severity }) => severity === "error").map(({ code }) => code)).toEqual([
      "reference.module",
    ]);
    expect(found.filter(({ code }) => code === "definition.unlisted")).toHaveLength(999);
  });

  test("counts faults beyond the first thousand and does not list them", () => {
    const text = `[${Array.from({ length: 3000 }, () => "5").join(",\n")}]`;
    try {
      loadWorldDefinitions([file(text)], null);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: "manifest.invalid", fields: { errors: 3001 } });
      expect((error as AirloomError).diagnostics.length).toBe(1000);
    }
  });
});

/** A valid world's definitions: where mutations start. */
const WORLD = new URL("../../air/worlds/retry-backoff-recovers/", import.meta.url);
const VALID: readonly unknown[] = readdirSync(WORLD)
  .filter((name) => name.endsWith(".air.json"))
  .flatMap((name) => JSON.parse(readFileSync(new URL(name, WORLD), "utf8")));

/** Every place in JSON, the containers among them. */
function places(
  json: unknown,
  path: readonly (string | number)[] = [],
): readonly (readonly (string | number)[])[] {
  if (typeof json !== "object" || json === null) return [path];
  const keys = Array.isArray(json) ? json.map((_, i) => i) : Object.keys(json);
  return [
    path,
    ...keys.flatMap((key) => places((json as Record<string | number, unknown>)[key], [...path, key])),
  ];
}

function changed(json: unknown, path: readonly (string | number)[], to: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return to;
  const copy: Record<string | number, unknown> | unknown[] = Array.isArray(json)
    ? [...json]
    : { ...(json as Record<string, unknown>) };
  const inner = (copy as Record<string | number, unknown>)[key];
  (copy as Record<string | number, unknown>)[key] = changed(inner, rest, to);
  return copy;
}

describe("whatever it is given, the loader", () => {
  const parameters = seeded();

  test("refuses random JSON with pointers into it", () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), (text, settings) => {
        for (const diagnostic of diagnose([file(text)], file(settings, "world.json"))) {
          expect(diagnostic.code).toMatch(/^[a-z_]+\.[a-z_0-9]+$/);
        }
      }),
      { ...parameters, numRuns: 500 },
    );
  });

  test("refuses random texts", () => {
    const pieces = fc.constantFrom(
      ...'{}[]:, "',
      '"$kind"',
      '"manifest"',
      '"defschema"',
      "1",
      "null",
      "\\",
      "\n",
    );
    const texts = fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.oneof(texts, fc.string()), (text) => {
        expect(diagnose([file(text)]).length).toBeGreaterThan(0);
      }),
      { ...parameters, numRuns: 500 },
    );
  });

  test("accepts a mutated world, or refuses it with a pointer that exists", () => {
    const where = places(VALID);
    const values = fc.oneof(
      fc.constantFrom<unknown>(null, {}, [], "", "x", 0, -1, 2 ** 64, true, { ref: "@var:x" }, "t/A@1"),
      fc.constantFrom(...where).map((path) => at(VALID, path)),
      fc.jsonValue({ maxDepth: 3 }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...where), values, (path, value) => {
        const world = changed(VALID, path, value);
        for (const diagnostic of diagnose([file(JSON.stringify(world))])) {
          if (diagnostic.file !== undefined)
            expect(exists(world, diagnostic.pointer!), diagnostic.pointer).toBe(true);
        }
      }),
      { ...parameters, numRuns: 200 },
    );
  });
});

function at(json: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce((here, key) => (here as Record<string | number, unknown>)[key], json);
}

function exists(json: unknown, pointer: string): boolean {
  let here = json;
  for (const segment of pointer.split("/").slice(1)) {
    const key = segment.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, key)) return false;
    here = (here as Record<string, unknown>)[key];
  }
  return true;
}
