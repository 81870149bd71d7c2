/**
 * A recording: a journal with what it needs to replay elsewhere. It is a sequence of entries, the same in both
 * forms (binary.ts, text.ts): one header, then blobs and frames, each blob before the first frame that needs
 * it, then one footer.
 *
 * E1 Whatever is chained to what went before stands in the footer only, or follows from the entries.
 * E2 The root is sha256 over the header's canonical bytes and the digest of the last frame: it stands for
 *    every entry, as blobs are named by hash in header or frames.
 */

import type { Frame } from "../../journal/frame.ts";
import type { Hash } from "../../values/brand.ts";
import { concat } from "../../values/bytes.ts";
import { type Cbor, encodeCbor } from "../../values/cbor.ts";
import { sha256 } from "../../values/hash.ts";
import type { Checks } from "./checks.ts";

/** Version of the entries' meaning, whatever the form. */
export const RECORDING_FORMAT = 1n;

export interface RecordedModule {
  readonly name: string;
  readonly hash: Hash;
}

/** What a redaction replaced, and what it was made from. */
export interface Redaction {
  /** Root of the recording before. */
  readonly root: Uint8Array;
  /** Changed places as `frame/field.path`, in order. */
  readonly paths: readonly string[];
}

/** Where a fork left the recording it was made from. */
export interface Fork {
  /** Root of that recording. */
  readonly root: Uint8Array;
  /** The first frame that is not its own. */
  readonly frame: bigint;
}

export interface RecordingHeader {
  /** Name and version of the engine that wrote the recording. */
  readonly engine: string;
  readonly worldId: string;
  readonly manifestHash: Hash;
  readonly settingsHash: Hash;
  readonly limitsProfile: bigint;
  readonly fuelSchedule: bigint;
  readonly behaviourFlags: readonly bigint[];
  /** The world's Ed25519 key, raw: 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Modules of every manifest in the journal, by name and hash. */
  readonly modules: readonly RecordedModule[];
  /** Whether the modules' bytes are among the blobs. */
  readonly embedded: boolean;
  readonly redaction: Redaction | null;
  /** Null for what a world did. */
  readonly fork: Fork | null;
}

/** `node`: a definition's canonical bytes. `state`: one too large to stand in its delivery. */
export const BLOB_ROLES = ["node", "settings", "module", "state"] as const;
export type BlobRole = (typeof BLOB_ROLES)[number];

export interface RecordedBlob {
  readonly role: BlobRole;
  readonly hash: Hash;
  readonly bytes: Uint8Array;
  /** The reducer whose state it is, else null. */
  readonly reducer: string | null;
}

export interface RecordingFooter {
  readonly frames: bigint;
  readonly records: bigint;
  /** Digest of the last frame. */
  readonly digest: Uint8Array;
  readonly root: Uint8Array;
  /** Of each frame, the checksums of its stamp and records (checks.ts): they tell which record was changed. */
  readonly checks: Checks;
  /** Ed25519 by the world's key over `signedBytes`; null where the key was not at hand. */
  readonly signature: Uint8Array | null;
}

export type Entry =
  | { readonly kind: "header"; readonly header: RecordingHeader }
  | { readonly kind: "blob"; readonly blob: RecordedBlob }
  | { readonly kind: "frame"; readonly frame: Frame }
  | { readonly kind: "footer"; readonly footer: RecordingFooter };

/** The header as data, the same in both forms. */
export function headerToCbor(header: RecordingHeader): ReadonlyMap<string, Cbor> {
  const { redaction, fork } = header;
  return new Map<string, Cbor>([
    ["format", RECORDING_FORMAT],
    ["engine", header.engine],
    ["world_id", header.worldId],
    ["manifest_hash", header.manifestHash],
    ["settings_hash", header.settingsHash],
    ["limits_profile", header.limitsProfile],
    ["fuel_schedule", header.fuelSchedule],
    ["behaviour_flags", header.behaviourFlags],
    ["public_key", header.publicKey],
    ["modules", header.modules.map(({ name, hash }) => [name, hash])],
    ["embedded", header.embedded],
    [
      "redaction",
      redaction === null
        ? null
        : new Map<string, Cbor>([
            ["root", redaction.root],
            ["paths", redaction.paths],
          ]),
    ],
    ...(fork === null ? [] : [["fork", forkToCbor(fork)] as const]),
  ]);
}

function forkToCbor({ root, frame }: Fork): Cbor {
  return new Map<string, Cbor>([
    ["root", root],
    ["frame", frame],
  ]);
}

export function footerToCbor(footer: RecordingFooter): ReadonlyMap<string, Cbor> {
  return new Map<string, Cbor>([
    ["frames", footer.frames],
    ["records", footer.records],
    ["digest", footer.digest],
    ["root", footer.root],
    ["checks", Array.from({ length: footer.checks.length }, (_, frame) => footer.checks.bytesOf(frame))],
    ["signature", footer.signature],
  ]);
}

export function rootOf(header: RecordingHeader, digest: Uint8Array): Uint8Array {
  return sha256(concat([encodeCbor(headerToCbor(header)), digest]));
}

const SIGNED = "airloom recording 1";

/** What the world's key signs: no other thing it ever signs begins like this. */
export function signedBytes(root: Uint8Array): Uint8Array {
  return encodeCbor([SIGNED, root]);
}
