/**
 * AIR v1 definitions as the loader leaves them: shape checked, types parsed, defaults filled, nothing
 * resolved yet. Field meanings: docs/air.md.
 */

import type { Hash } from "../values/brand.ts";
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
  /** Of a reducer or workflow. */
  readonly reducer: ReducerAbi | null;
  /** Of a pure module. */
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

export interface PlanDefinition {
  readonly kind: "defplan";
  readonly name: string;
  readonly input: string;
  readonly output: string | null;
  readonly locals: ReadonlyMap<string, string>;
  readonly steps: readonly Step[];
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

export type Step =
  | { readonly op: "raise_event"; readonly id: string; readonly event: string; readonly value: ExprOrValue }
  | {
      readonly op: "emit_effect";
      readonly id: string;
      readonly kind: string;
      readonly params: ExprOrValue;
      readonly cap: string;
      readonly idempotencyKey: ExprOrValue | null;
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
  | { readonly op: "assign"; readonly id: string; readonly expr: ExprOrValue; readonly bindAs: string }
  | { readonly op: "end"; readonly id: string; readonly result: ExprOrValue | null };

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
  | { readonly kind: "literal"; readonly value: Value };

export interface EffectDefinition {
  readonly kind: "defeffect";
  readonly name: string;
  readonly effectKind: string;
  readonly paramsSchema: string;
  readonly receiptSchema: string;
  readonly capType: string;
  readonly originScope: "reducer" | "plan" | "both";
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

export type Definition =
  | SchemaDefinition
  | ModuleDefinition
  | PlanDefinition
  | EffectDefinition
  | CapDefinition
  | PolicyDefinition
  | SecretDefinition;
