/** What changes the hash of a module, as docs/reducers.md says. */

import { beforeAll, describe, expect, test } from "vitest";
import { compiledModule, type WorldSpec } from "./worlds.ts";

const COMPILE_MS = 300_000;
const nat = { nat: {} };

const SPEC: WorldSpec = {
  schemas: { "t/State@1": { record: { sum: nat } }, "t/Add@1": { record: { amount: nat } } },
  modules: [{ abi: { state: "t/State@1", event: "t/Add@1", effects_emitted: [] } }],
};

const SOURCE = `import { Add, ThingReducer } from "./air";

export class Sum extends ThingReducer {
  onEvent(event: Add): void {
    if (event.amount == 0) throw new Error("nothing to add");
    this.state.sum += event.amount;
  }
}
`;

const hashOf = async (source = SOURCE, schemas: WorldSpec["schemas"] = {}): Promise<string> => {
  const { hash } = await compiledModule({ ...SPEC, schemas: { ...SPEC.schemas, ...schemas } }, source);
  return hash;
};

describe("the hash of a module", () => {
  let before: string;
  beforeAll(async () => {
    before = await hashOf();
  }, COMPILE_MS);

  test(
    "is the same with schemas it does not touch, wherever they stand in the generated file",
    async () => {
      const others = {
        "t/A@1": { variant: { X: nat, Y: { unit: {} } } },
        "t/Z@1": { list: { record: { a: nat } } },
      };
      expect(await hashOf(SOURCE, others)).toBe(before);
    },
    COMPILE_MS,
  );

  test(
    "is the same with a comment behind the last place that can abort",
    async () =>
      expect(await hashOf(SOURCE.replace("this.state.sum", "// added\n    this.state.sum"))).toBe(before),
    COMPILE_MS,
  );

  test.each([
    ["a line above a place that can abort", SOURCE.replace("  onEvent", "\n  onEvent")],
    ["another message", SOURCE.replace("nothing to add", "nothing")],
    ["other code", SOURCE.replace("+=", "=")],
  ])("changes with %s", async (_, source) => expect(await hashOf(source)).not.toBe(before), COMPILE_MS);

  test(
    "changes with a field it writes",
    async () => {
      const schemas = { "t/State@1": { record: { sum: nat, more: nat } } };
      expect(await hashOf(SOURCE, schemas)).not.toBe(before);
    },
    COMPILE_MS,
  );
});
