/** Definitions and modules as blobs of a world: what a journal needs to be replayed without its folder. */

import type { Manifest } from "../air/manifest.ts";
import { manifestFromNodes } from "../air/nodes.ts";
import type { Settings } from "../air/settings.ts";
import { settingsFromNode, settingsToNode } from "../air/settings.ts";
import type { Journal } from "../journal/port.ts";
import type { Definitions } from "../kernel/state.ts";
import type { Hash, WorldId } from "../values/brand.ts";
import { type Cbor, decodeCbor } from "../values/cbor.ts";
import { AirloomError } from "../values/errors.ts";
import { hashOf, isHash, ZERO_HASH } from "../values/hash.ts";
import { admitModule } from "../wasm/admission.ts";

/** Finds the bytes of a module by hash. */
export type FindModule = (hash: Hash) => Promise<Uint8Array | null>;

export function makeDefinitions(manifest: Manifest, settings: Settings): Definitions {
  return { manifest, settings, settingsHash: hashOf(settingsToNode(settings)) };
}

/**
 * Durably keeps everything the definitions name, once every module is admitted. Throws `module.missing` for
 * a module nobody has, and admission's refusals.
 */
export async function saveDefinitions(
  journal: Journal,
  world: WorldId,
  definitions: Definitions,
  findModule: FindModule,
): Promise<void> {
  const modules = await loadModules(definitions.manifest, findModule);
  for (const bytes of modules.values()) admitModule(bytes);
  for (const bytes of modules.values()) await journal.putBlob(world, bytes);
  for (const node of definitions.manifest.nodes.values()) await journal.putBlob(world, node);
  await journal.putBlob(world, settingsToNode(definitions.settings));
}

/** The definitions a journal names. Throws `definitions.missing` (kind `missing`). */
export async function loadDefinitions(
  journal: Journal,
  world: WorldId,
  manifestHash: Hash,
  settingsHash: Hash,
): Promise<Definitions> {
  const settings = await journal.getBlob(world, settingsHash);
  if (settings === null) throw missing("settings", settingsHash);
  const nodes = await loadNodes(journal, world, manifestHash);
  const manifest = manifestFromNodes(manifestHash, (hash) => nodes.get(hash));
  return { manifest, settings: settingsFromNode(settings), settingsHash };
}

async function loadNodes(
  journal: Journal,
  world: WorldId,
  manifestHash: Hash,
): Promise<Map<Hash, Uint8Array>> {
  const nodes = new Map<Hash, Uint8Array>();
  const wanted = [manifestHash];
  for (let hash = wanted.pop(); hash !== undefined; hash = wanted.pop()) {
    if (nodes.has(hash)) continue;
    const bytes = await journal.getBlob(world, hash);
    if (bytes === null) {
      if (hash === manifestHash) throw missing("manifest", hash);
      continue;
    }
    nodes.set(hash, bytes);
    if (hash === manifestHash) wanted.push(...referencedHashes(bytes));
  }
  return nodes;
}

/** Every text in a node that reads as a hash: the nodes it refers to are among them. */
function referencedHashes(node: Uint8Array): Hash[] {
  const found: Hash[] = [];
  const look = (item: Cbor): void => {
    if (typeof item === "string") {
      if (isHash(item)) found.push(item);
    } else if (item instanceof Map) item.forEach(look);
    else if (Array.isArray(item)) item.forEach(look);
  };
  look(decodeCbor(node));
  return found;
}

/** Modules of a manifest by hash. Throws `module.missing`. */
export async function loadModules(manifest: Manifest, find: FindModule): Promise<Map<Hash, Uint8Array>> {
  const modules = new Map<Hash, Uint8Array>();
  for (const { module } of manifest.reducers.values()) {
    const hash = module.wasmHash;
    const bytes = hash === ZERO_HASH ? null : await find(hash);
    if (bytes === null) {
      const why = hash === ZERO_HASH ? "it was never built" : `no module with hash ${hash} is here`;
      throw new AirloomError("missing", "module.missing", `${module.name}: ${why}; run \`airloom build\``, {
        fields: { module: module.name, hash },
      });
    }
    modules.set(hash, bytes);
  }
  return modules;
}

function missing(what: string, hash: Hash): AirloomError {
  return new AirloomError("missing", "definitions.missing", `the store lacks the ${what} ${hash}`, {
    fields: { hash },
  });
}
