/** Replays the world of a folder: from its own journal, with its own or with other definitions. */

import { folderModules } from "../build/modules.ts";
import type { Definitions } from "../kernel/state.ts";
import type { ReplayReport } from "../replay/core/replay.ts";
import { replay } from "../replay/core/replay.ts";
import { type FindModule, loadDefinitions, loadModules } from "../runtime/definitions.ts";
import { blobFinder } from "../runtime/open.ts";
import type { FrameSeq, Hash } from "../values/brand.ts";
import { createModuleHost } from "../wasm/host.ts";
import { readDefinitions, reading, type WorldPlace } from "./world.ts";

/** `against`: folder whose definitions and modules are used in place of the recorded ones. */
export async function replayPlace(place: WorldPlace, against: string | null): Promise<ReplayReport> {
  const other = against === null ? null : readDefinitions(against).definitions;
  return reading(place, async ({ store, worldId }) => {
    const modules = new Map<Hash, Uint8Array>();
    const find: FindModule =
      other === null || against === null ? blobFinder(store, worldId) : folderModules(against);
    const definitions = async (manifest: Hash, settings: Hash): Promise<Definitions> => {
      const used = other ?? (await loadDefinitions(store, worldId, manifest, settings));
      for (const [hash, bytes] of await loadModules(used.manifest, find)) modules.set(hash, bytes);
      return used;
    };
    return replay({
      frames: store.read(worldId, 0n as FrameSeq),
      modules: createModuleHost((hash) => modules.get(hash)),
      definitions,
      mode: other === null ? "recorded" : "against",
      head: await store.head(worldId),
    });
  });
}
