/**
 * Two recordings frame by frame, in constant memory. Where the ingress of one is not that of the other, a few frames
 * ahead are searched for the place where they meet again, so that one frame more does not make all others differ.
 */

import type { Manifest } from "../../air/manifest.ts";
import type { Frame } from "../../journal/frame.ts";
import { toHex } from "../../values/bytes.ts";
import { compareFrames, type FrameDifference, titleOf } from "../branches.ts";
import type { Entry, RecordingHeader } from "./entry.ts";
import { corruptRecording } from "./parse.ts";
import { RecordedDefinitions } from "./typing.ts";

export interface RecordingComparison {
  /** Words of the header that differ: `manifest_hash`, `settings_hash`, `world_id`, `modules`. */
  readonly header: readonly string[];
  /** The first of them. */
  readonly listed: readonly FrameDifference[];
  /** Frames that differ in their records, or have no counterpart. */
  readonly differing: number;
  /** Frames of which only the stamp differs. */
  readonly stampsOnly: number;
  /** Frames of the longer side. */
  readonly frames: number;
}

const LOOK_AHEAD = 32;

/** `listedMax`: how many differences are kept. Throws as the readers do. */
export async function compareRecordings(
  left: AsyncIterable<Entry>,
  right: AsyncIterable<Entry>,
  listedMax = 20,
): Promise<RecordingComparison> {
  const [a, b] = [new Frames(left), new Frames(right)];
  const listed: FrameDifference[] = [];
  const counts = { differing: 0, stampsOnly: 0 };
  const leftFrames = new Map<bigint, bigint>();
  for (;;) {
    await Promise.all([a.fill(LOOK_AHEAD), b.fill(LOOK_AHEAD)]);
    const [before, after] = nextPair(a.held, b.held);
    if (before === null && after === null) break;
    if (before !== null) a.held.shift();
    if (after !== null) b.held.shift();
    if (before !== null && after !== null && before.head.frame !== after.head.frame) {
      leftFrames.set(after.head.frame, before.head.frame);
      if (leftFrames.size > SHIFTED_MAX) leftFrames.delete(leftFrames.keys().next().value!);
    }
    const found = compareFrames({
      left: before,
      right: after,
      manifest: b.manifest,
      leftManifest: a.manifest,
      leftFrameOf: (frame) => leftFrames.get(frame) ?? frame,
    });
    if (found === null) continue;
    const stampOnly = found.records.length === 0 && found.left !== null && found.right !== null;
    counts[stampOnly ? "stampsOnly" : "differing"] += 1;
    if (!stampOnly && listed.length < listedMax) listed.push(found);
  }
  return {
    header: headerDifferences(a.header, b.header),
    listed,
    ...counts,
    frames: Math.max(a.count, b.count),
  };
}

/** Frames that stand at another place on the other side, of which receipts may still speak. */
const SHIFTED_MAX = 100_000;

/** The frames to compare next; one is null where the other side has a frame more. */
function nextPair(left: readonly Frame[], right: readonly Frame[]): readonly [Frame | null, Frame | null] {
  const [a, b] = [left[0] ?? null, right[0] ?? null];
  if (a === null || b === null || ingressId(a) === ingressId(b)) return [a, b];
  for (let sum = 1; sum < LOOK_AHEAD; sum++) {
    for (let i = 0; i <= sum; i++) {
      const [x, y] = [left[i], right[sum - i]];
      if (x !== undefined && y !== undefined && ingressId(x) === ingressId(y))
        return i > 0 ? [a, null] : [null, b];
    }
  }
  return [a, b];
}

/** What entered, as far as it is the same in another run. */
function ingressId({ records }: Frame): string {
  const first = records[0]!;
  return first.kind === "domain_event" ? `${titleOf(first)} ${toHex(first.value)}` : titleOf(first);
}

function headerDifferences(a: RecordingHeader, b: RecordingHeader): readonly string[] {
  return [
    ...(a.worldId === b.worldId ? [] : ["world_id"]),
    ...(a.manifestHash === b.manifestHash ? [] : ["manifest_hash"]),
    ...(a.settingsHash === b.settingsHash ? [] : ["settings_hash"]),
    ...(JSON.stringify(a.modules) === JSON.stringify(b.modules) ? [] : ["modules"]),
  ];
}

/** A recording's frames, a few at a time. */
class Frames {
  readonly held: Frame[] = [];
  count = 0;
  readonly #entries: AsyncIterator<Entry>;
  readonly #carried = new RecordedDefinitions();
  #header: RecordingHeader | null = null;
  #over = false;
  #manifest: Manifest | null = null;

  constructor(entries: AsyncIterable<Entry>) {
    this.#entries = entries[Symbol.asyncIterator]();
  }

  get header(): RecordingHeader {
    if (this.#header === null) throw corruptRecording("it has no header");
    return this.#header;
  }

  /** In force at the last frame read. */
  get manifest(): Manifest {
    if (this.#manifest === null) throw corruptRecording("it does not carry its definitions");
    return this.#manifest;
  }

  async fill(count: number): Promise<void> {
    while (!this.#over && this.held.length < count) {
      const { value: entry, done } = await this.#entries.next();
      if (done) this.#over = true;
      else this.#take(entry);
    }
  }

  #take(entry: Entry): void {
    if (entry.kind === "header") this.#header = entry.header;
    else if (entry.kind === "blob") this.#carried.add(entry.blob);
    else if (entry.kind === "frame") {
      this.#carried.note(entry.frame.records[0]!);
      this.#manifest = this.#carried.manifest ?? this.#manifest;
      this.held.push(entry.frame);
      this.count += 1;
    }
  }
}
