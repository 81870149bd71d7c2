/** What counts as a difference of two manifests, and where it is said to be. */

import { describe, expect, it } from "vitest";
import { type DefinitionDifference, manifestDifference } from "../../host/air/difference.ts";
import { loadWorldDefinitions } from "../../host/air/load.ts";
import type { Manifest } from "../../host/air/manifest.ts";

type Fields = Record<string, unknown>;

const ref = (name: string) => ({ ref: name });
const eq = (a: unknown, b: unknown) => ({ op: "eq", args: [a, b] });

function plan(change: Fields = {}): Fields {
  return {
    $kind: "defplan",
    name: "t/P@1",
    input: "t/Go@1",
    steps: [
      { id: "look", op: "assign", expr: ref("@plan.input.n"), bind: { as: "n" } },
      { id: "stop", op: "raise_event", event: "t/Stop@1", value: { why: "done" } },
      { id: "done", op: "end" },
    ],
    edges: [
      { from: "look", to: "stop", when: eq(ref("@var:n"), { nat: 1 }) },
      { from: "stop", to: "done" },
    ],
    ...change,
  };
}

function module(name: string, change: Fields = {}): Fields {
  const abi = { state: "t/State@1", event: "t/Event@1", effects_emitted: ["timer.set"], ...change };
  return { $kind: "defmodule", name, module_kind: "reducer", abi: { reducer: abi } };
}

const names = (...all: string[]) => all.map((name) => ({ name }));

function manifest(change: Fields = {}): Fields {
  return {
    $kind: "manifest",
    air_version: "1",
    schemas: names("t/Go@1", "t/Stop@1", "t/Event@1", "t/State@1"),
    modules: names("t/M@1", "t/N@1"),
    plans: names("t/P@1"),
    effects: names("sys/timer.set@1"),
    caps: [],
    policies: names("t/policy@1"),
    defaults: {
      policy: "t/policy@1",
      cap_grants: [
        { name: "g", cap: "sys/timer@1", params: {} },
        { name: "h", cap: "sys/timer@1", params: {}, expiry_ns: 5 },
      ],
    },
    module_bindings: { "t/M@1": { slots: { default: "g" } }, "t/N@1": { slots: { default: "h" } } },
    routing: {
      events: [
        { event: "t/Event@1", reducer: "t/M@1" },
        { event: "t/Event@1", reducer: "t/N@1" },
      ],
    },
    triggers: [{ event: "t/Go@1", plan: "t/P@1", correlate_by: "n" }],
    ...change,
  };
}

const BASE: readonly Fields[] = [
  {
    $kind: "defschema",
    name: "t/Go@1",
    type: { record: { n: { nat: {} }, maybe: { option: { text: {} } } } },
  },
  { $kind: "defschema", name: "t/Stop@1", type: { record: { why: { text: {} } } } },
  {
    $kind: "defschema",
    name: "t/Event@1",
    type: { variant: { Go: ref("t/Go@1"), Stop: ref("t/Stop@1"), Timer: ref("sys/TimerFired@1") } },
  },
  { $kind: "defschema", name: "t/State@1", type: { record: {} } },
  module("t/M@1"),
  module("t/N@1"),
  plan(),
  {
    $kind: "defpolicy",
    name: "t/policy@1",
    rules: [
      { when: { effect_kind: "timer.set" }, decision: "allow" },
      { when: {}, decision: "deny" },
    ],
  },
  manifest(),
];

/** The base with some of its definitions replaced, and others added. */
function load(...changed: readonly Fields[]): Manifest {
  const of = ({ $kind, name }: Fields) => `${$kind} ${name}`;
  const kept = BASE.filter((each) => !changed.some((other) => of(other) === of(each)));
  const text = JSON.stringify([...kept, ...changed]);
  return loadWorldDefinitions([{ path: "all.json", text }], null).manifest;
}

const base = load();

/** In one line each: what changed, where, and in what. */
function brief(differences: readonly DefinitionDifference[]): readonly string[] {
  return differences.flatMap(({ kind, name, change, fields }) => {
    const title = `${change} ${name ?? kind}`;
    if (fields.length === 0) return [title];
    return fields.map((field) => {
      const where = field.where === null ? "" : ` (${field.where})`;
      return `${title}: ${field.change} ${field.pointer}${where}`;
    });
  });
}

