/**
 * Definitions as the canonical nodes AIR hashes: only known fields, absent options and empty lists left out,
 * `$kind` in what a world defines and not in the built-in catalogue. Byte for byte AgentOS's.
 */

import type { Hash } from "../values/brand.ts";
import { type Cbor, canon, decodeCbor } from "../values/cbor.ts";
import { AirloomError } from "../values/errors.ts";
import { hashOf } from "../values/hash.ts";
import { isJsonObject, type Json, JsonNumber, type JsonObject } from "../values/json.ts";
import { typeToCbor } from "../values/type-json.ts";
import { isError } from "./codes.ts";
import {
  DEFINITION_KINDS,
  type Definition,
  type GrantSource,
  LIST_NAMES,
  type ListName,
  type ManifestDefinition,
  type ModuleDefinition,
  type PolicyRule,
  type RoutingSource,
} from "./definitions.ts";
import { cborFromJson, planFields } from "./node-plan.ts";
import { type Draft, parseDefinition } from "./parse/definition.ts";

/**
 * A node's fields; undefined stands for what is absent. They are written in canonical order, shorter names first:
 * any other has to be sorted first, which for a folder of definitions is much of what their hashes cost.
 */
type NodeFields = readonly (readonly [string, Cbor | undefined])[];

/** Canonical bytes of a definition with `$kind`: what a world keeps and a manifest refers to. */
export function nodeBytes(definition: Definition): Uint8Array {
  return canon(nodeOf(fieldsOf(definition, [["$kind", definition.kind]])));
}

/** Hash of `nodeBytes`. */
export function nodeHash(definition: Definition): Hash {
  return hashOf(nodeBytes(definition));
}

/** Canonical bytes of a built-in definition, which is hashed without `$kind`. */
export function builtinBytes(definition: Definition): Uint8Array {
  return canon(nodeOf(fieldsOf(definition, [])));
}

/** Hash of `builtinBytes`. */
export function builtinHash(definition: Definition): Hash {
  return hashOf(builtinBytes(definition));
}

/**
 * Canonical bytes of a manifest without `$kind`: their hash is AIR's manifest hash. `hashOfRef` gives the hash
 * of each name a list holds; `params` the tagged form of a grant's parameters.
 */
export function manifestBytes(
  manifest: ManifestDefinition,
  hashOfRef: (list: ListName, name: string) => Hash,
  params: (grant: GrantSource) => Json,
): Uint8Array {
  const fields: [string, Cbor | undefined][] = [["air_version", "1"]];
  for (const list of LIST_NAMES) {
    const refs = manifest.lists.get(list)!.map(({ name }) =>
      nodeOf([
        ["hash", hashOfRef(list, name)],
        ["name", name],
      ]),
    );
    // AIR always writes these five, and the other two only when there is something in them.
    fields.push([list, list === "effects" || list === "secrets" ? filled(refs) : refs]);
  }
  const { defaults, routing } = manifest;
  if (defaults !== null) {
    const grants = defaults.grants.map((grant) => grantNode(grant, params(grant)));
    fields.push([
      "defaults",
      nodeOf([
        ["policy", defaults.policy ?? undefined],
        ["cap_grants", filled(grants)],
      ]),
    ]);
  }
  fields.push(["module_bindings", filledMap(bindingsNode(manifest.bindings))]);
  if (routing !== null) fields.push(["routing", routingNode(routing)]);
  const triggers = manifest.triggers.map(({ event, plan, correlateBy }) =>
    nodeOf([
      ["event", event],
      ["plan", plan],
      ["correlate_by", correlateBy ?? undefined],
    ]),
  );
  fields.push(["triggers", filled(triggers)]);
  return canon(nodeOf(fields));
}

/**
 * Reads a node back; `$kind` says what it is, and a node without one is a manifest. Throws
 * `definition.invalid` (kind `corrupt`) for bytes that are no definition.
 */
export function definitionFromNode(bytes: Uint8Array): Draft {
  const json = nodeJson(bytes);
  const named = json.get("$kind") ?? "manifest";
  const kind = DEFINITION_KINDS.find((each) => each === named);
  if (kind === undefined) throw notANode("its $kind is unknown");
  const draft = parseDefinition(kind, json, ({ code, message, pointer }) => {
    if (isError(code)) throw notANode(`${pointer}: ${message}`);
  });
  if (draft === null) throw notANode("it says nothing");
  return draft;
}

/** A node as JSON, keys in canonical order. Throws `definition.invalid` (kind `corrupt`) for other bytes. */
export function nodeJson(bytes: Uint8Array): JsonObject {
  const json = jsonFromCbor(readNode(bytes));
  if (!isJsonObject(json)) throw notANode("it is no map");
  return json;
}

function readNode(bytes: Uint8Array): Cbor {
  try {
    return decodeCbor(bytes);
  } catch (error) {
    throw new AirloomError("corrupt", "definition.invalid", "a recorded definition is no canonical CBOR", {
      cause: error,
    });
  }
}

function notANode(why: string): AirloomError {
  return new AirloomError("corrupt", "definition.invalid", `a recorded definition cannot be read: ${why}`);
}

