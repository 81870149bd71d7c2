/**
 * Where an event goes: the reducers its schema is routed to, each with the cell's key, and the plans it
 * triggers. All of it is worked out before anything is recorded, so that an event which cannot be routed
 * leaves nothing behind.
 */

import type { Manifest, Plan, Route, Trigger } from "../air/manifest.ts";
import { PlanError } from "../plan/errors.ts";
import { follow } from "../plan/expr.ts";
import { readTagged } from "../plan/tagged.ts";
import { EMPTY, equalBytes } from "../values/bytes.ts";
import { AirloomError } from "../values/errors.ts";
import { fieldBytes } from "../values/field.ts";
import { LIMITS } from "../values/limits.ts";
import { nearest } from "../values/nearest.ts";
import { quote } from "../values/quote.ts";
import type { Schema } from "../values/schema.ts";
import { type Value, variant } from "../values/value.ts";
import type { PlanIngress } from "./ingress.ts";

export interface Delivery {
  readonly reducer: string;
  readonly arm: string | null;
  /** Schema and canonical bytes as the reducer gets them. */
  readonly schema: string;
  readonly value: Uint8Array;
  readonly cellKey: Uint8Array;
}

export interface PlanStart {
  readonly plan: Plan;
  readonly input: Value;
  readonly correlation: Value | null;
}

export interface Routed {
  readonly deliveries: readonly Delivery[];
  readonly starts: readonly PlanStart[];
}

/** Throws `AirloomError` (kind `request`) for an event that one of its routes or triggers cannot take. */
export function routeEvent(
  manifest: Manifest,
  schema: Schema,
  value: Uint8Array,
  key: Uint8Array | null,
): Routed {
  const deliveries = (manifest.routes.get(schema.name) ?? []).map((route) =>
    follows(route, schema, value, key),
  );
  const found = deliveries.find((delivery) => delivery.cellKey.length > 0)?.cellKey ?? null;
  return { deliveries, starts: planStarts(manifest, schema, value, key ?? found) };
}

/**
 * The plans an event starts, sorted by name. `key` is the event's or the first its routes found: what
 * correlates a plan whose trigger names no path. Throws `AirloomError` (kind `request`).
 */
export function planStarts(
  manifest: Manifest,
  schema: Schema,
  value: Uint8Array,
  key: Uint8Array | null,
): readonly PlanStart[] {
  return (manifest.triggers.get(schema.name) ?? []).map((trigger) => starting(trigger, value, key));
}

/**
 * A plan started by hand, and its input in canonical bytes. Throws `AirloomError` (kind `request`):
 * `plan.unknown`, `plan.invalid_input`, `event.too_large`.
 */
export function startByHand(
  manifest: Manifest,
  { plan: name, input, correlation }: PlanIngress,
): { readonly start: PlanStart; readonly input: Uint8Array } {
  const plan = manifest.plans.get(name);
  if (plan === undefined) {
    const near = nearest(name, manifest.plans.keys());
    const hint = near === undefined ? "" : `; did you mean ${near}?`;
    throw refused("plan.unknown", `the world has no plan ${quote(name)}${hint}`);
  }
  if (input.length > LIMITS.ingressBytesMax) {
    const message = `an input of ${input.length} bytes is over the limit of ${LIMITS.ingressBytesMax}`;
    throw refused("event.too_large", message);
  }
  const bytes = inputOf(plan, input);
  const value = correlation === null ? null : readTagged(correlation);
  if (correlation !== null && value === null) {
    throw refused("plan.invalid_input", "a correlation id is a value in its tagged form");
  }
  return { start: { plan, input: plan.input.decode(bytes), correlation: value }, input: bytes };
}

function inputOf(plan: Plan, input: Uint8Array): Uint8Array {
  try {
    return plan.input.normalize(input);
  } catch (error) {
    if (!(error instanceof AirloomError) || error.code !== "value.invalid") throw error;
    throw new AirloomError("request", "plan.invalid_input", error.message, {
      diagnostics: error.diagnostics,
      cause: error,
    });
  }
}

/** The event as an arm of a reducer's own event, or as it is. */
export function wrap(arm: string | null, event: Schema, schema: Schema, value: Uint8Array): Uint8Array {
  return arm === null ? value : event.encode(variant(arm, schema.decode(value)));
}

function follows(route: Route, schema: Schema, value: Uint8Array, key: Uint8Array | null): Delivery {
  const { reducer, arm } = route;
  const delivered = wrap(arm, reducer.event, schema, value);
  return {
    reducer: reducer.module.name,
    arm,
    schema: reducer.event.name,
    value: delivered,
    cellKey: cellKey(route, schema, value, delivered, key),
  };
}

function cellKey(
  route: Route,
  schema: Schema,
  value: Uint8Array,
  delivered: Uint8Array,
  key: Uint8Array | null,
): Uint8Array {
  const { reducer, keyPath, keyWrapped } = route;
  const name = reducer.module.name;
  if (reducer.key === null) {
    if (key === null) return EMPTY;
    throw refused("route.unexpected_key", `${schema.name} carries a key, but ${name} has a single cell`);
  }
  if (keyPath === null) {
    if (key !== null) return reducer.key.normalize(key);
    throw refused("route.missing_key", `${schema.name} needs a key to find its cell of ${name}`);
  }
  const at = keyWrapped ? fieldBytes(reducer.event, delivered, keyPath) : fieldBytes(schema, value, keyPath);
  if (at === undefined) {
    const path = keyPath.join(".");
    throw refused("route.missing_key", `${schema.name} has nothing at '${path}', the cell key of ${name}`);
  }
  const found = reducer.key.normalize(at);
  if (key !== null && !equalBytes(reducer.key.normalize(key), found)) {
    throw refused("route.key_mismatch", `the key of ${schema.name} is not the one in its value`);
  }
  return found;
}

function starting(trigger: Trigger, value: Uint8Array, key: Uint8Array | null): PlanStart {
  const { plan } = trigger;
  if (!plan.input.accepts(value)) {
    throw refused(
      "trigger.input_mismatch",
      `the event is no ${plan.input.name}, the input of ${plan.definition.name}`,
    );
  }
  const input = plan.input.decode(value);
  return { plan, input, correlation: correlationOf(trigger, input) ?? keyValue(key) };
}

function correlationOf(trigger: Trigger, input: Value): Value | null {
  if (trigger.correlateBy === null) return null;
  try {
    return follow(input, trigger.correlateBy, trigger.correlateBy.join("."));
  } catch (error) {
    if (error instanceof PlanError) return null;
    throw error;
  }
}

function keyValue(key: Uint8Array | null): Value | null {
  return key === null ? null : { kind: "bytes", value: key };
}

function refused(code: string, message: string): AirloomError {
  return new AirloomError("request", code, message);
}
