/**
 * `timer`: AIR's own capability has no parameters. One of a world's own may have `max_delay_ns` and
 * `min_delay_ns`: how far ahead of logical time a timer may be set, and how near. A timer in the past has a
 * delay of zero.
 */

import { denial, fieldsOf, type NativeEnforcer, numberOf, perGrant } from "./enforcer.ts";

const readGrant = perGrant((fields) => ({
  max: numberOf(fields, "max_delay_ns"),
  min: numberOf(fields, "min_delay_ns"),
}));

export const timerEnforcer: NativeEnforcer = {
  name: "native:timer",
  effectKinds: [],
  check({ effectKind, grant, params, nowNs }) {
    const { max, min } = readGrant(grant);
    if (max === null && min === null) return null;
    const deadline = fieldsOf(params).get("deliver_at_ns");
    if (typeof deadline !== "bigint") {
      return denial("effect_params_invalid", `${effectKind} does not say when, in deliver_at_ns`);
    }
    const delay = deadline > nowNs ? deadline - nowNs : 0n;
    if (max !== null && delay > max) {
      return denial("delay_too_long", `the timer is ${delay} ns ahead, the grant allows ${max}`);
    }
    if (min !== null && delay < min) {
      return denial("delay_too_short", `the timer is ${delay} ns ahead, the grant demands ${min}`);
    }
    return null;
  },
};
