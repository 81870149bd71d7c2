/** The hand-ordered records of identities against the sorting encoder. */

import { describe, expect, it } from "vitest";
import { type Cbor, canon } from "../../host/values/cbor.ts";
import { digestOf, hashOf } from "../../host/values/hash.ts";
import { cellKeyHash, eventHash, grantHash, intentHash } from "../../host/values/identity.ts";

const params = canon(new Map([["a", 1]]));
const key = canon("alpha");
const sorted = (members: Record<string, Cbor>): string => hashOf(canon(new Map(Object.entries(members))));

describe("hashes of AIR's objects", () => {
  it("are over canonical records", () => {
    const idempotencyKey = new Uint8Array(32).fill(7);
    expect(intentHash({ kind: "timer.set", params, cap: "grant", idempotencyKey })).toBe(
      sorted({ kind: "timer.set", params, cap: "grant", idempotency_key: idempotencyKey }),
    );
    const grant = { defcap_ref: "sys/timer@1", cap_type: "timer", params_cbor: params };
    const identity = { defcapRef: "sys/timer@1", capType: "timer", params };
    expect(grantHash({ ...identity, expiryNs: null })).toBe(sorted(grant));
    expect(grantHash({ ...identity, expiryNs: 2n ** 64n - 1n })).toBe(
      sorted({ ...grant, expiry_ns: 2n ** 64n - 1n }),
    );
    expect(eventHash({ schema: "a/B@1", value: params, key: null })).toBe(
      sorted({ schema: "a/B@1", value: params }),
    );
    expect(eventHash({ schema: "a/B@1", value: params, key })).toBe(
      sorted({ schema: "a/B@1", value: params, key }),
    );
  });

  it("of cell keys are over the key's bytes, empty for a single cell", () => {
    expect(cellKeyHash(key)).toBe(hashOf(key));
    expect(cellKeyHash(new Uint8Array(0))).toBe(
      "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
    expect(digestOf(cellKeyHash(key))).toHaveLength(32);
  });
});
