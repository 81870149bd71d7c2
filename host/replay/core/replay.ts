/**
 * Replay: the ingress of a journal is fed to a fresh world, and every record it derives is compared with
 * the one the journal has.
 *
 * R1 Only ingress is believed. R2 The first difference ends the replay: what follows is its consequence.
 * R3 A journal whose frames do not chain has been changed, even where every derived record agrees. Of two
 * frames that do not fit, the later was changed when it does not fit the one after it either.
 * R4 Against other definitions, digests and the hashes of what ran are no differences in themselves.
 */

import { type Frame, ZERO_DIGEST } from "../../journal/frame.ts";
import type { Head } from "../../journal/port.ts";
import type { Cell, JournalRecord, RecordKind } from "../../journal/record.ts";
import { MemoryCells } from "../../kernel/cells.ts";
import type { Ingress } from "../../kernel/ingress.ts";
import type { ModuleHost } from "../../kernel/ports.ts";
import { type Outcome, World } from "../../kernel/world.ts";
import type { Hash } from "../../values/brand.ts";
import { equalBytes, toHex } from "../../values/bytes.ts";
import { AirloomError, bug } from "../../values/errors.ts";
import { contextOf, type DivergenceContext, RememberingCells } from "./context.ts";
import { compareRecords, type FieldDifference } from "./diff.ts";
import { corruptAt, missingFrames, readAt } from "./faults.ts";
import { entryOf, type FindDefinitions, ingressOf } from "./feed.ts";

export interface ReplayInput {
  /** The journal's frames in order, from genesis unless the replay begins elsewhere. */
  readonly frames: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  readonly modules: ModuleHost;
  readonly definitions: FindDefinitions;
  /** `recorded` proves the engine; `against` proves a change of definitions. */
  readonly mode: "recorded" | "against";
  /** Where the store says the journal ends; null when nobody says. */
  readonly head: Head | null;
}

/** Where a replay begins, if not with genesis. The input's frames are then those behind `frame`. */
export interface ReplayStart {
  /** As a snapshot has it. */
  readonly world: World;
  /** The world's own; not all need be in memory. */
  readonly cells: MemoryCells;
  /** The frame that recorded the snapshot. */
  readonly frame: Frame;
  /** Brings cells as they were at the end of that frame. */
  load(missing: Extract<Outcome, { kind: "missing" }>): Promise<void>;
}

export type Verdict = "identical" | "fuel_only" | "diverged";

/** The first place where the replay differs from the journal. */
export interface Divergence {
  readonly frame: bigint;
  /** Index of the record in its frame. */
  readonly record: number;
  /** Position of the record in the whole journal. */
  readonly recordSeq: bigint;
  readonly kind: RecordKind;
  readonly cell: Cell | null;
  /**
   * `field`: a record says something else. `absent`: the replay derived no such record. `extra`: it derived
   * one more. `refused`: the world no longer takes the ingress. `chain`: the journal's own bytes changed;
   * the field is then the digest beside it that its bytes no longer fit.
   */
  readonly reason: "field" | "absent" | "extra" | "refused" | "chain";
  readonly field: string;
  readonly recorded: string;
  readonly replayed: string;
}

/** What surrounds the divergence. */
export interface DivergenceDetail extends DivergenceContext {
  /** Every field of the record that differs; the first is the divergence's own. */
  readonly differences: readonly FieldDifference[];
}

export interface ReplayReport {
  readonly verdict: Verdict;
  readonly divergence: Divergence | null;
  /** Null without a divergence, where the journal itself was changed, and of `replayWorld`. */
  readonly detail: DivergenceDetail | null;
  readonly frames: number;
  readonly records: number;
  readonly deliveries: number;
  /** Digest of the last frame derived, as hex. */
  readonly digest: string;
  /** Manifests the journal names, in order, and those the replay ran. */
  readonly manifests: { readonly recorded: readonly Hash[]; readonly used: readonly Hash[] };
}

/** Throws `AirloomError`: kind `corrupt` for a journal that cannot be read, `host` when this machine failed. */
export async function replay(input: ReplayInput): Promise<ReplayReport> {
  return (await runThrough(new ReplayRun(input, new RememberingCells()))).report();
}

