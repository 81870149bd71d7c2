/** What AIR passes over changes no hash: unknown fields, nulls for what may be absent, names off the grammar. */

import { describe, expect, test } from "vitest";
import { catalogue } from "../../host/air/catalogue.ts";
import { type LoadedWorld, loadWorldDefinitions } from "../../host/air/load.ts";
import { nodeJson } from "../../host/air/node.ts";
import { manifestFromNodes } from "../../host/air/nodes.ts";
import { stringifyJson } from "../../host/values/json.ts";

type Definition = Readonly<Record<string, unknown>>;

const MANIFEST: Definition = {
  $kind: "manifest",
  air_version: "1",
  schemas: [{ name: "t/S@1" }, { name: "t/E@1" }],
  modules: [{ name: "t/M@1" }, { name: "sys/CapEnforceHttpOut@1" }],
  plans: [{ name: "t/P@1" }],
  effects: [{ name: "sys/http.request@1" }],
  caps: [],
  policies: [{ name: "t/p@1" }],
  secrets: [{ name: "t/key@1" }],
  defaults: {
    cap_grants: [
      { name: "web", cap: "sys/http.out@1", params: { record: { hosts: { set: [{ text: "a" }] } } } },
    ],
  },
  routing: {
    events: [{ event: "t/E@1", reducer: "t/M@1" }],
    inboxes: [{ source: "mail", reducer: "t/M@1" }],
  },
  triggers: [{ event: "t/S@1", plan: "t/P@1" }],
};

const WORLD: readonly Definition[] = [
  MANIFEST,
  { $kind: "defschema", name: "t/S@1", type: { record: { n: { nat: {} } } } },
  { $kind: "defschema", name: "t/E@1", type: { variant: { S: { ref: "t/S@1" } } } },
  {
    $kind: "defmodule",
    name: "t/M@1",
    module_kind: "reducer",
    abi: { reducer: { state: "t/S@1", event: "t/E@1" } },
  },
  {
    $kind: "defplan",
    name: "t/P@1",
    input: "t/S@1",
    steps: [
      {
        id: "ask",
        op: "emit_effect",
        kind: "http.request",
        params: { method: "GET", url: "https://a", headers: {}, body_ref: null },
        cap: "web",
        bind: { effect_id_as: "req" },
      },
      { id: "hear", op: "await_receipt", for: { ref: "@var:req" }, bind: { as: "answer" } },
      { id: "wait", op: "await_event", event: "t/S@1", where: { bool: true }, bind: { as: "event" } },
      { id: "end", op: "end" },
    ],
    edges: [
      { from: "ask", to: "hear" },
      { from: "hear", to: "wait" },
      { from: "wait", to: "end" },
    ],
    invariants: [{ op: "ge", args: [{ ref: "@plan.input.n" }, { nat: 0 }] }],
  },
  { $kind: "defpolicy", name: "t/p@1", rules: [{ when: { origin_kind: "plan" }, decision: "allow" }] },
  { $kind: "defsecret", name: "t/key@1", binding_id: "env:KEY" },
];

function load(definitions: readonly Definition[]): LoadedWorld {
  const loaded = loadWorldDefinitions([{ path: "all.json", text: JSON.stringify(definitions) }], null);
  const { manifest } = loaded;
  expect(manifestFromNodes(manifest.hash, (hash) => manifest.nodes.get(hash)).hash).toBe(manifest.hash);
  return loaded;
}

/** The world with one definition changed. */
function changed(name: string, change: (definition: Definition) => Definition): readonly Definition[] {
  const isIt = (each: Definition) => each.name === name || each.$kind === name;
  expect(WORLD.filter(isIt)).toHaveLength(1);
  return WORLD.map((each) => (isIt(each) ? change(each) : each));
}

const HASH = load(WORLD).manifest.hash;

