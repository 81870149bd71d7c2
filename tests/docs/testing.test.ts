/** docs/testing.md shows code that runs, and names all there is. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ReducerOutcome } from "../../host/testing/outcome.ts";
import { ReducerTest } from "../../host/testing/reducer.ts";
import { TestWorld } from "../../host/testing/world.ts";
import { ROOT, readText } from "../architecture/source.ts";

const page = readText("docs/testing.md");
const blocks = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, text]) => text!);

/** Run by the pack test where the package is installed, and by this suite. */
const RUN = [
  ...readdirSync(join(ROOT, "examples/starter/tests"))
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => `examples/starter/tests/${file}`),
  "tests/testing/page.test.ts",
  "tests/testing/replays.test.ts",
];

describe("docs/testing.md", () => {
  it("has examples", () => {
    expect(blocks.length).toBeGreaterThan(6);
  });

  it.each(blocks)("shows what a test runs:\n%s", (block) => {
    const home = RUN.filter((file) => readText(file).includes(block));
    expect(home).toHaveLength(1);
  });

  it.each([
    ["ReducerTest", ReducerTest],
    ["ReducerOutcome", ReducerOutcome],
    ["TestWorld", TestWorld],
  ])("names every method of %s", (_, { prototype }) => {
    const members = Object.getOwnPropertyNames(prototype).filter((name) => name !== "constructor");
    const unnamed = members.filter((name) => !new RegExp(`\\b${name}\\b`).test(page));
    expect(unnamed.filter((name) => !["close", "nowNs"].includes(name))).toEqual([]);
  });
});
