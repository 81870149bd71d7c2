/**
 * Which events an instance waits for. An event is offered to an instance only where it may be taken: most
 * conditions compare something of the event with something the instance knows, and such a pair is a key to
 * look waiting instances up by. A condition is told by a key only when leaving it unasked changes nothing:
 * it would be false, and could not fail.
 */

import type { Expr, Step } from "../air/definitions.ts";
import type { RecordSeq } from "../values/brand.ts";
import { toHex } from "../values/bytes.ts";
import { isIntegerKind } from "../values/scalars.ts";
import type { Schema } from "../values/schema.ts";
import type { Type } from "../values/type.ts";
import type { Value } from "../values/value.ts";
import { PlanError } from "./errors.ts";
import { evaluate, follow, type Scope, truth } from "./expr.ts";
import type { Instance } from "./instance.ts";
import { taggedBytes } from "./tagged.ts";

export type AwaitEvent = Extract<Step, { op: "await_event" }>;

export interface EventWait {
  readonly step: string;
  /** Schema of the event. */
  readonly event: string;
  /** The record since which it waits: of two that wait for one event, the older is asked first. */
  readonly since: RecordSeq;
  /** Null where every event of the schema must be looked at. */
  readonly key: WaitKey | null;
}

/** Only events with this value at this path can be taken. */
export interface WaitKey {
  readonly path: readonly string[];
  readonly value: string;
}

/** The events the instance waits for. */
export function eventWaits(instance: Instance, schemas: ReadonlyMap<string, Schema>): readonly EventWait[] {
  return [...instance.waits].map(([id, since]) => {
    const step = awaitStep(instance, id);
    const schema = schemas.get(step.event);
    const key = step.where === null || schema === undefined ? null : keyOf(step.where, schema.type, instance);
    return { step: id, event: step.event, since, key };
  });
}

/** Whether the event ends the wait of this step. Throws `PlanError`. */
export function takesEvent(instance: Instance, id: string, event: Value): boolean {
  const { where } = awaitStep(instance, id);
  return where === null || truth(where, { ...scopeOf(instance), event });
}

/** What an event of some value is looked up by at a path. */
export function eventKey(event: Value, path: readonly string[]): string {
  return textOf(follow(event, path, `@event.${path.join(".")}`));
}

/** What an instance's expressions see between its turns. */
function scopeOf({ input, variables, values }: Instance): Scope {
  return { input, variables, steps: values };
}

function awaitStep(instance: Instance, id: string): AwaitEvent {
  return instance.plan.definition.steps.find((step) => step.id === id) as AwaitEvent;
}

function textOf(value: Value): string {
  return toHex(taggedBytes(value));
}

function keyOf(where: Expr, event: Type, instance: Instance): WaitKey | null {
  const known = new Known(event, scopeOf(instance));
  if (!known.isSafeBool(where)) return null;
  const conjuncts = where.kind === "op" && where.op === "and" ? where.args : [where];
  for (const conjunct of conjuncts) {
    if (conjunct.kind !== "op" || conjunct.op !== "eq") continue;
    const [a, b] = conjunct.args as [Expr, Expr];
    for (const [side, other] of [[a, b] as const, [b, a] as const]) {
      const path = eventPath(side);
      const value = path === null ? null : known.value(other);
      if (path !== null && value !== null) return { path, value: textOf(value) };
    }
  }
  return null;
}

/** What can be said of an expression before there is an event. */
class Known {
  readonly #event: Type;
  readonly #scope: Scope;

  constructor(event: Type, scope: Scope) {
    this.#event = event;
    this.#scope = scope;
  }

  /** Its value, where it does not look at the event and does not fail. */
  value(expr: Expr): Value | null {
    if (mentionsEvent(expr)) return null;
    try {
      return evaluate(expr, this.#scope);
    } catch (error) {
      if (error instanceof PlanError) return null;
      throw error;
    }
  }

  /** Whether it is true or false for every event there can be, and never fails. */
  isSafeBool(expr: Expr): boolean {
    if (expr.kind === "op") {
      const { op, args } = expr;
      if ((op === "eq" || op === "ne") && args.length === 2) return args.every((arg) => this.#isSafe(arg));
      if ((op === "and" || op === "or") && args.length >= 2) return args.every((arg) => this.isSafeBool(arg));
      if (op === "not" && args.length === 1) return this.isSafeBool(args[0]!);
      if (ORDERINGS.has(op) && args.length === 2) {
        const [a, b] = args.map((arg) => this.#order(arg));
        return a !== null && a === b;
      }
    }
    return this.value(expr)?.kind === "bool";
  }

  #isSafe(expr: Expr): boolean {
    const path = eventPath(expr);
    return path === null ? this.value(expr) !== null : typeAt(this.#event, path) !== null;
  }

  /** What it is ordered with, whatever the event is. */
  #order(expr: Expr): "numbers" | "texts" | null {
    const path = eventPath(expr);
    const kind = path === null ? this.value(expr)?.kind : typeAt(this.#event, path);
    return kind === "text" ? "texts" : isIntegerKind(kind ?? "") ? "numbers" : null;
  }
}

const ORDERINGS: ReadonlySet<string> = new Set(["lt", "le", "gt", "ge"]);

function eventPath(expr: Expr): readonly string[] | null {
  return expr.kind === "ref" && expr.ref.root === "event" ? expr.ref.path : null;
}

/** The kind of what every value of the type has at the path; null where some have nothing there. */
function typeAt(type: Type, path: readonly string[]): Type["kind"] | null {
  const [first, ...rest] = path;
  if (first === undefined) return type.kind;
  if (type.kind === "variant" && rest.length === 0) {
    return first === "$tag" ? "text" : first === "$value" ? "variant" : null;
  }
  const field = type.kind === "record" ? type.fields.get(first) : undefined;
  return field === undefined ? null : typeAt(field, rest);
}

function mentionsEvent(expr: Expr): boolean {
  switch (expr.kind) {
    case "const":
      return false;
    case "ref":
      return expr.ref.root === "event";
    case "op":
      return expr.args.some(mentionsEvent);
    case "record":
      return [...expr.fields.values()].some(mentionsEvent);
    case "list":
    case "set":
      return expr.items.some(mentionsEvent);
    case "map":
      return expr.entries.some(([key, value]) => mentionsEvent(key) || mentionsEvent(value));
    case "variant":
      return expr.value !== null && mentionsEvent(expr.value);
  }
}
