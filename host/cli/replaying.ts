/** Replays the world of a folder: from its own journal, with its own or with other definitions. */

import { requireBuilt } from "../build/build.ts";
import { folderModules } from "../build/modules.ts";
import type { Definitions } from "../kernel/state.ts";
import type { ReplayReport } from "../replay/core/replay.ts";
import { replay } from "../replay/core/replay.ts";
import { type FindModule, loadDefinitions, loadModules } from "../runtime/definitions.ts";
import { blobFinder } from "../runtime/open.ts";
import type { FrameSeq, Hash } from "../values/brand.ts";
import { createModuleHost } from "../wasm/host.ts";
import { counted, type Progress } from "./progress.ts";
import { readDefinitions, reading, type WorldPlace } from "./world.ts";

/**
 * `against`: folder whose definitions and modules are used in place of the recorded ones. `progressOf` makes what is
 * told of each frame, from their number.
 */
export async function replayPlace(
  place: WorldPlace,
  against: string | null,
  progressOf: (frames: number) => Progress = () => ({ step: () => {}, stop: () => {} }),
): Promise<ReplayReport> {
  const other = against === null ? null : readDefinitions(against).definitions;
  if (against !== null) await requireBuilt(against);
  return reading(place, async ({ store, worldId }) => {
    const modules = new Map<Hash, Uint8Array>();
    const find: FindModule =
      other === null || against === null ? blobFinder(store, worldId) : folderModules(against);
    const definitions = async (manifest: Hash, settings: Hash): Promise<Definitions> => {
      const used = other ?? (await loadDefinitions(store, worldId, manifest, settings));
      for (const [hash, bytes] of await loadModules(used.manifest, find)) modules.set(hash, bytes);
      return used;
    };
    const head = await store.head(worldId);
    return replay({
      frames: counted(store.read(worldId, 0n as FrameSeq), progressOf(Number(head?.nextFrame ?? 0n))),
      modules: createModuleHost((hash) => modules.get(hash)),
      definitions,
      mode: other === null ? "recorded" : "against",
      head,
    });
  });
}
