import { nearest } from "../../values/nearest.ts";
import { quote } from "../../values/quote.ts";
import { catalogue } from "../catalogue.ts";
import type { PolicyDefinition } from "../definitions.ts";
import type { Effect } from "../manifest.ts";
import type { FaultList } from "../source.ts";
import type { Active } from "./active.ts";
import type { Given } from "./given.ts";
import { checkGrantName, type Grants } from "./grants.ts";

/**
 * The default policy, or null. Every policy in force is checked: the effect kinds and grants its rules name
 * must exist (`reference.effect`, `reference.grant`).
 */
export function resolvePolicy(
  given: Given,
  active: Active,
  effects: ReadonlyMap<string, Effect>,
  grants: Grants,
  faults: FaultList,
): PolicyDefinition | null {
  const kinds = new Set(effects.keys());
  for (const { effectKind } of catalogue().effects.values()) kinds.add(effectKind);
  for (const { definition, origin } of active.set.policies.values()) {
    definition.rules.forEach(({ when }, i) => {
      const at = `/rules/${i}/when`;
      if (when.effectKind !== undefined && !kinds.has(when.effectKind)) {
        const meant = nearest(when.effectKind, kinds);
        faults.add(origin, {
          code: "reference.effect",
          pointer: `${at}/effect_kind`,
          message: `there is no effect of the kind ${quote(when.effectKind)}`,
          expected: "a known effect kind",
          found: quote(when.effectKind),
          ...(meant === undefined ? {} : { hint: `did you mean ${meant}?` }),
        });
      }
      if (when.capName !== undefined) checkGrantName(when.capName, grants, origin, `${at}/cap_name`, faults);
    });
  }
  const name = given.manifest.definition.defaults?.policy ?? null;
  if (name === null) return null;
  const { origin } = given.manifest;
  return active.find("policies", name, origin, "/defaults/policy")?.definition ?? null;
}
