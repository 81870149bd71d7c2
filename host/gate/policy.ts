import type { PolicyDefinition, PolicyRule } from "../air/definitions.ts";
import type { Grant } from "../air/manifest.ts";
import type { Origin } from "../journal/origin.ts";

export interface PolicyDecision {
  readonly decision: "allow" | "deny";
  /** Name of the policy; `allow_all` where the manifest has none. */
  readonly policy: string;
  /** Rule that decided, from 0; null when none matched. */
  readonly ruleIndex: bigint | null;
}

/** The first rule that matches decides; no match denies; no policy at all allows. */
export function checkPolicy(
  policy: PolicyDefinition | null,
  effectKind: string,
  grant: Grant,
  origin: Origin,
): PolicyDecision {
  if (policy === null) return { decision: "allow", policy: "allow_all", ruleIndex: null };
  const index = policy.rules.findIndex((rule) => matches(rule.when, effectKind, grant, origin));
  if (index < 0) return { decision: "deny", policy: policy.name, ruleIndex: null };
  return { decision: policy.rules[index]!.decision, policy: policy.name, ruleIndex: BigInt(index) };
}

function matches(when: PolicyRule["when"], effectKind: string, grant: Grant, origin: Origin): boolean {
  return (
    (when.effectKind === undefined || when.effectKind === effectKind) &&
    (when.capName === undefined || when.capName === grant.name) &&
    (when.capType === undefined || when.capType === grant.cap.capType) &&
    (when.originKind === undefined || sameOriginKind(when.originKind, origin.kind)) &&
    (when.originName === undefined || when.originName === origin.name)
  );
}

/** `workflow` is the later spelling of `reducer`: a rule for one speaks of the other too. */
function sameOriginKind(rule: Origin["kind"], origin: Origin["kind"]): boolean {
  return (rule === "plan") === (origin === "plan");
}
