/**
 * The gate: capability first, then policy, on one intent. Both decisions are kept; the second is not asked
 * when the first refuses.
 */

import type { PolicyDefinition } from "../air/definitions.ts";
import type { Grant } from "../air/manifest.ts";
import type { Origin } from "../journal/origin.ts";
import type { LogicalTimeNs } from "../values/brand.ts";
import { type CapabilityDecision, checkCapability } from "./capability.ts";
import { checkPolicy, type PolicyDecision } from "./policy.ts";

export interface GateRequest {
  readonly effectKind: string;
  readonly grant: Grant;
  readonly origin: Origin;
  readonly nowNs: LogicalTimeNs;
}

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

export function decide(policy: PolicyDefinition | null, request: GateRequest): GateDecision {
  const capability = checkCapability(request.grant, request.nowNs);
  if (capability.decision === "deny") {
    const message = `${request.effectKind} under grant '${request.grant.name}': ${capability.denyMessage}`;
    return { capability, policy: null, refusal: { code: "capability.denied", message } };
  }
  const decision = checkPolicy(policy, request.effectKind, request.grant, request.origin);
  if (decision.decision === "allow") return { capability, policy: decision, refusal: null };
  const rule = decision.ruleIndex === null ? "no rule allows it" : `rule ${decision.ruleIndex} denies it`;
  const who = `${request.origin.kind} ${request.origin.name}`;
  return {
    capability,
    policy: decision,
    refusal: {
      code: "policy.denied",
      message: `${request.effectKind} by ${who}: in ${decision.policy} ${rule}`,
    },
  };
}
