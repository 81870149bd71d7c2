/** What a plan's slots become, and what that means for the plan's hash. */

import { describe, expect, test } from "vitest";
import { loadWorldDefinitions } from "../../host/air/load.ts";
import { nodeJson } from "../../host/air/node.ts";
import { manifestFromNodes } from "../../host/air/nodes.ts";
import { stringifyJson } from "../../host/values/json.ts";
import { text, type Value, variant } from "../../host/values/value.ts";

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
});

/** A plan that assigns this value to a variable of this type, as its node has the value. */
function assigned(value: unknown, type: object | null): { readonly node: unknown; readonly value: Value } {
  const definitions = [
    {
      $kind: "manifest",
      air_version: "1",
      schemas: [{ name: "t/In@1" }, { name: "t/V@1" }],
      modules: [],
      plans: [{ name: "t/P@1" }],
      caps: [],
      policies: [],
    },
    { $kind: "defschema", name: "t/In@1", type: { unit: {} } },
    { $kind: "defschema", name: "t/V@1", type: type ?? { unit: {} } },
    {
      $kind: "defplan",
      name: "t/P@1",
      input: "t/In@1",
      ...(type === null ? {} : { locals: { v: "t/V@1" } }),
      steps: [{ id: "a", op: "assign", expr: value, bind: { as: "v" } }],
    },
  ];
  const file = { path: "manifest.air.json", text: JSON.stringify(definitions) };
  const { manifest } = loadWorldDefinitions([file], null);
  const again = manifestFromNodes(manifest.hash, (hash) => manifest.nodes.get(hash));
  const { definition, hash } = manifest.plans.get("t/P@1")!;
  expect(again.plans.get("t/P@1")).toEqual(manifest.plans.get("t/P@1"));
  const node = JSON.parse(stringifyJson(nodeJson(manifest.nodes.get(hash)!)));
  const [step] = definition.steps;
  if (step?.op !== "assign" || step.expr.kind !== "literal") throw new Error("no literal");
  return { node: node.steps[0].expr, value: step.expr.value };
}

const UNIT = { unit: {} };

describe("a literal in the node of a plan", () => {
  const arms = { variant: { A: UNIT, B: { option: { text: {} } } } };

  test("keeps whether a unit arm has a payload; sugar null is none", () => {
    expect(assigned({ A: null }, arms).node).toEqual({ tag: "A" });
    expect(assigned({ tag: "A" }, arms).node).toEqual({ tag: "A" });
    expect(assigned({ variant: { tag: "A" } }, arms).node).toEqual({ tag: "A" });
    expect(assigned({ tag: "A", value: null }, arms).node).toEqual({ tag: "A" });
    const whole = { tag: "A", value: { null: {} } };
    expect(assigned(whole, arms).node).toEqual(whole);
    expect(assigned({ A: {} }, arms).node).toEqual(whole);
    expect(assigned({ B: null }, arms).node).toEqual({ tag: "B", value: { null: {} } });
  });

  test("is a value with its payload all the same where the plan computes with it", () => {
    for (const written of [{ A: null }, { tag: "A" }, { tag: "A", value: { null: {} } }]) {
      expect(assigned(written, arms).value).toEqual(variant("A", { kind: "unit" }));
    }
    const inner = { list: arms };
    expect(assigned([{ A: null }], inner).value).toEqual({
      kind: "list",
      items: [variant("A", { kind: "unit" })],
    });
  });

  test("has sets sorted by the bytes of their literals, and values sorted by their own", () => {
    const bytes = { set: { bytes: {} } };
    const sorted = { set: [{ bytes_b64: "/w==" }, { bytes_b64: "AA==" }] };
    const values = {
      kind: "set",
      items: [0, 255].map((byte) => ({ kind: "bytes", value: Uint8Array.of(byte) })),
    };
    for (const written of [
      ["AA==", "/w==", "AA=="],
      { set: [{ bytes_b64: "AA==" }, { bytes_b64: "/w==" }] },
    ]) {
      expect(assigned(written, bytes)).toEqual({ node: sorted, value: values });
    }
  });

  test("is a set in natural order where the plan computes with it, whatever its bytes", () => {
    const names = { set: { text: {} } };
    const value = { kind: "set", items: ["aa", "b"].map((each) => ({ kind: "text", value: each })) };
    expect(assigned(["b", "aa"], names).value).toEqual(value);
    expect(assigned({ set: [{ text: "b" }, { text: "aa" }] }, names).value).toEqual(value);
  });

  test("has maps sorted by key, and of equal keys the first", () => {
    const map = { map: { key: { nat: {} }, value: { text: {} } } };
    const entry = (key: number, value: string) => ({ key: { nat: key }, value: { text: value } });
    const sorted = { map: [entry(2, "a"), entry(10, "b")] };
    expect(
      assigned(
        [
          [10, "b"],
          [2, "a"],
          ["2", "c"],
        ],
        map,
      ).node,
    ).toEqual(sorted);
    expect(assigned({ map: [entry(10, "b"), entry(2, "a"), entry(2, "c")] }, map).node).toEqual(sorted);
    expect(assigned({ map: [entry(10, "b"), entry(2, "a"), entry(2, "c")] }, map).value).toMatchObject({
      entries: [
        [{ value: 2n }, { value: "a" }],
        [{ value: 10n }, { value: "b" }],
      ],
    });
  });

  test("keeps a reference to a secret as it is in the tagged lens, and as a record in sugar", () => {
    const key = { ref: "sys/TextOrSecretRef@1" };
    const secret = { alias: "t/key", version: 1 };
    const warned = { tag: "secret", value: { record: { alias: { text: "t/key" }, version: { nat: 1 } } } };
    expect(assigned({ secret }, key).node).toEqual(warned);
    expect(() => assigned({ tag: "secret", value: secret }, key)).toThrow(
      expect.objectContaining({ diagnostics: [expect.objectContaining({ code: "reference.secret" })] }),
    );
  });

  test("is what was written where nothing gives it a type, its sets in natural order when it is computed with", () => {
    const written = { tag: "A", value: { set: [{ text: "b" }, { text: "a" }] } };
    expect(assigned(written, null)).toEqual({
      node: written,
      value: variant("A", { kind: "set", items: [text("a"), text("b")] }),
    });
  });
});
