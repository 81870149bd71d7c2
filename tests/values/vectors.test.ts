/** The published AIR v1 vectors: value, canonical bytes, hash; each read in both directions. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../host/values/bytes.ts";
import { type Cbor, canon, decodeCbor, withoutSelfDescribe } from "../../host/values/cbor.ts";
import { hashOf } from "../../host/values/hash.ts";
import { cellKeyHash, eventHash, grantHash, intentHash } from "../../host/values/identity.ts";
import { jsonFrom } from "../../host/values/json.ts";
import { typeToCbor } from "../../host/values/type-json.ts";
import { schemaOf, typeOf } from "./support.ts";

interface Common {
  readonly vector: number;
  readonly about: string;
  readonly cbor: string;
  readonly sha256: string;
}

type Vector = Common &
  (
    | { readonly kind: "value"; readonly type: unknown; readonly value: unknown }
    | { kind: "intent"; effect_kind: string; cap: string; params: string; idempotency_key: string }
    | { kind: "grant"; defcap_ref: string; cap_type: string; params: string }
    | { kind: "event"; schema: string; value: string; key?: string }
    | { kind: "node"; node_kind?: string; name: string; type: unknown }
  );

const path = new URL("../../air/vectors/values.json", import.meta.url);
const { vectors } = JSON.parse(readFileSync(path, "utf8")) as { vectors: readonly Vector[] };

const bytesOf = (hex: string): Uint8Array => fromHex(hex)!;

describe("the vectors of AIR v1", () => {
  /** Of expressions: tests/plan/expr.test.ts has them. The envelope, 28, is in tests/wasm/envelope.test.ts. */
  const ELSEWHERE = [21, 22];

  it("are all there, 1 to 24", () => {
    const numbers = [...vectors.map(({ vector }) => vector), ...ELSEWHERE];
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 24 }, (_, i) => i + 1));
  });

  describe.each(vectors)("$vector: $about", (vector) => {
    it("hashes as published", () => {
      expect(hashOf(bytesOf(vector.cbor))).toBe(`sha256:${vector.sha256}`);
    });

    it("is canonical CBOR", () => {
      const bytes = bytesOf(vector.cbor);
      expect(toHex(canon(decodeCbor(bytes)))).toBe(vector.cbor);
    });

    it("is what we write and read", () => check(vector));
  });
});

function check(vector: Vector): void {
  switch (vector.kind) {
    case "value":
      checkValue(vector.type, vector.value, vector.cbor);
      return;
    case "intent": {
      const { effect_kind: kind, cap } = vector;
      const idempotencyKey = bytesOf(vector.idempotency_key);
      const identity = { kind, cap, params: bytesOf(vector.params), idempotencyKey };
      expect(intentHash(identity)).toBe(`sha256:${vector.sha256}`);
      expect(intentHash({ ...identity, cap: `${cap}2` })).not.toBe(`sha256:${vector.sha256}`);
      return;
    }
    case "grant": {
      const { defcap_ref: defcapRef, cap_type: capType } = vector;
      const identity = { defcapRef, capType, params: bytesOf(vector.params), expiryNs: null };
      expect(grantHash(identity)).toBe(`sha256:${vector.sha256}`);
      expect(grantHash({ ...identity, expiryNs: 0n })).not.toBe(`sha256:${vector.sha256}`);
      return;
    }
    case "event": {
      const key = vector.key === undefined ? null : bytesOf(vector.key);
      const identity = { schema: vector.schema, value: bytesOf(vector.value), key };
      expect(eventHash(identity)).toBe(`sha256:${vector.sha256}`);
      return;
    }
    case "node": {
      const members = new Map<string, Cbor>([["name", vector.name]]);
      members.set("type", typeToCbor(typeOf(vector.type)));
      if (vector.node_kind !== undefined) members.set("$kind", vector.node_kind);
      expect(toHex(canon(members))).toBe(vector.cbor);
    }
  }
}

function checkValue(type: unknown, value: unknown, cbor: string): void {
  const schema = schemaOf(type);
  const bytes = bytesOf(cbor);
  expect(toHex(schema.encode(schema.parse(jsonFrom(value))))).toBe(cbor);
  expect(toHex(schema.encode(schema.parse(jsonFrom(value), "sugar")))).toBe(cbor);
  expect(schema.accepts(bytes)).toBe(true);
  const read = schema.decode(bytes);
  expect(toHex(schema.encode(schema.parse(schema.toSugar(read), "sugar")))).toBe(cbor);
  expect(toHex(schema.encode(schema.parse(schema.toTagged(read), "tagged")))).toBe(cbor);
  expect(toHex(schema.normalize(withoutSelfDescribe(bytes)))).toBe(cbor);
  expect(cellKeyHash(bytes)).toBe(hashOf(bytes));
}
