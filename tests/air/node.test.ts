import { describe, expect, test } from "vitest";
import { catalogue } from "../../host/air/catalogue.ts";
import type { Definition, DefinitionKind } from "../../host/air/definitions.ts";
import { loadWorldDefinitions } from "../../host/air/load.ts";
import { builtinHash, definitionFromNode, nodeBytes, nodeHash } from "../../host/air/node.ts";
import { manifestFromNodes } from "../../host/air/nodes.ts";
import { parseDefinition } from "../../host/air/parse/definition.ts";
import { toHex } from "../../host/values/bytes.ts";
import { canon } from "../../host/values/cbor.ts";
import { AirloomError } from "../../host/values/errors.ts";
import { hashOf } from "../../host/values/hash.ts";
import { type JsonObject, jsonFrom } from "../../host/values/json.ts";
import { inOrder } from "./in-order.ts";

function parse(definition: { readonly $kind: DefinitionKind } & Record<string, unknown>): Definition {
  const draft = parseDefinition(definition.$kind, jsonFrom(definition) as JsonObject, (fault) => {
    throw new Error(fault.message);
  });
  return draft as Definition;
}

const UNIT = { unit: {} };

describe("the node of a definition", () => {
  test("is the canonical form with $kind for what a world defines", () => {
    const tick = parse({ $kind: "defschema", name: "demo/CounterTick@1", type: UNIT });
    expect(toHex(nodeBytes(tick))).toBe(
      "d9d9f7a3646e616d657264656d6f2f436f756e7465725469636b40316474797065a164756e6974a065246b696e6469646566736368656d61",
    );
    expect(nodeHash(tick)).toBe("sha256:7b791566f843e827ea62807e34ee823801f4f0b652b3066099c9dea3bf44d159");
  });

  test("is hashed without $kind for what is built in", () => {
    const params = catalogue().schemas.get("sys/TimerSetParams@1")!;
    expect(builtinHash(params)).toBe(
      "sha256:e0aac16a1b512f7ffaf065844b3e8ab383886436cba6e3ab6d46428509df681f",
    );
    expect(nodeHash(params)).not.toBe(builtinHash(params));
  });

  test("leaves out what is absent or empty, and keeps the default enforcer", () => {
    const abi = { state: "t/S@1", event: "t/E@1" };
    const bare = {
      $kind: "defmodule",
      name: "t/M@1",
      module_kind: "reducer",
      abi: { reducer: abi },
    } as const;
    const zero = `sha256:${"0".repeat(64)}`;
    const spelt = {
      ...bare,
      wasm_hash: zero,
      abi: { reducer: { ...abi, effects_emitted: [], cap_slots: {} } },
    };
    const unstamped = [null, "", "sha256", "sha256:"].map((wasm_hash) => ({ ...bare, wasm_hash }));
    const hashes = [bare, spelt, ...unstamped].map((each) => nodeHash(parse(each)));
    expect(new Set(hashes).size).toBe(1);

    const cap = { $kind: "defcap", name: "t/c@1", cap_type: "timer", schema: { record: {} } } as const;
    const enforced = { ...cap, enforcer: { module: "sys/CapAllowAll@1" } };
    expect(nodeHash(parse(cap))).toBe(nodeHash(parse(enforced)));
    expect(toHex(nodeBytes(parse(cap)))).toContain(toHex(canon("sys/CapAllowAll@1").subarray(3)));
  });

  test("does not depend on comments or on the order of fields", () => {
    const a = parse({ $kind: "defschema", name: "t/A@1", type: { record: { a: UNIT, bb: { text: {} } } } });
    const b = parse({
      type: { record: { bb: { $comment: "why", text: {} }, a: UNIT } },
      name: "t/A@1",
      $comment: "what",
      description: "who",
      $kind: "defschema",
    });
    expect(nodeHash(a)).toBe(nodeHash(b));
  });

  test("says which spelling a module is written in", () => {
    const abi = { state: "t/S@1", event: "t/E@1" };
    const reducer = parse({
      $kind: "defmodule",
      name: "t/M@1",
      module_kind: "reducer",
      abi: { reducer: abi },
    });
    const workflow = parse({
      $kind: "defmodule",
      name: "t/M@1",
      module_kind: "workflow",
      abi: { workflow: abi },
    });
    expect(nodeHash(reducer)).not.toBe(nodeHash(workflow));
  });
});

