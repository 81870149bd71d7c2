/**
 * AIR v1 definitions as the loader leaves them: shape checked, types parsed, defaults filled, nothing
 * resolved yet. Field meanings: docs/air.md.
 */

import type { Hash } from "../values/brand.ts";
import type { Json } from "../values/json.ts";
import type { Type } from "../values/type.ts";
import type { Value } from "../values/value.ts";

export const DEFINITION_KINDS = [
  "defschema",
  "defmodule",
  "defplan",
  "defeffect",
  "defcap",
  "defpolicy",
  "defsecret",
  "manifest",
] as const;

export type DefinitionKind = (typeof DEFINITION_KINDS)[number];

export interface SchemaDefinition {
  readonly kind: "defschema";
  readonly name: string;
  readonly type: Type;
}

export interface ModuleDefinition {
  readonly kind: "defmodule";
  readonly name: string;
  /** `workflow` is the later spelling of `reducer`; it may emit several effects a delivery. */
  readonly moduleKind: "reducer" | "workflow" | "pure";
  readonly wasmHash: Hash;
  readonly keySchema: string | null;
  /** What makes it a reducer or workflow, whatever its kind says. */
  readonly reducer: ReducerAbi | null;
  /** What makes it a pure module. */
  readonly pure: PureAbi | null;
}

export interface ReducerAbi {
  readonly state: string;
  readonly event: string;
  readonly context: string | null;
  readonly annotations: string | null;
  readonly effectsEmitted: readonly string[];
  readonly capSlots: ReadonlyMap<string, string>;
}

export interface PureAbi {
  readonly input: string;
  readonly output: string;
  readonly context: string | null;
}

/** `Slot` is what a step's expressions are: before the plan is typed, JSON as it was written. */
export interface PlanDefinition<Slot = ExprOrValue> {
  readonly kind: "defplan";
  readonly name: string;
  readonly input: string;
  readonly output: string | null;
  readonly locals: ReadonlyMap<string, string>;
  readonly steps: readonly Step<Slot>[];
  readonly edges: readonly Edge[];
  readonly requiredCaps: readonly string[];
  readonly allowedEffects: readonly string[];
  readonly invariants: readonly Expr[];
}

export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly when: Expr | null;
}

export type Step<Slot = ExprOrValue> =
  | { readonly op: "raise_event"; readonly id: string; readonly event: string; readonly value: Slot }
  | {
      readonly op: "emit_effect";
      readonly id: string;
      readonly kind: string;
      readonly params: Slot;
      readonly cap: string;
      readonly idempotencyKey: Slot | null;
      readonly bindEffectIdAs: string;
    }
  | {
      readonly op: "await_receipt";
      readonly id: string;
      readonly for: Expr;
      readonly bindAs: string;
      readonly bindStatusAs: string | null;
    }
  | {
      readonly op: "await_event";
      readonly id: string;
      readonly event: string;
      readonly where: Expr | null;
      readonly bindAs: string;
    }
  | { readonly op: "assign"; readonly id: string; readonly expr: Slot; readonly bindAs: string }
  | { readonly op: "end"; readonly id: string; readonly result: Slot | null };

/** Where a value comes from while a plan runs. */
export type Reference =
  | { readonly root: "input"; readonly path: readonly string[] }
  | { readonly root: "var"; readonly name: string }
  | { readonly root: "step"; readonly step: string; readonly path: readonly string[] }
  | { readonly root: "event"; readonly path: readonly string[] };

export const OPERATORS = [
  "len",
  "get",
  "has",
  "eq",
  "ne",
  "lt",
  "le",
  "gt",
  "ge",
  "and",
  "or",
  "not",
  "concat",
  "hash",
  "hash_bytes",
  "add",
  "sub",
  "mul",
  "div",
  "mod",
  "starts_with",
  "ends_with",
  "contains",
] as const;

export type Operator = (typeof OPERATORS)[number];

