/** The resolved manifest as plain data for whoever shows it: names, words and hashes, in a stable order. */

import { compareText } from "../values/bytes.ts";
import type { Json } from "../values/json.ts";
import { isBuiltin } from "../values/names.ts";
import { compileSchema } from "../values/schema.ts";
import type { ModuleDefinition, PolicyRule, SecretDefinition, Step } from "./definitions.ts";
import { exprText, slotText } from "./expr-text.ts";
import { manifestHashes } from "./hashes.ts";
import type { Grant, Manifest, Plan } from "./manifest.ts";

export interface ManifestView {
  readonly hash: string;
  /** A world's own, in the order of their names; built-in ones are only counted. */
  readonly schemas: readonly { readonly name: string; readonly hash: string }[];
  readonly builtinSchemas: number;
  readonly modules: readonly ModuleView[];
  readonly routes: readonly RouteView[];
  readonly triggers: readonly {
    readonly event: string;
    readonly plan: string;
    readonly correlateBy: string | null;
  }[];
  readonly plans: readonly PlanView[];
  readonly effects: readonly {
    readonly kind: string;
    readonly name: string;
    readonly params: string;
    readonly receipt: string;
    readonly capType: string;
    readonly originScope: string;
  }[];
  readonly grants: readonly GrantView[];
  /** The one that decides; null when everything is allowed. */
  readonly policy: PolicyView | null;
  readonly secrets: readonly SecretView[];
  readonly inboxes: readonly { readonly source: string; readonly module: string }[];
}

export interface ModuleView {
  readonly name: string;
  readonly kind: string;
  readonly wasmHash: string;
  readonly state: string | null;
  readonly event: string | null;
  readonly key: string | null;
  readonly context: string | null;
  /** Of a pure module. */
  readonly input: string | null;
  readonly output: string | null;
  readonly effects: readonly string[];
  /** Declared and bound slots; `grant` is null for one that nothing is bound to. */
  readonly slots: readonly {
    readonly slot: string;
    readonly capType: string | null;
    readonly grant: string | null;
  }[];
}

export interface RouteView {
  readonly event: string;
  readonly module: string;
  /** Arm that wraps the event; null when it is delivered as it is. */
  readonly arm: string | null;
  /** Path to the cell's key, in the wrapped event where it begins with `$value`; null without one. */
  readonly key: string | null;
}

export interface PlanView {
  readonly name: string;
  readonly hash: string;
  readonly input: string;
  readonly output: string | null;
  readonly locals: readonly { readonly name: string; readonly schema: string }[];
  /** What each step does, in words. */
  readonly steps: readonly { readonly id: string; readonly op: string; readonly does: string }[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly when: string | null }[];
  readonly invariants: readonly string[];
}

export interface GrantView {
  readonly name: string;
  readonly cap: string;
  readonly capType: string;
  readonly enforcer: string;
  /** In the sugar lens. */
  readonly params: Json;
  readonly expiryNs: string | null;
  readonly hash: string;
}

export interface PolicyView {
  readonly name: string;
  readonly rules: readonly {
    readonly decision: string;
    readonly when: readonly (readonly [string, string])[];
  }[];
}

export interface SecretView {
  readonly name: string;
  readonly binding: string;
  readonly allowedCaps: readonly string[];
  readonly allowedPlans: readonly string[];
}

export function viewManifest(manifest: Manifest): ManifestView {
  const all = manifestHashes(manifest);
  const own = all.filter(({ kind, rule }) => kind === "defschema" && rule === "definition");
  return {
    hash: manifest.hash,
    schemas: byName(own.map(({ name, hash }) => ({ name: name!, hash }))),
    builtinSchemas: [...manifest.schemas.keys()].filter(isBuiltin).length,
    modules: byName([...manifest.modules.values()].map((module) => moduleView(module, manifest))),
    routes: routeViews(manifest),
    triggers: triggerViews(manifest),
    plans: byName([...manifest.plans.values()].map(planView)),
    effects: byName(
      [...manifest.effects.values()].map(({ definition }) => ({
        kind: definition.effectKind,
        name: definition.name,
        params: definition.paramsSchema,
        receipt: definition.receiptSchema,
        capType: definition.capType,
        originScope: definition.originScope,
      })),
    ),
    grants: byName([...manifest.grants.values()].map((grant) => grantView(grant, manifest))),
    policy:
      manifest.policy === null
        ? null
        : { name: manifest.policy.name, rules: manifest.policy.rules.map(ruleView) },
    secrets: byName([...manifest.secrets.values()].map(secretView)),
    inboxes: manifest.inboxes.map(({ source, module }) => ({ source, module })),
  };
}

