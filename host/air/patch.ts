/**
 * Patch documents: changes to a manifest as data (docs/air.md, "Patches"). They are read and checked by
 * themselves here; whether they fit a manifest shows when they are applied to it.
 */

import type { Hash } from "../values/brand.ts";
import type { Diagnostic } from "../values/errors.ts";
import { isJsonObject, type Json, JsonNumber, type JsonObject } from "../values/json.ts";
import { isBuiltin } from "../values/names.ts";
import { child } from "../values/pointer.ts";
import { quote } from "../values/quote.ts";
import {
  DEFINITION_KINDS,
  type DefinitionKind,
  type GrantSource,
  type InboxSource,
  type ManifestDefinition,
  type NamedRef,
  type RouteSource,
  type TriggerSource,
} from "./definitions.ts";
import { airV2 } from "./later.ts";
import type { LoadOptions, SourceFile } from "./load.ts";
import { inCanonicalOrder } from "./order.ts";
import { type Draft, parseDefinition } from "./parse/definition.ts";
import { Fields } from "./parse/fields.ts";
import {
  parseBindings,
  parseGrant,
  parseInbox,
  parseRef,
  parseRoute,
  parseTrigger,
} from "./parse/manifest.ts";
import { withoutNulls } from "./parse/optional.ts";
import { FaultList, type Report } from "./source.ts";
import { parseJsonText } from "./text/parse.ts";
import { checkShape } from "./text/shape.ts";

export type PatchedKind = Exclude<DefinitionKind, "manifest">;
export type PatchedDefinition = Exclude<Draft, ManifestDefinition>;

export interface Patch {
  /** Of the manifest the patch is made for, with or without `$kind`. */
  readonly baseManifestHash: Hash;
  /** To be applied in this order. */
  readonly operations: readonly PatchOperation[];
}

/** `preHash` is what is replaced as the base manifest has it: a definition's hash, or that of a whole block. */
export type PatchOperation =
  | { readonly op: "add_def"; readonly kind: PatchedKind; readonly definition: PatchedDefinition }
  | {
      readonly op: "replace_def";
      readonly kind: PatchedKind;
      readonly name: string;
      readonly definition: PatchedDefinition;
      readonly preHash: Hash;
    }
  | { readonly op: "remove_def"; readonly kind: PatchedKind; readonly name: string; readonly preHash: Hash }
  | {
      readonly op: "set_manifest_refs";
      readonly add: readonly { readonly kind: PatchedKind; readonly name: string; readonly hash: Hash }[];
      readonly remove: readonly { readonly kind: PatchedKind; readonly name: string }[];
    }
  | {
      readonly op: "set_defaults";
      /** Null: the policy stays. AIR has no way to take it away. */
      readonly policy: string | null;
      /** Null: the grants stay. */
      readonly grants: readonly GrantSource[] | null;
    }
  | { readonly op: "set_routing_events"; readonly preHash: Hash; readonly routes: readonly RouteSource[] }
  | { readonly op: "set_routing_inboxes"; readonly preHash: Hash; readonly inboxes: readonly InboxSource[] }
  | { readonly op: "set_triggers"; readonly preHash: Hash; readonly triggers: readonly TriggerSource[] }
  | {
      readonly op: "set_module_bindings";
      readonly preHash: Hash;
      readonly bindings: ManifestDefinition["bindings"];
    }
  | { readonly op: "set_secrets"; readonly preHash: Hash; readonly secrets: readonly SecretEntry[] };

/** A defsecret by name, or a secret declared in place. */
export type SecretEntry =
  | NamedRef
  | {
      readonly alias: string;
      readonly version: bigint;
      readonly bindingId: string;
      readonly expectedDigest: Hash | null;
      readonly allowedCaps: readonly string[];
      readonly allowedPlans: readonly string[];
    };