const diff = (...changed: readonly Fields[]) => brief(manifestDifference(base, load(...changed)));

describe("no difference", () => {
  it("is between equal definitions", () => {
    expect(diff()).toEqual([]);
  });

  it("are layout, comments and the order of files, members and lists", () => {
    const listed = manifest({
      schemas: names("t/State@1", "t/Event@1", "t/Stop@1", "t/Go@1"),
      modules: names("t/N@1", "t/M@1"),
      $comment: "why",
    });
    const other = load(listed, plan({ $comment: "why" }));
    expect(other.hash).not.toBe(base.hash);
    expect(brief(manifestDifference(base, other))).toEqual([]);
  });

  it("is the lens of a value, or a list that is filled in", () => {
    const [look, stop, done] = plan().steps as Fields[];
    const tagged = { ...stop, value: { record: { why: { text: "done" } } } };
    expect(diff(plan({ steps: [look, tagged, done], allowed_effects: [] }))).toEqual([]);
  });

  it("is the word for routes", () => {
    const subscriptions = [
      { event: "t/Event@1", module: "t/M@1" },
      { event: "t/Event@1", module: "t/N@1" },
    ];
    expect(diff(manifest({ routing: { subscriptions } }))).toEqual([]);
  });

  it("is the order of grants, triggers, edges and emitted kinds", () => {
    const { defaults } = manifest() as { defaults: { policy: string; cap_grants: unknown[] } };
    const cap_grants = [...defaults.cap_grants].reverse();
    const edges = [...(plan().edges as unknown[])].reverse();
    expect(diff(manifest({ defaults: { ...defaults, cap_grants } }), plan({ edges }))).toEqual([]);
  });
});

describe("definitions", () => {
  const extra = { $kind: "defschema", name: "t/More@1", type: { text: {} } };
  const withMore = manifest({
    schemas: [...names("t/Go@1", "t/Stop@1", "t/Event@1", "t/State@1"), { name: "t/More@1" }],
  });

  it("are added and removed", () => {
    const more = load(extra, withMore);
    expect(brief(manifestDifference(base, more))).toEqual(["added t/More@1"]);
    expect(brief(manifestDifference(more, base))).toEqual(["removed t/More@1"]);
  });

  it("that are built in count when they are listed or not", () => {
    const effects = names("sys/timer.set@1", "sys/blob.put@1");
    expect(diff(manifest({ effects }))).toEqual(["added sys/blob.put@1"]);
  });
});

describe("types", () => {
  const go = (type: unknown): Fields => ({ $kind: "defschema", name: "t/Go@1", type });
  const fields = { n: { nat: {} }, maybe: { option: { text: {} } } };

  it.each([
    [{ record: { ...fields, more: { text: {} } } }, ["added /type/record/more"]],
    [{ record: { n: { nat: {} } } }, ["removed /type/record/maybe"]],
    [{ record: { ...fields, maybe: { option: { bytes: {} } } } }, ["changed /type/record/maybe/option"]],
    [{ record: { ...fields, maybe: { text: {} } } }, ["changed /type/record/maybe"]],
    [{ record: { maybe: fields.maybe, n: fields.n } }, []],
  ])("%j", (type, expected) => {
    expect(diff(go(type))).toEqual(expected.map((each) => `changed t/Go@1: ${each}`));
  });

  it("show both sides of what changed", () => {
    const [only] = manifestDifference(base, load(go({ record: { ...fields, maybe: { text: {} } } })));
    expect(only!.fields).toMatchObject([
      {
        before: new Map([["option", new Map([["text", new Map()]])]]),
        after: new Map([["text", new Map()]]),
      },
    ]);
  });
});

