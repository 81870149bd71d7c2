/** The committed recordings, and worlds that follow one from any point on. */

import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { expect } from "vitest";
import { sumCells } from "../../host/journal/cell-sum.ts";
import type { Entry, Frame } from "../../host/journal/frame.ts";
import { MemoryCells } from "../../host/kernel/cells.ts";
import type { Ingress } from "../../host/kernel/ingress.ts";
import { decodeSnapshot, encodeSnapshot } from "../../host/kernel/snapshot.ts";
import type { WorldState } from "../../host/kernel/state.ts";
import { type Outcome, World } from "../../host/kernel/world.ts";
import { entryOf, ingressOf } from "../../host/replay/core/feed.ts";
import { discover } from "../../host/replay/discover.ts";
import { readWhole, recordedWorld, type WholeRecording } from "../../host/replay/recording/assemble.ts";
import { readRecording } from "../../host/replay/recording/file.ts";
import type { Hash } from "../../host/values/brand.ts";
import { equalBytes } from "../../host/values/bytes.ts";
import { ROOT } from "../support/cli.ts";
import { JOURNALS } from "../support/keep-recording.ts";

export interface KeptRecording {
  /** From `JOURNALS`: `0.1.0/retry-backoff.airj`. */
  readonly name: string;
  readonly path: string;
  /** Version of the engine that wrote it. */
  readonly version: string;
  /** Folder under air/worlds: the file's name up to its first dot. */
  readonly world: string;
}

export function keptRecordings(): readonly KeptRecording[] {
  return discover(JOURNALS, ["."]).map(({ name, path }) => {
    return { name, path, version: name.split("/")[0]!, world: basename(name).split(".")[0]! };
  });
}

/** Folders of air/worlds. */
export function worldNames(): readonly string[] {
  return readdirSync(join(ROOT, "air/worlds"));
}

export interface Readable extends WholeRecording {
  readonly runs: ReturnType<typeof recordedWorld>;
}

/** A recording that must carry everything it runs under. */
export async function readKept({ path }: KeptRecording): Promise<Readable> {
  const whole = await readWhole(readRecording(path));
  return { ...whole, runs: recordedWorld(whole, async () => null) };
}

/** A frame that was not derived as it was recorded; `from` is the last frame the world knew, null from genesis on. */
export interface Mismatch {
  readonly frame: bigint;
  readonly from: bigint | null;
}

export interface Followed {
  readonly mismatches: readonly Mismatch[];
  /** Snapshots the journal holds. */
  readonly held: number;
  /** Points a world was restored at. */
  readonly points: number;
}

/**
 * Runs a journal from genesis, and beside it a world restored from each snapshot the journal holds and from one
 * taken unseen after every `every`-th frame; each goes on to the end. A snapshot of the journal is the blob that
 * the run from genesis derives: its hash is in the record.
 */
export async function followFromEveryPoint(recording: Readable, every: number): Promise<Followed> {
  const run = new Run(recording);
  for (const frame of recording.frames) {
    const ingress = await ingressOf(frame, recording.runs.definitions);
    const held = run.step(frame, ingress);
    if (held !== null) run.restore(held, frame, "held");
    else if (frame.head.frame % BigInt(every) === 0n) run.restore(run.snapshot(), frame, "unseen");
  }
  return run.result();
}

class Run {
  readonly #recording: Readable;
  readonly #cells = new MemoryCells();
  readonly #restored: { readonly after: bigint; readonly world: World }[] = [];
  readonly #mismatches: Mismatch[] = [];
  #main: World | null = null;
  #held = 0;

  constructor(recording: Readable) {
    this.#recording = recording;
  }

  /** Derives the frame in every world; gives the blob where it is a snapshot. */
  step(frame: Frame, ingress: Ingress): Uint8Array | null {
    const entry = entryOf(frame);
    for (const { world, after } of this.#restored) this.#compare(world.step(ingress, entry), frame, after);
    const outcome = this.#stepMain(ingress, entry);
    this.#compare(outcome, frame, null);
    return ingress.kind === "snapshot" && outcome.kind === "frame" ? outcome.blobs[0]! : null;
  }

  /** A snapshot as it would be taken now, without leaving a record. */
  snapshot(): Uint8Array {
    return encodeSnapshot(this.#main!.state, sumCells(this.#cells.existing()));
  }

  restore(blob: Uint8Array, frame: Frame, how: "held" | "unseen"): void {
    const { carried, runs } = this.#recording;
    const snapshot = decodeSnapshot(blob);
    expect(sumCells(this.#cells.existing())).toEqual(snapshot.cells);
    const cells = new MemoryCells();
    for (const { cell, state, activeNs } of this.#cells.existing()) cells.load(cell, state.slice(), activeNs);
    const { manifestHash, settingsHash, planManifests } = snapshot;
    const manifestOf = (hash: Hash) => carried.definitions(hash, settingsHash).manifest;
    const older = new Map(planManifests.map((hash) => [hash, manifestOf(hash)]));
    const definitions = carried.definitions(manifestHash, settingsHash);
    const world = World.restore({ modules: runs.modules, cells }, snapshot, definitions, frame, older);
    if (how === "held") this.#held += 1;
    // A world that reads which snapshot is its newest must not see this one.
    else (world.state as WorldState).lastSnapshot = this.#main!.state.lastSnapshot;
    this.#restored.push({ after: frame.head.frame, world });
  }

  result(): Followed {
    return { mismatches: this.#mismatches, held: this.#held, points: this.#restored.length };
  }

  #stepMain(ingress: Ingress, entry: Entry): Outcome {
    if (ingress.kind !== "genesis") return this.#main!.step(ingress, entry);
    const ports = { modules: this.#recording.runs.modules, cells: this.#cells };
    const { world, outcome } = World.create(ports, ingress.genesis, ingress.definitions, entry);
    this.#main = world;
    return outcome;
  }

  #compare(outcome: Outcome, { head, bytes }: Frame, from: bigint | null): void {
    const same = outcome.kind === "frame" && equalBytes(outcome.frame.bytes, bytes);
    if (!same) this.#mismatches.push({ frame: head.frame, from });
  }
}
