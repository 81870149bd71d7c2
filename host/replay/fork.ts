/**
 * What if: a recording up to a frame, and from there on what would have happened with other events, receipts or
 * definitions. What entered later enters the fork as well, as far as it still fits: a receipt goes to the intent
 * that took the place of the one it answered, and is left out where there is none.
 */

import { settingsToNode } from "../air/settings.ts";
import type { OpenIntent } from "../effects/intent.ts";
import type { Receipt } from "../effects/receipt.ts";
import type { Frame, Entry as FrameEntry } from "../journal/frame.ts";
import type { Sealed } from "../kernel/draft.ts";
import type { EventIngress, Ingress } from "../kernel/ingress.ts";
import type { Definitions, WorldState } from "../kernel/state.ts";
import { type FindModule, GIVE_MODULES, loadModules } from "../runtime/definitions.ts";
import { modulesToRun } from "../runtime/modules.ts";
import type { Hash, IntentId } from "../values/brand.ts";
import { concat, equalBytes, fromHex, utf8 } from "../values/bytes.ts";
import { AirloomError, bug } from "../values/errors.ts";
import { sha256 } from "../values/hash.ts";
import { createModuleHost } from "../wasm/host.ts";
import { compareFrames, type FrameDifference, titleOf } from "./branches.ts";
import { entryOf, ingressOf } from "./core/feed.ts";
import { FaultPlaces } from "./faults.ts";
import { IntentPlaces } from "./intent-places.ts";
import type { Entry, RecordedBlob, RecordedModule, RecordingHeader } from "./recording/entry.ts";
import { Footing } from "./recording/footing.ts";
import { RecordedDefinitions } from "./recording/typing.ts";
import { verifyRecording } from "./recording/verify.ts";
import { unsigned } from "./rederive.ts";
import { RerunWorld, statesOf } from "./rerun.ts";

export interface ForkOptions {
  /** The first frame that may be another: 1 or more, at most one behind the last. */
  readonly at: bigint;
  /** In place of that frame's ingress; none leave it. Made when the world has come so far. */
  readonly events: readonly ((state: Readonly<WorldState>, nowNs: bigint) => EventIngress)[];
  /** Whether that frame's own ingress enters as well, behind them. */
  readonly insert: boolean;
  /** By the id of the intent in the fork: in place of its recorded receipt, else at the end. */
  readonly receipts: ReadonlyMap<IntentId, (intent: OpenIntent, state: Readonly<WorldState>) => Receipt>;
  /** In force from that frame on. */
  readonly against: Definitions | null;
  /** Finds modules that the recording does not carry. */
  readonly findModule: FindModule;
  /** Name and version of this engine. */
  readonly engine: string;
}

/** Something that entered the recording and not the fork. */
export interface LeftOut {
  readonly frame: bigint;
  readonly title: string;
  /** `intent_gone`, `fault_gone`, `definitions_given`, or the code of the refusal. */
  readonly reason: string;
}

export interface ForkReport {
  /** In the order of the fork. */
  readonly differences: readonly FrameDifference[];
  /** Frames that differ, beyond those listed too. */
  readonly differing: number;
  readonly leftOut: readonly LeftOut[];
  /** Receipts that answer an intent with other parameters than they were made for, by the recording's frame. */
  readonly assumed: readonly { readonly frame: bigint; readonly intent: IntentId }[];
  /** Intents that wait at the end of the fork. */
  readonly open: readonly OpenIntent[];
  readonly frames: { readonly recorded: number; readonly forked: number };
}

/** How many differences a report lists. */
const LISTED_MAX = 200;

/**
 * Gives the fork as the entries of a recording, marked as one; the report is whole once they were all taken. Throws
 * `fork.no_frame` (kind `missing`), `fork.diverged` (kind `corrupt`) where the recording itself does not replay,
 * `fork.refused` (kind `request`) where the world does not take what is given, `fork.no_intent` (kind `missing`).
 */
export async function fork(
  open: () => AsyncIterable<Entry>,
  options: ForkOptions,
): Promise<{ readonly entries: AsyncIterable<Entry>; report(): ForkReport }> {
  const { root, frames, header } = await verifyRecording(open());
  if (options.at < 1n || options.at > frames) {
    const message = `a fork begins at a frame from 1 to ${frames}, not ${options.at}`;
    throw new AirloomError("missing", "fork.no_frame", message, { fields: { frame: options.at, frames } });
  }
  const run = new ForkRun(options, { ...header, fork: { root: fromHex(root)!, frame: options.at } });
  return { entries: run.entries(open()), report: () => run.report() };
}

