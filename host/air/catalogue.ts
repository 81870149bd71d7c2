/**
 * The built-in definitions, all named `sys/...`. They are part of the format: no world can change them, and
 * a manifest pins them by the hashes AIR gives them. Each is parsed when it is first asked for.
 */

import type { Hash } from "../values/brand.ts";
import { type JsonObject, jsonFrom } from "../values/json.ts";
import { LazyMap } from "../values/lazy-map.ts";
import { BUILTIN_DEFINITIONS } from "./builtin.ts";
import type {
  CapDefinition,
  Definition,
  EffectDefinition,
  ModuleDefinition,
  SchemaDefinition,
} from "./definitions.ts";
import { parseDefinition } from "./parse/definition.ts";

export interface Catalogue {
  readonly schemas: ReadonlyMap<string, SchemaDefinition>;
  readonly modules: ReadonlyMap<string, ModuleDefinition>;
  readonly effects: ReadonlyMap<string, EffectDefinition>;
  readonly caps: ReadonlyMap<string, CapDefinition>;
  /** The hash a manifest refers to each by. */
  readonly hashes: ReadonlyMap<string, Hash>;
  /** Modules are also known by the hash of the node with `$kind`. */
  readonly moduleNodeHashes: ReadonlyMap<string, Hash>;
}

let read: Catalogue | undefined;

/** Always the same object: the catalogue is data of this program. */
export function catalogue(): Catalogue {
  read ??= readCatalogue();
  return read;
}

function readCatalogue(): Catalogue {
  const lines = BUILTIN_DEFINITIONS.map(lineOf);
  const hashes = new Map<string, Hash>();
  const moduleNodeHashes = new Map<string, Hash>();
  for (const { name, hash, nodeHash } of lines) {
    hashes.set(name, hash);
    if (nodeHash !== null) moduleNodeHashes.set(name, nodeHash);
  }
  return {
    schemas: definitions("defschema", lines),
    modules: definitions("defmodule", lines),
    effects: definitions("defeffect", lines),
    caps: definitions("defcap", lines),
    hashes,
    moduleNodeHashes,
  };
}

interface Line {
  readonly kind: string;
  readonly name: string;
  readonly hash: Hash;
  /** Null for what is no module. */
  readonly nodeHash: Hash | null;
  readonly json: string;
}

function lineOf(line: string): Line {
  const json = line.indexOf("{");
  const [kind, name, hash, node] = line.slice(0, json).split(" ") as [string, string, Hash, Hash | "-"];
  return { kind, name, hash, nodeHash: node === "-" ? null : node, json: line.slice(json) };
}

type Of<Kind extends Definition["kind"]> = Extract<Definition, { readonly kind: Kind }>;

function definitions<Kind extends Definition["kind"]>(
  kind: Kind,
  lines: readonly Line[],
): ReadonlyMap<string, Of<Kind>> {
  const texts = new Map(lines.filter((line) => line.kind === kind).map(({ name, json }) => [name, json]));
  return new LazyMap(texts.keys(), (name) => parsed(kind, texts.get(name)!));
}

/** Texts stand in canonical order already (tests/air/builtin-module.test.ts). */
function parsed<Kind extends Definition["kind"]>(kind: Kind, text: string): Of<Kind> {
  const definition = parseDefinition(kind, jsonFrom(JSON.parse(text)) as JsonObject, ({ message }) => {
    throw new TypeError(`the built-in catalogue is broken: ${message}`);
  });
  return definition as Of<Kind>;
}