describe("a manifest of everything AIR has", () => {
  test("loads, whether this engine runs it or not", () => {
    const { manifest, warnings } = load(WORLD);
    expect(warnings).toEqual([]);
    expect([...manifest.secrets.keys()]).toEqual(["t/key@1"]);
    expect(manifest.inboxes).toEqual([{ source: "mail", module: "t/M@1" }]);
    expect([...manifest.pureModules.keys()]).toEqual(["sys/CapEnforceHttpOut@1"]);
    expect(manifest.plans.get("t/P@1")!.definition).toMatchObject({
      requiredCaps: ["web"],
      allowedEffects: ["http.request"],
    });
  });

  test("refers to built-in modules by their node with $kind, and to all else without", () => {
    const { manifest } = load(WORLD);
    const node = JSON.parse(stringifyJson(nodeJson(manifest.nodes.get(manifest.hash)!)));
    expect(node.modules[1].hash).toMatch(/^sha256:28b5413feee4cf38/);
    expect(node.effects[0].hash).toMatch(/^sha256:7c90be7f46/);
    for (const hash of [catalogue().hashes, catalogue().moduleNodeHashes]) {
      const pinned = [MANIFEST.modules as Definition[]].flat().map((ref) => {
        const own = hash.get(ref.name as string);
        return own === undefined ? ref : { ...ref, hash: own };
      });
      expect(load(changed("manifest", (m) => ({ ...m, modules: pinned }))).manifest.hash).toBe(HASH);
    }
  });
});

describe("the identity of a manifest does not depend on", () => {
  test.each<readonly [string, readonly Definition[], readonly string[]]>([
    ["a comment", changed("t/S@1", (d) => ({ ...d, $comment: { by: 5 }, description: ["words"] })), []],
    ["an unknown field", changed("t/S@1", (d) => ({ ...d, since: "June" })), ["shape.unknown_field"]],
    [
      "an unknown field of the manifest",
      changed("manifest", (d) => ({ ...d, authors: ["me"] })),
      ["shape.unknown_field"],
    ],
    [
      "what stands beside the word of a type",
      changed("t/E@1", (d) => ({ ...d, type: { variant: { S: { ref: "t/S@1", since: "June" } } } })),
      ["type.extra_key"],
    ],
    [
      "nulls where fields may be absent",
      changed("t/M@1", (d) => ({
        ...d,
        key_schema: null,
        wasm_hash: null,
        abi: { reducer: { state: "t/S@1", event: "t/E@1", context: null, annotations: null }, pure: null },
      })),
      [],
    ],
    [
      "nulls in the manifest",
      changed("manifest", (d) => ({
        ...d,
        defaults: { ...(d.defaults as object), policy: null },
        routing: {
          events: [{ event: "t/E@1", reducer: "t/M@1", key_field: null }],
          inboxes: [{ source: "mail", reducer: "t/M@1" }],
        },
        triggers: [{ event: "t/S@1", plan: "t/P@1", correlate_by: null }],
      })),
      [],
    ],
    [
      "nulls in a plan",
      changed("t/P@1", (d) => ({
        ...d,
        output: null,
        steps: (d.steps as Definition[]).map((step) =>
          step.op === "end" ? { ...step, result: null } : step,
        ),
        edges: (d.edges as Definition[]).map((edge) => ({ ...edge, when: null })),
      })),
      [],
    ],
    [
      "nulls in a policy",
      changed("t/p@1", (d) => ({
        ...d,
        rules: [{ when: { origin_kind: "plan", effect_kind: null, cap_name: null }, decision: "allow" }],
      })),
      [],
    ],
    ["null for a digest", changed("t/key@1", (d) => ({ ...d, expected_digest: null })), []],
  ])("%s", (_what, definitions, codes) => {
    const { manifest, warnings } = load(definitions);
    expect(manifest.hash).toBe(HASH);
    expect(warnings.map(({ code }) => code)).toEqual(codes);
  });

  test("but on everything else", () => {
    const others = [
      changed("t/key@1", (d) => ({ ...d, binding_id: "env:OTHER" })),
      changed("manifest", (d) => ({ ...d, triggers: [] })),
      changed("t/P@1", (d) => ({ ...d, invariants: [] })),
      changed("manifest", (d) => ({ ...d, routing: { events: [{ event: "t/E@1", reducer: "t/M@1" }] } })),
      changed("t/M@1", (d) => ({
        ...d,
        abi: { ...(d.abi as object), pure: { input: "t/S@1", output: "t/S@1" } },
      })),
    ];
    const hashes = others.map((definitions) => load(definitions).manifest.hash);
    expect(new Set([HASH, ...hashes]).size).toBe(others.length + 1);
  });
});
