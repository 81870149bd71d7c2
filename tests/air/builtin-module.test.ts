import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** `npx vitest run tests/air/builtin-module.test.ts -u` writes the module anew from air/builtin/. */
test("host/air/builtin.ts holds what air/builtin/ says", async () => {
  const lines = ["schemas", "effects", "caps", "modules"].flatMap((name) => {
    const file = new URL(`../../air/builtin/${name}.json`, import.meta.url);
    const definitions = JSON.parse(readFileSync(file, "utf8")) as object[];
    return definitions.map((definition) => `  '${JSON.stringify(definition)}',\n`);
  });
  await expect(`${HEADER}${lines.join("")}];\n`).toMatchFileSnapshot("../../host/air/builtin.ts");
});

const HEADER = `/**
 * The built-in catalogue as JSON texts, one definition a line: air/builtin/ for a program that reads no files.
 * Written by tests/air/builtin-module.test.ts; change air/builtin/ and run that test with \`-u\`.
 */
export const BUILTIN_DEFINITIONS: readonly string[] = [
`;