class ForkRun {
  readonly #options: ForkOptions;
  readonly #header: RecordingHeader;
  readonly #carried = new RecordedDefinitions();
  readonly #modules = new Map<Hash, Uint8Array>();
  readonly #world: RerunWorld;
  readonly #footing = new Footing();
  readonly #given = new Set<Hash>();
  /** Open intents of the fork by the recorded ones whose place they took. */
  readonly #intents = new IntentPlaces();
  /** Recorded frames by those of the fork, where the numbers differ. */
  readonly #leftFrames = new Map<bigint, bigint>();
  readonly #faults = new FaultPlaces();
  readonly #answers: Map<IntentId, (intent: OpenIntent, state: Readonly<WorldState>) => Receipt>;
  readonly #differences: FrameDifference[] = [];
  readonly #leftOut: LeftOut[] = [];
  readonly #assumed: { frame: bigint; intent: IntentId }[] = [];
  readonly #frames = { recorded: 0, forked: 0 };
  #differing = 0;
  #last: FrameEntry | null = null;
  #made = 0;

  constructor(options: ForkOptions, header: RecordingHeader) {
    this.#options = options;
    this.#header = withModules(header, options.against);
    this.#answers = new Map(options.receipts);
    this.#world = new RerunWorld(createModuleHost((hash) => this.#modules.get(hash)));
  }