describe("plans", () => {
  const { steps, edges } = plan() as { steps: Fields[]; edges: Fields[] };

  it("are compared step by step, whatever stands before", () => {
    const first = { id: "first", op: "assign", expr: { nat: 1 }, bind: { as: "m" } };
    expect(diff(plan({ steps: [first, ...steps] }))).toEqual(["changed t/P@1: added /steps/0 (step first)"]);
    const [look, stop, done] = steps;
    expect(diff(plan({ steps: [look, { ...stop, value: { why: "late" } }, done] }))).toEqual([
      "changed t/P@1: changed /steps/1/value/record/why/text (step stop)",
    ]);
  });

  it("run steps that are ready together in order, so that their order counts", () => {
    const [look, stop, done] = steps;
    expect(diff(plan({ steps: [stop, look, done] }))).toEqual(["changed t/P@1: reordered /steps"]);
  });

  it("are compared edge by edge", () => {
    const [first, second] = edges;
    expect(diff(plan({ edges: [{ ...first, when: eq(ref("@var:n"), { nat: 2 }) }, second] }))).toEqual([
      "changed t/P@1: changed /edges/0/when/args/1/nat (edge look -> stop)",
    ]);
    expect(diff(plan({ edges: [{ from: "look", to: "stop" }, second] }))).toEqual([
      "changed t/P@1: removed /edges/0/when (edge look -> stop)",
    ]);
    expect(diff(plan({ edges: [second] }))).toEqual(["changed t/P@1: removed /edges/0 (edge look -> stop)"]);
    expect(diff(plan({ edges: [{ ...first, when: { bool: true } }, second] }))).toContain(
      "changed t/P@1: added /edges/0/when/bool (edge look -> stop)",
    );
  });
});

describe("modules and policies", () => {
  it("are compared by field", () => {
    expect(diff(module("t/M@1", { effects_emitted: [] }))).toEqual([
      "changed t/M@1: removed /abi/reducer/effects_emitted/0",
    ]);
    const zeros = `sha256:${"1".repeat(64)}`;
    expect(diff({ ...module("t/M@1"), wasm_hash: zeros })).toEqual(["changed t/M@1: changed /wasm_hash"]);
  });

  it("have rules by their place, which decides", () => {
    const rules = [
      { when: {}, decision: "deny" },
      { when: { effect_kind: "timer.set" }, decision: "allow" },
    ];
    const found = diff({ $kind: "defpolicy", name: "t/policy@1", rules });
    expect(found).toContain("changed t/policy@1: changed /rules/0/decision");
    expect(found).toContain("changed t/policy@1: removed /rules/0/when/effect_kind");
  });
});

describe("the manifest", () => {
  const grants = (...cap_grants: Fields[]) => manifest({ defaults: { policy: "t/policy@1", cap_grants } });
  const g = { name: "g", cap: "sys/timer@1", params: {} };
  const h = { name: "h", cap: "sys/timer@1", params: {}, expiry_ns: 5 };

  it.each<readonly [string, Fields, readonly string[]]>([
    ["a grant", grants({ ...g, expiry_ns: 9 }, h), ["added /defaults/cap_grants/0/expiry_ns (grant g)"]],
    ["its expiry", grants(g, { ...h, expiry_ns: 6 }), ["changed /defaults/cap_grants/1/expiry_ns (grant h)"]],
    [
      "a binding",
      manifest({
        module_bindings: { "t/M@1": { slots: { default: "h" } }, "t/N@1": { slots: { default: "h" } } },
      }),
      ["changed /module_bindings/t~1M@1/slots/default"],
    ],
    ["a trigger", manifest({ triggers: [] }), ["removed /triggers/0 (trigger t/Go@1 -> t/P@1)"]],
    [
      "its path",
      manifest({ triggers: [{ event: "t/Go@1", plan: "t/P@1" }] }),
      ["removed /triggers/0/correlate_by (trigger t/Go@1 -> t/P@1)"],
    ],
    [
      "a route",
      manifest({ routing: { events: [{ event: "t/Event@1", reducer: "t/M@1" }] } }),
      ["removed /routing/events/1 (route t/Event@1 -> t/N@1)"],
    ],
    ["the policy", manifest({ defaults: { cap_grants: [g, h] } }), ["removed /defaults/policy"]],
  ])("%s", (_what, changed, expected) => {
    expect(diff(changed)).toEqual(expected.map((each) => `changed manifest: ${each}`));
  });

  it("says so when modules hear of an event in another order", () => {
    const events = [
      { event: "t/Event@1", reducer: "t/N@1" },
      { event: "t/Event@1", reducer: "t/M@1" },
    ];
    const found = manifestDifference(base, load(manifest({ routing: { events } })));
    expect(brief(found)).toContain("changed manifest: reordered /routing (event t/Go@1)");
    expect(found).toMatchObject([{ kind: "manifest", name: null, change: "changed" }]);
  });
});
