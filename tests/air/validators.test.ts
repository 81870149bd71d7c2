import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkShape, type Shape } from "../../host/air/text/shape.ts";
import { jsonFrom } from "../../host/values/json.ts";
import { schemaDocuments } from "./documents.ts";
import { seeded } from "./seed.ts";

/** `npx vitest run tests/air/validators.test.ts -u` writes the validators anew, as the script does. */
test("host/air/text/generated/validators.ts holds what air/schemas/ says", async () => {
  const script = fileURLToPath(new URL("../../scripts/generate-validators.mjs", import.meta.url));
  const { stdout, status } = spawnSync(process.execPath, [script, "--print"], {
    encoding: "utf8",
    maxBuffer: 16 * 1024 * 1024,
  });
  expect(status).toBe(0);
  await expect(stdout).toMatchFileSnapshot("../../host/air/text/generated/validators.ts");
});

/** What an editor says of a definition with these schemas. */
function inEditor(shape: Shape, json: unknown): boolean {
  return editor.getSchema(`${shape}.schema.json`)!(json) as boolean;
}

const editor = new Ajv2020({ strict: false, allErrors: true });
for (const document of schemaDocuments().values()) editor.addSchema(document as object);

const MANIFEST = {
  $kind: "manifest",
  air_version: "1",
  schemas: [{ name: "t/A@1" }],
  modules: [],
  plans: [],
  caps: [],
  policies: [],
};

describe("the validators", () => {
  const samples: readonly (readonly [Shape, unknown])[] = [
    ["manifest", MANIFEST],
    ["manifest", { ...MANIFEST, routing: { inboxes: [{ source: "mail", reducer: "t/M@1" }] } }],
    ["defschema", { $kind: "defschema", name: "t/A@1", type: { record: { a: { nat: {} } } } }],
    ["defplan", { $kind: "defplan", name: "t/P@1", input: "t/A@1", steps: [{ id: "a", op: "end" }] }],
    ["defcap", { $kind: "defcap", name: "t/c@1", cap_type: "timer", schema: { record: {} } }],
    ["settings", { modules: { "t/M@1": { source: "a.ts" } }, limits_profile: 1 }],
  ];

  test.each(samples)("take a sound %s, as an editor does", (shape, json) => {
    expect(checkShape(shape, jsonFrom(json), () => {})).toBe(true);
    expect(inEditor(shape, json)).toBe(true);
  });

  test("report something about whatever an editor refuses, but what the parsers look at", () => {
    const values = fc.constantFrom<unknown>(null, {}, [], "", "x", 0, -1, 1.5, true, "t/A@1", ["t/A@1"]);
    fc.assert(
      fc.property(fc.constantFrom(...samples), fc.nat(), values, ([shape, json], at, value) => {
        const keys = Object.keys(json as object).filter((key) => !["type", "schema"].includes(key));
        const changed = { ...(json as object), [keys[at % keys.length]!]: value };
        const found: string[] = [];
        checkShape(shape, jsonFrom(changed), ({ code }) => found.push(code));
        expect(found.length > 0, JSON.stringify(changed)).toBe(!inEditor(shape, changed));
      }),
      { ...seeded(), numRuns: 500 },
    );
  });
});
