/**
 * Replay: the ingress of a journal is fed to a fresh world, and every record it derives is compared with
 * the one the journal has.
 *
 * R1 Only ingress is believed. R2 The first difference ends the replay: what follows is its consequence.
 * R3 A journal whose frames do not chain has been changed, even where every derived record agrees.
 * R4 Against other definitions, digests and the hashes of what ran are no differences in themselves.
 */

import { type Frame, openFrame, ZERO_DIGEST } from "../../journal/frame.ts";
import type { Head } from "../../journal/port.ts";
import type { JournalRecord, RecordKind } from "../../journal/record.ts";
import type { Cell } from "../../journal/record.ts";
import { MemoryCells } from "../../kernel/cells.ts";
import type { Ingress } from "../../kernel/ingress.ts";
import type { ModuleHost } from "../../kernel/ports.ts";
import { type Outcome, World } from "../../kernel/world.ts";
import type { Hash } from "../../values/brand.ts";
import { equalBytes, toHex } from "../../values/bytes.ts";
import { AirloomError, bug } from "../../values/errors.ts";
import { compareRecords } from "./diff.ts";
import { entryOf, type FindDefinitions, ingressOf } from "./feed.ts";

export interface ReplayInput {
  /** The journal's frames in order, from genesis. */
  readonly frames: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  readonly modules: ModuleHost;
  readonly definitions: FindDefinitions;
  /** `recorded` proves the engine; `against` proves a change of definitions. */
  readonly mode: "recorded" | "against";
  /** Where the store says the journal ends; null when nobody says. */
  readonly head: Head | null;
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
   * one more. `refused`: the world no longer takes the ingress. `chain`: the journal's own bytes changed.
   */
  readonly reason: "field" | "absent" | "extra" | "refused" | "chain";
  readonly field: string;
  readonly recorded: string;
  readonly replayed: string;
}

export interface ReplayReport {
  readonly verdict: Verdict;
  readonly divergence: Divergence | null;
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
  return (await replayWorld(input)).report;
}

/** A replay that also gives the world it arrived at, with all its cells in memory. Null without genesis. */
export async function replayWorld(
  input: ReplayInput,
): Promise<{ readonly report: ReplayReport; readonly world: World | null; readonly cells: MemoryCells }> {
  const run = new ReplayRun(input);
  for await (const bytes of input.frames) {
    if ((await run.frame(openFrame(bytes))) !== null) return run.result();
  }
  run.end();
  return run.result();
}

class ReplayRun {
  readonly #input: ReplayInput;
  readonly #cells = new MemoryCells();
  readonly #recorded: Hash[] = [];
  readonly #used: Hash[] = [];
  #world: World | null = null;
  #previous: Frame | null = null;
  #digest: Uint8Array = ZERO_DIGEST;
  #divergence: Divergence | null = null;
  #frames = 0;
  #records = 0;
  #deliveries = 0;
  #fuelDiffers = false;

  constructor(input: ReplayInput) {
    this.#input = input;
  }

