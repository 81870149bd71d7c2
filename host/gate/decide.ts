/**
 * The gate: capability first, then policy, on one intent. Both decisions are kept; the second is not asked
 * when the first refuses.
 */

import type { PolicyDefinition } from "../air/definitions.ts";
import { type CapabilityDecision, checkCapability, type GateRequest, type GateWorld } from "./capability.ts";
import { checkPolicy, type PolicyDecision } from "./policy.ts";

export interface GateDecision {
  readonly capability: CapabilityDecision;
  readonly policy: PolicyDecision | null;
  /** Null when the effect may go out, else why not. */
  readonly refusal: Refusal | null;
}

export interface Refusal {
  readonly code: "capability.denied" | "policy.denied";
  readonly message: string;
}

export function decide(
  policy: PolicyDefinition | null,
  request: GateRequest,
  world: GateWorld,
): GateDecision {
  const { effect, grant, origin } = request;
  const { effectKind } = effect.definition;
  const capability = checkCapability(world, request);
  const who = `${origin.kind} ${origin.name}`;
  if (capability.decision === "deny") {
    const message = `${effectKind} by ${who} under the grant '${grant.name}': ${capability.denyMessage}`;
    return { capability, policy: null, refusal: { code: "capability.denied", message } };
  }
  const decision = checkPolicy(policy, effectKind, grant, origin);
  if (decision.decision === "allow") return { capability, policy: decision, refusal: null };
  const rule = decision.ruleIndex === null ? "no rule allows it" : `rule ${decision.ruleIndex} denies it`;
  return {
    capability,
    policy: decision,
    refusal: { code: "policy.denied", message: `${effectKind} by ${who}: in ${decision.policy} ${rule}` },
  };
}
