import { describe, expect, test } from "vitest";
import { parsePatch } from "../../host/air/patch.ts";
import { jsonFrom } from "../../host/values/json.ts";

const HASH = `sha256:${"ab".repeat(32)}`;

function parse(...patches: readonly unknown[]) {
  const text = JSON.stringify({ base_manifest_hash: HASH, patches });
  return parsePatch({ path: "patch.json", text }).patch;
}

describe("a patch document", () => {
  test("is operations in the order they are applied", () => {
    const schema = { $kind: "defschema", name: "t/S@1", type: { nat: {} } };
    const patch = parse(
      { add_def: { kind: "defschema", node: schema } },
      { replace_def: { kind: "defschema", name: "t/S@1", new_node: schema, pre_hash: HASH } },
      { remove_def: { kind: "defcap", name: "t/c@1", pre_hash: HASH } },
      {
        set_manifest_refs: {
          add: [{ kind: "defplan", name: "t/P@1", hash: HASH }],
          remove: [{ kind: "defplan", name: "t/Q@1" }],
        },
      },
    );
    const definition = { kind: "defschema", name: "t/S@1", type: { kind: "nat" } };
    expect(patch).toEqual({
      baseManifestHash: HASH,
      operations: [
        { op: "add_def", kind: "defschema", definition },
        { op: "replace_def", kind: "defschema", name: "t/S@1", definition, preHash: HASH },
        { op: "remove_def", kind: "defcap", name: "t/c@1", preHash: HASH },
        {
          op: "set_manifest_refs",
          add: [{ kind: "defplan", name: "t/P@1", hash: HASH }],
          remove: [{ kind: "defplan", name: "t/Q@1" }],
        },
      ],
    });
  });

  test("replaces whole blocks of the manifest", () => {
    const { operations } = parse(
      {
        set_routing_events: {
          pre_hash: HASH,
          events: [{ event: "t/E@1", reducer: "t/M@1", key_field: "id" }],
        },
      },
      { set_routing_inboxes: { pre_hash: HASH, inboxes: [{ source: "mail", reducer: "t/M@1" }] } },
      { set_triggers: { pre_hash: HASH, triggers: [{ event: "t/E@1", plan: "t/P@1" }] } },
      { set_module_bindings: { pre_hash: HASH, bindings: { "t/M@1": { slots: { default: "g" } } } } },
      {
        set_secrets: {
          pre_hash: HASH,
          secrets: [
            { name: "t/key@1", hash: HASH },
            { alias: "a", version: 2, binding_id: "env:A", policy: { allowed_plans: ["t/P@1"] } },
          ],
        },
      },
    );
    expect(operations).toMatchObject([
      { op: "set_routing_events", routes: [{ event: "t/E@1", module: "t/M@1", keyField: "id" }] },
      { op: "set_routing_inboxes", inboxes: [{ source: "mail", module: "t/M@1" }] },
      { op: "set_triggers", triggers: [{ event: "t/E@1", plan: "t/P@1", correlateBy: null }] },
      { op: "set_module_bindings", bindings: new Map([["t/M@1", new Map([["default", "g"]])]]) },
      {
        op: "set_secrets",
        secrets: [
          { name: "t/key@1", hash: HASH },
          { alias: "a", version: 2n, bindingId: "env:A", allowedCaps: [], allowedPlans: ["t/P@1"] },
        ],
      },
    ]);
  });

  test("leaves defaults that it does not give", () => {
    const params = { record: {} };
    const { operations } = parse(
      { set_defaults: { policy: "t/p@1" } },
      { set_defaults: { policy: null, cap_grants: [{ name: "g", cap: "sys/timer@1", params }] } },
    );
    expect(operations).toEqual([
      { op: "set_defaults", policy: "t/p@1", grants: null },
      {
        op: "set_defaults",
        policy: null,
        grants: [{ name: "g", cap: "sys/timer@1", params: jsonFrom(params), expiryNs: null }],
      },
    ]);
  });

  test("is refused with all its faults at once", () => {
    const text = JSON.stringify({
      patches: [
        { remove_def: { kind: "manifest", name: "t/S@1", pre_hash: HASH } },
        { add_def: { kind: "defschema", node: { name: "t/S@1" } } },
      ],
    });
    expect(() => parsePatch({ path: "patch.json", text })).toThrow(
      expect.objectContaining({
        code: "patch.invalid",
        kind: "manifest",
        diagnostics: [
          expect.objectContaining({ code: "shape.missing_field", pointer: "" }),
          expect.objectContaining({ code: "shape.value", pointer: "/patches/0/remove_def/kind" }),
        ],
      }),
    );
  });

  test("is refused for its warnings when that is asked", () => {
    const text = JSON.stringify({
      base_manifest_hash: HASH,
      patches: [{ set_defaults: { polici: "t/p@1" } }],
    });
    const file = { path: "patch.json", text };
    expect(parsePatch(file).warnings.map(({ code }) => code)).toEqual(["shape.unknown_field"]);
    expect(() => parsePatch(file, { strict: true })).toThrow(
      expect.objectContaining({ code: "patch.invalid" }),
    );
  });
});