  report(): ForkReport {
    return {
      differences: this.#differences,
      differing: this.#differing,
      leftOut: this.#leftOut,
      assumed: this.#assumed,
      open: [...(this.#world.state?.intents.values() ?? [])],
      frames: this.#frames,
    };
  }

  async *entries(entries: AsyncIterable<Entry>): AsyncIterable<Entry> {
    const { at, engine } = this.#options;
    for await (const entry of entries) {
      if (entry.kind === "header") yield { kind: "header", header: { ...this.#header, engine } };
      else if (entry.kind === "blob") {
        this.#carried.add(entry.blob);
        if (entry.blob.role === "state") continue;
        this.#given.add(entry.blob.hash);
        yield entry;
      } else if (entry.kind === "frame") {
        this.#frames.recorded += 1;
        this.#carried.note(entry.frame.records[0]!);
        const place: bigint = entry.frame.head.frame;
        if (place < at) yield* this.#before(entry.frame);
        else {
          const replaced = place === at && this.#replaces;
          if (place === at) yield* this.#change(entryOf(entry.frame), replaced ? entry.frame : null);
          if (!replaced) yield* this.#follow(entry.frame);
        }
      }
    }
    if (BigInt(this.#frames.recorded) === at) yield* this.#change(this.#later(), null);
    yield* this.#continue();
    yield* this.#answer();
    yield { kind: "footer", footer: this.#footing.footer({ ...this.#header, engine }, () => null) };
  }

  /** The common past must be what the recording says. */
  async *#before(frame: Frame): AsyncIterable<Entry> {
    const sealed = this.#world.step(await this.#ingress(frame), entryOf(frame));
    if (sealed === null || !equalBytes(sealed.frame.bytes, frame.bytes)) {
      const message = `the recording does not replay up to frame ${frame.head.frame}; \`airloom replay\` says why`;
      throw new AirloomError("corrupt", "fork.diverged", message, { fields: { frame: frame.head.frame } });
    }
    this.#intents.note(frame, sealed.frame);
    this.#faults.note(frame, sealed.frame, this.#world.isBusy);
    yield* this.#emit(sealed);
  }

  /** Whether the frame of the fork gives its place to the first of the events. */
  get #replaces(): boolean {
    return this.#options.events.length > 0 && !this.#options.insert;
  }

  /** What the fork begins with: other definitions, then the events given, the first in place of `replaced`. */
  async *#change(stamp: FrameEntry, replaced: Frame | null): AsyncIterable<Entry> {
    const { against, events } = this.#options;
    this.#last = stamp;
    if (against !== null) {
      yield* await this.#adopt(against);
      yield* this.#insert({ kind: "manifest", definitions: against }, stamp);
    }
    for (const [i, event] of events.entries()) {
      yield* this.#continue();
      const ingress = event(this.#world.state!, stamp.logicalNs);
      if (replaced === null || i > 0) yield* this.#insert(ingress, stamp);
      else {
        // Another request than the one that had this id.
        const entry = { ...entryOf(replaced), ingressId: null, requestDigest: null };
        yield* this.#pair(replaced, this.#asked(() => this.#world.step(ingress, entry))!);
      }
    }
  }

  async #adopt({ manifest, settings, settingsHash }: Definitions): Promise<readonly Entry[]> {
    const found = await loadModules(manifest, this.#find);
    const blobs: RecordedBlob[] = [...manifest.nodes].map(([hash, bytes]) => {
      return { role: "node", hash, bytes, reducer: null };
    });
    blobs.push({ role: "settings", hash: settingsHash, bytes: settingsToNode(settings), reducer: null });
    for (const [hash, bytes] of found) {
      this.#modules.set(hash, bytes);
      if (this.#header.embedded) blobs.push({ role: "module", hash, bytes, reducer: null });
    }
    const fresh = blobs.filter(({ hash }) => !this.#given.has(hash));
    for (const { hash } of fresh) this.#given.add(hash);
    return fresh.map((blob) => ({ kind: "blob", blob }));
  }

  /** An ingress that the recording does not have. */
  *#insert(ingress: Ingress, stamp: FrameEntry): Iterable<Entry> {
    const sealed = this.#asked(() => this.#world.step(ingress, this.#stamped(stamp)));
    if (sealed === null) return;
    this.#note(compareFrames({ left: null, right: sealed.frame, manifest: this.#world.manifest! }));
    yield* this.#emit(sealed);
  }

  /** Refusals of what was given are the caller's to mend. */
  #asked(step: () => Sealed | null): Sealed | null {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof AirloomError) || (error.kind !== "request" && error.kind !== "retry"))
        throw error;
      const message = `the world does not take what the fork begins with: ${error.message}`;
      throw new AirloomError("request", "fork.refused", message, {
        fields: { ...error.fields, reason: error.code },
        diagnostics: error.diagnostics,
        cause: error,
      });
    }
  }

  /** A frame of the recording behind the place of the fork. */
  async *#follow(frame: Frame): AsyncIterable<Entry> {
    const { against } = this.#options;
    this.#last = entryOf(frame);
    const first = frame.records[0]!;
    if (first.kind !== "continue") yield* this.#continue();
    if (first.kind === "manifest" && against !== null) return this.#leave(frame, "definitions_given");
    const sealed = await this.#take(frame);
    if (sealed !== null) yield* this.#pair(frame, sealed);
  }

  /** A frame of the fork and the one whose place it takes. */
  *#pair(frame: Frame, sealed: Sealed): Iterable<Entry> {
    this.#intents.note(frame, sealed.frame);
    this.#faults.note(frame, sealed.frame, this.#world.isBusy);
    const [left, right]: bigint[] = [frame.head.frame, sealed.frame.head.frame];
    if (left !== right) this.#leftFrames.set(right!, left!);
    const leftFrameOf = (place: bigint): bigint => this.#leftFrames.get(place) ?? place;
    const manifest = this.#world.manifest!;
    const leftFaultOf = (seq: bigint): bigint => this.#faults.before(seq);
    const leftManifest = this.#carried.manifest;
    this.#note(
      compareFrames({ left: frame, right: sealed.frame, manifest, leftManifest, leftFrameOf, leftFaultOf }),
    );
    yield* this.#emit(sealed);
  }

  /** Null, and noted, where the ingress no longer fits. */
  async #take(frame: Frame): Promise<Sealed | null> {
    const ingress = this.#renumbered(frame, await this.#ingress(frame));
    if (ingress === null) {
      return this.#leave(frame, frame.records[0]!.kind === "effect_receipt" ? "intent_gone" : "fault_gone");
    }
    try {
      const sealed = this.#world.step(ingress, entryOf(frame));
      if (sealed !== null || ingress.kind === "continue") return sealed;
      return this.#leave(frame, "intent_gone");
    } catch (error) {
      if (!(error instanceof AirloomError) || (error.kind !== "request" && error.kind !== "retry"))
        throw error;
      return this.#leave(frame, error.code);
    }
  }