/** Throws `patch.invalid` (kind `manifest`) with every fault, in order of line, pointer and code. */
export function parsePatch(
  file: SourceFile,
  options: LoadOptions = {},
): { readonly patch: Patch; readonly warnings: readonly Diagnostic[] } {
  const faults = new FaultList(options.strict);
  const source = parseJsonText(file.path, file.text, (origin) => faults.at(origin));
  const patch = source.json === null && !source.sound ? null : readPatch(source.json, faults.at(source));
  faults.throwIfFailed("patch.invalid");
  return { patch: patch!, warnings: faults.warnings() };
}

function readPatch(json: Json, report: Report): Patch | null {
  if (isJsonObject(json) && json.get("version") === "2") {
    report({
      code: "later.air_v2",
      pointer: "/version",
      message: "this is a patch of AIR v2, and Airloom reads AIR v1; neither reads the other",
      expected: '"version": "1"',
      found: "version 2",
    });
    return null;
  }
  if (!checkShape("patch", json, report)) return null;
  const fields = new Fields(json, "");
  const operations = fields.items("patches").map(([item, pointer]) => readOperation(item, pointer, report));
  if (!operations.every((operation) => operation !== null)) return null;
  return { baseManifestHash: fields.text("base_manifest_hash") as Hash, operations };
}

const OPERATIONS = [
  "add_def",
  "replace_def",
  "remove_def",
  "set_manifest_refs",
  "set_defaults",
  "set_routing_events",
  "set_routing_inboxes",
  "set_triggers",
  "set_module_bindings",
  "set_secrets",
] as const;

/** Null when something was refused. */
function readOperation(json: Json, pointer: string, report: Report): PatchOperation | null {
  const outer = new Fields(json, pointer);
  const op = OPERATIONS.find((each) => outer.json.has(each));
  if (op === undefined) {
    report({
      code: "patch.operation",
      pointer,
      message: "this is no operation",
      expected: `exactly one of ${OPERATIONS.join(", ")}`,
    });
    return null;
  }
  const fields = outer.fields(op);
  const preHash = fields.optionalText("pre_hash") as Hash;
  switch (op) {
    case "add_def":
    case "replace_def":
    case "remove_def":
      return definitionOperation(op, fields, preHash, report);
    case "set_manifest_refs":
      return refsOperation(fields, report);
    case "set_defaults":
      return defaultsOperation(fields, report);
    case "set_routing_events":
      return { op, preHash, routes: fields.items("events").map((item) => parseRoute(item)[0]) };
    case "set_routing_inboxes":
      return { op, preHash, inboxes: fields.items("inboxes").map(parseInbox) };
    case "set_triggers":
      return { op, preHash, triggers: fields.items("triggers").map(parseTrigger) };
    case "set_module_bindings":
      return { op, preHash, bindings: parseBindings(fields.fields("bindings")) };
    case "set_secrets":
      return secretsOperation(fields, preHash, report);
  }
}

function definitionOperation(
  op: "add_def" | "replace_def" | "remove_def",
  fields: Fields,
  preHash: Hash,
  report: Report,
): PatchOperation | null {
  const kind = fields.text("kind") as PatchedKind;
  const name = op === "add_def" ? null : fields.text("name");
  if (name !== null && reserved(name, fields.at("name"), report)) return null;
  if (op === "remove_def") return { op, kind, name: name!, preHash };
  const node = op === "add_def" ? "node" : "new_node";
  const definition = readNode(kind, fields.fields(node), report);
  if (definition === null) return null;
  if (op === "add_def") return { op, kind, definition };
  if (definition.name !== name) {
    report({
      code: "patch.name",
      pointer: `${fields.at(node)}/name`,
      message: `${quote(name!)} is replaced by a definition called ${quote(definition.name)}`,
      expected: quote(name!),
      found: quote(definition.name),
      hint: "add it with add_def, and remove the other",
    });
  }
  return { op, kind, name: name!, definition, preHash };
}

