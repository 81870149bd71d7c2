/** Recordings that were changed: the frames as a forger left them, or with everything put right behind them. */

import { createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { EMPTY_HEAD, type Entry, type Frame, FrameBuilder, headAfter } from "../../../host/journal/frame.ts";
import type { JournalRecord, RecordOf } from "../../../host/journal/record.ts";
import { entryOf } from "../../../host/replay/core/feed.ts";
import { assemble } from "../../../host/replay/recording/assemble.ts";
import { BinaryReader, BinaryWriter } from "../../../host/replay/recording/binary.ts";
import {
  type RecordedBlob,
  type Entry as RecordingEntry,
  type RecordingFooter,
  type RecordingHeader,
  signedBytes,
} from "../../../host/replay/recording/entry.ts";
import { TextReader, TextWriter } from "../../../host/replay/recording/text.ts";
import { rederive, stepsOf } from "../../../host/replay/rederive.ts";
import { concat } from "../../../host/values/bytes.ts";
import { hashOf } from "../../../host/values/hash.ts";
import type { Readable } from "../recordings.ts";

/** A frame taken apart; what is left of it when a forger put it together again. */
export interface Parts {
  readonly entry: Entry;
  readonly records: readonly JournalRecord[];
  /** The head it says it follows. */
  readonly at: { readonly frame: bigint; readonly firstRecord: bigint; readonly digest: Uint8Array };
}

export interface Recording {
  readonly header: RecordingHeader;
  readonly blobs: readonly RecordedBlob[];
  readonly frames: readonly Frame[];
  readonly footer: RecordingFooter;
}

/** A key like a world's own; the forger has it too. */
const KEY: KeyObject = createPrivateKey({
  key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, 7)]),
  format: "der",
  type: "pkcs8",
});
const PUBLIC_KEY = new Uint8Array(createPublicKey(KEY).export({ format: "der", type: "spki" }).subarray(12));

export function partsOf(frame: Frame): Parts {
  const { frame: seq, firstRecord, previousDigest: digest } = frame.head;
  return { entry: entryOf(frame), records: frame.records, at: { frame: seq, firstRecord, digest } };
}

/** A frame of these parts, well formed, whether or not it fits where it stands. */
function sealed({ entry, records }: Parts, head: Parameters<FrameBuilder["seal"]>[0]): Frame {
  const builder = new FrameBuilder();
  for (const record of records) builder.add(record);
  return builder.seal(head, entry);
}

/** The recording as it would be had its world used the forger's key from the start: derived again, and signed. */
export async function signedRecording({ header, blobs, frames, runs }: Readable): Promise<Recording> {
  const parts = frames.map(partsOf);
  const [genesis, ...others] = parts[0]!.records as [RecordOf<"genesis">, ...JournalRecord[]];
  const first = { ...parts[0]!, records: [{ ...genesis, publicKey: PUBLIC_KEY }, ...others] };
  const owned = { ...header, publicKey: PUBLIC_KEY };
  const entered = repaired(owned, blobs, [first, ...parts.slice(1)]).frames;
  const derived = [...rederive(await stepsOf(entered, runs.definitions), runs.modules)];
  return repaired(
    owned,
    blobs,
    derived.map(({ frame }) => partsOf(frame)),
  );
}

/** Numbers, digests, checksums, root and signature made to fit what the frames now hold. */
export function repaired(
  header: RecordingHeader,
  blobs: readonly RecordedBlob[],
  parts: readonly Parts[],
): Recording {
  let head = EMPTY_HEAD;
  const frames = parts.map((part) => {
    const frame = sealed(part, head);
    head = headAfter(frame);
    return frame;
  });
  const states = new Map(blobs.map(({ bytes }) => [hashOf(bytes), bytes]));
  for (const { records } of parts) {
    for (const record of records) {
      // A state by another hash: whatever bytes, they are asked for by name only.
      if (record.kind === "delivery" && record.stateBlob !== null && !states.has(record.stateBlob))
        states.set(record.stateBlob, new Uint8Array(0));
    }
  }
  for (const entry of assemble(header, blobs, frames, states)) {
    if (entry.kind !== "footer") continue;
    const signature = new Uint8Array(sign(null, signedBytes(entry.footer.root), KEY));
    return { header, blobs, frames, footer: { ...entry.footer, signature } };
  }
  throw new Error("no footer");
}

/** Each frame well formed by itself; numbers, digests and footer as they were. */
export function unrepaired(recording: Recording, parts: readonly Parts[]): Recording {
  const frames = parts.map((part) => {
    const { frame, firstRecord, digest } = part.at;
    return sealed(part, { nextFrame: frame as never, nextRecord: firstRecord as never, digest });
  });
  return { ...recording, frames };
}

/** As a reader of the file gets it. Throws as the reader does. */
export function* throughFile(recording: Recording, form: "text" | "binary"): Generator<RecordingEntry> {
  const entries = entriesOf(recording);
  if (form === "binary") {
    const writer = new BinaryWriter();
    const reader = new BinaryReader();
    yield* reader.read(concat([...entries].map((entry) => writer.write(entry))));
    yield* reader.end();
    return;
  }
  const writer = new TextWriter();
  const reader = new TextReader();
  for (const entry of entries) {
    for (const line of writer.write(entry).trimEnd().split("\n")) yield* reader.read(line);
  }
  yield* reader.end();
}

function* entriesOf({ header, blobs, frames, footer }: Recording): Generator<RecordingEntry> {
  yield { kind: "header", header };
  for (const blob of blobs) yield { kind: "blob", blob };
  for (const frame of frames) yield { kind: "frame", frame };
  yield { kind: "footer", footer };
}