describe("a definition read back from its node", () => {
  const definitions: readonly ({ readonly $kind: DefinitionKind } & Record<string, unknown>)[] = [
    { $kind: "defschema", name: "t/A@1", type: { map: { key: { nat: {} }, value: { option: UNIT } } } },
    {
      $kind: "defmodule",
      name: "t/M@1",
      module_kind: "workflow",
      key_schema: "t/K@1",
      abi: { workflow: { state: "t/S@1", event: "t/E@1", context: "t/C@1", effects_emitted: ["timer.set"] } },
    },
    {
      $kind: "defmodule",
      name: "t/P@1",
      module_kind: "pure",
      abi: { pure: { input: "t/I@1", output: "t/O@1" } },
    },
    {
      $kind: "defeffect",
      name: "t/ring@1",
      kind: "ring",
      params_schema: "t/A@1",
      receipt_schema: "t/B@1",
      cap_type: "ring",
      origin_scope: "workflow",
    },
    { $kind: "defcap", name: "t/c@1", cap_type: "x.y", schema: { record: { hosts: { set: { text: {} } } } } },
    {
      $kind: "defpolicy",
      name: "t/p@1",
      rules: [
        { when: { origin_kind: "workflow", origin_name: "t/M@1" }, decision: "deny" },
        { when: {}, decision: "allow" },
      ],
    },
    { $kind: "defsecret", name: "t/key@3", binding_id: "env:KEY", allowed_caps: ["g"] },
  ];

  test.each(definitions)("is the same: $$kind $name", (source) => {
    const definition = parse(source);
    expect(definitionFromNode(nodeBytes(definition))).toEqual(definition);
  });

  test("is refused when the bytes are no definition", () => {
    const refused = [
      canon(5n),
      canon(new Map([["$kind", "defthing"]])),
      canon(new Map([["$kind", "defschema"]])),
      canon(new Map([["$kind", new Uint8Array(3)]])),
      canon(
        new Map<string, string | bigint>([
          ["$kind", "defpolicy"],
          ["name", "t/p@1"],
          ["rules", 5n],
        ]),
      ),
      Uint8Array.of(0xff),
    ];
    for (const bytes of refused) {
      expect(() => definitionFromNode(bytes)).toThrow(
        expect.objectContaining({ code: "definition.invalid", kind: "corrupt" }),
      );
    }
  });
});

/** The counter world whose manifest hash AIR's first journal frame records. */
const COUNTER = [
  {
    $kind: "manifest",
    air_version: "1",
    schemas: ["CounterPc", "CounterState", "CounterStart", "CounterTick", "CounterEvent"].map((name) => ({
      name: `demo/${name}@1`,
    })),
    modules: [{ name: "demo/CounterSM@1" }],
    plans: [],
    caps: [],
    policies: [],
    effects: [],
    triggers: [],
    routing: { events: [{ event: "demo/CounterEvent@1", reducer: "demo/CounterSM@1" }], inboxes: [] },
  },
  {
    $kind: "defschema",
    name: "demo/CounterPc@1",
    type: { variant: { Idle: UNIT, Counting: UNIT, Done: UNIT } },
  },
  {
    $kind: "defschema",
    name: "demo/CounterState@1",
    type: { record: { pc: { ref: "demo/CounterPc@1" }, remaining: { nat: {} } } },
  },
  { $kind: "defschema", name: "demo/CounterStart@1", type: { record: { target: { nat: {} } } } },
  { $kind: "defschema", name: "demo/CounterTick@1", type: UNIT },
  {
    $kind: "defschema",
    name: "demo/CounterEvent@1",
    type: { variant: { Start: { ref: "demo/CounterStart@1" }, Tick: { ref: "demo/CounterTick@1" } } },
  },
  {
    $kind: "defmodule",
    name: "demo/CounterSM@1",
    module_kind: "reducer",
    abi: { reducer: { state: "demo/CounterState@1", event: "demo/CounterEvent@1", effects_emitted: [] } },
  },
];

function load(definitions: unknown) {
  const file = { path: "manifest.air.json", text: JSON.stringify(definitions) };
  return loadWorldDefinitions([file], null).manifest;
}

describe("the hash of a manifest", () => {
  test("is AIR's: without $kind, empty lists of the five kinds kept, all else that is empty left out", () => {
    expect(load(COUNTER).hash).toMatch(/^sha256:6b6e/);
  });

  test("changes with any definition in it", () => {
    const [manifest, ...rest] = COUNTER;
    const other = rest.map((each) =>
      each.name === "demo/CounterTick@1" ? { ...each, type: { text: {} } } : each,
    );
    expect(load([manifest, ...other]).hash).not.toBe(load(COUNTER).hash);
  });
});

describe("a manifest from recorded nodes", () => {
  const manifest = load(COUNTER);

  test("is the manifest that was loaded", () => {
    const again = manifestFromNodes(manifest.hash, (hash) => manifest.nodes.get(hash));
    expect(inOrder(again)).toEqual(inOrder(manifest));
  });

  test("keeps every node under its own hash", () => {
    for (const [hash, bytes] of manifest.nodes) expect(hashOf(bytes)).toBe(hash);
  });

  test("is refused when a node is missing", () => {
    for (const lost of manifest.nodes.keys()) {
      const get = (hash: typeof lost) => (hash === lost ? undefined : manifest.nodes.get(hash));
      expect(() => manifestFromNodes(manifest.hash, get)).toThrow(
        expect.objectContaining({ code: "definitions.missing", kind: "missing" }),
      );
    }
  });

  test("is refused when a node is another", () => {
    const [first] = manifest.nodes.keys();
    for (const changed of manifest.nodes.keys()) {
      if (changed === first) continue;
      const get = (hash: typeof changed) => manifest.nodes.get(hash === changed ? first! : hash);
      expect(() => manifestFromNodes(manifest.hash, get)).toThrow(AirloomError);
      expect(() => manifestFromNodes(manifest.hash, get)).toThrow(
        expect.objectContaining({ code: "definitions.corrupt", kind: "corrupt" }),
      );
    }
  });
});
