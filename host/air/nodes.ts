/** The manifest of a world from the definitions its journal recorded. */

import type { Hash } from "../values/brand.ts";
import { AirloomError } from "../values/errors.ts";
import { hashOf } from "../values/hash.ts";
import { catalogue } from "./catalogue.ts";
import { LIST_NAMES, type ListName, type ManifestDefinition, type NamedRef } from "./definitions.ts";
import type { Manifest } from "./manifest.ts";
import { definitionFromNode } from "./node.ts";
import type { Draft } from "./parse/definition.ts";
import { emptySet, type Kinds } from "./resolve/given.ts";
import { resolve } from "./resolve.ts";
import { FaultList, type Sourced, unwritten } from "./source.ts";

/** The kind of definition each list holds. */
const KINDS: { readonly [List in ListName]: Draft["kind"] } = {
  schemas: "defschema",
  modules: "defmodule",
  plans: "defplan",
  effects: "defeffect",
  caps: "defcap",
  policies: "defpolicy",
  secrets: "defsecret",
};

/**
 * `getNode` gives the bytes behind a hash, which `Manifest.nodes` held when the world was made. Throws
 * `definitions.missing` (kind `missing`) for a node nobody has, and `definitions.corrupt` (kind `corrupt`)
 * when a node is not what its hash says, or all of them together are not the manifest that was recorded.
 */
export function manifestFromNodes(
  manifestHash: Hash,
  getNode: (hash: Hash) => Uint8Array | undefined,
): Manifest {
  const read = (hash: Hash, what: string): Draft => readNode(hash, what, getNode);
  const definition = read(manifestHash, "manifest");
  if (definition.kind !== "manifest")
    throw corrupt("the manifest's node is another definition", manifestHash);
  const given = {
    manifest: { definition, origin: unwritten("manifest") },
    definitions: readAll(definition, read),
    broken: new Set<string>(),
  };
  const faults = new FaultList();
  const manifest = resolve(given, faults);
  if (manifest === null) {
    const diagnostics = faults.sorted();
    throw new AirloomError("corrupt", "definitions.corrupt", "the recorded definitions do not fit together", {
      diagnostics,
      fields: { hash: manifestHash },
    });
  }
  if (manifest.hash !== manifestHash)
    throw corrupt("the recorded definitions make another manifest", manifestHash);
  return manifest;
}

function readAll(manifest: ManifestDefinition, read: (hash: Hash, what: string) => Draft) {
  const set = emptySet();
  for (const list of LIST_NAMES) {
    for (const ref of manifest.lists.get(list)!) {
      if (catalogue().hashes.has(ref.name)) continue;
      const definition = readRef(ref, list, read);
      const into = set[list] as Map<string, Sourced<Kinds[ListName]>>;
      into.set(ref.name, { definition: definition as Kinds[ListName], origin: unwritten(ref.name) });
    }
  }
  return set;
}

function readRef({ name, hash }: NamedRef, list: ListName, read: (hash: Hash, what: string) => Draft): Draft {
  if (hash === null) throw corrupt(`the manifest has no hash for ${name}`, null);
  const definition = read(hash, name);
  if (definition.kind !== KINDS[list] || definition.kind === "manifest" || definition.name !== name) {
    throw corrupt(`the node of ${name} is another definition`, hash);
  }
  return definition;
}

function readNode(hash: Hash, what: string, getNode: (hash: Hash) => Uint8Array | undefined): Draft {
  const bytes = getNode(hash);
  if (bytes === undefined) {
    throw new AirloomError("missing", "definitions.missing", `the node of ${what} is not there: ${hash}`, {
      fields: { hash, name: what },
    });
  }
  if (hashOf(bytes) !== hash) throw corrupt(`the node of ${what} was changed`, hash);
  return definitionFromNode(bytes);
}

function corrupt(why: string, hash: Hash | null): AirloomError {
  return new AirloomError("corrupt", "definitions.corrupt", why, { fields: { hash } });
}
