/** What a manifest's hashes are taken over: each definition in force with its preimage and the rule for it. */

import type { Hash } from "../values/brand.ts";
import { bug } from "../values/errors.ts";
import { isBuiltin } from "../values/names.ts";
import { type Catalogue, catalogue } from "./catalogue.ts";
import { type Definition, type DefinitionKind, LIST_NAMES, type ListName } from "./definitions.ts";
import type { Manifest } from "./manifest.ts";
import { builtinBytes, builtinHash, definitionFromNode, nodeBytes, nodeHash } from "./node.ts";

/** How a preimage is made from what it is of; `HASH_RULES` says it in words. */
export type HashRule = "definition" | "plan" | "builtin" | "manifest" | "value";

export const HASH_RULES: { readonly [Rule in HashRule]: string } = {
  definition: "canonical CBOR of the definition with $kind; absent fields and empty lists are left out",
  plan:
    "canonical CBOR of the plan with $kind, its values typed, required_caps and allowed_effects filled in; " +
    "absent fields and empty lists are left out",
  builtin: "canonical CBOR of the built-in definition without $kind",
  manifest: "canonical CBOR of the manifest without $kind, with the hash of every definition it lists",
  value: "canonical CBOR of the value alone: the schema is no part of it",
};

/** Something that has a hash: the sha256 of its preimage. */
export interface Hashed {
  readonly kind: DefinitionKind | "value";
  /** Null for the manifest. */
  readonly name: string | null;
  readonly hash: Hash;
  readonly rule: HashRule;
  readonly preimage: Uint8Array;
}

/** The definitions each list holds. */
export const KIND_OF_LIST: { readonly [List in ListName]: Exclude<DefinitionKind, "manifest"> } = {
  schemas: "defschema",
  modules: "defmodule",
  plans: "defplan",
  effects: "defeffect",
  caps: "defcap",
  policies: "defpolicy",
  secrets: "defsecret",
};

/** The manifest, then what it lists, in its order. */
export function manifestHashes(manifest: Manifest): readonly Hashed[] {
  const preimage = nodeOf(manifest, manifest.hash);
  const definition = definitionFromNode(preimage);
  if (definition.kind !== "manifest") throw bug("the manifest's node is another definition");
  const all: Hashed[] = [{ kind: "manifest", name: null, hash: manifest.hash, rule: "manifest", preimage }];
  for (const list of LIST_NAMES) {
    for (const { name, hash } of definition.lists.get(list)!) {
      const builtin = isBuiltin(name) ? builtinNamed(name) : undefined;
      // A manifest refers to built-in modules as to its own.
      if (builtin?.kind === "defmodule") all.push(withKind(builtin));
      else if (builtin !== undefined) all.push(hashedAlone(builtin));
      else if (hash !== null) all.push(listed(manifest, KIND_OF_LIST[list], name, hash));
    }
  }
  return all;
}

function listed(manifest: Manifest, kind: DefinitionKind, name: string, hash: Hash): Hashed {
  const rule = kind === "defplan" ? "plan" : "definition";
  return { kind, name, hash, rule, preimage: nodeOf(manifest, hash) };
}

function nodeOf(manifest: Manifest, hash: Hash): Uint8Array {
  const bytes = manifest.nodes.get(hash);
  if (bytes === undefined) throw bug("a manifest lacks one of its nodes", { hash });
  return bytes;
}

/** A definition by itself, in no manifest. A plan must be one whose values are typed. */
export function hashedAlone(definition: Definition): Hashed {
  const { kind, name } = definition;
  if (isBuiltin(name)) {
    const preimage = builtinBytes(definition);
    return { kind, name, hash: builtinHash(definition), rule: "builtin", preimage };
  }
  return withKind(definition);
}

function withKind(definition: Definition): Hashed {
  const { kind, name } = definition;
  const rule = kind === "defplan" ? "plan" : "definition";
  return { kind, name, hash: nodeHash(definition), rule, preimage: nodeBytes(definition) };
}

/** The built-in definition of this name. */
export function builtinNamed(name: string): Definition | undefined {
  const all: Catalogue = catalogue();
  return all.schemas.get(name) ?? all.modules.get(name) ?? all.effects.get(name) ?? all.caps.get(name);
}
