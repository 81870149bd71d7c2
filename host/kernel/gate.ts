/** The gate as the kernel asks it, and the records its decisions leave; alike for reducers and plans. */

import type { Effect, Grant, PureModule } from "../air/manifest.ts";
import { DEFAULT_MODULE_LIMITS } from "../air/settings.ts";
import type { GateWorld } from "../gate/capability.ts";
import { decide, type GateDecision } from "../gate/decide.ts";
import type { Origin } from "../journal/origin.ts";
import type { Cell } from "../journal/record.ts";
import { type Cbor, canon } from "../values/cbor.ts";
import type { Draft } from "./draft.ts";
import type { ModuleHost } from "./ports.ts";

export interface GatedEffect {
  readonly effect: Effect;
  readonly grant: Grant;
  /** Canonical bytes. */
  readonly params: Uint8Array;
  readonly origin: Origin;
}

/**
 * Asks the gate for one intent. Parameters must be canonical and of the effect's schema. Throws an
 * `AirloomError` of kind `host` when the engine failed while an enforcer ran: then nothing has happened.
 */
export function askGate(draft: Draft, request: GatedEffect, modules: ModuleHost): GateDecision {
  const { manifest } = draft;
  return decide(manifest.policy, { ...request, nowNs: draft.entry.logicalNs }, gateWorld(draft, modules));
}

/** Records both decisions, the second only where it was asked for. */
export function addDecisions(
  draft: Draft,
  cause: number,
  cell: Cell | null,
  { effect, grant, origin }: GatedEffect,
  { capability, policy }: GateDecision,
): void {
  const { effectKind } = effect.definition;
  draft.add({
    kind: "cap_decision",
    cause,
    cell,
    effectKind,
    capName: grant.name,
    capType: grant.cap.capType,
    decision: capability.decision,
    denyCode: capability.denyCode,
    denyMessage: capability.denyMessage,
    enforcer: capability.enforcer,
    expiryNs: grant.expiryNs,
    grantHash: grant.hash,
  });
  if (policy === null) return;
  draft.add({
    kind: "policy_decision",
    cause,
    cell,
    effectKind,
    capName: grant.name,
    originKind: origin.kind,
    originName: origin.name,
    policy: policy.policy,
    ruleIndex: policy.ruleIndex,
    decision: policy.decision,
  });
}

function gateWorld(draft: Draft, modules: ModuleHost): GateWorld {
  const { manifest, definitions } = draft;
  return {
    secrets: manifest.secrets,
    pureModules: manifest.pureModules,
    compat: definitions.settings.compat,
    run(pure, value) {
      const { name, wasmHash } = pure.module;
      const limits = definitions.settings.modules.get(name)?.limits ?? DEFAULT_MODULE_LIMITS;
      const context = pure.wantsContext ? pureContext(draft, pure) : null;
      const result = modules.run(wasmHash, { value, context, limits });
      draft.spend(result.fuel);
      return result;
    },
  };
}

/** `sys/PureContext@1`; the height is the frame's first record. */
function pureContext(draft: Draft, { module }: PureModule): Uint8Array {
  return canon(
    new Map<string, Cbor>([
      ["module", module.name],
      ["manifest_hash", draft.manifest.hash],
      ["journal_height", draft.recordSeq(0)],
      ["logical_now_ns", draft.entry.logicalNs],
    ]),
  );
}