/**
 * A replay that also gives the world it arrived at, null without genesis, and its cells: all of them, unless it
 * began elsewhere. They go on with the world, so they remember nothing of before: the report has no detail.
 */
export async function replayWorld(
  input: ReplayInput,
  start: ReplayStart | null = null,
): Promise<{ readonly report: ReplayReport; readonly world: World | null; readonly cells: MemoryCells }> {
  const cells = start?.cells ?? new MemoryCells();
  const run = await runThrough(new ReplayRun(input, cells, start));
  return { report: run.report(), world: run.world, cells };
}

/** Stops at the first divergence. */
async function runThrough(run: ReplayRun): Promise<ReplayRun> {
  const { input } = run;
  let position: bigint = run.nextFrame;
  let held: Frame | null = null;
  for await (const bytes of input.frames) {
    const { frame, fault } = readAt(bytes, position++);
    if (held !== null && (await run.frame(held, frame?.head.previousDigest ?? null)) !== null) {
      return run;
    }
    if (fault !== null) {
      if (frame !== null && (await run.brokenFrame(frame)) !== null) return run;
      throw fault;
    }
    held = frame;
  }
  if (held !== null) await run.frame(held, digestAfter(held, input.head));
  run.end();
  return run;
}

/** What the store says the digest of the journal's last frame is; null when it says nothing of this frame. */
function digestAfter(last: Frame, head: Head | null): Uint8Array | null {
  return head !== null && head.nextFrame === last.head.frame + 1n ? head.digest : null;
}

type Derived = Exclude<Outcome, { kind: "missing" }>;

class ReplayRun {
  readonly input: ReplayInput;
  readonly #cells: MemoryCells;
  readonly #start: ReplayStart | null;
  readonly #recorded: Hash[] = [];
  readonly #used: Hash[] = [];
  #world: World | null = null;
  #previous: Frame | null = null;
  #digest: Uint8Array = ZERO_DIGEST;
  #divergence: Divergence | null = null;
  #detail: DivergenceDetail | null = null;
  #frames = 0;
  #records = 0;
  #deliveries = 0;
  #fuelDiffers = false;

  constructor(input: ReplayInput, cells: MemoryCells, start: ReplayStart | null = null) {
    this.input = input;
    this.#cells = cells;
    this.#start = start;
    if (start === null) return;
    this.#world = start.world;
    this.#previous = start.frame;
    this.#digest = start.frame.digest;
  }

  /** What the next frame must be. */
  get nextFrame(): bigint {
    return this.#previous === null ? 0n : this.#previous.head.frame + 1n;
  }

