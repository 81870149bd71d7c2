/** The JSON Schemas themselves: valid, closed, and of use in an editor. */

import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { SCHEMA_FILES } from "../../host/air/text/shape.ts";
import { schemaDocuments } from "./documents.ts";

type Schema = Readonly<Record<string, unknown>>;

describe("air/schemas", () => {
  test("holds exactly the files that are shipped and read", () => {
    const folder = new URL("../../air/schemas/", import.meta.url);
    expect(readdirSync(folder).sort()).toEqual([...SCHEMA_FILES].sort());
  });

  describe.each([...schemaDocuments()])("%s", (file, document) => {
    const schema = document as Schema;

    test("is a valid JSON Schema 2020-12 that knows its own name", () => {
      const ajv = new Ajv2020({ strict: false });
      expect(schema.$schema).toBe("https://json-schema.org/draft/2020-12/schema");
      expect(schema.$id).toBe(file);
      expect([ajv.validateSchema(schema), ajv.errors]).toEqual([true, null]);
    });

    test("says of every property what it is", () => {
      const mute = properties(schema, "").filter(([, property]) => !explained(property));
      expect(mute.map(([path]) => path)).toEqual([]);
    });

    test("is closed wherever it names properties", () => {
      const open = objects(schema, "").filter(([, object]) => !("additionalProperties" in object));
      // A step's own schema is closed in the branch its operation chooses.
      expect(open.map(([path]) => path)).toEqual(file === "defplan.schema.json" ? ["/$defs/Step"] : []);
    });

    test("refers only to what exists", () => {
      for (const ref of references(schema)) expect(resolve(file, ref), ref).toBeDefined();
    });
  });

  test("are the ones the example worlds name", () => {
    const folder = new URL("../../air/worlds/", import.meta.url);
    for (const world of readdirSync(folder)) {
      const text = readFileSync(new URL(`${world}/manifest.air.json`, folder), "utf8");
      expect(JSON.parse(text).$schema).toBe("../../schemas/manifest.schema.json");
    }
  });
});

function explained(property: Schema): boolean {
  const { title, description, $ref } = property;
  const target = typeof $ref === "string" ? (resolve("", $ref) ?? {}) : {};
  return [title ?? target.title, description ?? target.description].every((text) => typeof text === "string");
}

function* walk(schema: unknown, path: string): Generator<readonly [string, Schema]> {
  if (typeof schema !== "object" || schema === null) return;
  if (!Array.isArray(schema)) yield [path, schema as Schema];
  for (const [key, value] of Object.entries(schema)) yield* walk(value, `${path}/${key}`);
}

/** Where properties are defined, but not where a condition looks at one. */
function objects(schema: Schema, path: string): readonly (readonly [string, Schema])[] {
  return [...walk(schema, path)].filter(
    ([at, each]) =>
      "properties" in each && !/\/(if|properties)$/.test(at) && typeof each.properties === "object",
  );
}

function properties(schema: Schema, path: string): readonly (readonly [string, Schema])[] {
  return objects(schema, path).flatMap(([at, each]) =>
    Object.entries(each.properties as Record<string, Schema>).map(
      ([name, property]) => [`${at}/properties/${name}`, property] as const,
    ),
  );
}

function references(schema: Schema): readonly string[] {
  return [...walk(schema, "")].flatMap(([, { $ref }]) => (typeof $ref === "string" ? [$ref] : []));
}

function resolve(file: string, ref: string): Schema | undefined {
  const [target, pointer] = ref.split("#");
  const candidates = target === "" && file === "" ? [...schemaDocuments().values()] : [];
  const documents =
    candidates.length > 0 ? candidates : [schemaDocuments().get(target === "" ? file : target!)];
  for (const document of documents) {
    let here: unknown = document;
    for (const key of (pointer ?? "").split("/").slice(1)) here = (here as Schema | undefined)?.[key];
    if (here !== undefined) return here as Schema;
  }
  return undefined;
}
