/**
 * The binary form, for size and for reaching any frame in one read.
 *
 *     8 bytes   "AIRJ", version 1 as u32 little-endian
 *     entries   u8 type, u32 little-endian length, payload
 *     8 bytes   u64 little-endian: offset of the footer entry
 *     4 bytes   "AIRJ"
 *
 * Payloads: 1 header and 4 footer are canonical CBOR behind its CRC-32 (u32); 2 blob is canonical CBOR
 * `[role, hash, reducer, bytes]`; 3 frame is the frame as journaled (host/journal/frame.ts). The footer's
 * payload is `[footer, [frame offset, ...]]`.
 */

import { readFrame } from "../../journal/frame.ts";
import { concat } from "../../values/bytes.ts";
import { type Cbor, CborReader, decodeCbor, encodeCbor } from "../../values/cbor.ts";
import { AirloomError } from "../../values/errors.ts";
import { crc32, digestOf, hashFromDigest, hashOf } from "../../values/hash.ts";
import {
  BLOB_ROLES,
  type BlobRole,
  type Entry,
  footerToCbor,
  headerToCbor,
  type RecordedBlob,
} from "./entry.ts";
import { corruptRecording, footerFromCbor, headerFromCbor } from "./parse.ts";

export const MAGIC = Uint8Array.of(0x41, 0x49, 0x52, 0x4a, 1, 0, 0, 0);
const TRAILER_BYTES = 12;
const PREFIX_BYTES = 5;
const TYPES = { header: 1, blob: 2, frame: 3, footer: 4 } as const;
/** No payload is larger: frames end at 768 KiB and a bit, modules and states at 16 MiB. */
const PAYLOAD_MAX = 64 * 1024 * 1024;

/** Writes entries as bytes. Entries must come in their order. */
export class BinaryWriter {
  #offset = 0;
  readonly #frames: bigint[] = [];

  write(entry: Entry): Uint8Array {
    const start = this.#offset === 0 ? [MAGIC] : [];
    this.#offset += start.length * MAGIC.length;
    if (entry.kind === "frame") this.#frames.push(BigInt(this.#offset));
    const at = this.#offset;
    const payload = this.#payload(entry);
    const prefix = new Uint8Array(PREFIX_BYTES);
    prefix[0] = TYPES[entry.kind];
    new DataView(prefix.buffer).setUint32(1, payload.length, true);
    this.#offset += PREFIX_BYTES + payload.length;
    return concat([...start, prefix, payload, ...(entry.kind === "footer" ? [trailer(at)] : [])]);
  }