  /**
   * Derives one frame again; gives the divergence, if there is one. `digestAfter` is what follows in the
   * journal says the digest of this frame is; null when nothing does.
   */
  async frame(frame: Frame, digestAfter: Uint8Array | null): Promise<Divergence | null> {
    const sound = digestAfter === null || equalBytes(frame.digest, digestAfter);
    this.#checkChain(frame, sound);
    if (this.#divergence !== null) return this.#divergence;
    const outcome = await this.#derive(frame, sound ? null : digestAfter);
    if (outcome !== null) this.#compare(frame, outcome);
    this.#previous = frame;
    if (this.#divergence === null) {
      this.#frames += 1;
      this.#records += frame.records.length;
      this.#deliveries += frame.records.filter((record) => record.kind === "delivery").length;
    }
    return this.#divergence;
  }

  /** The same with what can be read of a frame; the record before the first unreadable one may be the changed one. */
  async brokenFrame(frame: Frame): Promise<Divergence | null> {
    this.#checkChain(frame, false);
    if (this.#divergence !== null) return this.#divergence;
    const outcome = await this.#derive(frame, null);
    if (outcome !== null) this.#compare(frame, outcome, frame.records.length);
    return this.#divergence;
  }

  /** The journal is over: does the store agree on where it ends? */
  end(): void {
    const { head } = this.input;
    if (this.#divergence !== null || head === null) return;
    const last = this.#previous;
    if (last === null ? head.nextFrame === 0n : equalBytes(head.digest, last.digest)) return;
    if (last === null) throw missingFrames(0n, head.nextFrame);
    if (last.head.frame + 1n !== head.nextFrame) throw missingFrames(last.head.frame + 1n, head.nextFrame);
    this.#chainBroken(last, "digest", head.digest, last.digest);
  }

  get world(): World | null {
    return this.#world;
  }

  report(): ReplayReport {
    const verdict = this.#divergence !== null ? "diverged" : this.#fuelDiffers ? "fuel_only" : "identical";
    return {
      verdict,
      divergence: this.#divergence,
      detail: this.#detail,
      frames: this.#frames,
      records: this.#records,
      deliveries: this.#deliveries,
      digest: toHex(this.#digest),
      manifests: { recorded: this.#recorded, used: this.#used },
    };
  }

  #checkChain(frame: Frame, sound: boolean): void {
    const previous = this.#previous;
    const expected = this.nextFrame;
    if (frame.head.frame !== expected) throw missingFrames(expected, frame.head.frame);
    const digest = previous?.digest ?? ZERO_DIGEST;
    const said = frame.head.previousDigest;
    if (equalBytes(said, digest)) return;
    if (sound && previous !== null) this.#chainBroken(previous, "digest", said, digest);
    else this.#chainBroken(frame, "previous_digest", said, digest);
  }

  /** The frame's own bytes were changed, in its head or its ingress: what was derived from them agrees. */
  #chainBroken(frame: Frame, field: string, recorded: Uint8Array, replayed: Uint8Array): void {
    this.#divergence = {
      ...place(frame, 0, frame.records[0]!),
      reason: "chain",
      field,
      recorded: toHex(recorded),
      replayed: toHex(replayed),
    };
  }

  /** `digestAfter`: what follows says, where it is not the digest of this frame. */
  async #derive(frame: Frame, digestAfter: Uint8Array | null): Promise<Derived | null> {
    try {
      const ingress = await ingressOf(frame, this.input.definitions);
      this.#noteManifests(frame, ingress);
      let outcome = this.#step(ingress, frame);
      while (outcome.kind === "missing") {
        if (this.#start === null) throw bug("a replay from genesis keeps all cells in memory");
        await this.#start.load(outcome);
        outcome = this.#step(ingress, frame);
      }
      return outcome;
    } catch (error) {
      if (!(error instanceof AirloomError)) throw error;
      if (error.kind === "missing" && digestAfter !== null) {
        this.#chainBroken(frame, "digest", digestAfter, frame.digest); // what it names was never there
        return null;
      }
      if (["host", "bug", "missing", "corrupt"].includes(error.kind)) throw error;
      this.#divergence = {
        ...place(frame, 0, frame.records[0]!),
        reason: "refused",
        field: error.code,
        recorded: "accepted",
        replayed: error.diagnostics[0]?.message ?? error.message,
      };
      return null;
    }
  }

  #step(ingress: Ingress, frame: Frame): Outcome {
    const entry = entryOf(frame);
    if (ingress.kind === "genesis") {
      if (this.#world !== null) throw corruptAt(frame, "a second genesis");
      const ports = { modules: this.input.modules, cells: this.#cells };
      const { world, outcome } = World.create(ports, ingress.genesis, ingress.definitions, entry);
      this.#world = world;
      return outcome;
    }
    const world = this.#world;
    if (world === null) throw corruptAt(frame, "the journal does not begin with genesis");
    if (entry.logicalNs < world.state.lastLogicalNs) throw corruptAt(frame, "logical time goes back");
    if (ingress.kind === "continue" && !world.isBusy) {
      throw new AirloomError("request", "continue.nothing_pending", "no work is pending any more");
    }
    return world.step(ingress, entry);
  }

  #noteManifests(frame: Frame, ingress: Ingress): void {
    const first = frame.records[0]!;
    if (first.kind === "genesis" || first.kind === "manifest") this.#recorded.push(first.manifestHash);
    if ("definitions" in ingress) this.#used.push(ingress.definitions.manifest.hash);
  }

  /** `upTo`: how many records to compare; all unless given. */
  #compare(recorded: Frame, outcome: Derived, upTo = Number.POSITIVE_INFINITY): void {
    if (outcome.kind === "ignored") {
      this.#divergence = {
        ...place(recorded, 0, recorded.records[0]!),
        reason: "refused",
        field: "receipt.unknown",
        recorded: "settled an intent",
        replayed: "no such intent is open",
      };
      return;
    }
    const replayed = outcome.frame;
    this.#digest = replayed.digest;
    if (equalBytes(recorded.bytes, replayed.bytes)) return;
    const count = Math.min(upTo, Math.max(recorded.records.length, replayed.records.length));
    for (let i = 0; i < count; i++) {
      this.#divergence = this.#compareAt(recorded, replayed, i);
      if (this.#divergence === null) continue;
      this.#detail = this.#detailAt(recorded, replayed, this.#divergence.record);
      return;
    }
  }

