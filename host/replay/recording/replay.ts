/** Replays a recording: against its own definitions, or against those of a world folder. */

import type { Frame } from "../../journal/frame.ts";
import type { Head } from "../../journal/port.ts";
import type { Definitions } from "../../kernel/state.ts";
import { type FindModule, GIVE_MODULES, loadModules } from "../../runtime/definitions.ts";
import type { FrameSeq, Hash, RecordSeq } from "../../values/brand.ts";
import { toHex } from "../../values/bytes.ts";
import { AirloomError } from "../../values/errors.ts";
import { createModuleHost } from "../../wasm/host.ts";
import { type Divergence, type ReplayReport, replay } from "../core/replay.ts";
import { type Cause, causeOf, changesBetween } from "../upgrade/causes.ts";
import type { Entry, RecordingFooter, RecordingHeader } from "./entry.ts";
import { corruptRecording } from "./parse.ts";
import { RecordedDefinitions } from "./typing.ts";

export interface ReplayRecordingOptions {
  /** Runs these in place of what was recorded. */
  readonly against: Definitions | null;
  /** Finds modules that the recording does not carry. */
  readonly findModule: FindModule;
}

/** What a recording shows of an engine or a change, from best to worst. */
export const VERDICTS = [
  "identical",
  "fuel_only",
  "effects_changed",
  "state_changed",
  "faulted",
  "cannot_run",
] as const;
export type RecordingVerdict = (typeof VERDICTS)[number];

export interface RecordingReport {
  readonly verdict: RecordingVerdict;
  /** Root as the footer has it, as hex; null when the recording could not be read to its end. */
  readonly root: string | null;
  readonly replay: ReplayReport | null;
  /** Why it cannot run. */
  readonly error: AirloomError | null;
  /** The changed definition that the first difference comes from; null without one, or where nothing changed. */
  readonly cause: Cause | null;
}

/** Throws only for what is no fault of the recording: kinds `host` and `bug`. */
export async function replayRecording(
  entries: AsyncIterable<Entry>,
  options: ReplayRecordingOptions,
): Promise<RecordingReport> {
  const feed = new Feed(entries);
  try {
    const report = await run(feed, options);
    const cause = causeIn(feed, report, options.against);
    return { verdict: verdictOf(report), root: feed.root, replay: report, error: null, cause };
  } catch (error) {
    if (!(error instanceof AirloomError) || error.kind === "host" || error.kind === "bug") throw error;
    return { verdict: "cannot_run", root: feed.root, replay: null, error, cause: null };
  }
}

async function run(feed: Feed, { against, findModule }: ReplayRecordingOptions): Promise<ReplayReport> {
  const modules = new Map<Hash, Uint8Array>();
  const find: FindModule = async (hash) => feed.carried.module(hash) ?? findModule(hash);
  return replay({
    frames: feed.frames(),
    modules: createModuleHost((hash) => modules.get(hash)),
    definitions: async (manifest, settings) => {
      feed.inForce = feed.carried.definitions(manifest, settings);
      const used = against ?? feed.inForce;
      const found = await loadModules(used.manifest, find, against === null ? GIVE_MODULES : undefined);
      for (const [hash, bytes] of found) modules.set(hash, bytes);
      return used;
    },
    mode: against === null ? "recorded" : "against",
    // Known once the last frame was read, which is when it is asked for.
    get head() {
      return feed.head;
    },
  });
}

/** What was recorded under is compared with what was replayed. */
function causeIn(feed: Feed, { divergence }: ReplayReport, against: Definitions | null): Cause | null {
  const recorded = feed.inForce;
  const frame = divergence === null ? undefined : feed.recent(divergence.frame);
  if (against === null || recorded === null || divergence === null || frame === undefined) return null;
  return causeOf(divergence, frame, changesBetween(recorded, against));
}

/** Takes a recording's entries apart as a replay asks for them. */
class Feed {
  readonly carried = new RecordedDefinitions();
  /** What the last genesis or change of definitions that was replayed names. */
  inForce: Definitions | null = null;
  /** The replay is one frame behind what it was given. */
  #last: readonly Frame[] = [];
  readonly #entries: AsyncIterable<Entry>;
  #header: RecordingHeader | null = null;
  #footer: RecordingFooter | null = null;

  constructor(entries: AsyncIterable<Entry>) {
    this.#entries = entries;
  }

  get root(): string | null {
    return this.#footer === null ? null : toHex(this.#footer.root);
  }

  recent(frame: bigint): Frame | undefined {
    return this.#last.find(({ head }) => head.frame === frame);
  }

  get head(): Head | null {
    const footer = this.#footer;
    if (footer === null) return null;
    return {
      nextFrame: footer.frames as FrameSeq,
      nextRecord: footer.records as RecordSeq,
      digest: footer.digest,
    };
  }

  async *frames(): AsyncIterable<Uint8Array> {
    for await (const entry of this.#entries) {
      if (entry.kind === "header") this.#header = entry.header;
      else if (entry.kind === "blob") this.carried.add(entry.blob);
      else if (entry.kind === "footer") this.#footer = entry.footer;
      else {
        this.#last = [...this.#last.slice(-1), entry.frame];
        yield entry.frame.bytes;
      }
    }
    if (this.#header === null || this.#footer === null)
      throw corruptRecording("it has no header or no footer");
  }
}

/** What a replay shows, with the kind of its first difference. */
export function verdictOf({ verdict, divergence }: ReplayReport): RecordingVerdict {
  if (divergence === null) return verdict === "fuel_only" ? "fuel_only" : "identical";
  if (divergence.reason === "chain") return "cannot_run";
  return isFault(divergence) ? "faulted" : isState(divergence) ? "state_changed" : "effects_changed";
}

function isFault({ kind, field, reason }: Divergence): boolean {
  if (reason === "refused") return true;
  return kind === "delivery" && (field === "outcome" || field.startsWith("fault_"));
}

function isState({ kind, field }: Divergence): boolean {
  return kind === "delivery" && /^state(?:_blob)?(?:\.|$)/.test(field);
}
