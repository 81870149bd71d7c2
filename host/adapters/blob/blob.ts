/** `blob.put` and `blob.get` on the bytes kept with the world. What is put is durable before its receipt. */

import type { OpenIntent } from "../../effects/intent.ts";
import type { Hash } from "../../values/brand.ts";
import { EMPTY } from "../../values/bytes.ts";
import { type Cbor, canon, decodeCbor } from "../../values/cbor.ts";
import { hashOf } from "../../values/hash.ts";
import { LIMITS } from "../../values/limits.ts";
import type { Blobs } from "../port.ts";
import type { Answer, TaskKind } from "../tasks.ts";

/** Reads and writes of one store: a few at a time keep it busy. */
const IN_FLIGHT_MAX = 16;
/** What a `blob.get` receipt holds beside the bytes. */
const RECEIPT_OVERHEAD = 128;

export function blobAdapter(blobs: Blobs): TaskKind {
  return {
    effectKinds: ["blob.put", "blob.get"],
    adapterId: ({ kind }) => `host.${kind}`,
    inFlightMax: IN_FLIGHT_MAX,
    work: (intent) => (intent.kind === "blob.put" ? put(blobs, intent) : get(blobs, intent)),
  };
}

/** An author who is wrong about the hash of his bytes gets an `error` with the right one; nothing is kept. */
async function put(blobs: Blobs, intent: OpenIntent): Promise<Answer> {
  const params = fieldsOf(intent);
  const bytes = params.get("bytes") as Uint8Array;
  const hash = hashOf(bytes);
  const agrees = params.get("blob_ref") === hash;
  if (agrees) await blobs.put(bytes);
  return { status: agrees ? "ok" : "error", payload: receipt(hash, bytes.length), costCents: 0n };
}

/** Bytes that are not there, or too many for a receipt, are an `error` without payload. */
async function get(blobs: Blobs, intent: OpenIntent): Promise<Answer> {
  const hash = fieldsOf(intent).get("blob_ref") as Hash;
  const bytes = await blobs.get(hash);
  if (bytes === null || bytes.length > LIMITS.ingressBytesMax - RECEIPT_OVERHEAD) {
    return { status: "error", payload: EMPTY, costCents: 0n };
  }
  return { status: "ok", payload: receipt(hash, bytes.length, bytes), costCents: 0n };
}

function fieldsOf({ params }: OpenIntent): ReadonlyMap<string, Cbor> {
  return decodeCbor(params) as ReadonlyMap<string, Cbor>;
}

function receipt(hash: Hash, size: number, bytes?: Uint8Array): Uint8Array {
  const fields = new Map<string, Cbor>([
    ["blob_ref", hash],
    ["size", BigInt(size)],
  ]);
  if (bytes !== undefined) fields.set("bytes", bytes);
  return canon(fields);
}