  #payload(entry: Entry): Uint8Array {
    switch (entry.kind) {
      case "header":
        return checked(encodeCbor(headerToCbor(entry.header)));
      case "footer":
        return checked(encodeCbor([footerToCbor(entry.footer), this.#frames]));
      case "blob": {
        const { role, hash, reducer, bytes } = entry.blob;
        return encodeCbor([role, digestOf(hash), reducer, bytes]);
      }
      case "frame":
        return entry.frame.bytes;
    }
  }
}

function checked(payload: Uint8Array): Uint8Array {
  const crc = new Uint8Array(4);
  new DataView(crc.buffer).setUint32(0, crc32(payload), true);
  return concat([crc, payload]);
}

function trailer(footerAt: number): Uint8Array {
  const bytes = new Uint8Array(TRAILER_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(footerAt), true);
  bytes.set(MAGIC.subarray(0, 4), 8);
  return bytes;
}

/** Reads bytes as they come, in pieces of any size. Throws `recording.corrupt` with the offset. */
export class BinaryReader {
  #held: Uint8Array = new Uint8Array(0);
  #offset = 0;
  #begun = false;
  #footerAt = -1;

  read(piece: Uint8Array): readonly Entry[] {
    this.#held = this.#held.length === 0 ? piece : concat([this.#held, piece]);
    const entries: Entry[] = [];
    if (!this.#begun && !this.#begin()) return entries;
    while (this.#footerAt < 0) {
      const entry = this.#next();
      if (entry === null) break;
      entries.push(entry);
    }
    return entries;
  }

  /** Checks that nothing is left over or cut off. */
  end(): readonly Entry[] {
    const held = this.#held;
    if (this.#footerAt < 0) throw this.#corrupt("it is cut off");
    if (held.length !== TRAILER_BYTES) throw this.#corrupt("it does not end behind its footer");
    const view = new DataView(held.buffer, held.byteOffset, held.byteLength);
    if (
      view.getBigUint64(0, true) !== BigInt(this.#footerAt) ||
      !startsWith(held.subarray(8), MAGIC.subarray(0, 4))
    ) {
      throw this.#corrupt("its trailer does not point at the footer");
    }
    return [];
  }

  #begin(): boolean {
    if (this.#held.length < MAGIC.length) return false;
    if (!startsWith(this.#held, MAGIC)) throw this.#corrupt("it does not begin as one");
    this.#begun = true;
    this.#take(MAGIC.length);
    return true;
  }

  #next(): Entry | null {
    const held = this.#held;
    if (held.length < PREFIX_BYTES) return null;
    const length = new DataView(held.buffer, held.byteOffset, held.byteLength).getUint32(1, true);
    if (length > PAYLOAD_MAX) throw this.#corrupt(`an entry of ${length} bytes`);
    if (held.length < PREFIX_BYTES + length) return null;
    const entry = this.#entry(held[0]!, held.subarray(PREFIX_BYTES, PREFIX_BYTES + length));
    if (entry.kind === "footer") this.#footerAt = this.#offset;
    this.#take(PREFIX_BYTES + length);
    return entry;
  }

  #take(length: number): void {
    this.#held = this.#held.subarray(length);
    this.#offset += length;
  }

  #entry(type: number, payload: Uint8Array): Entry {
    try {
      switch (type) {
        case TYPES.header:
          return { kind: "header", header: headerFromCbor(unchecked(payload)) };
        case TYPES.blob:
          return { kind: "blob", blob: blobFrom(payload) };
        case TYPES.frame:
          return frameFrom(payload);
        case TYPES.footer:
          return { kind: "footer", footer: footerFromCbor(itemAt(unchecked(payload), 0)) };
        default:
          throw corruptRecording(`an entry of the unknown type ${type}`);
      }
    } catch (error) {
      if (!(error instanceof AirloomError) || error.kind !== "corrupt") throw error;
      const fields = { ...error.fields, offset: this.#offset };
      const code = error.code === "cbor.invalid" ? "recording.corrupt" : error.code;
      throw new AirloomError("corrupt", code, `byte ${this.#offset}: ${error.message}`, {
        fields,
        cause: error,
      });
    }
  }

  #corrupt(reason: string): AirloomError {
    return corruptRecording(reason, { offset: this.#offset });
  }
}

function frameFrom(payload: Uint8Array): Entry {
  const { frame, fault } = readFrame(payload.slice());
  if (fault !== null) throw fault;
  return { kind: "frame", frame };
}

function unchecked(payload: Uint8Array): Cbor {
  if (payload.length < 4) throw corruptRecording("an entry shorter than its checksum");
  const body = payload.subarray(4);
  const said = new DataView(payload.buffer, payload.byteOffset, 4).getUint32(0, true);
  if (said !== crc32(body)) throw corruptRecording("an entry whose CRC does not match");
  return decodeCbor(body);
}

function itemAt(item: Cbor, index: number): Cbor {
  const found = Array.isArray(item) ? (item as readonly Cbor[])[index] : undefined;
  if (found === undefined) throw corruptRecording("a footer of another form");
  return found;
}

function blobFrom(payload: Uint8Array): RecordedBlob {
  const reader = new CborReader(payload);
  const item = reader.item();
  const [role, digest, reducer, bytes] = Array.isArray(item) ? (item as Cbor[]) : [];
  const known = typeof role === "string" && (BLOB_ROLES as readonly string[]).includes(role);
  if (!known || !(digest instanceof Uint8Array) || digest.length !== 32 || !(bytes instanceof Uint8Array)) {
    throw corruptRecording("a blob of another form");
  }
  if (reducer !== null && typeof reducer !== "string") throw corruptRecording("a blob of no reducer");
  const copy = bytes.slice();
  const hash = hashFromDigest(digest);
  if (hashOf(copy) !== hash) throw corruptRecording(`the bytes of ${hash} are not its own`, { hash });
  return { role: role as BlobRole, hash, reducer: reducer ?? null, bytes: copy };
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return bytes.length >= start.length && start.every((byte, i) => bytes[i] === byte);
}
