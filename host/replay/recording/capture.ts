/** A world's journal as the entries of a recording. */

import type { Manifest } from "../../air/manifest.ts";
import { type Settings, settingsToNode } from "../../air/settings.ts";
import { type Frame, openFrame } from "../../journal/frame.ts";
import type { Journal } from "../../journal/port.ts";
import { loadDefinitions } from "../../runtime/definitions.ts";
import { modulesToRun } from "../../runtime/modules.ts";
import type { FrameSeq, Hash, WorldId } from "../../values/brand.ts";
import { AirloomError } from "../../values/errors.ts";
import type { Entry, RecordedModule, RecordingHeader } from "./entry.ts";
import { Footing } from "./footing.ts";
import { corruptRecording } from "./parse.ts";

export interface CaptureOptions {
  /** Whether modules go into the recording; else it names them by hash. */
  readonly embedModules: boolean;
  /** Name and version of this engine. */
  readonly engine: string;
  /** Signs with the world's key; null leaves the recording unsigned, as does a key that is not at hand. */
  readonly sign: ((root: Uint8Array) => Uint8Array | null) | null;
}

/**
 * The journal is read twice: the header names every module. Throws `journal.corrupt` and `definitions.missing`
 * before anything is given, or where it is found.
 */
export async function* capture(
  journal: Pick<Journal, "read" | "getBlob">,
  world: WorldId,
  options: CaptureOptions,
): AsyncIterable<Entry> {
  const { header, definitions } = await survey(journal, world, options);
  yield { kind: "header", header };
  const given = new Set<Hash>();
  const footing = new Footing();
  for await (const bytes of journal.read(world, 0n as FrameSeq)) {
    const frame = openFrame(bytes);
    for await (const blob of blobsOf(journal, world, frame, definitions, options)) {
      if (given.has(blob.hash)) continue;
      given.add(blob.hash);
      yield { kind: "blob", blob };
    }
    yield { kind: "frame", frame };
    footing.add(frame);
  }
  yield { kind: "footer", footer: footing.footer(header, options.sign ?? (() => null)) };
}

interface Used {
  readonly manifest: Manifest;
  readonly settings: Settings;
}

async function survey(
  journal: Pick<Journal, "read" | "getBlob">,
  world: WorldId,
  { engine, embedModules }: CaptureOptions,
): Promise<{ readonly header: RecordingHeader; readonly definitions: ReadonlyMap<Hash, Used> }> {
  const definitions = new Map<Hash, Used>();
  const modules = new Map<Hash, RecordedModule>();
  let header: RecordingHeader | null = null;
  for await (const bytes of journal.read(world, 0n as FrameSeq)) {
    const first = openFrame(bytes).records[0]!;
    if (first.kind !== "genesis" && first.kind !== "manifest") continue;
    const { manifestHash, settingsHash } = first;
    const used = await loadDefinitions(journal, world, manifestHash, settingsHash);
    definitions.set(manifestHash, used);
    for (const { name, wasmHash } of modulesToRun(used.manifest))
      modules.set(wasmHash, { name, hash: wasmHash });
    if (first.kind === "genesis") {
      const { worldId, limitsProfile, fuelSchedule, behaviourFlags, publicKey } = first;
      const named = {
        engine,
        worldId,
        manifestHash,
        settingsHash,
        limitsProfile,
        fuelSchedule,
        behaviourFlags,
      };
      header = { ...named, publicKey, modules: [], embedded: embedModules, redaction: null, fork: null };
    }
  }
  if (header === null) throw corruptRecording("a journal that does not begin with genesis");
  return { header: { ...header, modules: [...modules.values()] }, definitions };
}

async function* blobsOf(
  journal: Pick<Journal, "getBlob">,
  world: WorldId,
  frame: Frame,
  definitions: ReadonlyMap<Hash, Used>,
  { embedModules }: CaptureOptions,
) {
  const first = frame.records[0]!;
  if (first.kind === "genesis" || first.kind === "manifest") {
    const { manifest, settings } = definitions.get(first.manifestHash)!;
    for (const [hash, bytes] of manifest.nodes) yield { role: "node", hash, bytes, reducer: null } as const;
    const node = settingsToNode(settings);
    yield { role: "settings", hash: first.settingsHash, bytes: node, reducer: null } as const;
    for (const { wasmHash } of embedModules ? modulesToRun(manifest) : []) {
      const bytes = await needed(journal, world, wasmHash, "module");
      yield { role: "module", hash: wasmHash, bytes, reducer: null } as const;
    }
  }
  for (const record of frame.records) {
    if (record.kind !== "delivery" || record.stateBlob === null) continue;
    const bytes = await needed(journal, world, record.stateBlob, "state");
    yield { role: "state", hash: record.stateBlob, bytes, reducer: record.cell?.reducer ?? null } as const;
  }
}

async function needed(
  journal: Pick<Journal, "getBlob">,
  world: WorldId,
  hash: Hash,
  what: string,
): Promise<Uint8Array> {
  const bytes = await journal.getBlob(world, hash);
  if (bytes !== null) return bytes;
  throw new AirloomError("corrupt", "store.corrupt", `the store lacks the ${what} ${hash}`, {
    fields: { hash },
  });
}
