import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { BUILTIN_DEFINITIONS } from "../../host/air/builtin.ts";
import { catalogue } from "../../host/air/catalogue.ts";
import type { Definition } from "../../host/air/definitions.ts";
import { builtinHash, nodeHash } from "../../host/air/node.ts";
import { inCanonicalOrder } from "../../host/air/order.ts";
import { parseDefinition } from "../../host/air/parse/definition.ts";
import { type JsonObject, jsonFrom, stringifyJson } from "../../host/values/json.ts";

/** `npx vitest run tests/air/builtin-module.test.ts -u` writes the module anew from air/builtin/. */
test("host/air/builtin.ts holds what air/builtin/ says, with its hashes", async () => {
  const lines = builtins().map(({ json, definition }) => {
    const { kind, name } = definition;
    const node = kind === "defmodule" ? nodeHash(definition) : "-";
    const parts = [kind, name, builtinHash(definition), node, stringifyJson(inCanonicalOrder(json))];
    return `  '${parts.join(" ")}',\n`;
  });
  await expect(`${HEADER}${lines.join("")}];\n`).toMatchFileSnapshot("../../host/air/builtin.ts");
});

describe("the catalogue", () => {
  test("parses each definition as its file has it, and hashes it as it says", () => {
    const { schemas, modules, effects, caps, hashes, moduleNodeHashes } = catalogue();
    for (const { definition } of builtins()) {
      const { name } = definition;
      const known = schemas.get(name) ?? modules.get(name) ?? effects.get(name) ?? caps.get(name);
      expect(known).toEqual(definition);
      expect(hashes.get(name)).toBe(builtinHash(definition));
      expect(moduleNodeHashes.get(name)).toBe(
        definition.kind === "defmodule" ? nodeHash(definition) : undefined,
      );
    }
    expect(hashes.size).toBe(BUILTIN_DEFINITIONS.length);
    expect(schemas.size + modules.size + effects.size + caps.size).toBe(hashes.size);
  });
});

function builtins(): readonly { readonly json: JsonObject; readonly definition: Definition }[] {
  return ["schemas", "effects", "caps", "modules"].flatMap((name) => {
    const file = new URL(`../../air/builtin/${name}.json`, import.meta.url);
    return (JSON.parse(readFileSync(file, "utf8")) as object[]).map((each) => {
      const json = jsonFrom(each) as JsonObject;
      const kind = json.get("$kind") as Definition["kind"];
      const refuse = ({ message }: { readonly message: string }) => {
        throw new TypeError(message);
      };
      return { json, definition: parseDefinition(kind, inCanonicalOrder(json), refuse) as Definition };
    });
  });
}

const HEADER = `/**
 * The built-in catalogue for a program that reads no files, a definition a line: kind, name, the hash a manifest
 * refers to it by, the hash of a module's node with \`$kind\` (of others \`-\`), and the JSON of air/builtin/ with
 * its keys in canonical order.
 * Written by tests/air/builtin-module.test.ts; change air/builtin/ and run that test with \`-u\`.
 */
export const BUILTIN_DEFINITIONS: readonly string[] = [
`;