  #detailAt(recorded: Frame, replayed: Frame, index: number): DivergenceDetail | null {
    const cells = this.#cells;
    if (!(cells instanceof RememberingCells)) return null;
    const [a, b] = [recorded.records[index], replayed.records[index]];
    const { manifest } = this.#world!.state.definitions;
    const identities = this.input.mode === "recorded";
    const differences =
      a === undefined || b === undefined ? [] : compareRecords(a, b, manifest, identities).differences;
    const frame = a === undefined ? replayed : recorded;
    return { ...contextOf(frame, index, manifest, cells), differences };
  }

  #compareAt(recorded: Frame, replayed: Frame, index: number): Divergence | null {
    const [a, b] = [recorded.records[index], replayed.records[index]];
    if (a === undefined || b === undefined) {
      const [reason, record] = a === undefined ? (["extra", b!] as const) : (["absent", a] as const);
      const [left, right] = a === undefined ? ["nothing", record.kind] : [record.kind, "nothing"];
      return { ...place(recorded, index, record), reason, field: "kind", recorded: left, replayed: right };
    }
    const identities = this.input.mode === "recorded";
    const manifest = this.#world!.state.definitions.manifest;
    const { difference, fuelDiffers } = compareRecords(a, b, manifest, identities);
    this.#fuelDiffers ||= fuelDiffers;
    if (difference === null) return null;
    const decision = this.#refusingDecision(recorded, replayed, index);
    if (decision !== null) return decision;
    return { ...place(recorded, index, a), reason: "field", ...difference };
  }

  /**
   * A delivery or a plan's turn that applied on one side and was refused by the gate on the other differs
   * because of the decision, which stands behind it in the frame: that is the record to name.
   */
  #refusingDecision(recorded: Frame, replayed: Frame, asker: number): Divergence | null {
    const refused = [recorded, replayed].map((frame) => isRefused(frame, asker));
    if (refused[0] === refused[1]) return null;
    const [left, right] = [decisionsOf(recorded, asker), decisionsOf(replayed, asker)];
    const manifest = this.#world!.state.definitions.manifest;
    for (const [i, { record, index }] of left.entries()) {
      const other = right[i];
      if (other === undefined) return null;
      const { difference } = compareRecords(record, other.record, manifest, false);
      if (difference !== null) return { ...place(recorded, index, record), reason: "field", ...difference };
    }
    return null;
  }
}

function isRefused({ records }: Frame, asker: number): boolean {
  const record = records[asker]!;
  const end = record.kind === "plan_turn" ? records.find((each) => isEndOf(each, asker)) : undefined;
  const code =
    record.kind === "delivery" ? record.faultCode : end?.kind === "plan_ended" ? end.errorCode : null;
  return code === "policy.denied" || code === "capability.denied";
}

function isEndOf(record: JournalRecord, turn: number): boolean {
  return record.kind === "plan_ended" && record.cause === turn;
}

function decisionsOf(frame: Frame, asker: number): { record: JournalRecord; index: number }[] {
  return frame.records
    .map((record, index) => ({ record, index }))
    .filter(({ record }) => record.kind === "cap_decision" || record.kind === "policy_decision")
    .filter(({ record }) => record.cause === asker);
}

function place(frame: Frame, record: number, { kind, cell }: JournalRecord) {
  const recordSeq = frame.head.firstRecord + BigInt(record);
  return { frame: frame.head.frame as bigint, record, recordSeq: recordSeq as bigint, kind, cell };
}