export type Expr =
  | { readonly kind: "const"; readonly value: Value }
  | { readonly kind: "ref"; readonly ref: Reference; readonly text: string }
  | { readonly kind: "op"; readonly op: Operator; readonly args: readonly Expr[] }
  | { readonly kind: "record"; readonly fields: ReadonlyMap<string, Expr> }
  | { readonly kind: "list" | "set"; readonly items: readonly Expr[] }
  | { readonly kind: "map"; readonly entries: readonly (readonly [Expr, Expr])[] }
  | { readonly kind: "variant"; readonly tag: string; readonly value: Expr | null };

/**
 * A slot that takes an expression or a value. A literal is typed and normalised against its slot's schema
 * when the manifest is resolved.
 */
export type ExprOrValue =
  | { readonly kind: "expr"; readonly expr: Expr }
  | {
      readonly kind: "literal";
      /** What the plan computes with: a variant always has its `$value`. */
      readonly value: Value;
      /** The literal as AIR hashes it, in the tagged lens; where it is absent, that of `value`. */
      readonly tagged?: Json;
    };

export interface EffectDefinition {
  readonly kind: "defeffect";
  readonly name: string;
  readonly effectKind: string;
  readonly paramsSchema: string;
  readonly receiptSchema: string;
  readonly capType: string;
  /** `workflow` is the later word for `reducer`. */
  readonly originScope: "reducer" | "workflow" | "plan" | "both";
}

export interface CapDefinition {
  readonly kind: "defcap";
  readonly name: string;
  readonly capType: string;
  readonly schema: Type;
  /** Module that checks a grant's parameters; `sys/CapAllowAll@1` checks nothing. */
  readonly enforcer: string;
}

export interface PolicyRule {
  readonly when: {
    readonly effectKind?: string;
    readonly capName?: string;
    readonly capType?: string;
    readonly originKind?: "plan" | "reducer" | "workflow";
    readonly originName?: string;
  };
  readonly decision: "allow" | "deny";
}

export interface PolicyDefinition {
  readonly kind: "defpolicy";
  readonly name: string;
  readonly rules: readonly PolicyRule[];
}

export interface SecretDefinition {
  readonly kind: "defsecret";
  readonly name: string;
  readonly bindingId: string;
  readonly expectedDigest: Hash | null;
  readonly allowedCaps: readonly string[];
  readonly allowedPlans: readonly string[];
}

/** The manifest as it was written: names, not yet what they stand for. */
export interface ManifestDefinition {
  readonly kind: "manifest";
  readonly lists: ReadonlyMap<ListName, readonly NamedRef[]>;
  /** Null when absent. */
  readonly defaults: { readonly policy: string | null; readonly grants: readonly GrantSource[] } | null;
  /** Module -> slot -> grant. */
  readonly bindings: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly routing: RoutingSource | null;
  readonly triggers: readonly TriggerSource[];
}

/** The manifest's lists of definitions, in AIR's order. */
export const LIST_NAMES = ["schemas", "modules", "plans", "effects", "caps", "policies", "secrets"] as const;

export type ListName = (typeof LIST_NAMES)[number];

export interface NamedRef {
  readonly name: string;
  /** Null when the author left it to be filled in. */
  readonly hash: Hash | null;
}

export interface GrantSource {
  readonly name: string;
  readonly cap: string;
  /** In either lens; typed when the manifest is resolved. */
  readonly params: Json;
  readonly expiryNs: bigint | null;
}

export interface RoutingSource {
  /** `events` says `reducer`, `subscriptions` says `module`. */
  readonly spelling: "events" | "subscriptions";
  readonly routes: readonly RouteSource[];
  readonly inboxes: readonly InboxSource[];
}

export interface RouteSource {
  readonly event: string;
  readonly module: string;
  readonly keyField: string | null;
  /** JSON pointer into the manifest. */
  readonly pointer: string;
}

export interface InboxSource {
  readonly source: string;
  readonly word: "reducer" | "workflow";
  readonly module: string;
}

export interface TriggerSource {
  readonly event: string;
  readonly plan: string;
  readonly correlateBy: string | null;
}

export type Definition =
  | SchemaDefinition
  | ModuleDefinition
  | PlanDefinition
  | EffectDefinition
  | CapDefinition
  | PolicyDefinition
  | SecretDefinition;