  /** Derives one frame again; gives the divergence, if there is one. */
  async frame(frame: Frame): Promise<Divergence | null> {
    this.#checkChain(frame);
    if (this.#divergence !== null) return this.#divergence;
    const outcome = await this.#derive(frame);
    if (outcome !== null) this.#compare(frame, outcome);
    this.#previous = frame;
    if (this.#divergence === null) {
      this.#frames += 1;
      this.#records += frame.records.length;
      this.#deliveries += frame.records.filter((record) => record.kind === "delivery").length;
    }
    return this.#divergence;
  }

  /** The journal is over: does the store agree on where it ends? */
  end(): void {
    const { head } = this.#input;
    if (this.#divergence !== null || head === null) return;
    const last = this.#previous;
    if (last === null ? head.nextFrame === 0n : equalBytes(head.digest, last.digest)) return;
    if (last === null) throw missingFrames(0n, head.nextFrame);
    if (last.head.frame + 1n !== head.nextFrame) throw missingFrames(last.head.frame + 1n, head.nextFrame);
    this.#chainBroken(last, head.digest);
  }

  result() {
    return { report: this.#report(), world: this.#world, cells: this.#cells };
  }

  #report(): ReplayReport {
    const verdict = this.#divergence !== null ? "diverged" : this.#fuelDiffers ? "fuel_only" : "identical";
    return {
      verdict,
      divergence: this.#divergence,
      frames: this.#frames,
      records: this.#records,
      deliveries: this.#deliveries,
      digest: toHex(this.#digest),
      manifests: { recorded: this.#recorded, used: this.#used },
    };
  }

  #checkChain(frame: Frame): void {
    const previous = this.#previous;
    const expected = previous === null ? 0n : previous.head.frame + 1n;
    if (frame.head.frame !== expected) throw missingFrames(expected, frame.head.frame);
    const digest = previous?.digest ?? ZERO_DIGEST;
    if (equalBytes(frame.head.previousDigest, digest)) return;
    this.#chainBroken(previous ?? frame, frame.head.previousDigest);
  }

  /** Every derived record agreed, but the next frame was chained to other bytes: the ingress was changed. */
  #chainBroken(frame: Frame, expected: Uint8Array): void {
    const first = frame.records[0];
    if (first === undefined) throw bug("a frame without records was accepted");
    this.#divergence = {
      ...place(frame, 0, first),
      reason: "chain",
      field: "digest",
      recorded: toHex(expected),
      replayed: toHex(frame.digest),
    };
  }

  async #derive(frame: Frame): Promise<Outcome | null> {
    const ingress = await ingressOf(frame, this.#input.definitions);
    this.#noteManifests(frame, ingress);
    try {
      return this.#step(ingress, frame);
    } catch (error) {
      if (!(error instanceof AirloomError) || ["host", "bug", "missing", "corrupt"].includes(error.kind)) throw error;
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
      if (this.#world !== null) throw bug("a second genesis");
      const ports = { modules: this.#input.modules, cells: this.#cells };
      const { world, outcome } = World.create(ports, ingress.genesis, ingress.definitions, entry);
      this.#world = world;
      return outcome;
    }
    if (this.#world === null) {
      throw new AirloomError("corrupt", "journal.corrupt", "the journal does not begin with genesis", {
        fields: { frame: frame.head.frame, record: 0, reason: "no genesis" },
      });
    }
    return this.#world.step(ingress, entry);
  }

  #noteManifests(frame: Frame, ingress: Ingress): void {
    const first = frame.records[0]!;
    if (first.kind === "genesis" || first.kind === "manifest") this.#recorded.push(first.manifestHash);
    if ("definitions" in ingress) this.#used.push(ingress.definitions.manifest.hash);
  }

  #compare(recorded: Frame, outcome: Outcome): void {
    if (outcome.kind === "missing") throw bug("a replay keeps all cells in memory");
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
    const count = Math.max(recorded.records.length, replayed.records.length);
    for (let i = 0; i < count; i++) {
      this.#divergence = this.#compareAt(recorded, replayed, i);
      if (this.#divergence !== null) return;
    }
  }

  #compareAt(recorded: Frame, replayed: Frame, index: number): Divergence | null {
    const [a, b] = [recorded.records[index], replayed.records[index]];
    if (a === undefined || b === undefined) {
      const [reason, record] = a === undefined ? (["extra", b!] as const) : (["absent", a] as const);
      const [left, right] = a === undefined ? ["nothing", record.kind] : [record.kind, "nothing"];
      return { ...place(recorded, index, record), reason, field: "kind", recorded: left, replayed: right };
    }
    const identities = this.#input.mode === "recorded";
    const manifest = this.#world!.state.definitions.manifest;
    const { difference, fuelDiffers } = compareRecords(a, b, manifest, identities);
    this.#fuelDiffers ||= fuelDiffers;
    if (difference === null) return null;
    const decision = this.#refusingDecision(recorded, replayed, index);
    if (decision !== null) return decision;
    return { ...place(recorded, index, a), reason: "field", ...difference };
  }

  /**
   * A delivery that applied on one side and was refused by the gate on the other differs because of the
   * decision, which stands behind it in the frame: that is the record to name.
   */
  #refusingDecision(recorded: Frame, replayed: Frame, delivery: number): Divergence | null {
    const pair = [recorded.records[delivery]!, replayed.records[delivery]!] as const;
    if (!pair.some(isRefused) || pair.every(isRefused)) return null;
    const [left, right] = [decisionsOf(recorded, delivery), decisionsOf(replayed, delivery)];
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

function isRefused(record: JournalRecord): boolean {
  const code = record.kind === "delivery" ? record.faultCode : null;
  return code === "policy.denied" || code === "capability.denied";
}

function decisionsOf(frame: Frame, delivery: number): { record: JournalRecord; index: number }[] {
  return frame.records
    .map((record, index) => ({ record, index }))
    .filter(({ record }) => record.kind === "cap_decision" || record.kind === "policy_decision")
    .filter(({ record }) => record.cause === delivery);
}

function place(frame: Frame, record: number, { kind, cell }: JournalRecord) {
  const recordSeq = frame.head.firstRecord + BigInt(record);
  return { frame: frame.head.frame as bigint, record, recordSeq: recordSeq as bigint, kind, cell };
}

function missingFrames(expected: bigint, found: bigint): AirloomError {
  const message = `frame ${expected} should come next, the journal goes on at ${found}`;
  return new AirloomError("corrupt", "journal.corrupt", message, {
    fields: { frame: expected, record: 0, reason: "a gap" },
  });
}
