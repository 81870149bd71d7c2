/** Definitions and modules as blobs of a world: what a journal needs to be replayed without its folder. */

import type { Manifest } from "../air/manifest.ts";
import { manifestFromNodes } from "../air/nodes.ts";
import type { Settings } from "../air/settings.ts";
import { DEFAULT_MODULE_SETTINGS, settingsFromNode, settingsToNode } from "../air/settings.ts";
import type { Journal } from "../journal/port.ts";
import type { Definitions } from "../kernel/state.ts";
import type { Hash, WorldId } from "../values/brand.ts";
import { type Cbor, decodeCbor } from "../values/cbor.ts";
import { AirloomError } from "../values/errors.ts";
import { hashOf, isHash } from "../values/hash.ts";
import { admitModule } from "../wasm/admission.ts";
import { type FindModule, loadModules, modulesToRun } from "./modules.ts";

export { type FindModule, GIVE_MODULES, loadModules } from "./modules.ts";

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
  for (const { name, wasmHash, reducer } of modulesToRun(definitions.manifest)) {
    const { limits } = definitions.settings.modules.get(name) ?? DEFAULT_MODULE_SETTINGS;
    admitModule(modules.get(wasmHash)!, { ...limits, entry: reducer === null ? "run" : "step" });
  }
  for (const bytes of modules.values()) await journal.putBlob(world, bytes);
  for (const node of definitions.manifest.nodes.values()) await journal.putBlob(world, node);
  await journal.putBlob(world, settingsToNode(definitions.settings));
}

/** The definitions a journal names. Throws `definitions.missing` (kind `missing`). */
export async function loadDefinitions(
  journal: Pick<Journal, "getBlob">,
  world: WorldId,
  manifestHash: Hash,
  settingsHash: Hash,
): Promise<Definitions> {
  const settings = await journal.getBlob(world, settingsHash);
  if (settings === null) throw missing("settings", settingsHash);
  const manifest = await loadManifest(journal, world, manifestHash);
  return { manifest, settings: settingsFromNode(settings), settingsHash };
}

/** A manifest that a journal names. Throws `definitions.missing` (kind `missing`). */
export async function loadManifest(
  journal: Pick<Journal, "getBlob">,
  world: WorldId,
  hash: Hash,
): Promise<Manifest> {
  const nodes = await loadNodes(journal, world, hash);
  return manifestFromNodes(hash, (node) => nodes.get(node));
}

async function loadNodes(
  journal: Pick<Journal, "getBlob">,
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

function missing(what: string, hash: Hash): AirloomError {
  return new AirloomError("missing", "definitions.missing", `the store lacks the ${what} ${hash}`, {
    fields: { hash },
  });
}
