/** Cell keys between what a test writes and the canonical bytes that name a cell. */

import type { Manifest, Reducer } from "../air/manifest.ts";
import { EMPTY } from "../values/bytes.ts";
import { decodeCbor } from "../values/cbor.ts";
import { fromNative, toNative } from "../values/native.ts";
import { nearest } from "../values/nearest.ts";
import { quote } from "../values/quote.ts";
import type { Schema } from "../values/schema.ts";
import type { Value } from "../values/value.ts";
import { reading, TestFailure } from "./failure.ts";

/** Throws `TestFailure` for a name the manifest does not have. */
export function reducerNamed(manifest: Manifest, name: string): Reducer {
  return named(manifest.reducers, name, "reducer");
}

/** Throws `TestFailure` for a name the manifest does not have. */
export function schemaNamed(manifest: Manifest, name: string): Schema {
  return named(manifest.schemas, name, "schema");
}

function named<T>(known: ReadonlyMap<string, T>, name: string, what: string): T {
  const found = known.get(name);
  if (found !== undefined) return found;
  const meant = nearest(name, known.keys());
  const hint =
    meant === undefined ? `it has ${[...known.keys()].join(", ") || "none"}` : `did you mean ${meant}?`;
  throw new TestFailure(`the world has no ${what} ${quote(name)}; ${hint}`);
}

/** Canonical bytes of a cell's key; empty for a reducer with a single cell. */
export function keyBytesOf(reducer: Reducer, native: unknown): Uint8Array {
  const { name } = reducer.module;
  const given = native !== undefined && native !== null;
  if (reducer.key === null) {
    if (!given) return EMPTY;
    throw new TestFailure(`${name} has a single cell, and no key`);
  }
  if (!given) throw new TestFailure(`${name} is keyed: name the cell by its ${reducer.key.name}`);
  const { key } = reducer;
  return reading(`the key of ${name}`, () => key.encode(fromNative(key, native)));
}

/** The key of a cell as a test writes it; null for the only cell. */
export function nativeKey(reducer: Reducer | undefined, bytes: Uint8Array): unknown {
  if (bytes.length === 0) return null;
  const key = reducer?.key ?? null;
  return key === null ? decodeCbor(bytes) : toNative(key, key.decode(bytes));
}

/** The correlation id of a plan from what a test writes. */
export function correlationValue(native: string | bigint | Uint8Array): Value {
  if (typeof native === "string") return { kind: "text", value: native };
  if (typeof native === "bigint") return { kind: native < 0n ? "int" : "nat", value: native };
  return { kind: "bytes", value: native };
}

/** The keyed reducer that events of this schema go to first; undefined when none is keyed. */
export function keyedTarget(manifest: Manifest, schema: string): Reducer | undefined {
  return manifest.routes.get(schema)?.find(({ reducer }) => reducer.key !== null)?.reducer;
}

/** The key an event carries as a test writes it: by the key schema of the reducer it goes to, else its bytes. */
export function nativeEventKey(manifest: Manifest, schema: string, key: Uint8Array | null): unknown {
  if (key === null) return null;
  const target = keyedTarget(manifest, schema);
  return target === undefined ? key : nativeKey(target, key);
}