  #leave(frame: Frame, reason: string): null {
    this.#leftOut.push({ frame: frame.head.frame, title: titleOf(frame.records[0]!), reason });
    this.#note(compareFrames({ left: frame, right: null, manifest: this.#world.manifest! }));
    return null;
  }

  /** Receipts by the intents of the fork, with those given in place of the recorded ones. */
  #renumbered(frame: Frame, ingress: Ingress): Ingress | null {
    if (ingress.kind !== "receipt") return this.#faults.renumbered(ingress);
    const place = this.#intents.take(ingress.intent);
    if (place === undefined) return null;
    const answer = this.#answers.get(place.id);
    this.#answers.delete(place.id);
    const state = this.#world.state!;
    const intent = state.intents.get(place.id);
    if (answer !== undefined && intent !== undefined) {
      return { kind: "receipt", intent: place.id, receipt: answer(intent, state) };
    }
    if (!place.same) this.#assumed.push({ frame: frame.head.frame, intent: place.id });
    const { intent: recorded, receipt } = ingress;
    return { ...ingress, intent: place.id, receipt: recorded === place.id ? receipt : unsigned(receipt) };
  }

  /** Work that a frame limit left over goes on at once, as it does in a running world. */
  *#continue(): Iterable<Entry> {
    while (this.#world.isBusy) yield* this.#insert({ kind: "continue" }, this.#later());
  }

  /** Receipts that were given and whose intents had none in the recording. */
  *#answer(): Iterable<Entry> {
    for (let progress = true; progress && this.#answers.size > 0; ) {
      progress = false;
      for (const [id, answer] of this.#answers) {
        const state = this.#world.state!;
        const intent = state.intents.get(id);
        if (intent === undefined) continue;
        this.#answers.delete(id);
        progress = true;
        yield* this.#insert({ kind: "receipt", intent: id, receipt: answer(intent, state) }, this.#later());
        yield* this.#continue();
      }
    }
    const [id] = this.#answers.keys();
    if (id === undefined) return;
    throw new AirloomError("missing", "fork.no_intent", `no intent ${id} was open in the fork`, {
      fields: { intent: id },
    });
  }

  *#emit(sealed: Sealed): Iterable<Entry> {
    for (const blob of statesOf(sealed)) yield { kind: "blob", blob };
    yield { kind: "frame", frame: sealed.frame };
    this.#footing.add(sealed.frame);
    this.#frames.forked += 1;
    this.#last ??= entryOf(sealed.frame);
    if (sealed.frame.head.logicalNs >= this.#last.logicalNs) this.#last = entryOf(sealed.frame);
  }

  #note(difference: FrameDifference | null): void {
    if (
      difference === null ||
      (difference.records.length === 0 && difference.left !== null && difference.right !== null)
    )
      return;
    this.#differing += 1;
    if (this.#differences.length < LISTED_MAX) this.#differences.push(difference);
  }

  #later(): FrameEntry {
    if (this.#last === null) throw bug("a fork before genesis");
    return this.#last;
  }

  /** Nobody drew entropy for what was never there: it follows from the stamp beside it. */
  #stamped({ logicalNs, wallNs, entropy }: FrameEntry): FrameEntry {
    const drawn = sha256(concat([utf8(`fork ${this.#made++} `), entropy]));
    return { logicalNs, wallNs, entropy: drawn, by: "fork", ingressId: null, requestDigest: null };
  }

  readonly #find: FindModule = async (hash) => this.#carried.module(hash) ?? this.#options.findModule(hash);

  #ingress(frame: Frame): Promise<Ingress> {
    return ingressOf(frame, async (manifest, settings) => {
      const found = this.#carried.definitions(manifest, settings);
      const modules = await loadModules(found.manifest, this.#find, GIVE_MODULES);
      for (const [hash, bytes] of modules) this.#modules.set(hash, bytes);
      return found;
    });
  }
}

function withModules(header: RecordingHeader, against: Definitions | null): RecordingHeader {
  const modules = new Map<Hash, RecordedModule>(header.modules.map((module) => [module.hash, module]));
  for (const { name, wasmHash } of against === null ? [] : modulesToRun(against.manifest))
    modules.set(wasmHash, { name, hash: wasmHash });
  return { ...header, modules: [...modules.values()] };
}
