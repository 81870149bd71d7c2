/** Proves a recording without running it: structure, chain, counts, blobs, root and signature. */

import { createPublicKey, verify as verifySignature } from "node:crypto";
import { type Frame, ZERO_DIGEST } from "../../journal/frame.ts";
import { equalBytes, toHex } from "../../values/bytes.ts";
import { AirloomError } from "../../values/errors.ts";
import { checksOf, findTampering } from "./checks.ts";
import { type Entry, type RecordingFooter, type RecordingHeader, rootOf, signedBytes } from "./entry.ts";
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
 * or out of order, `recording.signature` for a signature that is not the world's, and `recording.corrupt`.
 */
export async function verifyRecording(
  entries: AsyncIterable<Entry> | Iterable<Entry>,
): Promise<VerifiedRecording> {
  let header: RecordingHeader | null = null;
  const chain = new Chain();
  for await (const entry of entries) {
    if (entry.kind === "header") header = entry.header;
    else if (entry.kind === "frame") chain.add(entry.frame);
    else if (entry.kind === "footer" && header !== null) return conclude(header, entry.footer, chain);
  }
  throw corruptRecording("it has no header or no footer");
}

class Chain {
  readonly checks: Uint8Array[] = [];
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
    this.checks.push(checksOf(frame));
    this.records += BigInt(frame.records.length);
    this.digest = frame.digest;
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

/** DER of an Ed25519 public key in front of its 32 bytes (RFC 8410). */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

function checkSignature(header: RecordingHeader, { signature, root }: RecordingFooter): void {
  if (signature === null) return;
  const key = createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, header.publicKey]),
    format: "der",
    type: "spki",
  });
  if (verifySignature(null, signedBytes(root), key, signature)) return;
  throw tampered("the signature is not by the world's key", { what: "signature" }, "recording.signature");
}

function tampered(reason: string, fields: Readonly<Record<string, unknown>>, code = "recording.tampered") {
  const error = corruptRecording(reason, fields);
  return new AirloomError(error.kind, code, `the recording was changed: ${reason}`, { fields: error.fields });
}
