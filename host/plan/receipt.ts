/**
 * What a plan sees of a receipt. AIR's evaluator takes its own tagged form first (what scripted receipts
 * send), then anything; between the two stands the effect's receipt schema (docs/air.md, "Receipts").
 */

import { type Cbor, decodeCbor } from "../values/cbor.ts";
import { AirloomError } from "../values/errors.ts";
import { isHash } from "../values/hash.ts";
import { integerFits } from "../values/scalars.ts";
import type { Schema } from "../values/schema.ts";
import { NULL, type Value } from "../values/value.ts";
import { PlanError } from "./errors.ts";
import { orderMap } from "./order.ts";
import { readTagged } from "./tagged.ts";

/** How a payload was read: with its values' kinds, by the effect's receipt schema, or as far as CBOR says. */
export type Reading = "tagged" | "typed" | "loose";

export interface ReadReceipt {
  readonly reading: Reading;
  readonly value: Value;
  /** Canonical bytes where it was read by the schema, else what came. */
  readonly payload: Uint8Array;
}

/** Never throws for what the payload is: bytes that are nothing else are bytes. */
export function readReceipt(payload: Uint8Array, schema: Schema | undefined): ReadReceipt {
  const tagged = readTagged(payload);
  if (tagged !== null) return { reading: "tagged", value: tagged, payload };
  if (schema !== undefined) {
    const typed = attempt(() => schema.normalize(payload));
    if (typed !== null) return { reading: "typed", value: schema.decode(typed), payload: typed };
  }
  const loose = attempt(() => looseValue(decodeCbor(payload, "lenient")));
  return { reading: "loose", value: loose ?? { kind: "bytes", value: payload }, payload };
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof PlanError) return null;
    if (error instanceof AirloomError && (error.code === "value.invalid" || error.code === "cbor.invalid"))
      return null;
    throw error;
  }
}

/** As AgentOS reads it: an integer from 0 on is nat, a text that reads as a hash is one. Throws `PlanError`. */
function looseValue(item: Cbor): Value {
  if (item === null) return NULL;
  switch (typeof item) {
    case "boolean":
      return { kind: "bool", value: item };
    case "bigint": {
      const kind = item >= 0n ? "nat" : "int";
      if (integerFits(kind, item)) return { kind, value: item };
      throw new PlanError("plan.type_error", "a number that no kind holds");
    }
    case "string":
      return { kind: isHash(item) ? "hash" : "text", value: item };
    case "object":
      return looseCollection(item);
    default:
      throw new PlanError("plan.type_error", "an item of no kind");
  }
}

function looseCollection(item: Exclude<Cbor, null | boolean | bigint | number | string>): Value {
  if (item instanceof Uint8Array) return { kind: "bytes", value: item.slice() };
  if (item instanceof Map) {
    const entries = [...(item as ReadonlyMap<string | bigint, Cbor>)];
    if (entries.every(([key]) => typeof key === "string")) {
      return {
        kind: "record",
        fields: new Map(entries.map(([key, each]) => [key as string, looseValue(each)])),
      };
    }
    const read = entries.map(([key, each]) => [looseValue(key), looseValue(each)] as const);
    return { kind: "map", entries: orderMap(read) };
  }
  return { kind: "list", items: (item as readonly Cbor[]).map(looseValue) };
}
