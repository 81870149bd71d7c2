/**
 * The built-in definitions, all named `sys/...`. They are part of the format: no world can change them, and
 * a manifest pins them by the hashes AIR gives them.
 */

import type { Hash } from "../values/brand.ts";
import { type JsonObject, jsonFrom } from "../values/json.ts";
import { BUILTIN_DEFINITIONS } from "./builtin.ts";
import type {
  CapDefinition,
  DefinitionKind,
  EffectDefinition,
  ModuleDefinition,
  SchemaDefinition,
} from "./definitions.ts";
import { builtinHash, nodeHash } from "./node.ts";
import { inCanonicalOrder } from "./order.ts";
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

let parsed: Catalogue | undefined;

/** Always the same object: the catalogue is data of this program. */
export function catalogue(): Catalogue {
  parsed ??= readCatalogue();
  return parsed;
}

function readCatalogue(): Catalogue {
  const schemas = new Map<string, SchemaDefinition>();
  const modules = new Map<string, ModuleDefinition>();
  const effects = new Map<string, EffectDefinition>();
  const caps = new Map<string, CapDefinition>();
  const hashes = new Map<string, Hash>();
  const moduleNodeHashes = new Map<string, Hash>();
  for (const text of BUILTIN_DEFINITIONS) {
    const json = inCanonicalOrder(jsonFrom(JSON.parse(text)) as JsonObject);
    const definition = parseDefinition(json.get("$kind") as DefinitionKind, json, ({ message }) => {
      throw new TypeError(`the built-in catalogue is broken: ${message}`);
    });
    if (definition?.kind === "defschema") schemas.set(definition.name, definition);
    else if (definition?.kind === "defeffect") effects.set(definition.name, definition);
    else if (definition?.kind === "defcap") caps.set(definition.name, definition);
    else if (definition?.kind === "defmodule") {
      modules.set(definition.name, definition);
      moduleNodeHashes.set(definition.name, nodeHash(definition));
    } else throw new TypeError("the built-in catalogue holds another kind of definition");
    hashes.set(definition.name, builtinHash(definition));
  }
  return { schemas, modules, effects, caps, hashes, moduleNodeHashes };
}