function byName<Named extends { readonly name: string }>(all: readonly Named[]): readonly Named[] {
  return [...all].sort((a, b) => compareText(a.name, b.name));
}

function moduleView(module: ModuleDefinition, manifest: Manifest): ModuleView {
  const { name, moduleKind, wasmHash, keySchema, reducer, pure } = module;
  const bound = manifest.reducers.get(name)?.bindings ?? new Map<string, Grant>();
  const slots = [...new Set([...(reducer?.capSlots.keys() ?? []), ...bound.keys()])].sort(compareText);
  return {
    name,
    kind: moduleKind,
    wasmHash,
    state: reducer?.state ?? null,
    event: reducer?.event ?? null,
    key: keySchema,
    context: reducer?.context ?? pure?.context ?? null,
    input: pure?.input ?? null,
    output: pure?.output ?? null,
    effects: reducer?.effectsEmitted ?? [],
    slots: slots.map((slot) => ({
      slot,
      capType: reducer?.capSlots.get(slot) ?? null,
      grant: bound.get(slot)?.name ?? null,
    })),
  };
}

/** By event, then in the order in which the modules get it. */
function routeViews(manifest: Manifest): readonly RouteView[] {
  const events = [...manifest.routes].sort(([a], [b]) => compareText(a, b));
  return events.flatMap(([event, routes]) =>
    routes.map(({ reducer, arm, keyPath }) => ({
      event,
      module: reducer.module.name,
      arm,
      key: keyPath === null ? null : keyPath.join("."),
    })),
  );
}

function triggerViews(manifest: Manifest): ManifestView["triggers"] {
  const events = [...manifest.triggers].sort(([a], [b]) => compareText(a, b));
  return events.flatMap(([event, triggers]) =>
    triggers.map(({ plan, correlateBy }) => ({
      event,
      plan: plan.definition.name,
      correlateBy: correlateBy === null ? null : correlateBy.join("."),
    })),
  );
}

function planView({ definition, hash }: Plan): PlanView {
  const { name, input, output, locals, steps, edges, invariants } = definition;
  return {
    name,
    hash,
    input,
    output,
    locals: [...locals].map(([local, schema]) => ({ name: local, schema })),
    steps: steps.map((step) => ({ id: step.id, op: step.op, does: stepText(step) })),
    edges: edges.map(({ from, to, when }) => ({ from, to, when: when === null ? null : exprText(when) })),
    invariants: invariants.map(exprText),
  };
}

function stepText(step: Step): string {
  switch (step.op) {
    case "raise_event":
      return `raises ${step.event} ${slotText(step.value)}`;
    case "emit_effect": {
      const key = step.idempotencyKey === null ? "" : `, key ${slotText(step.idempotencyKey)}`;
      return `emits ${step.kind} under ${step.cap} ${slotText(step.params)}${key}, as ${step.bindEffectIdAs}`;
    }
    case "await_receipt": {
      const status = step.bindStatusAs === null ? "" : `, its status as ${step.bindStatusAs}`;
      return `awaits the receipt of ${exprText(step.for)}, as ${step.bindAs}${status}`;
    }
    case "await_event": {
      const where = step.where === null ? "" : ` where ${exprText(step.where)}`;
      return `awaits ${step.event}${where}, as ${step.bindAs}`;
    }
    case "assign":
      return `${step.bindAs} = ${slotText(step.expr)}`;
    case "end":
      return step.result === null ? "ends the plan" : `ends the plan with ${slotText(step.result)}`;
  }
}

function grantView({ name, cap, params, expiryNs, hash }: Grant, manifest: Manifest): GrantView {
  const schema = compileSchema(`parameters of ${cap.name}`, cap.schema, (ref) => {
    return manifest.schemas.get(ref)?.type;
  });
  return {
    name,
    cap: cap.name,
    capType: cap.capType,
    enforcer: cap.enforcer,
    params: schema.toSugar(schema.decode(params)),
    expiryNs: expiryNs === null ? null : expiryNs.toString(),
    hash,
  };
}

function ruleView({ when, decision }: PolicyRule): PolicyView["rules"][number] {
  const conditions: readonly (readonly [string, string | undefined])[] = [
    ["effect_kind", when.effectKind],
    ["cap_name", when.capName],
    ["cap_type", when.capType],
    ["origin_kind", when.originKind],
    ["origin_name", when.originName],
  ];
  return {
    decision,
    when: conditions.filter((each): each is readonly [string, string] => each[1] !== undefined),
  };
}

function secretView({ name, bindingId, allowedCaps, allowedPlans }: SecretDefinition): SecretView {
  return { name, binding: bindingId, allowedCaps, allowedPlans };
}
