/** What a plan's slots become, and what that means for the plan's hash. */

import { describe, expect, test } from "vitest";
import { loadWorldDefinitions } from "../../host/air/load.ts";
import { manifestFromNodes } from "../../host/air/nodes.ts";

/** A world with one plan that raises an event, `t/E@1`, with this value. */
function planRaising(value: unknown) {
  const schema = (name: string, type: object) => ({ $kind: "defschema", name: `t/${name}@1`, type });
  const definitions = [
    {
      $kind: "manifest",
      air_version: "1",
      schemas: [{ name: "t/E@1" }, { name: "t/In@1" }, { name: "t/Unit@1" }],
      modules: [],
      plans: [{ name: "t/P@1" }],
      caps: [],
      policies: [],
    },
    schema("In", { record: { n: { nat: {} } } }),
    schema("Unit", { unit: {} }),
    schema("E", {
      record: {
        n: { int: {} },
        tags: { set: { text: {} } },
        arm: { variant: { A: { ref: "t/Unit@1" }, B: { text: {} } } },
        maybe: { option: { text: {} } },
      },
    }),
    {
      $kind: "defplan",
      name: "t/P@1",
      input: "t/In@1",
      steps: [{ id: "raise", op: "raise_event", event: "t/E@1", value }],
    },
  ];
  const file = { path: "manifest.air.json", text: JSON.stringify(definitions) };
  const { manifest } = loadWorldDefinitions([file], null);
  const again = manifestFromNodes(manifest.hash, (hash) => manifest.nodes.get(hash));
  expect(again.plans.get("t/P@1")!.definition).toEqual(manifest.plans.get("t/P@1")!.definition);
  return manifest.plans.get("t/P@1")!;
}

const TAGGED = {
  record: {
    n: { int: 5 },
    tags: { set: [{ text: "a" }, { text: "b" }] },
    arm: { tag: "B", value: { text: "x" } },
    maybe: { null: {} },
  },
};

describe("the value of a step", () => {
  test("has one form, and the plan one hash, in whichever lens and order it is written", () => {
    const spellings = [
      TAGGED,
      { n: 5, tags: ["b", "a", "b"], arm: { B: "x" }, maybe: null },
      { n: "5", tags: ["a", "b"], arm: { $tag: "B", $value: "x" } },
      { record: { ...TAGGED.record, arm: { variant: TAGGED.record.arm } } },
    ];
    const plans = spellings.map(planRaising);
    expect(new Set(plans.map(({ hash }) => hash)).size).toBe(1);
    expect(plans[0]!.definition.steps[0]).toMatchObject({ value: { kind: "literal" } });
  });

  test("stays an expression when a part of it is one", () => {
    const { arm, ...rest } = TAGGED.record;
    const value = { record: { ...rest, arm: { variant: arm }, n: { ref: "@plan.input.n" } } };
    expect(planRaising(value).definition.steps[0]).toMatchObject({
      value: { kind: "expr", expr: { kind: "record" } },
    });
  });

  test("changes the plan's hash with its content", () => {
    const other = { record: { ...TAGGED.record, n: { int: 6 } } };
    expect(planRaising(other).hash).not.toBe(planRaising(TAGGED).hash);
  });

  test("keeps whether a unit arm carries its value", () => {
    const arm = (value: unknown) => planRaising({ n: 1, tags: [], arm: value }).hash;
    expect(arm({ A: null })).toBe(arm({ $tag: "A", $value: null }));
    expect(arm({ $tag: "A" })).not.toBe(arm({ A: null }));
  });
});
