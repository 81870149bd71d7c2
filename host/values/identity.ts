/**
 * The hashes that name AIR's objects (docs/air.md, "Hashes"), equal to AgentOS's byte for byte. Each is the
 * sha256 of a canonical record behind the self-describe tag; its keys are written in canonical order here,
 * so that nothing needs sorting. Bytes inside keep their own self-describe tag.
 */

import type { Hash } from "./brand.ts";
import { CborWriter, MAJOR, SELF_DESCRIBE } from "./cbor.ts";
import { hashOf } from "./hash.ts";

export interface IntentIdentity {
  /** Of the effect: `timer.set`. */
  readonly kind: string;
  /** Canonical bytes with the self-describe tag. */
  readonly params: Uint8Array;
  /** Name of the grant. */
  readonly cap: string;
  /** 32 bytes; all zero when the author gave none. */
  readonly idempotencyKey: Uint8Array;
}

/** What an intent says; two equal emissions have the same hash. */
export function intentHash({ kind, params, cap, idempotencyKey }: IntentIdentity): Hash {
  const writer = start(4, 96 + params.length);
  writer.text("cap");
  writer.text(cap);
  writer.text("kind");
  writer.text(kind);
  writer.text("params");
  writer.bytes(params);
  writer.text("idempotency_key");
  writer.bytes(idempotencyKey);
  return hashOf(writer.view());
}

export interface GrantIdentity {
  /** Name of the defcap. */
  readonly defcapRef: string;
  readonly capType: string;
  /** Canonical bytes with the self-describe tag. */
  readonly params: Uint8Array;
  /** Unsigned 64 bits; null for a grant that does not expire. */
  readonly expiryNs: bigint | null;
}

export function grantHash({ defcapRef, capType, params, expiryNs }: GrantIdentity): Hash {
  const writer = start(expiryNs === null ? 3 : 4, 96 + params.length);
  writer.text("cap_type");
  writer.text(capType);
  if (expiryNs !== null) {
    writer.text("expiry_ns");
    writer.integer(expiryNs);
  }
  writer.text("defcap_ref");
  writer.text(defcapRef);
  writer.text("params_cbor");
  writer.bytes(params);
  return hashOf(writer.view());
}

export interface EventIdentity {
  readonly schema: string;
  /** Canonical bytes with the self-describe tag. */
  readonly value: Uint8Array;
  /** Canonical bytes of the key value with the self-describe tag. */
  readonly key: Uint8Array | null;
}

export function eventHash({ schema, value, key }: EventIdentity): Hash {
  const writer = start(key === null ? 2 : 3, 64 + value.length);
  if (key !== null) {
    writer.text("key");
    writer.bytes(key);
  }
  writer.text("value");
  writer.bytes(value);
  writer.text("schema");
  writer.text(schema);
  return hashOf(writer.view());
}

/** Of canonical key bytes with the self-describe tag; a reducer with a single cell has the empty key. */
export function cellKeyHash(keyBytes: Uint8Array): Hash {
  return hashOf(keyBytes);
}

function start(members: number, capacity: number): CborWriter {
  const writer = new CborWriter(capacity);
  writer.raw(SELF_DESCRIBE);
  writer.head(MAJOR.map, members);
  return writer;
}
