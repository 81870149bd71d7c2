import type { Grant } from "../air/manifest.ts";
import type { LogicalTimeNs } from "../values/brand.ts";

export interface CapabilityDecision {
  readonly decision: "allow" | "deny";
  readonly denyCode: string | null;
  readonly denyMessage: string | null;
  /** Module that checked the parameters; this name stands for "nothing to check". */
  readonly enforcer: string;
}

/** The enforcer that checks nothing; a name only, never a module. */
export const ALLOW_ALL = "sys/CapAllowAll@1";

/** Whether a grant covers an effect at this logical time. A grant is dead from its expiry on. */
export function checkCapability(grant: Grant, nowNs: LogicalTimeNs): CapabilityDecision {
  const { enforcer } = grant.cap;
  if (grant.expiryNs !== null && nowNs >= grant.expiryNs) {
    const denyMessage = `grant '${grant.name}' expired at ${grant.expiryNs}, it is ${nowNs}`;
    return { decision: "deny", denyCode: "expired", denyMessage, enforcer };
  }
  return { decision: "allow", denyCode: null, denyMessage: null, enforcer };
}
