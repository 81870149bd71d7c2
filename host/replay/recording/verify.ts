/** Proves a recording without running it: structure, chain, counts, blobs, root and signatures. */

import { type Settings, settingsFromNode } from "../../air/settings.ts";
import { type Frame, ZERO_DIGEST } from "../../journal/frame.ts";
import { isSignedBy } from "../../runtime/keys.ts";
import { isGenuine } from "../../runtime/receipts.ts";
import type { Hash, WorldId } from "../../values/brand.ts";
import { equalBytes, toHex } from "../../values/bytes.ts";
import { AirloomError } from "../../values/errors.ts";
import { quote } from "../../values/quote.ts";
import { Checks, findTampering } from "./checks.ts";
import {
  type Entry,
  type RecordedBlob,
  type RecordingFooter,
  type RecordingHeader,
  rootOf,
  signedBytes,
} from "./entry.ts";
import { corruptRecording } from "./parse.ts";

export interface VerifiedRecording {
  readonly header: RecordingHeader;
  /** Hex of the root: equal for equal recordings, whatever their form. */
  readonly root: string;
  /** Digest of the last frame, as hex. */
  readonly digest: string;
  readonly frames: bigint;
  readonly records: bigint;
  readonly signature: "valid" | "absent";
}

/**
 * Throws `recording.tampered` (kind `corrupt`) naming the first record that was changed, is missing, repeated
 * or out of order, `recording.signature` for a signature that is not the world's, `receipt.forged` for a receipt
 * from outside that no key of its adapter signed, naming frame and record, and `recording.corrupt`.
 */
export async function verifyRecording(
  entries: AsyncIterable<Entry> | Iterable<Entry>,
): Promise<VerifiedRecording> {
  let header: RecordingHeader | null = null;
  const chain = new Chain();
  const receipts = new Receipts();
  for await (const entry of entries) {
    if (entry.kind === "header") header = entry.header;
    else if (entry.kind === "blob") receipts.learn(entry.blob);
    else if (entry.kind === "frame") {
      chain.add(entry.frame);
      if (header !== null) receipts.check(header, entry.frame);
    } else if (header !== null) {
      const verified = conclude(header, entry.footer, chain);
      receipts.throwIfForged();
      return verified;
    }
  }
  throw corruptRecording("it has no header or no footer");
}

class Chain {
  readonly checks = new Checks();
  digest: Uint8Array = ZERO_DIGEST;
  records = 0n;
  genesis: Frame | null = null;
  /** First frame that does not follow from the one before. */
  broken: bigint | null = null;

  add(frame: Frame): void {
    const { head } = frame;
    this.genesis ??= frame;
    const follows =
      head.frame === BigInt(this.checks.length) &&
      head.firstRecord === this.records &&
      equalBytes(head.previousDigest, this.digest);
    if (!follows) this.broken ??= BigInt(this.checks.length);
    this.checks.add(frame);
    this.records += BigInt(frame.records.length);
    this.digest = frame.digest;
  }
}

/** Receipts from outside, against the keys that the settings in force have for their adapters. */
class Receipts {
  readonly #settings = new Map<Hash, Settings>();
  #inForce: Settings | null = null;
  /** Told last: a change of the file itself says more exactly what was done. */
  #forged: AirloomError | null = null;

  learn({ role, hash, bytes }: RecordedBlob): void {
    if (role === "settings") this.#settings.set(hash, settingsFromNode(bytes));
  }

  /** Only an ingress is a receipt, and so is a frame's first record. */
  check({ worldId, fork }: RecordingHeader, { head, records }: Frame): void {
    const [first] = records;
    if (first?.kind === "genesis" || first?.kind === "manifest") {
      this.#inForce = this.#settings.get(first.settingsHash) ?? null;
    }
    // What a fork made up, nobody signed.
    if (first?.kind !== "effect_receipt" || (fork !== null && head.frame >= fork.frame)) return;
    if (this.#inForce === null || isGenuine(worldId as WorldId, this.#inForce, first)) return;
    const fields = { frame: head.frame, record: head.firstRecord, adapter: first.adapterId };
    const place = `frame ${head.frame}, record ${head.firstRecord}`;
    const message = `${place} is a receipt that no key of ${quote(first.adapterId)} signed`;
    this.#forged ??= new AirloomError("corrupt", "receipt.forged", message, { fields });
  }

  throwIfForged(): void {
    if (this.#forged !== null) throw this.#forged;
  }
}

function conclude(header: RecordingHeader, footer: RecordingFooter, chain: Chain): VerifiedRecording {
  const tampering = findTampering(footer.checks, chain.checks);
  if (tampering !== null) {
    const record = tampering.record === null ? "" : `, record ${tampering.record}`;
    throw tampered(`frame ${tampering.frame}${record} is ${tampering.what}`, { ...tampering });
  }
  if (chain.broken !== null) {
    throw tampered(`frame ${chain.broken} does not follow from the one before`, {
      frame: chain.broken,
      what: "chain",
    });
  }
  const frames = BigInt(chain.checks.length);
  if (footer.frames !== frames || footer.records !== chain.records) {
    throw tampered(`the footer counts ${footer.frames} frames and ${footer.records} records`, {
      what: "counts",
      frames,
      records: chain.records,
    });
  }
  if (!equalBytes(footer.digest, chain.digest)) {
    throw tampered("the footer's digest is not that of the last frame", { what: "digest" });
  }
  checkHeader(header, chain.genesis);
  const root = rootOf(header, chain.digest);
  if (!equalBytes(footer.root, root)) throw tampered("the header was changed", { what: "root" });
  checkSignature(header, footer);
  const signature = footer.signature === null ? "absent" : "valid";
  return {
    header,
    root: toHex(root),
    digest: toHex(chain.digest),
    frames,
    records: chain.records,
    signature,
  };
}

/** What the header repeats of genesis must be what genesis says. */
function checkHeader(header: RecordingHeader, first: Frame | null): void {
  const genesis = first?.records[0];
  if (genesis?.kind !== "genesis") throw corruptRecording("a journal that does not begin with genesis");
  const agrees =
    header.worldId === genesis.worldId &&
    header.manifestHash === genesis.manifestHash &&
    header.settingsHash === genesis.settingsHash &&
    header.limitsProfile === genesis.limitsProfile &&
    header.fuelSchedule === genesis.fuelSchedule &&
    String(header.behaviourFlags) === String(genesis.behaviourFlags) &&
    equalBytes(header.publicKey, genesis.publicKey);
  if (!agrees) throw tampered("the header does not say what genesis says", { what: "header" });
}

function checkSignature(header: RecordingHeader, { signature, root }: RecordingFooter): void {
  if (signature === null) return;
  if (isSignedBy(header.publicKey, signedBytes(root), signature)) return;
  throw tampered("the signature is not by the world's key", { what: "signature" }, "recording.signature");
}

function tampered(reason: string, fields: Readonly<Record<string, unknown>>, code = "recording.tampered") {
  const error = corruptRecording(reason, fields);
  return new AirloomError(error.kind, code, `the recording was changed: ${reason}`, { fields: error.fields });
}