/** A definition inside a patch, checked as one in a file. Null when something was refused. */
function readNode(kind: PatchedKind, node: Fields, report: Report): PatchedDefinition | null {
  const below: Report = (fault) => report({ ...fault, pointer: `${node.pointer}${fault.pointer}` });
  const v2 = airV2(node.json);
  const named = node.json.get("$kind");
  if (v2 !== null) below(v2);
  else if (named !== kind) wrongKind(kind, named, below);
  if (v2 !== null || named !== kind) return null;
  const json: JsonObject = withoutNulls(kind, node.json);
  if (!checkShape(kind, json, below)) return null;
  const draft = parseDefinition(kind, inCanonicalOrder(json), below) as PatchedDefinition | null;
  return draft === null || reserved(draft.name, `${node.pointer}/name`, report) ? null : draft;
}

function wrongKind(kind: PatchedKind, named: Json | undefined, report: Report): void {
  const known = DEFINITION_KINDS.find((each) => each === named);
  report({
    code: "patch.kind",
    pointer: "/$kind",
    message: `the operation is about a ${kind}, and its definition is ${known ?? "of no known kind"}`,
    expected: kind,
    found: typeof named === "string" ? quote(named) : "another value",
  });
}

function reserved(name: string, pointer: string, report: Report): boolean {
  if (!isBuiltin(name)) return false;
  report({
    code: "patch.reserved",
    pointer,
    message: `${quote(name)} is a name of the built-ins, which no patch changes`,
    expected: "a name of another namespace than sys",
    found: quote(name),
  });
  return true;
}

function refsOperation(fields: Fields, report: Report): PatchOperation | null {
  let sound = true;
  const read = (list: string) =>
    fields.items(list).map(([json, pointer]) => {
      const ref = new Fields(json, pointer);
      const name = ref.text("name");
      if (reserved(name, child(pointer, "name"), report)) sound = false;
      return { kind: ref.text("kind") as PatchedKind, name, hash: ref.optionalText("hash") as Hash };
    });
  const add = read("add");
  const remove = read("remove").map(({ kind, name }) => ({ kind, name }));
  return sound ? { op: "set_manifest_refs", add, remove } : null;
}

function defaultsOperation(fields: Fields, report: Report): PatchOperation | null {
  const policy = fields.json.get("policy") ?? null;
  if (!fields.json.has("cap_grants"))
    return { op: "set_defaults", policy: policy as string | null, grants: null };
  const grants = fields.items("cap_grants").map((item) => parseGrant(item, report));
  if (!grants.every((grant) => grant !== null)) return null;
  return { op: "set_defaults", policy: policy as string | null, grants };
}

function secretsOperation(fields: Fields, preHash: Hash, report: Report): PatchOperation | null {
  const secrets = fields.items("secrets").map(([json, pointer]): SecretEntry | null => {
    const entry = new Fields(json, pointer);
    if (entry.json.has("name")) return parseRef([json, pointer]);
    const version = versionOf(entry, report);
    if (version === null) return null;
    const policy = entry.optionalFields("policy");
    return {
      alias: entry.text("alias"),
      version,
      bindingId: entry.text("binding_id"),
      expectedDigest: entry.optionalText("expected_digest") as Hash | null,
      allowedCaps: policy?.texts("allowed_caps") ?? [],
      allowedPlans: policy?.texts("allowed_plans") ?? [],
    };
  });
  return secrets.every((each) => each !== null) ? { op: "set_secrets", preHash, secrets } : null;
}

function versionOf(entry: Fields, report: Report): bigint | null {
  const json = entry.json.get("version");
  const digits = json instanceof JsonNumber ? json.raw : String(json);
  if (/^[1-9][0-9]{0,18}$/.test(digits)) return BigInt(digits);
  report({
    code: "secret.name",
    pointer: entry.at("version"),
    message: `${quote(digits)} is no version of a secret`,
    expected: "a version from 1 on",
    found: quote(digits),
  });
  return null;
}