/** `kind` is the field `$kind`, or nothing. */
function fieldsOf(definition: Definition, kind: NodeFields): NodeFields {
  const name = ["name", definition.name] as const;
  switch (definition.kind) {
    case "defschema":
      return [name, ["type", typeToCbor(definition.type)], ...kind];
    case "defmodule":
      return moduleFields(definition, kind);
    case "defplan":
      return [name, ...kind, ...planFields(definition)];
    case "defeffect":
      return [
        ["kind", definition.effectKind],
        name,
        ...kind,
        ["cap_type", definition.capType],
        ["origin_scope", definition.originScope],
        ["params_schema", definition.paramsSchema],
        ["receipt_schema", definition.receiptSchema],
      ];
    case "defcap":
      return [
        name,
        ...kind,
        ["schema", typeToCbor(definition.schema)],
        ["cap_type", definition.capType],
        ["enforcer", nodeOf([["module", definition.enforcer]])],
      ];
    case "defpolicy":
      return [name, ...kind, ["rules", definition.rules.map(ruleNode)]];
    case "defsecret":
      return [
        name,
        ...kind,
        ["binding_id", definition.bindingId],
        ["allowed_caps", filled(definition.allowedCaps)],
        ["allowed_plans", filled(definition.allowedPlans)],
        ["expected_digest", definition.expectedDigest ?? undefined],
      ];
  }
}

function moduleFields(definition: ModuleDefinition, kind: NodeFields): NodeFields {
  const { name, moduleKind, wasmHash, keySchema, reducer, pure } = definition;
  const abi: [string, Cbor][] = [];
  if (reducer !== null) {
    const fields: NodeFields = [
      ["event", reducer.event],
      ["state", reducer.state],
      ["context", reducer.context ?? undefined],
      ["cap_slots", filledMap(reducer.capSlots)],
      ["annotations", reducer.annotations ?? undefined],
      ["effects_emitted", filled(reducer.effectsEmitted)],
    ];
    abi.push([moduleKind === "workflow" ? "workflow" : "reducer", nodeOf(fields)]);
  }
  if (pure !== null) {
    const fields: NodeFields = [
      ["input", pure.input],
      ["output", pure.output],
      ["context", pure.context ?? undefined],
    ];
    abi.push(["pure", nodeOf(fields)]);
  }
  return [
    ["abi", nodeOf(abi)],
    ["name", name],
    ...kind,
    ["wasm_hash", wasmHash],
    ["key_schema", keySchema ?? undefined],
    ["module_kind", moduleKind],
  ];
}

function ruleNode({ when, decision }: PolicyRule): Cbor {
  const condition = nodeOf([
    ["cap_name", when.capName],
    ["cap_type", when.capType],
    ["effect_kind", when.effectKind],
    ["origin_kind", when.originKind],
    ["origin_name", when.originName],
  ]);
  return nodeOf([
    ["when", condition],
    ["decision", decision],
  ]);
}

function grantNode({ name, cap, expiryNs }: GrantSource, params: Json): Cbor {
  return nodeOf([
    ["cap", cap],
    ["name", name],
    ["params", cborFromJson(params)],
    ["expiry_ns", expiryNs ?? undefined],
  ]);
}

function bindingsNode(bindings: ManifestDefinition["bindings"]): ReadonlyMap<string, Cbor> {
  return new Map([...bindings].map(([module, slots]) => [module, nodeOf([["slots", filledMap(slots)]])]));
}

function routingNode({ spelling, routes, inboxes }: RoutingSource): Cbor {
  const word = spelling === "events" ? "reducer" : "module";
  const entries = routes.map(({ event, module, keyField }) =>
    nodeOf([
      ["event", event],
      [word, module],
      ["key_field", keyField ?? undefined],
    ]),
  );
  const boxes = inboxes.map((inbox) =>
    nodeOf([
      ["source", inbox.source],
      [inbox.word, inbox.module],
    ]),
  );
  return nodeOf([
    [spelling, filled(entries)],
    ["inboxes", filled(boxes)],
  ]);
}

function nodeOf(fields: NodeFields): Cbor {
  return new Map(fields.filter((field): field is readonly [string, Cbor] => field[1] !== undefined));
}

function filled(items: readonly Cbor[]): Cbor | undefined {
  return items.length === 0 ? undefined : items;
}

function filledMap(map: ReadonlyMap<string, Cbor>): Cbor | undefined {
  return map.size === 0 ? undefined : map;
}

/** Nodes hold what JSON holds: texts, truth values, integers, lists and maps. */
function jsonFromCbor(cbor: Cbor): Json {
  if (cbor === null || typeof cbor === "boolean" || typeof cbor === "string") return cbor;
  if (typeof cbor === "bigint" || typeof cbor === "number") return new JsonNumber(String(cbor));
  if (cbor instanceof Uint8Array) throw notANode("it holds bytes");
  if (Array.isArray(cbor)) return cbor.map(jsonFromCbor);
  const out = new Map<string, Json>();
  for (const [key, value] of cbor as ReadonlyMap<string | bigint, Cbor>) {
    if (typeof key !== "string") throw notANode("it holds a key that is no text");
    out.set(key, jsonFromCbor(value));
  }
  return out;
}
