import { describe, expect, it } from "vitest";
import type { PolicyRule } from "../../host/air/definitions.ts";
import { decide } from "../../host/gate/decide.ts";
import type { Origin } from "../../host/journal/origin.ts";
import type { LogicalTimeNs } from "../../host/values/brand.ts";
import { effectOf, gateWorld, grantOf, params } from "./gates.ts";

const REDUCER: Origin = { kind: "reducer", name: "demo/R@1" };

function ask(
  rules: readonly PolicyRule[] | null,
  origin = REDUCER,
  expiryNs: bigint | null = null,
  nowNs = 100n,
) {
  const policy = rules === null ? null : { kind: "defpolicy" as const, name: "demo/p@1", rules };
  const effect = effectOf("timer.set");
  const request = {
    effect,
    grant: grantOf("timer_grant", "sys/timer@1", {}, expiryNs),
    params: params(effect, { deliver_at_ns: 100n, key: null }),
    origin,
    nowNs: nowNs as LogicalTimeNs,
  };
  return decide(policy, request, gateWorld());
}

describe("the gate", () => {
  it("allows everything where the manifest names no policy, and says so", () => {
    expect(ask(null)).toMatchObject({ policy: { policy: "allow_all", ruleIndex: null }, refusal: null });
  });

  it("denies what no rule of a policy matches", () => {
    const decision = ask([{ when: { effectKind: "http.request" }, decision: "allow" }]);
    expect(decision).toMatchObject({
      policy: { decision: "deny", ruleIndex: null, policy: "demo/p@1" },
      refusal: { code: "policy.denied" },
    });
  });

  it("lets the first rule that matches decide, and names it", () => {
    const deny: PolicyRule = { when: { capType: "timer" }, decision: "deny" };
    const allow: PolicyRule = { when: {}, decision: "allow" };
    expect(ask([deny, allow])).toMatchObject({
      policy: { ruleIndex: 0n },
      refusal: { code: "policy.denied" },
    });
    expect(ask([allow, deny])).toMatchObject({ policy: { ruleIndex: 0n }, refusal: null });
  });

  it.each([
    [{ effectKind: "timer.set" }, true],
    [{ effectKind: "timer" }, false],
    [{ capName: "timer_grant" }, true],
    [{ capName: "other" }, false],
    [{ capType: "timer" }, true],
    [{ capType: "http.out" }, false],
    [{ originKind: "reducer" }, true],
    [{ originKind: "workflow" }, true],
    [{ originKind: "plan" }, false],
    [{ originName: "demo/R@1" }, true],
    [{ originName: "demo/S@1" }, false],
    [{ effectKind: "timer.set", originName: "demo/S@1" }, false],
  ] as [PolicyRule["when"], boolean][])("matches %j: %s", (when, matches) => {
    expect(ask([{ when, decision: "allow" }]).refusal === null).toBe(matches);
  });

  it("takes a rule for reducers to speak of workflows, never of plans", () => {
    const rules: PolicyRule[] = [{ when: { originKind: "reducer" }, decision: "allow" }];
    expect(ask(rules, { kind: "workflow", name: "demo/W@1" }).refusal).toBeNull();
    expect(ask(rules, { kind: "plan", name: "demo/P@1" }).refusal).not.toBeNull();
  });

  it("refuses an expired grant from its expiry on, and does not ask the policy", () => {
    expect(ask(null, REDUCER, 101n)).toMatchObject({ capability: { decision: "allow" }, refusal: null });
    expect(ask(null, REDUCER, 100n)).toMatchObject({
      capability: { decision: "deny", denyCode: "expired" },
      policy: null,
      refusal: { code: "capability.denied" },
    });
  });
});
